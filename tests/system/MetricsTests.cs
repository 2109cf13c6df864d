using System.Text.Json;
using System.Text.RegularExpressions;

namespace SystemTests;

/// <summary>What Prometheus sees of a running box, judged by Debian's promtool; and that rules and dashboard ask for what is there.</summary>
public sealed partial class MetricsTests : IClassFixture<PowerOnTests.Running>
{
    private static readonly string Observability = Path.Combine(Programs.Root, "packaging", "observability");

    private readonly Box _box;

    public MetricsTests(PowerOnTests.Running running) => _box = running.Box;

    [Fact]
    public async Task The_control_planes_own_metrics_are_clean_for_promtool_and_tell_what_the_console_tells()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_box.Ports.Metrics}") };
        var page = "";
        _box.WaitUntil("the page shows the coolant", TimeSpan.FromSeconds(10), () =>
            (page = http.GetStringAsync("/metrics").GetAwaiter().GetResult()).Contains("\nappliance_coolant_supply_celsius ", StringComparison.Ordinal));
        var own = string.Concat(page.Split('\n').Where(l => l.Contains("appliance_", StringComparison.Ordinal)).Select(l => l + "\n"));
        var verdict = Programs.Run("promtool", ["check", "metrics"], input: own);
        Assert.True(verdict.ExitCode == 0, verdict.Error + verdict.Output);

        var supply = double.Parse(page.Split('\n').Single(l => l.StartsWith("appliance_coolant_supply_celsius ", StringComparison.Ordinal)).Split(' ')[1]);
        Assert.Equal(_box.CliJson("thermal").GetProperty("coolant_supply_c").GetDouble(), supply, 0.5);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync("/", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/metrics", null, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Profiling_metrics_are_read_for_who_asks_and_for_nobody_else()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_box.Ports.Metrics}") };
        Assert.DoesNotContain("DCGM_FI_PROF_", await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var page = "";
        _box.WaitUntil("all eight GPUs tell all five", TimeSpan.FromSeconds(30), () =>
            (page = http.GetStringAsync("/metrics?profiling=1").GetAwaiter().GetResult()).Split('\n').Count(l => l.StartsWith("DCGM_FI_PROF_", StringComparison.Ordinal)) == 5 * 8);
        var tensor = page.Split('\n').First(l => l.StartsWith("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu=\"0\"", StringComparison.Ordinal));
        Assert.InRange(double.Parse(tensor.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture), 0, 1);
        Assert.DoesNotContain("DCGM_FI_PROF_", await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void A_metrics_port_that_is_taken_costs_the_page_and_nothing_else()
    {
        using var rig = new Rig(_box.Ports.Metrics);
        rig.StartDaemon();
        Wait.Until("the daemon says so", TimeSpan.FromSeconds(15), () =>
            rig.Cli("status", "--json").Contains($"\"metrics_fault\":\"port {_box.Ports.Metrics}", StringComparison.Ordinal));
        Wait.Until("the daemon is in control all the same", TimeSpan.FromSeconds(15), () => rig.Mode() == "running");
    }

    [Fact]
    public void The_alert_rules_hold_at_their_edges()
    {
        var outcome = Programs.Run("promtool", ["test", "rules", Path.Combine(Observability, "appliance.rules.test.yml")]);
        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Error);
        Assert.Equal(0, Programs.Run("promtool", ["check", "config", Path.Combine(Observability, "prometheus.yml")]).ExitCode);
    }

    [Fact]
    public async Task Rules_and_dashboard_ask_only_for_metrics_that_exist()
    {
        using var api = _box.Api;
        _box.WaitUntil("the model is ready", TimeSpan.FromSeconds(30), () => api.GetAsync("/ready").GetAwaiter().GetResult().IsSuccessStatusCode);
        var known = Family().Matches(
                await File.ReadAllTextAsync(Path.Combine(Programs.Root, "tests/golden/metrics.txt"), TestContext.Current.CancellationToken)
                + await api.GetStringAsync("/metrics", TestContext.Current.CancellationToken))
            .Select(m => m.Groups[1].Value).ToHashSet();
        var rules = await File.ReadAllTextAsync(Path.Combine(Observability, "appliance.rules.yml"), TestContext.Current.CancellationToken);
        var dashboard = await File.ReadAllTextAsync(Path.Combine(Observability, "grafana-appliance.json"), TestContext.Current.CancellationToken);
        Assert.True(JsonDocument.Parse(dashboard).RootElement.GetProperty("panels").GetArrayLength() > 20);
        var asked = Name().Matches(rules + dashboard).Select(m => HistogramPart().Replace(m.Value, "")).ToHashSet();
        Assert.True(asked.Count > 30, $"{asked.Count} names found; the pattern misses some.");
        Assert.Empty(asked.Where(n => !known.Contains(n)));
    }

    [GeneratedRegex("(?m)^# TYPE (\\S+) ")]
    private static partial Regex Family();

    [GeneratedRegex(@"\b(appliance_[a-z_]+|vllm:[a-z_]+|http_requests_total)")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramPart();
}
