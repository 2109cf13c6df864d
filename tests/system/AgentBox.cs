using System.Diagnostics;
using System.Text;

namespace SystemTests;

/// <summary>
/// What the bmc-agent's user has on a real box: a daemon it hears of, duties it may write, no way to a GPU's driver, and the socket of appliance-rights.
/// The daemon and its GPUs are a rig's; the chips are files of this tree alone, behind which no twin and no chip's watchdog stands: what is
/// written there was written by who runs here. Where the tests are root, the programs run as nobody, unless the daemon is to know them.
/// </summary>
internal sealed class AgentBox : IDisposable
{
    private static readonly string[] Others = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    private readonly Rig _rig;
    private readonly string[] _as;
    private readonly List<Process> _processes = [];

    /// <param name="known">The programs run as the daemon's own user, whose questions it answers; they then have no GPU.</param>
    public AgentBox(Rig rig, bool known = false)
    {
        _rig = rig;
        _as = known || Environment.UserName != "root" ? [] : Others;
        if (known)
            Directory.CreateDirectory(Path.Combine(Root, "twin"));
        Chip(1, "max31790", outputs: 6, enable: true);
        Chip(2, "emc2305", outputs: 2, enable: false);
        Directory.CreateDirectory(Path.GetDirectoryName(RightsSocket)!);
        File.CreateSymbolicLink(Path.Combine(RunDirectory, "control.sock"), Path.Combine(rig.RunDirectory, "control.sock"));
        foreach (var program in (string[])["bmc-agent", "appliance-safe"])
            File.Copy(Programs.PathOf(program), Path.Combine(Bin, program)); // the tree of the sources may be closed to others
        Open(Folder);
        OpenUp(rig.Folder);
        OpenUp(rig.RunDirectory);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("other-").FullName;

    public string RunDirectory => Path.Combine(Folder, "run");

    private string Root => Path.Combine(RunDirectory, "sysfs");

    private string Bin => Directory.CreateDirectory(Path.Combine(Folder, "bin")).FullName;

    private string RightsSocket => Path.Combine(Root, "run", "appliance-rights.sock");

    /// <summary>As systemd starts it, at the first request; it alone finds the driver, which is the twin's.</summary>
    public void StartRights()
    {
        Start([
            "systemd-socket-activate", "-l", RightsSocket, "-E", $"LD_LIBRARY_PATH={Path.Combine(Programs.Folder, "nvml-twin")}",
            "-E", $"APPLIANCE_TWIN_SYSROOT={Path.Combine(_rig.RunDirectory, "sysfs")}", Programs.PathOf("appliance-rights"),
        ]);
        Wait.Until("the socket of appliance-rights", TimeSpan.FromSeconds(5), () => File.Exists(RightsSocket));
        File.SetUnixFileMode(RightsSocket, (UnixFileMode)0b110_110_110);
    }

    /// <param name="config">Instead of the rig's: another bus, on which no frame comes.</param>
    public void StartAgent(string? config = null) =>
        Start([.. _as, Path.Combine(Bin, "bmc-agent"), "serve", "--config", config ?? _rig.ConfigFile, "--run-dir", RunDirectory]);

    public void WaitUntilHeard() =>
        Wait.Until("the agent has heard of the daemon", TimeSpan.FromSeconds(20), () => File.Exists(Path.Combine(RunDirectory, "state", "last-known.json")));

    public Outcome Safe()
    {
        string[] command = [.. _as, Path.Combine(Bin, "appliance-safe"), "--root", Root];
        return Programs.Run(command[0], command[1..]);
    }

    public IReadOnlyList<string> Duties =>
        [.. Directory.GetFiles(Path.Combine(Root, "sys/class/hwmon"), "pwm?", SearchOption.AllDirectories).Select(f => File.ReadAllText(f).Split('\n')[0])];

    /// <summary>What the agent has written into its log, which it holds open.</summary>
    public string Events
    {
        get
        {
            var text = new StringBuilder();
            foreach (var path in Directory.GetFiles(Path.Combine(RunDirectory, "state", "events")))
            {
                using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                text.Append(reader.ReadToEnd());
            }

            return text.ToString();
        }
    }

    private void Chip(int number, string name, int outputs, bool enable)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, "sys/class/hwmon", $"hwmon{number}")).FullName;
        File.WriteAllText(Path.Combine(folder, "name"), name + "\n");
        for (var i = 1; i <= outputs; i++)
        {
            File.WriteAllText(Path.Combine(folder, $"pwm{i}"), "60\n");
            if (enable)
                File.WriteAllText(Path.Combine(folder, $"pwm{i}_enable"), "1\n");
        }
    }

    private void Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]);
        start.Environment["APPLIANCE_BIN_DIR"] = Bin;
        start.Environment.Remove("LD_LIBRARY_PATH");
        _processes.Add(Process.Start(start)!);
    }

    private static void Open(string folder)
    {
        OpenUp(folder);
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Where(e => e.LinkTarget is null))
            entry.UnixFileMode |= (UnixFileMode)0b110_110_110 | (entry is DirectoryInfo ? (UnixFileMode)0b001_001_001 : 0);
    }

    private static void OpenUp(string folder) => File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
