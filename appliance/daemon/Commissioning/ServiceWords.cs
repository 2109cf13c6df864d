using Appliance.Daemon.Terminal;

namespace Appliance.Daemon.Commissioning;

/// <summary>What work on a running box says to whoever does it; {0} and so on are names and values.</summary>
/// <param name="State">The box' own word for a state.</param>
internal sealed record ServiceWords(Func<string, string> State)
{
    public required string NoFan { get; init; }

    public required string Pull { get; init; }

    public required string Insert { get; init; }

    public required string Prove { get; init; }

    public required string Swapped { get; init; }

    public required string TooLong { get; init; }

    public required string NoTick { get; init; }

    public required string NotYet { get; init; }

    public required string MayDrain { get; init; }

    public required IReadOnlyList<string> DrainSteps { get; init; }

    public required string TooWarm { get; init; }

    public required string TooBusy { get; init; }

    public required string TooHot { get; init; }

    public required string Filling { get; init; }

    public required string Filled { get; init; }

    public required string LevelUnknown { get; init; }

    public required string LevelLow { get; init; }

    public required string NoFlow { get; init; }

    public required string PumpBad { get; init; }

    public required string LeakSeen { get; init; }

    public static ServiceWords English { get; } = new(s => s.Replace('_', ' '))
    {
        NoFan = "there is no {0}; this box has {1}.",
        Pull = "the fans are at full; pull {0} now (within the time of the manual drive, else it returns to automatic)",
        Insert = "{0} stands; put the new fan in",
        Prove = "{0} turns; watching whether it turns well",
        Swapped = "{0} turns like the others; back to automatic",
        TooLong = "{0} was not swapped within {1:0} minutes; the loop drives on by itself.",
        NoTick = "the control loop has not finished its first tick yet; ask again.",
        NotYet = "not yet: {0}",
        MayDrain = "the loop may be drained",
        DrainSteps =
        [
            "1. an administrator: appliance console, 8, \"Power off\"; the fans and pumps stop with the power",
            "2. let it stand for five minutes, then open the drain at the lowest point; catch what runs out",
            "3. do the work, close the drain, fill to the mark",
            "4. power on; pumps run at full from the first second and push the air out",
            "5. appliance console, 8, \"Service: the loop was filled: is it good\", or appliance service coolant --filled",
        ],
        TooWarm = "the GPUs give off {0} W; below {1:0} W the loop may be drained",
        TooBusy = "{0} answers are being computed; wait for them, or end them as root: systemctl stop inference-core",
        TooHot = "the coolant has {0} °C; wait until it is below {1:0} °C",
        Filling = "pumps at full for {0:0} s",
        Filled = "the loop is full, flows and is dry outside",
        LevelUnknown = "the level is not known",
        LevelLow = "the level is {0} %; fill to {1:0} % or more",
        NoFlow = "nothing flows",
        PumpBad = "{0} is {1}: air in it, or its plug",
        LeakSeen = "a leak is seen or latched: dry the tray, find it; then appliance console, 8, \"Open the latches of leak and shutdown, after a repair\", or appliance alarms reset",
    };

    public static ServiceWords Chinese { get; } = new(ChineseStates.Of)
    {
        NoFan = "没有 {0}；本机有 {1}。",
        Pull = "风扇已全速；现在拔出 {0}（须在手动时间之内，否则恢复自动）",
        Insert = "{0} 已停；请装上新风扇",
        Prove = "{0} 已转动；正在观察是否正常",
        Swapped = "{0} 与其他风扇转速相同；恢复自动",
        TooLong = "{1:0} 分钟内没有换好 {0}；回路自行继续控制。",
        NoTick = "控制环路尚未完成第一个周期，请稍后再试。",
        NotYet = "还不行：{0}",
        MayDrain = "可以排放冷却液",
        DrainSteps =
        [
            "1. 管理员在操作页选“关机”：风扇和水泵随电源停止",
            "2. 静置五分钟，再打开最低处的排放口，接住流出的液体",
            "3. 完成工作，关闭排放口，加注到刻度",
            "4. 开机；水泵从第一秒起全速，把空气排出",
            "5. 再在操作页选“维护：加注后检查回路”",
        ],
        TooWarm = "GPU 发热 {0} W；低于 {1:0} W 才可排放",
        TooBusy = "正在计算 {0} 个回答；请等待完成，或由 root 停止：systemctl stop inference-core",
        TooHot = "冷却液 {0} °C；等到低于 {1:0} °C",
        Filling = "水泵全速 {0:0} 秒",
        Filled = "回路已满、有流量、外部干燥",
        LevelUnknown = "液位未知",
        LevelLow = "液位 {0} %；请加到 {1:0} % 以上",
        NoFlow = "没有流量",
        PumpBad = "{0} {1}：水泵内有空气，或插头问题",
        LeakSeen = "发现漏液或锁定：擦干接液盘，找到漏点，再在操作页选“修复后解除漏液与停机锁定”",
    };
}
