using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Appliance.Model;

namespace FastTests.Model;

/// <summary>What goes over the wire, byte for byte: names, units in names, stamps, absent values.</summary>
public sealed class WireTests
{
    private static readonly DateTimeOffset Ts = new(2026, 11, 23, 22, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void A_thermal_frame_reads_as_documented() => Matches("thermal", ModelJson.Default.ThermalFrame, new ThermalFrame
    {
        Ts = Ts,
        CoolantSupplyC = 38.06,
        CoolantReturnC = 45.5,
        FlowLMin = 9.9,
        AmbientC = 25,
        SetpointC = 38,
        BandK = 2,
        Mode = "running",
        HeatW = 5012.5,
        Fans = [new("fan1", 61.2, 3180, "ok", "return 45.5 °C"), new("fan2", 61.2, null, "tach_lost", "return 45.5 °C")],
        Pumps = [new("pump1", 80, 3800, "ok", "heat 5.0 kW")],
        Sensors = [new("coolant_supply1", 38.06, "C", Quality.Good), new("humidity1", null, "%RH", Quality.Absent)],
        Tick = 1234,
        LatenessMs = 0.4,
    });

    [Fact]
    public void A_gpu_frame_reads_as_documented() => Matches("gpu", ModelJson.Default.GpuFrame, new GpuFrame
    {
        Ts = Ts,
        Index = 3,
        Name = "NVIDIA H100 80GB HBM3",
        Uuid = "GPU-00000000-0000-0000-0000-000000000003",
        PciBusId = "00000000:43:00.0",
        PowerW = 512.3,
        PowerLimitW = 700,
        TemperatureC = 61,
        ThrottleReasons = ["sw_power_cap"],
        State = "ok",
    });

    [Fact]
    public void Fabric_power_and_inference_frames_read_as_documented()
    {
        Matches("fabric", ModelJson.Default.FabricFrame, new FabricFrame { Ts = Ts, NvlinksUp = 144, NvlinksTotal = 144, State = "ok" });
        Matches("power", ModelJson.Default.PowerFrame, new PowerFrame { Ts = Ts, GpusW = 5000, FansW = 90.5, PumpsW = 120, TotalW = 5210.5 });
        Matches("inference", ModelJson.Default.InferenceFrame,
            new InferenceFrame { Ts = Ts, Model = "field-guide", State = "ready", Device = "cpu", Running = 1, TokensPerSecond = 812.5, HttpRequestsTotal = 41, HttpServerErrorsTotal = 0, InterTokenP99Ms = 12.5, LatencyAnswers = 40, GpuCaches = [new("GPU-7717b0c5-0000-4000-8000-000000000003", 21504, 18944)] });
    }

    [Fact]
    public void State_points_alarms_events_and_acknowledgements_read_as_documented()
    {
        Matches("state", ModelJson.Default.NodeState, new NodeState("ready", 17, Ts));
        Matches("point", ModelJson.Default.PointState, new PointState(38.06, Quality.Good, Ts, 3));
        Matches("description", ModelJson.Default.NodeDescription,
            new NodeDescription("5f1c", "0.1.0", [new("thermal/coolant_supply_c", "C", "number", -10, 90, 3)]));
        Matches("alarm", ModelJson.Default.Alarm, new Alarm("fan_stalled", "fan3", Severity.Critical,
            "fan3: 0 rpm, expected 3180 rpm", "Replace fan3; the others cover for it.", Ts));
        Matches("event", ModelJson.Default.BoxEvent,
            new BoxEvent(3, 42, "alarm_raised", "fan_stalled", "fan3", Severity.Critical, "fan3: 0 rpm, expected 3180 rpm", Ts));
        Matches("ack", ModelJson.Default.EventAck, new EventAck(3, 42));
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        var frame = new GpuFrame { Ts = Ts, Index = 1, State = "lost" };
        var again = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(frame, ModelJson.Default.GpuFrame), ModelJson.Default.GpuFrame);
        Assert.Equal(frame with { ThrottleReasons = again!.ThrottleReasons }, again);
        Assert.Null(again.PowerW);
    }

    private static void Matches<T>(string name, JsonTypeInfo<T> type, T value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            JsonSerializer.Serialize(writer, value, type);
        Golden.Match($"wire/{name}.json", Encoding.UTF8.GetString(stream.ToArray()) + "\n");
    }
}
