using Appliance.Model;
using static Appliance.Health.AlarmCatalogue;

namespace Appliance.Health;

/// <summary>
/// What this moment means, beyond what the thermal loop itself reports (<see cref="BoxView.Reported"/>): GPUs, the control
/// plane and the engine. Pure; hysteresis in value asks the book whether the alarm stands, because what has been raised at
/// one threshold clears at a milder one.
/// </summary>
public static class BoxRules
{
    private const double LateTickMs = 50;
    private const double LateTickClearMs = 20;
    private const string Cuda = "cuda:";

    public static IReadOnlyList<Finding> Evaluate(BoxView view, AlarmBook book)
    {
        var awaited = view.GpusAwaited.Select(i => $"gpu{i}").ToHashSet();
        var findings = view.Reported.Where(f => f.Code != GpuUnreadable || !awaited.Contains(f.Target)).ToList();
        if (view.Thermal is { } thermal)
        {
            var late = book.IsStanding(LoopLate, "loop") ? LateTickClearMs : LateTickMs;
            if (thermal.LatenessMs > late)
                findings.Add(new(LoopLate, "loop", $"The last tick began {thermal.LatenessMs:0} ms late; {LateTickMs:0} ms is the limit."));
        }

        foreach (var gpu in view.Gpus.Where(g => !view.GpusAwaited.Contains(g.Index)))
            Gpu(gpu, findings);
        MissingGpus(view, findings);
        Withheld(view, findings);
        Engine(view, book, findings);
        if (view.BusConnected == false)
            findings.Add(new(BusDisconnected, "bus", "The MQTT broker does not answer."));
        if (view.ConfigFault is { } fault)
            findings.Add(new(ConfigInvalid, "config", fault));
        return findings;
    }

    private static void Gpu(GpuFrame gpu, List<Finding> findings)
    {
        var target = $"gpu{gpu.Index}";
        if (gpu.State == "lost")
            findings.Add(new(GpuLost, target, $"GPU {gpu.Index} does not answer any more."));
        else if (gpu.State == "unreadable")
            findings.Add(new(GpuUnreadable, target, $"GPU {gpu.Index} does not tell its temperature."));
        else if (gpu.ThrottleReasons.FirstOrDefault(r => r.Contains("thermal", StringComparison.OrdinalIgnoreCase)) is { } reason)
            findings.Add(new(GpuThrottled, target, $"GPU {gpu.Index} throttles itself ({reason})."));
    }

    private static void MissingGpus(BoxView view, List<Finding> findings)
    {
        // Only once GPUs are known at all: before the first sweep nothing is missing.
        if (view.Gpus.Count == 0)
            return;
        foreach (var index in Enumerable.Range(0, view.GpusFitted).Except(view.Gpus.Select(g => g.Index)))
            findings.Add(new(GpuLost, $"gpu{index}", $"GPU {index} is fitted but was not found."));
    }

    // One alarm for all of them: the cause is the loop, and eight equal lines would hide it.
    private static void Withheld(BoxView view, List<Finding> findings)
    {
        if (view.GpuMaxW is not { } whole)
            return;
        var limits = view.Gpus.Where(g => g.PowerLimitW < whole - 1).Select(g => g.PowerLimitW!.Value).ToArray();
        if (limits.Length > 0)
            findings.Add(new(GpuPowerWithheld, "gpus", $"{limits.Length} of {view.Gpus.Count} GPUs limited, the lowest to {limits.Min():0} W of {whole:0} W."));
    }

    private static void Engine(BoxView view, AlarmBook book, List<Finding> findings)
    {
        // An engine never heard of may not be installed; one that fell silent is missed, also where that was in the daemon's earlier life.
        if (view.Inference is not { } engine)
        {
            if (book.IsStanding(InferenceSilent, "engine") || book.IsStanding(InferenceFailed, "engine"))
                findings.Add(new(InferenceSilent, "engine", "The engine has sent nothing since the control plane was started."));
            return;
        }

        var age = view.Now - engine.Ts;
        if (age.TotalSeconds > engine.TtlS)
            findings.Add(new(InferenceSilent, "engine", $"The engine has sent nothing for {age.TotalSeconds:0} s; {engine.TtlS:0} s is the limit."));
        else if (engine.State == "failed")
            findings.Add(new(InferenceFailed, "engine", $"{engine.Model} failed: {engine.Detail ?? "no reason given"}."));
        // Its worker was replaced at once; but memory that changes without telling is not to be trusted again.
        if (engine.Suspicion is { } suspicion && engine.Device.StartsWith(Cuda, StringComparison.Ordinal))
            findings.Add(new(BoardAlarms.GpuSuspect, $"gpu{engine.Device[Cuda.Length..]}", $"The engine {suspicion}. Its worker was replaced; this stands until inference-core is restarted."));
    }
}
