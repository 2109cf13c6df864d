using System.Text.Json;
using Appliance.Daemon.Loop;
using Appliance.Hardware;
using Appliance.Health;
using Appliance.Model;

namespace Appliance.Daemon.Control;

/// <summary>What the daemon's control socket understands. Every verb answers from copies; none waits for the loop.</summary>
internal sealed class DaemonVerbs(DaemonState state, string configSource, TimeProvider time)
{
    private static readonly TimeSpan TwinTimeout = TimeSpan.FromSeconds(3);

    public IReadOnlyDictionary<string, ControlVerb> Table => new Dictionary<string, ControlVerb>
    {
        ["status"] = (_, _, _) => Now(ControlReply.Of(Status(), ControlJson.Default.StatusReport)),
        ["thermal"] = (_, _, _) => Now(state.Snapshot().Thermal is { } thermal
            ? ControlReply.Of(thermal, ControlJson.Default.ThermalFrame)
            : ControlReply.Error("the control loop has not finished its first tick yet; ask again.")),
        ["gpus"] = (_, _, _) => Now(BoxAnswers.Gpus(state.Snapshot().Gpus, state.Probe.Sweep())),
        ["fabric"] = (_, _, _) => Now(BoxAnswers.Fabric(state.Snapshot().Fabric, state.Probe.Sweep())),
        ["alarms"] = (_, _, _) => Now(ControlReply.Of(new AlarmsReport(state.Alarms.Standing), ControlJson.Default.AlarmsReport)),
        ["acknowledge"] = (request, peer, _) => Now(Acknowledge(request, peer)),
        ["reset"] = (_, peer, _) => Now(Reset(peer)),
        ["drive"] = (request, peer, _) => Now(Drive(request, peer)),
        ["reboot"] = (_, peer, _) => Now(Machine(peer, "rebooted", RightsClient.Reboot)),
        ["power-off"] = (_, peer, _) => Now(Machine(peer, "switched off", RightsClient.PowerOff)),
        ["locate"] = (request, peer, _) => Now(Locate(request, peer)),
        ["inject"] = InjectAsync,
    };

    private static ValueTask<ControlReply> Now(ControlReply reply) => ValueTask.FromResult(reply);

    private StatusReport Status()
    {
        var snapshot = state.Snapshot();
        return new()
        {
            Node = state.Config.Node,
            Version = DaemonState.Version,
            Board = state.Board.Name,
            Simulated = state.Simulated,
            Ts = time.GetUtcNow(),
            UptimeS = Math.Round(state.SinceStart.TotalSeconds, 1),
            Pid = Environment.ProcessId,
            Config = configSource,
            ConfigFault = state.ConfigFault,
            MetricsFault = state.MetricsFault,
            InferenceApi = $"{(state.Simulated ? "http" : "https")}://{(state.Config.InferenceCore.Listen is "0.0.0.0" ? "127.0.0.1" : state.Config.InferenceCore.Listen)}:{state.Config.InferenceCore.Port}/v1",
            BusConnected = state.Bus?.IsConnected ?? false,
            Loop = new()
            {
                Ticks = snapshot.Thermal?.Tick ?? 0,
                LatenessP99Ms = state.Loop.Lateness.QuantileMs(0.99),
                LatenessP999Ms = state.Loop.Lateness.QuantileMs(0.999),
                AllocatedBytesPerTick = state.Loop.AllocatedPerTick,
                LatenessMaxMs = Math.Round(state.Loop.Lateness.MaxMs, 3),
                Missed = state.Loop.Lateness.Missed,
                Faults = state.Loop.Faults,
                RealTime = state.Loop.IsRealTime,
            },
            Outbox = state.Outbox?.Status is { } outbox
                ? new(outbox.Epoch, outbox.LastSeq, outbox.AckedSeq, outbox.Refused, outbox.DiskError)
                : null,
            Snapshot = snapshot,
            Hardware = BoardReport.Of(state.Health),
        };
    }

    private ControlReply Acknowledge(ControlRequest request, SocketPeer peer)
    {
        if (request.Text("code") is not { } code)
            return ControlReply.WrongUse("acknowledge needs a code: {\"code\":\"fan_stalled\",\"target\":\"fan3\"}.");
        var target = request.Text("target");
        if (AlarmCatalogue.Find(code) is null)
        {
            var near = Nearest.Of(code, AlarmCatalogue.All.Select(k => k.Code));
            return ControlReply.WrongUse($"there is no alarm \"{code}\"{(near is null ? "" : $"; did you mean {near}?")}");
        }

        var seen = state.Alarms.Acknowledge(code, target, peer.Who);
        if (seen > 0)
        {
            state.Health?.Acknowledge(code, target);
            return ControlReply.Of(new AcknowledgeReport(seen), ControlJson.Default.AcknowledgeReport);
        }

        var standing = state.Alarms.Standing.Where(a => a.Code == code).ToArray();
        return standing.Length == 0
            ? ControlReply.Error($"{code} does not stand{Others()}.")
            : target is not null && standing.All(a => a.Target != target)
                ? ControlReply.Error($"{code} does not stand on {target}; it stands on {string.Join(", ", standing.Select(a => a.Target))}.")
                : ControlReply.Error($"{code} is acknowledged already.");
    }

