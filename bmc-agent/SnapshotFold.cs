using System.Globalization;
using System.Text.Json;
using Appliance.Model;

namespace BmcAgent;

/// <summary>One message of a node, folded into what was known of it. Pure.</summary>
internal static class SnapshotFold
{
    /// <summary>Standing alarms of one node; a sender that raises more is broken, and the rest is ignored.</summary>
    public const int AlarmLimit = 512;

    private const int GpuLimit = 64;

    /// <summary>A held frame further ahead of our clock than this is from before a clock step and does not defend its place.</summary>
    private static readonly TimeSpan FutureAllowance = TimeSpan.FromSeconds(5);

    /// <param name="below">The topic behind <c>appliance/v1/&lt;node&gt;/</c>.</param>
    /// <returns>The same snapshot when the message says nothing to us.</returns>
    /// <exception cref="JsonException">The payload is not what its topic promises.</exception>
    public static Snapshot Apply(Snapshot held, string below, ReadOnlySpan<byte> payload, DateTimeOffset now)
    {
        if (below == "$state")
            return held with { State = payload.IsEmpty ? null : JsonSerializer.Deserialize(payload, ModelJson.Default.NodeState) };
        if (below.StartsWith("alarm/", StringComparison.Ordinal))
            return ApplyAlarm(held, below, payload);
        if (!below.StartsWith("frame/", StringComparison.Ordinal) || payload.IsEmpty)
            return held;
        return ReadFrame(below["frame/".Length..], payload) is { } frame ? WithoutFuture(held, frame, now).With(frame) : held;
    }

    /// <summary>Code and target of an alarm's topic; null when it is none.</summary>
    public static (string Code, string Target)? AlarmKey(string below)
    {
        var parts = below.Split('/', 3);
        return parts is ["alarm", { Length: > 0 } code, { Length: > 0 } target] ? (code, target) : null;
    }

    private static Snapshot ApplyAlarm(Snapshot held, string below, ReadOnlySpan<byte> payload)
    {
        if (AlarmKey(below) is not var (code, target))
            return held;
        if (payload.IsEmpty)
            return held.WithoutAlarm(code, target);
        var alarm = JsonSerializer.Deserialize(payload, ModelJson.Default.Alarm);
        if (alarm is null || alarm.Text is null || alarm.NextStep is null)
            throw new JsonException($"{below}: text and next_step are required.");
        if (held.Alarms.Count >= AlarmLimit && !held.Alarms.Any(a => (a.Code, a.Target) == (code, target)))
            return held;
        return held.With(alarm with { Code = code, Target = target });
    }

    private static Frame? ReadFrame(string component, ReadOnlySpan<byte> payload)
    {
        switch (component)
        {
            case "thermal":
                var thermal = JsonSerializer.Deserialize(payload, ModelJson.Default.ThermalFrame);
                return thermal is null
                    ? null
                    : thermal with { Fans = thermal.Fans ?? [], Pumps = thermal.Pumps ?? [], Sensors = thermal.Sensors ?? [] };
            case "fabric":
                return JsonSerializer.Deserialize(payload, ModelJson.Default.FabricFrame);
            case "power":
                return JsonSerializer.Deserialize(payload, ModelJson.Default.PowerFrame);
            case "inference":
                return JsonSerializer.Deserialize(payload, ModelJson.Default.InferenceFrame);
        }

        if (!component.StartsWith("gpu/", StringComparison.Ordinal)
            || !int.TryParse(component.AsSpan("gpu/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || index >= GpuLimit)
            return null;
        var gpu = JsonSerializer.Deserialize(payload, ModelJson.Default.GpuFrame);
        return gpu is null ? null : gpu with { Index = index, ThrottleReasons = gpu.ThrottleReasons ?? [] };
    }

    private static Snapshot WithoutFuture(Snapshot held, Frame frame, DateTimeOffset now)
    {
        var limit = now + FutureAllowance;
        return frame switch
        {
            ThermalFrame when held.Thermal?.Ts > limit => held with { Thermal = null },
            FabricFrame when held.Fabric?.Ts > limit => held with { Fabric = null },
            PowerFrame when held.Power?.Ts > limit => held with { Power = null },
            InferenceFrame when held.Inference?.Ts > limit => held with { Inference = null },
            GpuFrame gpu when held.Gpus.Any(g => g.Index == gpu.Index && g.Ts > limit) =>
                held with { Gpus = [.. held.Gpus.Where(g => g.Index != gpu.Index)] },
            _ => held,
        };
    }
}
