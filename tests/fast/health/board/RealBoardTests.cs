using System.Text.Json;
using Appliance.Health.Board;
using Appliance.Model;
using FastTests.Tidy;

namespace FastTests.Health.Board;

/// <summary>What a real H100 answered, idle and then under a matrix product at its power limit (tests/box/gpu.py, 2026-11-25, one look a second).</summary>
public sealed class RealBoardTests
{
    private static readonly GpuHealth[] Looks =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests/golden/nvml/h100.jsonl")).Select(l => JsonSerializer.Deserialize(l, HealthJson.Default.GpuHealth)!)];

    [Fact]
    public void The_record_is_of_a_board_at_rest_and_at_work()
    {
        Assert.InRange(Looks.Min(g => g.Power!.PowerW!.Value), 60, 100);
        Assert.InRange(Looks.Max(g => g.Power!.PowerW!.Value), 600, 760);
        Assert.All(Looks, g => Assert.Equal("NVIDIA H100 80GB HBM3", g.Identity!.Name));
        Assert.Contains(Looks, g => g.Pcie!.LaneErrors > 0 && g.Pcie.BadTlps > 0); // counters that are not zero on a healthy board
    }

    [Fact]
    public void A_healthy_real_board_raises_nothing_at_rest_and_at_work()
    {
        var rules = new BoardRules(BoardMemory.Empty);
        foreach (var look in Looks)
        {
            var now = look.Power!.At;
            var health = new BoxHealth { At = now, Gpus = [look], Probe = new() { At = now, State = ProbeState.Working, GpusFound = 1 } };
            Assert.Empty(rules.Evaluate(new() { Health = health, Now = now, GpusFitted = 1 }, (_, _) => false));
        }
    }
}
