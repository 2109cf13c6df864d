using System.Globalization;
using System.Runtime.InteropServices;
using Appliance.Bus;
using Appliance.Daemon.Control;
using Appliance.Daemon.Health;
using Appliance.Daemon.Launcher;
using Appliance.Daemon.Metrics;
using Appliance.Daemon.Probe;
using Appliance.Daemon.Setup;
using Appliance.Hardware;
using Appliance.Health;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The control plane as a process. The order is the safety argument: full drive, loop, control socket, READY, and only then the
/// outbox, the bus and telemetry, which cooling never waits for.
/// </summary>
internal static class DaemonProcess
{
    /// <summary>The role's lock in the run directory.</summary>
    public const string Role = "daemon";

    private static readonly TimeSpan _controlPatience = TimeSpan.FromSeconds(5);

    // So long a stop waits at most, first for the bus and the disk, then for the loop, before it writes fans and pumps to full itself.
    private static readonly TimeSpan BusEnds = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LoopEnds = TimeSpan.FromMilliseconds(300);

    // appliance.service's TimeoutStopSec= is short, because a daemon that cannot die keeps the safe state waiting for so long. One that answers its stop asks
    // for this instead: chips and a probe that hang may want more (3 s, 1.5 s), and what is killed then is followed by appliance-safe.
    private static readonly TimeSpan StopMore = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The very first thing a daemon does, before it reads its configuration: every fan and pump to full. Needs no board file.
    /// The caller holds the lock already, so that a second daemon by mistake does not disturb the first.
    /// </summary>
    public static SafeStateReport WriteSafeDuty(RunPaths paths) => SafeState.WriteRotors(paths.SysRoot);

