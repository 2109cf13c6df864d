using Appliance.Daemon.Loop;
using Appliance.Daemon.TwinProcess;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Thermal;
using Microsoft.Extensions.Time.Testing;

namespace SimulationTests;

/// <summary>The daemon's loop over the twin's files in virtual time: everything but the threads, the sockets and the clock.</summary>
internal sealed class LoopBench : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loop-").FullName;

    public LoopBench(TwinLoad? load = null, string board = "hgx-h100-8")
    {
        Board = BoardCatalogue.Load(board);
        Settings = ThermalSettings.From(Board, new DaemonConfig());
        Paths = RunPaths.Twin(_folder);
        Twin = new(Board, Paths, null);
        if (load is not null)
            Twin.SetLoad(load);
        StartDaemon();
    }

    public Board Board { get; }

    public ThermalSettings Settings { get; }

    public RunPaths Paths { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 22, 0, 0, TimeSpan.Zero));

    public TwinBox Twin { get; private set; }

    public BoxHardware Hardware { get; private set; } = null!;

    public GpuPoller Gpus { get; private set; } = null!;

    public Ticker Ticker { get; private set; } = null!;

    public LatestTick Latest { get; private set; } = null!;

    public LoopRequests Requests { get; } = new();

    /// <summary>As a new process begins: full drive first, then the loop with what the last one kept.</summary>
    public void StartDaemon()
    {
        Hardware?.Dispose();
        var checkpoint = new CheckpointFile(Paths.State);
        _ = DaemonProcess.WriteSafeDuty(Paths);
        Gpus = new(new TwinGpus(Paths.SysRoot), Board.Gpus.Count, TimeSpan.FromMilliseconds(100), Time);
        Hardware = new(Board, Paths.SysRoot, simulated: true, Gpus);
        Latest = new(Board);
        Ticker = new(Hardware, Settings, ThermalState.Boot(Settings, checkpoint.Read()), Latest, Requests);
    }

    /// <summary>As a new process of the twin begins: with what the last one kept and with the files that are there.</summary>
    public void RestartTwin()
    {
        var kept = Twin.Keep();
        Twin.Dispose();
        Twin = new(Board, Paths, kept);
    }

    public TickRecord Run(double seconds, bool daemon = true)
    {
        for (var i = 0; i < seconds * 10; i++)
        {
            Time.Advance(TickLoop.Period);
            Twin.Advance(TickLoop.Period);
            if (!daemon)
                continue;
            for (var gpu = 0; gpu < Board.Gpus.Count; gpu++)
                Gpus.PollOnce(gpu);
            Ticker.Tick(Moment.Of(Time), 0);
        }

        return Last();
    }

    public TickRecord Last()
    {
        var record = new TickRecord(Board);
        Latest.Read(record);
        return record;
    }

    public string Read(string chip, string file) =>
        SysfsText(HwmonTree.Enumerate(Paths.SysRoot).Single(c => c.Name == chip).Directory, file);

    public void Write(string chip, string file, string text) =>
        FastTests.Hardware.SysfsFolder.Set(HwmonTree.Enumerate(Paths.SysRoot).Single(c => c.Name == chip).Directory, file, text);

    private static string SysfsText(string folder, string file) => File.ReadAllText(Path.Combine(folder, file)).Trim();

    public void Dispose()
    {
        Hardware.Dispose();
        Twin.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
