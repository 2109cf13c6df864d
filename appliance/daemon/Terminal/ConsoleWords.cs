namespace Appliance.Daemon.Terminal;

/// <summary>What the console says in its own name. Values, codes and units are the same in every language; what an alarm asks for comes from the field guide.</summary>
internal sealed record ConsoleWords(string Language)
{
    public required IReadOnlyList<string> Pages { get; init; }

    public required string Keys { get; init; }

    public required string Waiting { get; init; }

    public required string Old { get; init; }

    public required string Well { get; init; }

    public required string More { get; init; }

    public required string NoAlarm { get; init; }

    public required string AlarmKeys { get; init; }

    public required string Acknowledged { get; init; }

    public required string Coolant { get; init; }

    public required string Loop { get; init; }

    public required string Heat { get; init; }

    public required string Room { get; init; }

    public required string Rotors { get; init; }

    public required string Sensors { get; init; }

    public required string NoEngine { get; init; }

    public required string NoEvents { get; init; }

    /// <summary>In the order of <see cref="ConsoleAction"/>.</summary>
    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>What is asked for before a verb takes the screen.</summary>
    public required string NetworkAsk { get; init; }

    public required string ModelAsk { get; init; }

    public required string RestoreAsk { get; init; }

    public required string Return { get; init; }

    public required string Confirm { get; init; }

    public required string Doing { get; init; }

    public static ConsoleWords English { get; } = new("en")
    {
        Pages = ["Cooling", "GPUs", "Alarms", "Fabric", "Network", "Model", "Events", "Actions"],
        Keys = "l zh  r redraw  q quit",
        Waiting = "waiting for the control plane",
        Old = "values are {0} old",
        Well = "All is well.",
        More = "{0} more alarms: 3",
        NoAlarm = "No alarm stands.",
        AlarmKeys = "Up/Down choose, a acknowledge",
        Acknowledged = "acknowledged",
        Coolant = "Coolant",
        Loop = "Loop",
        Heat = "Heat",
        Room = "Room",
        Rotors = "Rotor    duty    rpm  state         driven by",
        Sensors = "Sensors",
        NoEngine = "The engine has not been heard of yet.",
        NoEvents = "The event log cannot be read here: {0}",
        Actions =
        [
            "Fans and pumps to full for a while, by hand", "Back to automatic cooling", "Acknowledge every alarm", "Open the latches of leak and shutdown, after a repair",
            "Locate LED: blink for 15 minutes", "Locate LED: off", "Support bundle into the current folder",
            "Network: change, on trial until confirmed", "Network: confirm the change", "Certificates: show", "Certificates: make new ones",
            "Model: show", "Model: serve another", "Model: start again", "Configuration: back up", "Configuration: restore",
            "Reboot", "Power off",
        ],
        NetworkAsk = "INTERFACE dhcp, or INTERFACE ADDRESS/PREFIX [GATEWAY [DNS...]] (Enter: nothing)",
        ModelAsk = "Name of the model (Enter: nothing)",
        RestoreAsk = "File (Enter: nothing)",
        Return = "Enter goes back to the console",
        Confirm = "{0}? y does it, any other key does not",
        Doing = "{0} …",
    };

    public static ConsoleWords Chinese { get; } = new("zh")
    {
        Pages = ["冷却", "GPU", "告警", "互连", "网络", "模型", "事件", "操作"],
        Keys = "l en  r 重画  q 退出",
        Waiting = "正在等待控制面",
        Old = "数值是 {0} 前的",
        Well = "一切正常。",
        More = "另有 {0} 个告警：按 3",
        NoAlarm = "没有告警。",
        AlarmKeys = "上下键选择，a 确认",
        Acknowledged = "已确认",
        Coolant = "冷却液",
        Loop = "回路",
        Heat = "热量",
        Room = "机房",
        Rotors = "转子     占空    转速  状态          驱动原因",
        Sensors = "传感器",
        NoEngine = "尚未收到推理引擎的消息。",
        NoEvents = "这里读不到事件日志：{0}",
        Actions =
        [
            "风扇和泵手动全速一段时间", "恢复自动冷却", "确认所有告警", "修复后解除漏液与停机锁定",
            "定位灯：闪烁 15 分钟", "定位灯：关闭", "在当前目录生成支持包",
            "网络：更改（确认前为试用）", "网络：确认更改", "证书：查看", "证书：重新生成",
            "模型：查看", "模型：切换", "模型：重新启动", "配置：备份", "配置：恢复", "重启", "关机",
        ],
        NetworkAsk = "接口名 dhcp，或 接口名 地址/前缀 [网关 [DNS…]]（回车取消）",
        ModelAsk = "模型名称（回车取消）",
        RestoreAsk = "文件（回车取消）",
        Return = "回车返回控制台",
        Confirm = "{0}？按 y 执行，其他键取消",
        Doing = "{0} …",
    };
}
