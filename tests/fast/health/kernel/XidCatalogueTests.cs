using Appliance.Health.KernelLog;
using FastTests.Tidy;
using Xunit;

namespace FastTests.Health.KernelLog;

/// <summary>The catalogue against the table of facts that was copied by hand from NVIDIA's, and not from the code.</summary>
public sealed class XidCatalogueTests
{
    private static readonly Fact[] Facts = [.. Repository.Read("tests/golden/health/xid-h100.csv").Split('\n')
        .Where(l => l.Length > 0 && char.IsAsciiDigit(l[0])).Select(Fact.Of)];

    [Xunit.Fact]
    public void All_78_codes_have_the_catalogues_buckets()
    {
        Assert.Equal(78, Facts.Length);
        Assert.Equal(
            Facts.Select(f => (f.Xid, f.Immediate, f.Investigatory)),
            XidCatalogue.All.Select(k => (k.Code, k.Bucket, k.Investigate)));
    }

    [Xunit.Fact]
    public void A_lone_line_of_each_code_is_decided_as_the_catalogue_says()
    {
        foreach (var fact in Facts)
        {
            var decision = Explain($"NVRM: Xid (PCI:0000:1b:00): {fact.Xid}, pid=7, name=x, {Said(fact.Xid)}");
            Assert.Equal(fact.Immediate, decision.Bucket);
            var expected = fact.Xid switch
            {
                45 => FaultAction.RestartFabricManager,
                48 or 74 => FaultAction.ResetGpu,
                154 => FaultAction.RestartBareMetal,
                _ => fact.Immediate,
            };
            Assert.Equal((fact.Xid, expected), (decision.Xid, decision.Action));
        }
    }

    [Xunit.Fact]
    public void Eighteen_codes_have_a_hardware_action_and_each_raises_an_alarm()
    {
        var hardware = Facts.Where(f => f.Hardware).ToArray();
        Assert.Equal(18, hardware.Length);
        Assert.All(hardware, fact =>
        {
            var decision = Explain($"NVRM: Xid (PCI:0000:1b:00): {fact.Xid}, {Said(fact.Xid)}");
            Assert.True(FaultAction.IsHardware(decision.Action), $"{fact.Xid}: {decision.Action}");
            Assert.NotNull(decision.Alarm);
        });
    }

    [Xunit.Fact]
    public void What_needs_no_hardware_action_raises_none() => Assert.All(
        Facts.Where(f => !f.Hardware && f.Severity is "A" or "I"),
        fact => Assert.Null(Explain($"NVRM: Xid (PCI:0000:1b:00): {fact.Xid}, pid=7, name=x, {Said(fact.Xid)}").Alarm));

    [Xunit.Fact]
    public void Severities_are_the_tables() => Assert.All(Facts, fact =>
    {
        var severity = XidCatalogue.Find(fact.Xid)!.Severity;
        Assert.True(fact.Severity.Contains(severity.ToString()[0] is 'D' ? 'W' : severity.ToString()[0]) || fact.Severity == "D", $"{fact.Xid}: {severity}, {fact.Severity}");
    });

    [Theory]
    [InlineData(61)]
    [InlineData(121)]
    [InlineData(149)]
    [InlineData(155)]
    [InlineData(300)]
    public void A_code_of_another_board_is_reported_and_not_acted_on(int code)
    {
        var decision = Explain($"NVRM: Xid (PCI:0000:1b:00): {code}, pid=7, name=x, whatever");
        Assert.Equal((FaultSeverity.Information, null, null, null), (decision.Severity, decision.Bucket, decision.Action, decision.Alarm));
        Assert.Contains("not in NVIDIA's catalogue for this board", decision.Why);
    }

    [Xunit.Fact]
    public void Every_row_has_words_in_both_languages() => Assert.All(XidCatalogue.All, kind =>
    {
        Assert.True(kind.Title.Length > 3 && kind.TitleZh.Any(c => c > 0x4e00));
        Assert.DoesNotContain(kind.Code, XidCatalogue.Elsewhere.Keys);
    });

    [Xunit.Fact]
    public void Every_sxid_is_in_one_table_only() => Assert.Equal(SxidCatalogue.All.Distinct(), SxidCatalogue.All);

    private static string Said(int code) => code switch
    {
        13 => "Graphics SM Warp Exception on (GPC 3, TPC 0, SM 1): Out Of Range Address",
        74 => "NVLink: fatal error detected on link 6(0x10, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
        154 => "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)",
        _ => "something",
    };

    private static KernelDecision Explain(string line) => Assert.Single(KernelLogFile.Decide([line]));

    private sealed record Fact(int Xid, string? Immediate, string? Investigatory, string Severity, bool Hardware)
    {
        public static Fact Of(string line)
        {
            var cells = line.Split(',');
            return new(int.Parse(cells[0]), Empty(cells[1]), Empty(cells[2]), cells[3], cells[4] == "1");
        }

        private static string? Empty(string cell) => cell.Length == 0 ? null : cell;
    }
}
