namespace Appliance.Model;

/// <summary>
/// The fold of frames: the last of each component, the alarms that stand, the node's own state. Immutable; what a panel,
/// a console or Redfish shows is a function of this and of the current time (staleness).
/// </summary>
public sealed record Snapshot
{
    public required string Node { get; init; }

    public NodeState? State { get; init; }

    public ThermalFrame? Thermal { get; init; }

    /// <summary>Sorted by index; only GPUs that were heard of.</summary>
    public IReadOnlyList<GpuFrame> Gpus { get; set; } = [];

    public FabricFrame? Fabric { get; init; }

    public PowerFrame? Power { get; init; }

    public InferenceFrame? Inference { get; init; }

    /// <summary>In the order of <see cref="AlarmOrder"/>.</summary>
    public IReadOnlyList<Alarm> Alarms { get; set; } = [];

    /// <summary>An older frame than the one held never replaces it.</summary>
    public Snapshot With(Frame frame) => frame switch
    {
        ThermalFrame thermal => Thermal is { } held && held.Ts > thermal.Ts ? this : this with { Thermal = thermal },
        GpuFrame gpu => this with { Gpus = Replace(gpu) },
        FabricFrame fabric => Fabric is { } held && held.Ts > fabric.Ts ? this : this with { Fabric = fabric },
        PowerFrame power => Power is { } held && held.Ts > power.Ts ? this : this with { Power = power },
        InferenceFrame inference => Inference is { } held && held.Ts > inference.Ts ? this : this with { Inference = inference },
        _ => throw new System.Diagnostics.UnreachableException($"No component for {frame.GetType().Name}."),
    };

    public Snapshot With(Alarm alarm) => this with
    {
        Alarms = [.. AlarmOrder.Sorted(Alarms.Where(a => (a.Code, a.Target) != (alarm.Code, alarm.Target)).Append(alarm))],
    };

    public Snapshot WithoutAlarm(string code, string target) =>
        this with { Alarms = [.. Alarms.Where(a => (a.Code, a.Target) != (code, target))] };

    private GpuFrame[] Replace(GpuFrame gpu) =>
        Gpus.FirstOrDefault(g => g.Index == gpu.Index) is { } held && held.Ts > gpu.Ts
            ? [.. Gpus]
            : [.. Gpus.Where(g => g.Index != gpu.Index).Append(gpu).OrderBy(g => g.Index)];
}
