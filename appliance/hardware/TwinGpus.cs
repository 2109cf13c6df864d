namespace Appliance.Hardware;

/// <summary>The twin's GPU folders. A folder that is not there yet is a driver that does not answer yet.</summary>
public sealed class TwinGpus(string sysRoot) : IGpuSource
{
    public IGpuDevice? Open(int index, out bool lost)
    {
        var lostFile = Path.Combine(TwinGpuFiles.FolderOf(sysRoot, index), "lost");
        using var file = SysfsFile.TryOpen(lostFile, write: false, out var status);
        long value = 0;
        var answered = file is not null && file.TryRead(out value).IsOk;
        lost = answered && value != 0;
        return answered && !lost ? new TwinGpuFiles(sysRoot, index) : null;
    }
}
