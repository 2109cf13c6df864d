using System.Text;
using System.Text.Json;
using Appliance.Model;

namespace FastTests.Model;

public sealed class HealthWireTests
{
    private static readonly BoxHealth _sweep = new()
    {
        At = TimeSpan.FromMicroseconds(12_345_678),
        Probe = new() { State = ProbeState.Blind, Starts = 1, BlindSince = TimeSpan.FromSeconds(10) },
        Gpus =
        [
            new()
            {
                Index = 3, Access = GpuAccess.ResetRequired,
                Nvlinks = new() { Fitted = 18, Links = [new() { Link = 17, Up = true, CrcData = 64 }] },
                Fabric = new() { State = FabricState.Completed, DegradedBandwidth = false },
                Refusals = [new("nvmlDeviceGetSramEccErrorStatus", "NoPermission")],
            },
        ],
    };

    [Fact]
    public void A_sweep_survives_the_wire_whole()
    {
        var back = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(_sweep, HealthJson.Default.BoxHealth), HealthJson.Default.BoxHealth)!;
        Assert.Equal(_sweep.At, back.At);
        Assert.Equal(_sweep.Probe, back.Probe);
        Assert.Equal(_sweep.Gpus[0].Fabric, back.Gpus[0].Fabric);
        Assert.Equal(_sweep.Gpus[0].Nvlinks!.Links, back.Gpus[0].Nvlinks!.Links);
        Assert.Equal(_sweep.Gpus[0].Refusals, back.Gpus[0].Refusals);
    }

    [Fact]
    public void What_is_absent_is_left_out_and_enumerations_are_words()
    {
        var text = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(_sweep, HealthJson.Default.BoxHealth));
        Assert.DoesNotContain("null", text, StringComparison.Ordinal);
        Assert.Contains("\"access\":\"reset_required\"", text, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"completed\"", text, StringComparison.Ordinal);
        Assert.Contains("\"at\":12.345678", text, StringComparison.Ordinal);
    }
}
