using System.Globalization;

namespace Appliance.Daemon.Terminal;

/// <summary>
/// Who drives a rotor and why, in Chinese. The frame carries the controller's own few words in English, so they are known here by what stands
/// before and behind their value; a test asks for every reason that the controller has.
/// </summary>
internal static class ChineseReasons
{
    private static readonly (string Before, string Behind, string Chinese)[] Known =
    [
        ("starting: full until the box is known", "", "启动：状态明确前全速"),
        ("return ", " °C", "回液 {0} °C"),
        ("floor ", " %", "下限 {0} %"),
        ("slowing down", "", "正在降速"),
        ("manual, ", " s left", "手动，还剩 {0} 秒"),
        ("heat only ", " W", "热量仅 {0} W"),
        ("heat ", " W", "热量 {0} W"),
        ("the other pump has failed", "", "另一台水泵已故障"),
        ("flow only ", " L/min", "流量仅 {0} L/min"),
        ("no flow", "", "无流量"),
        ("leak", "", "漏液"),
        ("coolant temperature cannot be trusted", "", "冷却液温度不可信"),
        ("a GPU at ", " °C", "有 GPU 达 {0} °C"),
        ("coolant ", " °C", "冷却液 {0} °C"),
        ("the box can remove ", " W", "可散热 {0} W"),
        ("die ", " K above what its power explains", "芯片比功率所应高 {0} K"),
        ("no need to limit", "", "无需限制"),
        ("dew point ", " °C", "露点 {0} °C"),
        ("healthy again, limit returns in ", " s", "已恢复，{0} 秒后解除限制"),
        ("shut down", "", "已关停"),
        ("no facility water", "", "无设施水"),
        ("cabinet inlet ", " °C", "机柜进风 {0} °C"),
        ("not needed", "", "不需要"),
        ("humidity ", " %RH", "湿度 {0} %RH"),
        ("humidity cannot be trusted", "", "湿度读数不可信"),
        ("its die cannot be read", "", "芯片温度读不到"),
        ("resting for another ", " s", "停机间歇，还剩 {0} 秒"),
    ];

    private const string OneDown = ", one fan down";
    private const string SomeDown = " fans down";

    public static string Of(string reason)
    {
        var (said, down) = FansDown(reason);
        foreach (var (before, behind, chinese) in Known)
        {
            if (said.Length >= before.Length + behind.Length && said.StartsWith(before, StringComparison.Ordinal) && said.EndsWith(behind, StringComparison.Ordinal)
                && (behind.Length > 0 || said.Length == before.Length))
                return string.Format(CultureInfo.InvariantCulture, chinese, said[before.Length..^behind.Length]) + down;
        }

        return reason;
    }

    private static (string Said, string Down) FansDown(string reason)
    {
        if (reason.EndsWith(OneDown, StringComparison.Ordinal))
            return (reason[..^OneDown.Length], "，1 个风扇失效");
        if (!reason.EndsWith(SomeDown, StringComparison.Ordinal))
            return (reason, "");
        var comma = reason.LastIndexOf(", ", StringComparison.Ordinal);
        return comma < 0 ? (reason, "") : (reason[..comma], $"，{reason[(comma + 2)..^SomeDown.Length]} 个风扇失效");
    }
}
