using System.Text;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// A GPU of the twin: a folder of one-value files that the twin's process keeps up to date. <c>hang</c> = 1 makes a read block the
/// way a hung driver blocks, so that the same threads and the same staleness rules are exercised as with NVML.
/// </summary>
public sealed class TwinGpuFiles : IGpuDevice
{
    /// <summary>The numbers a GPU folder holds, in the order the twin writes them.</summary>
    public static readonly string[] Files =
    [
        "power_usage_mw", "temperature_gpu_c", "temperature_memory_c", "tlimit_c", "sm_clock_mhz", "utilization_gpu",
        "memory_used_mib", "memory_total_mib", "clocks_event_reasons", "lost", "hang", LimitFile, ClockFile,
    ];

    /// <summary>The two that software writes: milliwatts, and 1 while the clock is held at its lowest.</summary>
    public const string LimitFile = "power_management_limit_mw";
    public const string ClockFile = "lowest_clock";

    private const int Limit = 11;
    private const int Clock = 12;

    private readonly string _folder;
    private readonly SysfsFile?[] _files = new SysfsFile?[Files.Length];

    public TwinGpuFiles(string sysRoot, int index)
    {
        _folder = FolderOf(sysRoot, index);
        Identity = new() { Name = Text(_folder, "name"), Uuid = UuidOf(sysRoot, index), PciBusId = Text(_folder, "pci_bus_id") };
    }

    public GpuIdentity Identity { get; }

    public double? LowestClockMhz => 345;

    public static string FolderOf(string sysRoot, int index) => Path.Combine(sysRoot, "twin", $"gpu{index}");

    public static string? UuidOf(string sysRoot, int index) => Text(FolderOf(sysRoot, index), "uuid");

    public void Read(TimeSpan now, ref GpuReading reading)
    {
        while (Number(10) is 1)
            Thread.Sleep(100); // what a hung driver call looks like to its thread
        reading.Lost = Number(9) is not 0;
        if (reading.Lost)
            return;
        reading.PowerW = Value(0, 0.001, now);
        reading.TemperatureC = Value(1, 1, now);
        reading.MemoryTemperatureC = Value(2, 1, now);
        reading.MarginK = Value(3, 1, now);
        reading.SmClockMhz = Value(4, 1, now);
        reading.UtilizationPercent = Value(5, 1, now);
        reading.MemoryUsedMib = Value(6, 1, now);
        reading.MemoryTotalMib = Value(7, 1, now);
        reading.ClocksEventReasons = Number(8) is { } reasons ? Reading<long>.Good(reasons, now) : Reading<long>.Absent;
        reading.LimitW = Value(Limit, 0.001, now);
    }

    public bool SetPowerLimit(double watts) => Write(Limit, (long)Math.Round(watts * 1000));

    public bool SetLowestClock(bool held) => Write(Clock, held ? 1 : 0);

    private bool Write(int index, long number)
    {
        while (Number(10) is 1)
            Thread.Sleep(100);
        return Number(9) is 0 && Open(index) is { } file && file.TryWrite(number).IsOk;
    }

    private Reading<double> Value(int index, double scale, TimeSpan now) =>
        Number(index) is { } number ? Reading<double>.Good(number * scale, now) : Reading<double>.Absent;

    private long? Number(int index)
    {
        if (Open(index) is not { } file)
            return null;
        var status = file.TryRead(out var value);
        if (!status.IsGone)
            return status.IsOk ? value : null;
        file.Dispose();
        _files[index] = null;
        return null;
    }

    private SysfsFile? Open(int index) =>
        _files[index] ??= SysfsFile.TryOpen(Path.Combine(_folder, Files[index]), write: index >= Limit, out _);

    private static string? Text(string folder, string file)
    {
        using var open = SysfsFile.TryOpen(Path.Combine(folder, file), write: false, out _);
        Span<byte> text = stackalloc byte[128];
        return open is not null && open.TryReadText(text, out var length).IsOk ? Encoding.UTF8.GetString(text[..length]) : null;
    }
}
