using System.Text.Json;
using System.Text.Json.Nodes;
using Appliance.Health;
using Appliance.Health.Board;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Health.Board;

/// <summary>
/// What a real H100 answered, idle and then under a matrix product at its power limit (tests/box/gpu.py, 2026-11-25, one look a second), played to
/// the rules, the incidents and the alarm book; and the same board with something broken in it.
/// </summary>
public sealed class RealBoardTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Repository.Root, "tests/golden/nvml/h100.jsonl"));

    private static readonly GpuHealth[] Looks = [.. BoardRecord.Looks(Lines).Select(l => l.Health.Gpus[0])];

    [Fact]
    public void The_record_is_of_a_board_at_rest_and_at_work()
    {
        Assert.InRange(Looks.Min(g => g.Power!.PowerW!.Value), 60, 100);
        Assert.InRange(Looks.Max(g => g.Power!.PowerW!.Value), 600, 760);
        Assert.All(Looks, g => Assert.Equal("NVIDIA H100 80GB HBM3", g.Identity!.Name));
        Assert.Contains(Looks, g => g.Pcie!.LaneErrors > 0 && g.Pcie.BadTlps > 0); // counters that are not zero on a healthy board
    }

    public static TheoryData<string> Records => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/golden/nvml"), "*.jsonl").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Records))]
    public void A_healthy_real_board_raises_nothing_at_rest_and_at_work(string record) =>
        Assert.Empty(BoardRecord.Play(BoardRecord.Looks(File.ReadLines(Path.Combine(Repository.Root, "tests/golden/nvml", record)))));

    [Theory]
    [InlineData("pcie_degraded", 5)] // told within five seconds of work
    [InlineData("gpu_reset_due", 2)]
    [InlineData("gpu_failing", 2)]
    [InlineData("gpu_lost", 1)]
    [InlineData("gpu_suspect", 12)]
    public void What_breaks_on_it_is_named_and_nothing_else(string code, double withinS)
    {
        var broken = Array.FindIndex(Looks, g => g.Power!.PowerW > 300) + 2; // well at work
        var at = BoardRecord.Looks(Lines).ElementAt(broken).Health.At;
        var played = BoardRecord.Play(BoardRecord.Looks(Lines.Select((line, i) => i < broken ? line : Break(line, code, i - broken)))).ToArray();
        var (when, change) = Assert.Single(played);
        var raised = Assert.IsType<AlarmChange.Raised>(change).Alarm;
        Assert.Equal((code, "gpu0"), (raised.Code, raised.Target));
        Assert.InRange((when - at).TotalSeconds, -0.1, withinS); // a lost GPU is told by what was read of it just before
    }

    [Fact]
    public void An_event_in_the_record_opens_an_incident()
    {
        var line = $$"""{"t":1,"kind":"e","body":{{JsonSerializer.Serialize(new NvmlEvent(BoardRecord.Looks(Lines).ElementAt(9).Health.At, 0, Looks[9].Identity!.PciBusId, NvmlEvent.XidCriticalError, 119), HealthJson.Default.NvmlEvent)}}}""";
        var played = BoardRecord.Play(BoardRecord.Looks([.. Lines[..10], line, .. Lines[10..]])).ToArray();
        Assert.Equal("gpu_reset_needed", Assert.IsType<AlarmChange.Raised>(Assert.Single(played).Change).Alarm.Code);
    }

    [Theory]
    [InlineData("{", "line 1 is no look at a board")]
    [InlineData("""{"index":0,"access":"good"}""", "line 1 is no look at a board")]
    [InlineData("""{"kind":"x","body":{}}""", "line 1: there is no kind \"x\"")]
    public void What_is_no_record_names_its_line(string line, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => BoardRecord.Looks([line]).ToArray()).Message, StringComparison.Ordinal);

    private static string Break(string line, string code, int looks)
    {
        var told = JsonNode.Parse(line)!;
        var gpu = told["body"].Deserialize(HealthJson.Default.GpuHealth)!;
        gpu = code switch
        {
            "pcie_degraded" => gpu with { Pcie = gpu.Pcie! with { Generation = gpu.Pcie.MaxGeneration - 1 } },
            "gpu_reset_due" => gpu with { RowRemaps = gpu.RowRemaps! with { Pending = true } },
            "gpu_failing" => gpu with { RowRemaps = gpu.RowRemaps! with { Failed = true } },
            "gpu_lost" => new() { Index = 0, Access = GpuAccess.Lost, Identity = gpu.Identity, Fault = "nvmlDeviceGetTemperature: GpuIsLost", Power = gpu.Power },
            "gpu_suspect" => gpu with { Ecc = gpu.Ecc! with { VolatileCorrected = 100 * (looks + 1) } },
            _ => throw new ArgumentOutOfRangeException(nameof(code), code, "There is no way to break that."),
        };
        told["body"] = JsonSerializer.SerializeToNode(gpu, HealthJson.Default.GpuHealth);
        return told.ToJsonString();
    }
}