    /// <summary>An operator says that it is mended. What still holds closes its latch again with the next tick.</summary>
    private ControlReply Reset(SocketPeer peer)
    {
        state.ResetLatches();
        state.Alarms.Post(BoxEvents.OperatorAction(peer.Who, "reset the latches (leak, shutdown)", time.GetUtcNow()));
        return ControlReply.Done;
    }

    /// <summary>By hand until the configured time has passed, or automatic again. The fail-safe stays on, and slower than the controller wants is not offered.</summary>
    private ControlReply Drive(ControlRequest request, SocketPeer peer)
    {
        if (request.Args.ValueKind == JsonValueKind.Object && request.Args.TryGetProperty("automatic", out var automatic) && automatic.ValueKind == JsonValueKind.True)
        {
            state.DriveAutomatically();
            state.Alarms.Post(BoxEvents.OperatorAction(peer.Who, "gave fans and pumps back to the loop", time.GetUtcNow()));
            return ControlReply.Done;
        }

        if (Percent(request, "fans_percent", out var fans) is { } fault || Percent(request, "pumps_percent", out var pumps) is { } fault2 && (fault = fault2) is not null)
            return ControlReply.WrongUse(fault);
        if (fans is null && pumps is null)
            return ControlReply.WrongUse("drive needs fans_percent, pumps_percent or automatic: {\"fans_percent\":100}.");
        state.DriveManually(fans, pumps);
        state.Alarms.Post(BoxEvents.OperatorAction(peer.Who, $"drives by hand: fans {Told(fans)}, pumps {Told(pumps)}", time.GetUtcNow()));
        return ControlReply.Done;
    }

    private ControlReply Locate(ControlRequest request, SocketPeer peer)
    {
        if (request.Args.ValueKind != JsonValueKind.Object || !request.Args.TryGetProperty("on", out var wanted) || wanted.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            return ControlReply.WrongUse("locate needs on, true or false: {\"on\":true,\"minutes\":15}.");
        var minutes = request.Number("minutes") ?? 15;
        if (minutes is not (>= 1 and <= 240))
            return ControlReply.WrongUse($"minutes is {minutes}; it must be 1 to 240.");
        var on = wanted.ValueKind == JsonValueKind.True;
        if (state.Locator.Set(on, TimeSpan.FromMinutes(minutes)) is { } fault)
            return ControlReply.Error(fault);
        state.Alarms.Post(BoxEvents.OperatorAction(peer.Who, on ? $"lets the locate LED blink for {minutes:0} min" : "switched the locate LED off", time.GetUtcNow()));
        return ControlReply.Done;
    }

    /// <summary>Somebody at the console wants the machine down; the shutdown leaves fans and pumps at full.</summary>
    private ControlReply Machine(SocketPeer peer, string what, Func<string?> ask)
    {
        if (state.Simulated)
            return ControlReply.Error("this is the twin; its machine is not switched.");
        state.Alarms.Post(BoxEvents.OperatorAction(peer.Who, $"had the machine {what}", time.GetUtcNow()));
        return ask() is { } fault ? ControlReply.Error(fault) : ControlReply.Done;
    }

    private static string Told(Duty? duty) => duty is { } d ? $"{d.Permille / 10} %" : "as they were";

    private static string? Percent(ControlRequest request, string name, out Duty? duty)
    {
        duty = null;
        if (request.Number(name) is not { } percent)
            return null;
        if (percent is not (>= 0 and <= 100))
            return $"{name} is {percent}; it must be 0 to 100.";
        duty = Duty.OfPermille((int)(percent * 10));
        return null;
    }

    private string Others() => state.Alarms.Standing is { Count: > 0 } standing
        ? $"; standing: {string.Join(", ", standing.Select(a => $"{a.Code} {a.Target}"))}"
        : "; no alarm stands";

    /// <summary>Passed on to the twin, so that the event log tells who broke what on purpose.</summary>
    private async ValueTask<ControlReply> InjectAsync(ControlRequest request, SocketPeer peer, CancellationToken cancel)
    {
        if (!state.Simulated)
            return ControlReply.Error("faults can be injected on the twin only; this is a real box.");
        using var twin = await ControlClient.ConnectAsync(state.Paths.TwinSocket, time, cancel).ConfigureAwait(false);
        if (twin is null)
            return ControlReply.Error($"the twin does not answer on {state.Paths.TwinSocket}.");
        var fault = request.Text("fault") ?? "";
        var target = request.Text("target") ?? "";
        var reply = await twin.AskAsync(request.Text("action") ?? "inject", json => Copy(request.Args, json), TwinTimeout, cancel).ConfigureAwait(false);
        if (reply is ControlReply.Data)
        {
            var cleared = request.Text("action") == "clear";
            state.Alarms.Post(cleared
                ? BoxEvents.OperatorAction(peer.Who, $"cleared the fault {(fault.Length == 0 ? "on everything" : $"{fault} {target}".TrimEnd())} (twin only)", time.GetUtcNow())
                : BoxEvents.FaultInjected(fault, target.Length == 0 ? "box" : target, request.Number("value"), time.GetUtcNow()));
        }

        return reply;
    }

    private static void Copy(JsonElement args, Utf8JsonWriter json)
    {
        if (args.ValueKind != JsonValueKind.Object)
            return;
        foreach (var property in args.EnumerateObject())
            property.WriteTo(json);
    }
}
