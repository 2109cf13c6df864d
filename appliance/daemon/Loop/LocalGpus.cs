using System.Buffers;
using System.Text.Json;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The GPUs of this machine straight through NVML, without a daemon and without a board: <c>appliance gpus --nvml</c>. Reads only;
/// tells what each answer took, which is what the poll threads live with.
/// </summary>
internal static class LocalGpus
{
    private const int Reads = 20;

    /// <returns>The JSON object, or null with <paramref name="fault"/> saying why there is none.</returns>
    public static byte[]? Report(TimeProvider time, out string? fault)
    {
        var nvml = new Nvml();
        if (!nvml.Initialise())
        {
            fault = $"NVML: {nvml.Fault}.";
            return null;
        }

        fault = null;
        using var poller = new GpuPoller(nvml, nvml.Count, TimeSpan.FromMilliseconds(100), time);
        using var surveyor = new GpuSurveyor(nvml, poller, "/", time, _ => { });
        var took = new double[nvml.Count][];
        for (var i = 0; i < nvml.Count; i++)
            took[i] = [.. Enumerable.Range(0, Reads).Select(_ => Timed(poller, i, time)).Skip(1).Order()];
        return Written(nvml, poller, surveyor, took, time);
    }

    private static double Timed(GpuPoller poller, int index, TimeProvider time)
    {
        var began = time.GetTimestamp();
        poller.PollOnce(index);
        return time.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Timed(GpuSurveyor surveyor, int index, TimeProvider time, out GpuHealth health)
    {
        var began = time.GetTimestamp();
        health = surveyor.ReadOnce(index);
        return time.GetElapsedTime(began).TotalMilliseconds;
    }

    private static byte[] Written(Nvml nvml, GpuPoller poller, GpuSurveyor surveyor, double[][] took, TimeProvider time)
    {
        var readings = new GpuReading[nvml.Count];
        poller.Read(readings);
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("driver", nvml.DriverVersion);
            json.WriteString("nvml", nvml.LibraryVersion);
            json.WriteStartArray("missing");
            foreach (var function in nvml.MissingFunctions)
                json.WriteStringValue(function);
            json.WriteEndArray();
            json.WriteStartArray("gpus");
            for (var i = 0; i < readings.Length; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("read_ms_p50", Math.Round(took[i][took[i].Length / 2], 3));
                json.WriteNumber("read_ms_max", Math.Round(took[i][^1], 3));
                json.WriteString("fault", poller.Fault(i));
                json.WritePropertyName("frame");
                JsonSerializer.Serialize(json, Frame(i, readings[i], poller.Identity(i), Moment.Of(time)), ModelJson.Default.GpuFrame);
                json.WriteNumber("survey_whole_ms", Math.Round(Timed(surveyor, i, time, out _), 3));
                json.WriteNumber("survey_ms", Math.Round(Timed(surveyor, i, time, out var health), 3)); // the second: nothing is due again yet
                json.WritePropertyName("health");
                JsonSerializer.Serialize(json, readings[i].Onto(health), HealthJson.Default.GpuHealth);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("host");
            JsonSerializer.Serialize(json, new HostSurveyor("/", time, _ => { }).ReadOnce(), HealthJson.Default.BoxHealth);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static GpuFrame Frame(int index, GpuReading gpu, GpuIdentity identity, Moment now) => new()
    {
        Ts = now.Utc,
        Index = index,
        Name = identity.Name,
        Uuid = identity.Uuid,
        PciBusId = identity.PciBusId,
        PowerW = gpu.PowerW.Value,
        PowerLimitW = gpu.LimitW.Value,
        TemperatureC = gpu.TemperatureC.Value,
        MemoryTemperatureC = gpu.MemoryTemperatureC.Value,
        MarginK = gpu.MarginK.Value,
        SmClockMhz = gpu.SmClockMhz.Value,
        UtilizationPercent = gpu.UtilizationPercent.Value,
        MemoryUsedMib = gpu.MemoryUsedMib.Value,
        MemoryTotalMib = gpu.MemoryTotalMib.Value,
        ThrottleReasons = FrameAssembly.ThrottleReasons(gpu.ClocksEventReasons.Value ?? 0),
        State = gpu.Lost ? "lost" : gpu.PowerW.HasValue ? "ok" : "unreadable",
    };
}
