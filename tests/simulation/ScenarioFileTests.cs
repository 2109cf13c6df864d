using System.Text;
using Appliance.Daemon.Simulation;

namespace SimulationTests;

public sealed class ScenarioFileTests
{
    private const string Good = """
        { "name": "step", "duration_s": 120,
          "plant": { "cooling": "liquid-to-air", "seed": 7, "spread": 0.0 },
          "ambient_c": [[0, 25.0]], "room_rh_percent": [[0, 45]],
          "gpu_power_w": { "profile": [[0, 70], [60, 700]] },
          "faults": [ { "t_s": 60, "until_s": 90, "kind": "fan_dead", "target": "fan3" } ] }
        """;

    [Fact]
    public void The_example_of_the_contract_is_read()
    {
        var scenario = Parse(Good);
        Assert.Equal(7, scenario.Seed);
        Assert.Equal(385, scenario.PowerOf(5).At(30));
        Assert.Equal("fan3", scenario.Faults[0].Fault.Target);
    }

    [Theory]
    [InlineData("\"duration_s\"", "\"duration\"", "unknown key \"duration\" in the scenario; known are name, duration_s")]
    [InlineData("\"fan_dead\"", "\"fan_dad\"", "faults[0]: unknown fault kind \"fan_dad\"; known are fan_dead, fan_tach_lost")]
    [InlineData("\"fan3\"", "\"fan9\"", "unknown target \"fan9\" for fan_dead; known are fan1, fan2")]
    [InlineData("\"fan_dead\"", "\"fan_stuck\"", "fan_stuck needs a value in rpm")]
    [InlineData("\"liquid-to-air\"", "\"air\"", "plant.cooling is \"air\"; it must be liquid-to-air or liquid-to-liquid")]
    [InlineData("\"until_s\": 90", "\"until_s\": 30", "until_s 30 is not after t_s 60")]
    [InlineData("[[0, 25.0]]", "[0, 25.0]", "ambient_c: 0 is not a [t_s, value] point")]
    public void What_is_wrong_is_named_with_what_would_be_right(string from, string to, string message)
    {
        var e = Assert.Throws<FormatException>(() => Parse(Good.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("step.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_has_every_key_of_the_contract()
    {
        var summary = new SimulationRun(Parse(Good), Boards.Hgx).Run(TimeProvider.System);
        var json = System.Text.Json.JsonSerializer.Serialize(summary, SimulationJson.Default.SimulationSummary);
        foreach (var key in "peak_supply_c,min_supply_c_after_warmup,seconds_over_40_c,seconds_under_36_c,settle_s,steady_error_k,gpu_peak_c,margin_min_k,fan_energy_wh,pump_energy_wh,gpu_energy_withheld_wh,feasible,nuisance_trips,safe_state,alarms,actions,real_time_factor".Split(','))
            Assert.Contains($"\"{key}\":", json, StringComparison.Ordinal);
        Assert.Contains(summary.Alarms, a => a is { Code: "fan_stalled", Target: "fan3" });
    }

    private static Scenario Parse(string json) => ScenarioFile.Parse(Encoding.UTF8.GetBytes(json), "step.json", Boards.Hgx);
}
