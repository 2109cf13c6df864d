using System.Globalization;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>One GPU as the twin's file tells it; what never moves is that of a healthy H100 SXM5 (driver 580.159).</summary>
internal sealed class TwinGpu(string root, int index)
{
    private readonly Page _page = new(Path.Combine(TwinGpuFiles.FolderOf(root, index), "nvml"));
    private readonly string _limitFile = Path.Combine(TwinGpuFiles.FolderOf(root, index), TwinGpuFiles.LimitFile);
    private readonly string _clockFile = Path.Combine(TwinGpuFiles.FolderOf(root, index), TwinGpuFiles.ClockFile);

    /// <summary>What an H100 answers (driver 580.159).</summary>
    public const int LowestMhz = 345;

    public int Index => index;

    public const string Name = "NVIDIA H100 80GB HBM3";

    public string Uuid => string.Create(CultureInfo.InvariantCulture, $"GPU-7717b0c5-0000-4000-8000-{index:x12}");

    public string Serial => _page["serial"].ToString(CultureInfo.InvariantCulture);

    public string BusId => string.Create(CultureInfo.InvariantCulture, $"00000000:{Bus:X2}:00.0");

    public string BusIdLegacy => string.Create(CultureInfo.InvariantCulture, $"0000:{Bus:X2}:00.0");

    public uint Bus => (uint)_page["bus"];

    public string Vbios => this["odd"] != 0 ? "96.00.89.00.01" : "96.00.DA.00.0C";

    public string Inforom => this["odd"] != 0 ? "G520.0200.00.03" : "G520.0200.00.05";

    public long this[string key] => _page[key];

    public bool IsHung => _page["hang"] != 0;

    public bool IsThere => _page.IsThere;

    public bool SetLimit(uint milliwatts)
    {
        if (milliwatts < _page["min_limit_mw"] || milliwatts > _page["max_limit_mw"])
            return false;
        return Write(_limitFile, milliwatts);
    }

    public bool HoldClock(bool held) => Write(_clockFile, held ? 1 : 0);

    private static bool Write(string path, long number)
    {
        using var file = SysfsFile.TryOpen(path, write: true, out _);
        return file is not null && file.TryWrite(number).IsOk;
    }
}
