namespace Appliance.Hardware;

/// <summary>
/// One process per role and run directory. The lock is the kernel's (flock), so that it goes with its holder however that
/// ends; a second file holds the holder's pid for the one who is refused (.NET cannot read a locked one).
/// </summary>
public sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <param name="directory">Made if it is not there.</param>
    /// <param name="role"><c>daemon</c>, <c>probe</c>, <c>twin</c>, <c>run</c>.</param>
    /// <param name="holderPid">The pid of the holder when refused; 0 when it cannot be read.</param>
    /// <returns>Null when another process holds the role.</returns>
    public static RunLock? TryTake(string directory, string role, out int holderPid)
    {
        holderPid = 0;
        Directory.CreateDirectory(directory);
        var pidPath = Path.Combine(directory, $"{role}.pid");
        try
        {
            var file = new FileStream(Path.Combine(directory, $"{role}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(pidPath, $"{Environment.ProcessId}\n");
            return new(file);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            holderPid = File.Exists(pidPath) && int.TryParse(File.ReadAllText(pidPath), out var pid) ? pid : 0;
            return null;
        }
    }

    /// <summary>The same for a verb, which tells a person why not.</summary>
    /// <param name="refusal">One line when refused, else empty.</param>
    /// <param name="held">What to say of the holder's pid.</param>
    /// <param name="closed">What to do when the directory may not be used.</param>
    public static RunLock? TryTake(string directory, string role, out string refusal, Func<int, string> held, string closed = "")
    {
        try
        {
            var taken = TryTake(directory, role, out var holder);
            refusal = taken is null ? held(holder) : "";
            return taken;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refusal = $"{directory} cannot be used: {e.Message} {closed}".TrimEnd();
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
