using Appliance.Twin;

namespace FastTests.Twin;

/// <summary>The twin's GPU against 300 s of a recorded H100 (tests/golden/h100-trace.csv): power in, die and HBM temperature out.</summary>
public sealed class GpuTraceTests
{
    [Fact]
    public void Die_follows_the_recorded_H100_within_1_2_K_rms() => Assert.InRange(GpuTrace.Replay().DieRmsK, 0.1, 1.2);

    [Fact]
    public void Memory_follows_the_recorded_H100_within_1_2_K_rms() => Assert.InRange(GpuTrace.Replay().MemoryRmsK, 0.1, 1.2);
}
