namespace Appliance.Daemon.Terminal;

/// <summary>What the console's pages say around the values, and in English the verbs that show the same; {0} and so on are the values.</summary>
internal sealed record PageWords
{
    public required string Coolant { get; init; }

    public required string CoolantSays { get; init; }

    public required string Loop { get; init; }

    public required string LoopSays { get; init; }

    public required string Leak { get; init; }

    public required string Dry { get; init; }

    public required string Heat { get; init; }

    public required string HeatSays { get; init; }

    public required string Room { get; init; }

    public required string RoomSays { get; init; }

    public required IReadOnlyList<string> Rotors { get; init; }

    public required string Sensors { get; init; }

    public required string SensorsSay { get; init; }

    public required string NoGpu { get; init; }

    /// <summary>GPUs, limit in W, <see cref="LowestClock"/> or nothing, why.</summary>
    public required string GpuHeld { get; init; }

    public required string LowestClock { get; init; }

    public required IReadOnlyList<string> Gpus { get; init; }

    public required IReadOnlyList<string> GpuHealth { get; init; }

    public required string ProbeUnheard { get; init; }

    public required string ProbeBlind { get; init; }

    public required string NoDriver { get; init; }

    public required string ProbeSilent { get; init; }

    public required string Fabric { get; init; }

    public required string LinksUp { get; init; }

    public required string LinksUnknown { get; init; }

    public required string ManagerAlive { get; init; }

    public required string ManagerDead { get; init; }

    public required string Unknown { get; init; }

    public required string GpuFabric { get; init; }

    public required string DegradedBandwidth { get; init; }

    public required string RouteRecovery { get; init; }

    public required string RouteUnhealthy { get; init; }

    public required string AccessTimeoutRecovery { get; init; }

    public required string IncorrectConfiguration { get; init; }

    public required string LinkDown { get; init; }

    public required string LinkWorn { get; init; }

    public required string NoPort { get; init; }

    public required IReadOnlyList<string> Ports { get; init; }

    public required string NoPeer { get; init; }

    public required string Peer { get; init; }

    public required string PeerAway { get; init; }

    public required IReadOnlyList<string> Links { get; init; }

    public required string OpenPorts { get; init; }

    public required string OwnPorts { get; init; }

    public required string NoEngine { get; init; }

    public required string Engine { get; init; }

    public required string EngineLoad { get; init; }

    public required string EngineSpeed { get; init; }

    public required string EngineFaults { get; init; }

    public static PageWords English { get; } = new()
    {
        Coolant = "Coolant",
        CoolantSays = "{0} (band {1}-{2}), back {3}, mode {4}",
        Loop = "Loop",
        LoopSays = "flow {0} L/min, level {1} %, {2}",
        Leak = "LEAK",
        Dry = "no leak",
        Heat = "Heat",
        HeatSays = "{0} kW of {1} kW the loop can remove",
        Room = "Room",
        RoomSays = "{0}, {1} %RH, dew point {2}",
        Rotors = ["Rotor", "duty", "rpm", "state", "driven by"],
        Sensors = "Sensors",
        SensorsSay = "{0} of {0} good",
        NoGpu = "No GPU has been heard of yet.",
        GpuHeld = "{0}: held to {1} W{2}: {3}",
        LowestClock = ", lowest clock",
        Gpus = ["GPU", "STATE", "POWER", "DIE", "HBM", "LEFT", "CLOCK", "UTIL", "MEMORY", "THROTTLED"],
        GpuHealth = ["GPU", "ANSWERS", "PCIE", "REPLAYS", "ECC C/U", "REMAPS", "NVLINK", "FABRIC", "ACTION", "SLOT", "BUS", "VBIOS", "SERIAL"],
        ProbeUnheard = "The probe has not been heard of yet.",
        ProbeBlind = "NVML blind: {0}. Every GPU is counted at full power; reading resumes by itself.",
        NoDriver = "No GPU driver: {0}.",
        ProbeSilent = "The probe is silent: {0}.",
        Fabric = "NVLink {0}: {1}, {2} NVSwitches, Fabric Manager {3}",
        LinksUp = "{0} of {1} links up",
        LinksUnknown = "links unknown",
        ManagerAlive = "alive (process {0})",
        ManagerDead = "not running",
        Unknown = "unknown",
        GpuFabric = "{0}  fabric {1}, status {2}, health mask 0x{3:x}",
        DegradedBandwidth = "degraded bandwidth",
        RouteRecovery = "route recovery",
        RouteUnhealthy = "route unhealthy",
        AccessTimeoutRecovery = "access timeout recovery",
        IncorrectConfiguration = "incorrect configuration {0}",
        LinkDown = "{0}  link {1} is down",
        LinkWorn = "{0}  link {1}: {2} replays, {3} recoveries, {4} CRC errors",
        NoPort = "No RDMA port.",
        Ports = ["PORT", "STATE", "PHYS", "RATE", "ERRORS", "DOWNED", "SYMBOLS", "FIRMWARE", "BUS"],
        NoPeer = "No other node is configured (health.peers): the way there is not measured.",
        Peer = "{0}: {1} us there and back over {2}",
        PeerAway = "{0}: not reached: {1}",
        Links = ["LINK", "STATE", "MBIT/S", "ADDRESSES"],
        OpenPorts = "open to networks",
        OwnPorts = "this machine only",
        NoEngine = "The engine has not been heard of yet.",
        Engine = "{0} on {1}: {2}",
        EngineLoad = "{0} running, {1} waiting, {2} tokens/s; {3} requests, {4} tokens since start",
        EngineSpeed = "first token p99 {0} ms, between tokens p99 {1} ms",
        EngineFaults = "server errors {0}, lost answers {1}",
    };

