using System.Collections.Frozen;

namespace Appliance.Daemon.Terminal;

/// <summary>The box' words for states, modes and severities in Chinese: those of the panel, for whoever looks at both; a test compares them.</summary>
internal static class ChineseStates
{
    private static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>
    {
        ["ok"] = "正常",
        ["warning"] = "警告",
        ["critical"] = "严重",
        ["information"] = "信息",
        ["unknown"] = "未知",
        ["boot"] = "启动中",
        ["running"] = "冷却受控",
        ["manual"] = "手动控制",
        ["overheat"] = "过热：全力冷却",
        ["shutdown"] = "正在关机",
        ["failsafe"] = "故障安全：全力冷却",
        ["stalled"] = "停转",
        ["slow"] = "转速偏低",
        ["tach_lost"] = "无转速",
        ["write_failed"] = "写入失败",
        ["absent"] = "未安装",
        ["good"] = "正常",
        ["stale"] = "过期",
        ["suspect"] = "可疑",
        ["lost"] = "失联",
        ["unreadable"] = "无法读取",
        ["reset"] = "需复位",
        ["hung"] = "卡死",
        ["refuses"] = "拒绝",
        ["yes"] = "是",
        ["failed"] = "失败",
        ["waits"] = "待处理",
        ["none"] = "无",
        ["reboot"] = "重启",
        ["drain"] = "排空",
        ["drain+r"] = "排空复位",
        ["notstarted"] = "未开始",
        ["inprogress"] = "进行中",
        ["completed"] = "完成",
        ["degraded"] = "降级",
        ["loading"] = "加载中",
        ["ready"] = "就绪",
        ["parked"] = "已停驻",
        ["draining"] = "正在停止",
        ["up"] = "连通",
        ["down"] = "断开",
        ["dormant"] = "待命",
        ["notpresent"] = "不存在",
        ["lowerlayerdown"] = "下层断开",
        ["testing"] = "测试中",
        ["applications_clocks_setting"] = "时钟设定",
        ["sw_power_cap"] = "功率上限",
        ["hw_slowdown"] = "硬件降频",
        ["sync_boost"] = "同步加速",
        ["sw_thermal_slowdown"] = "过热（软件）",
        ["hw_thermal_slowdown"] = "过热（硬件）",
        ["hw_power_brake_slowdown"] = "电源制动",
        ["display_clock_setting"] = "显示时钟",
    }.ToFrozenDictionary();

    /// <returns>The word itself where there is no Chinese one: better than nothing.</returns>
    public static string Of(string state) => Words.GetValueOrDefault(state, state);

    /// <summary>"4 min 10 s" as Chinese.</summary>
    public static string Span(string span) => span.Replace(" min", " 分", StringComparison.Ordinal).Replace(" s", " 秒", StringComparison.Ordinal)
        .Replace(" h", " 小时", StringComparison.Ordinal).Replace(" d", " 天", StringComparison.Ordinal);
}
