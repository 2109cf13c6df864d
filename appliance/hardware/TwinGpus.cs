namespace Appliance.Hardware;

/// <summary>The twin's GPU folders. A folder that is not there yet is a driver that does not answer yet; a GPU that hangs does not open either.</summary>
public sealed class TwinGpus(string sysRoot) : IGpuSource
{
    public IGpuDevice? Open(int index, out bool lost)
    {
        while (Number(index, "hang") is 1)
            Thread.Sleep(100);
        var number = Number(index, "lost");
        lost = number is not (null or 0);
        return number is 0 ? new TwinGpuFiles(sysRoot, index) : null;
    }

    public IGpuDevice? Find(string uuid)
    {
        for (var index = 0; Directory.Exists(TwinGpuFiles.FolderOf(sysRoot, index)); index++)
        {
            if (TwinGpuFiles.UuidOf(sysRoot, index) == uuid)
                return Open(index, out _);
        }

        return null;
    }

    private long? Number(int index, string name)
    {
        using var file = SysfsFile.TryOpen(Path.Combine(TwinGpuFiles.FolderOf(sysRoot, index), name), write: false, out _);
        return file is not null && file.TryRead(out var value).IsOk ? value : null;
    }
}
