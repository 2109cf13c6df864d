using System.Text.RegularExpressions;
using Appliance.Health;
using Appliance.Model;
using Appliance.Thermal;
using Xunit;

namespace FastTests.Health;

public sealed partial class AlarmCatalogueTests
{
    [Fact]
    public void Every_code_constant_is_registered_once()
    {
        var constants = typeof(AlarmCatalogue).GetFields().Concat(typeof(BoardAlarms).GetFields()).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!).Order();
        Assert.Equal(constants, AlarmCatalogue.All.Select(k => k.Code).Order());
    }

    [Fact]
    public void Every_alarm_says_what_it_means_and_what_to_do() => Assert.All(AlarmCatalogue.All, kind =>
    {
        Assert.Matches(Code(), kind.Code);
        Assert.Matches(Sentence(), kind.Meaning);
        Assert.Matches(Sentence(), kind.NextStep);
        Assert.Matches(Han(), kind.TitleZh);
        Assert.True(kind.ClearAfter > TimeSpan.Zero || kind.Latches);
    });

    [Fact]
    public void Every_condition_the_thermal_loop_reports_is_registered() => Assert.All(Enum.GetValues<ConditionCode>(), code =>
        Assert.NotNull(AlarmCatalogue.Find(new Condition(code, TargetKind.Loop, 0).Name)));

    [Fact]
    public void Every_change_of_an_alarm_has_its_event() => Assert.All(AlarmCatalogue.All, kind =>
    {
        var ts = DateTimeOffset.UnixEpoch;
        var alarm = new Alarm(kind.Code, "x", kind.Severity, "It is so.", kind.NextStep, ts);
        AlarmChange[] changes =
            [new AlarmChange.Raised(alarm), new AlarmChange.Updated(alarm), new AlarmChange.Acknowledged(alarm), new AlarmChange.Cleared(alarm)];
        Assert.Equal(
            ["alarm_raised", "alarm_updated", "alarm_acknowledged", "alarm_cleared"],
            changes.Select(c => BoxEvents.Of(c, ts.AddMinutes(3)).Kind));
        Assert.Contains("after 3 min", BoxEvents.Of(changes[3], ts.AddMinutes(3)).Text);
    });

    [GeneratedRegex("^[a-z]+(_[a-z]+)*$")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[A-Z].{20,}\.$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Han();
}