    public static PageWords Chinese { get; } = new()
    {
        Coolant = "冷却液",
        CoolantSays = "{0}（目标 {1}-{2}），回液 {3}，模式 {4}",
        Loop = "回路",
        LoopSays = "流量 {0} L/min，液位 {1} %，{2}",
        Leak = "漏液！",
        Dry = "无漏液",
        Heat = "热量",
        HeatSays = "{0} kW，回路可带走 {1} kW",
        Room = "机房",
        RoomSays = "{0}，湿度 {1} %，露点 {2}",
        Rotors = ["转子", "占空比", "转速", "状态", "驱动原因"],
        Sensors = "传感器",
        SensorsSay = "{0} 个全部正常",
        NoGpu = "尚未收到 GPU 的消息。",
        GpuHeld = "{0}：限制为 {1} W{2}：{3}",
        LowestClock = "，时钟最低",
        Gpus = ["GPU", "状态", "功率", "芯片", "显存", "余量", "频率", "利用", "显存占用", "降频原因"],
        GpuHealth = ["GPU", "应答", "PCIe", "重传", "ECC正/误", "重映射", "NVLink", "互连", "处置", "槽位", "总线", "VBIOS", "序列号"],
        ProbeUnheard = "尚未收到探针的消息。",
        ProbeBlind = "读不到 NVML：{0}。每个 GPU 都按满功率计算；恢复后自动继续读取。",
        NoDriver = "没有 GPU 驱动：{0}。",
        ProbeSilent = "探针无应答：{0}。",
        Fabric = "NVLink {0}：{1}，NVSwitch {2} 个，Fabric Manager {3}",
        LinksUp = "{1} 条链路中 {0} 条连通",
        LinksUnknown = "链路情况未知",
        ManagerAlive = "运行中（进程 {0}）",
        ManagerDead = "未运行",
        Unknown = "未知",
        GpuFabric = "{0}  互连 {1}，状态码 {2}，健康掩码 0x{3:x}",
        DegradedBandwidth = "带宽降级",
        RouteRecovery = "路由恢复中",
        RouteUnhealthy = "路由异常",
        AccessTimeoutRecovery = "访问超时恢复中",
        IncorrectConfiguration = "配置错误 {0}",
        LinkDown = "{0}  链路 {1} 断开",
        LinkWorn = "{0}  链路 {1}：重传 {2}，恢复 {3}，CRC 错误 {4}",
        NoPort = "没有 RDMA 端口。",
        Ports = ["端口", "状态", "物理层", "速率", "错误", "断开", "符号错", "固件", "总线"],
        NoPeer = "未配置其他节点（health.peers），因此不测量到它们的路径。",
        Peer = "{0}：往返 {1} us，经 {2}",
        PeerAway = "{0}：未连通：{1}",
        Links = ["接口", "状态", "Mbit/s", "地址"],
        OpenPorts = "对网络开放",
        OwnPorts = "仅限本机",
        NoEngine = "尚未收到推理引擎的消息。",
        Engine = "{0}（{1}）：{2}",
        EngineLoad = "运行 {0}，排队 {1}，{2} 词元/秒；启动以来请求 {3}，词元 {4}",
        EngineSpeed = "首词元 p99 {0} 毫秒，词元间 p99 {1} 毫秒",
        EngineFaults = "服务器错误 {0}，丢失的回答 {1}",
    };
}
