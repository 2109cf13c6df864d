namespace Appliance.Model;

/// <summary>Another node as this one reaches it.</summary>
public sealed record PeerHealth : HealthGroup
{
    /// <summary>As it is configured: <c>box2:8000</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Round trip as the kernel took it from a connection's handshake, µs: no program at either end is in it. Null while it does not answer.</summary>
    public double? LatencyUs { get; init; }

    /// <summary>Network device that leads there; null where it is not known.</summary>
    public string? NetDevice { get; init; }

    /// <summary>Why there is no round trip; null where there is one.</summary>
    public string? Fault { get; init; }
}
