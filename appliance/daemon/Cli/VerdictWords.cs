using Appliance.Daemon.Terminal;
using Appliance.Health;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>What a verdict says, in one language; {0} and so on are names and times.</summary>
/// <param name="Word">OK, WARNING, CRITICAL, UNKNOWN in the order of a Nagios plugin's exit codes.</param>
/// <param name="Alarm">What an alarm is called in the one line of the bar.</param>
/// <param name="State">The box' own word for a mode or a state.</param>
/// <param name="Span">Seconds.</param>
internal sealed record VerdictWords(IReadOnlyList<string> Word, Func<Alarm, string> Alarm, Func<string, string> State, Func<double, string> Span)
{
    public required string NoTick { get; init; }

    public required string Silent { get; init; }

    public required string More { get; init; }

    public required string Mode { get; init; }

    public required string Down { get; init; }

    public required string Boot { get; init; }

    public required string Manual { get; init; }

    public required string Serving { get; init; }

    public required string Loading { get; init; }

    public required string NoEngine { get; init; }

    public required string Engine { get; init; }

    public static VerdictWords English { get; } = new(["OK", "WARNING", "CRITICAL", "UNKNOWN"], a => $"{a.Code} {a.Target}", state => state, Text.Span)
    {
        NoTick = "the control loop has not finished its first tick yet",
        Silent = "the control loop is silent for {0}",
        More = " and {0} more",
        Mode = "the cooling is in mode {0}",
        Down = "{0} not running",
        Boot = "starting: full cooling until the box is known",
        Manual = "cooling is under manual control",
        Serving = "cooling and serving",
        Loading = "cooling; the model is loading",
        NoEngine = "cooling; the engine has not been heard of yet",
        Engine = "cooling; the engine is {0}",
    };

    public static VerdictWords Chinese { get; } = new(["正常", "警告", "严重", "未知"], a => $"{AlarmCatalogue.Find(a.Code)?.TitleZh ?? a.Code} {a.Target}", ChineseStates.Of, s => ChineseStates.Span(Text.Span(s)))
    {
        NoTick = "控制环路尚未完成第一个周期",
        Silent = "控制环路已有 {0}没有消息",
        More = "（另有 {0} 个）",
        Mode = "冷却处于模式：{0}",
        Down = "{0} 未运行",
        Boot = "启动中：状态明确前全力冷却",
        Manual = "冷却由人手动控制",
        Serving = "冷却正常，正在服务",
        Loading = "冷却正常，模型加载中",
        NoEngine = "冷却正常，尚未收到推理引擎的消息",
        Engine = "冷却正常，推理引擎{0}",
    };
}
