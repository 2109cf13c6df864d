namespace Appliance.Daemon.Control;

/// <summary>
/// One process per role and run directory. The lock is the kernel's (flock), so that it goes with its holder however that
/// ends; the file holds the holder's pid for the one who is refused.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <param name="directory">Made if it is not there.</param>
    /// <param name="role"><c>daemon</c>, <c>twin</c>, <c>run</c>.</param>
    /// <param name="holderPid">The pid of the holder when refused; 0 when it cannot be read.</param>
    /// <returns>Null when another process holds the role.</returns>
    public static RunLock? TryTake(string directory, string role, out int holderPid)
    {
        holderPid = 0;
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{role}.lock");
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return new(file);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            holderPid = Holder(path);
            return null;
        }
    }

    /// <summary>The pid written into the lock file; whether it still runs is not said.</summary>
    public static int Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            return int.TryParse(reader.ReadLine(), out var pid) ? pid : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Dispose() => _file.Dispose();
}