    /// <param name="startControl">
    /// Opens the control socket on the state given and returns what closes it; called once the loop runs, READY follows its return.
    /// </param>
    /// <param name="configFault">The line about a bad configuration file that was put aside for the last good one.</param>
    /// <param name="reload">Reads the configuration again at a hang-up; returns the line about what is wrong with it, null when it is in force.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="FormatException">The board file is missing or wrong: one line for a person, exit 78.</exception>
    public static async Task<int> RunAsync(
        BoxConfig config, RunPaths paths, bool simulated, TimeProvider time,
        Func<DaemonState, IAsyncDisposable> startControl, string? configFault, Func<DaemonState, string?> reload, CancellationToken stop)
    {
        var board = BoardCatalogue.Load(config.Daemon.Board);
        var settings = ThermalSettings.From(board, config.Daemon);
        var checkpoint = new CheckpointFile(paths.State);
        using var notifier = SystemdNotifier.FromEnvironment();
        var probe = new ProbeLink(
            new(board.Gpus.Count, paths.SysRoot, paths.Sockets, TickLoop.Period, simulated ? Programs.PathOf(Programs.TwinNvml) : null,
                SlotsFile: Path.Combine(paths.State, "gpu-slots")), time);
        using var hardware = new BoxHardware(board, paths.SysRoot, simulated, probe);
        using var watchdog = new StallWatchdog(paths.SysRoot, board, time);
        using var reset = simulated ? null : new HardwareWatchdog(HardwareWatchdog.Device);
        using var told = stop.Register(() =>
        {
            reset?.Disarm();
            notifier.Extend(StopMore);
        });
        var latest = new LatestTick(board);
        var requests = new LoopRequests();
        var ticker = new Ticker(hardware, settings, ThermalState.Boot(settings, checkpoint.Read()), latest, requests);
        var loop = new TickLoop(ticker, watchdog, reset, notifier, time);
        var state = new DaemonState(config, paths, simulated, hardware, settings, latest, requests, loop, watchdog, time)
        {
            ConfigFault = configFault,
            Probe = probe,
        };

        hardware.Start();
        loop.Start();
        watchdog.Start();
        var book = TakeUpAlarms(state); // before anybody can ask or acknowledge
        var keeping = Task.Run(book.RunAsync, CancellationToken.None);
        try
        {
            var control = startControl(state);
            await using (control.ConfigureAwait(false))
            {
                await loop.FirstTick.WaitAsync(stop).ConfigureAwait(false);
                notifier.Extend(2 * _controlPatience);
                await InControlAsync(latest, board, time, stop).ConfigureAwait(false);
                notifier.Ready(Status(state));
                await ServeAsync(state, checkpoint, book, keeping, notifier, reload, time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop before the first tick.
        }
        finally
        {
            notifier.Stopping("leaving fans and pumps at full");
            watchdog.Dispose();
            state.Locator.Dispose();
            loop.Stop();
            book.Complete();
            await Task.WhenAny(Task.WhenAll(loop.Ended, keeping), Task.Delay(LoopEnds, time, CancellationToken.None)).ConfigureAwait(false);
            _ = SafeState.WriteRotors(paths.SysRoot, board); // by files of its own: a loop that hangs in a driver does not prevent it
        }

        return 0;
    }

    /// <summary>
    /// Waits until every fan and pump has taken what the loop wrote, which is at once unless drivers are still being loaded. After
    /// <see cref="_controlPatience"/> the box is said to be ready all the same: what does not obey stands as an alarm, and a start that
    /// fails would only take the others' cooling away again and again.
    /// </summary>
    private static async Task InControlAsync(LatestTick latest, Board board, TimeProvider time, CancellationToken stop)
    {
        var tick = new TickRecord(board);
        var began = time.GetTimestamp();
        while (!(latest.Read(tick) && tick.FanWrites.All(w => w.IsGood) && tick.PumpWrites.All(w => w.IsGood))
            && time.GetElapsedTime(began) < _controlPatience)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, stop).ConfigureAwait(false);
    }

    /// <summary>Everything that cooling does not need: events, bus, telemetry, the board's health, the engine's socket.</summary>
    private static async Task ServeAsync(
        DaemonState state, CheckpointFile checkpoint, NewestWriter<IReadOnlyList<Alarm>> book, Task keeping, SystemdNotifier notifier,
        Func<DaemonState, string?> reload, TimeProvider time, CancellationToken stop)
    {
        var boot = BootCounter.Next(state.Paths.State);
        using var outbox = EventOutbox.Open(state.Paths.EventOutbox, time);
        using var bus = Telemetry.OpenBus(state.Config, state.Paths, state.Topics, boot, time);
        var telemetry = new Telemetry(state, bus, outbox, checkpoint, boot, time);
        var engine = new EngineActions(state.Paths, state.Simulated, state.Requests, time);
        var peers = new PeerWatch(() => state.Config.Health.Peers, time);
        using var health = new HealthLoop(state, state.Probe.Sweep, () => state.Probe.TryTakeEvent(out var happened) ? happened : null, () => peers.Latest, time);
        var certificates = state.Simulated ? null : new CertificateWatch(SetupMachine.Real, time);
        (state.Bus, state.Outbox, state.Engine, state.Health, state.Certificates) = (bus, outbox, engine, health, certificates);
        outbox.Attach(bus, state.Topics);
        state.Alarms.Attach(bus, outbox);
        state.Alarms.Post(BoxEvents.DaemonStarted(
            DaemonState.Version, state.Board.Name, state.Simulated ? $"the twin in {state.Paths.Sockets}" : "this box", time.GetUtcNow()));
        if (state.ConfigFault is { } fault)
            state.Alarms.Post(BoxEvents.ConfigInvalid(fault, time.GetUtcNow()));
        telemetry.Begin();
        await using var metrics = await MetricsAsync(state).ConfigureAwait(false);

        using var busStop = new CancellationTokenSource();
        var bussing = Task.Run(() => bus.RunAsync(busStop.Token), CancellationToken.None);
        var posting = Task.Run(() => outbox.RunAsync(busStop.Token), CancellationToken.None);
        await Task.WhenAll(
            telemetry.RunAsync(stop), engine.RunAsync(stop), health.RunAsync(stop), peers.RunAsync(stop), certificates?.RunAsync(stop) ?? Task.CompletedTask, StatusAsync(state, notifier, time, stop),
            ReloadsAsync(state, notifier, reload, time, stop), Footprint.KeepSmallAsync(time, stop)).ConfigureAwait(false);

        notifier.Stopping("leaving fans and pumps at full");
        telemetry.End();
        book.Complete();
        await busStop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(bussing, posting, keeping).WaitAsync(BusEnds, time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What stood before this start stands on; from now on the book is kept.</summary>
    private static NewestWriter<IReadOnlyList<Alarm>> TakeUpAlarms(DaemonState state)
    {
        var file = new AlarmBookFile(state.Paths.State, KernelLogReader.BootId(state.Paths.SysRoot));
        var stood = file.Read(out var lost);
        if (lost is not null)
            Console.Error.WriteLine($"appliance: {lost}");
        var writer = new NewestWriter<IReadOnlyList<Alarm>>("the alarm book", file.Write);
        state.Alarms.TakeUp(stood, file.IsOfEarlierBoot, writer.Keep);
        return writer;
    }

    /// <summary>Null where no page is wanted, or none can be had: that is told and changes nothing else.</summary>
    private static async Task<MetricsServer?> MetricsAsync(DaemonState state)
    {
        if (state.Config.Daemon.MetricsPort is not (> 0 and var port))
            return null;
        var (server, fault) = await MetricsServer.StartAsync(port, profiling => MetricsPage.Render(state.Metrics(profiling))).ConfigureAwait(false);
        if ((state.MetricsFault = fault) is not null)
            await Console.Error.WriteLineAsync($"appliance: {fault}").ConfigureAwait(false);
        return server;
    }

    /// <summary>The line <c>systemctl status</c> shows, every few seconds.</summary>
    private static async Task StatusAsync(DaemonState state, SystemdNotifier notifier, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
                notifier.Status(Status(state));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>SIGHUP, as systemctl reload sends it. The loop goes on with what is in force until the new file is known to be good.</summary>
    private static async Task ReloadsAsync(
        DaemonState state, SystemdNotifier notifier, Func<DaemonState, string?> reload, TimeProvider time, CancellationToken stop)
    {
        using var asked = new SemaphoreSlim(0);
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            asked.Release();
        });
        try
        {
            while (true)
            {
                await asked.WaitAsync(stop).ConfigureAwait(false);
                notifier.Reloading(time.GetElapsedTime(0));
                state.ConfigFault = reload(state);
                if (state.ConfigFault is { } fault)
                    state.Alarms.Post(BoxEvents.ConfigInvalid(fault, time.GetUtcNow()));
                notifier.Ready(Status(state));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private static string Status(DaemonState state)
    {
        var snapshot = state.Snapshot();
        var thermal = snapshot.Thermal;
        var supply = thermal?.CoolantSupplyC is { } c ? string.Create(CultureInfo.InvariantCulture, $"{c:0.0} °C") : "unknown";
        return string.Create(CultureInfo.InvariantCulture,
            $"{thermal?.Mode ?? "boot"}: coolant {supply}, heat {thermal?.HeatW ?? 0:0} W, {snapshot.Alarms.Count} alarms");
    }
}
