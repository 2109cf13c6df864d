namespace Appliance.Bus;

/// <summary>What a session did since it was made. Every limit's overflow is one of these.</summary>
/// <param name="Published">Handed to the broker; for QoS 1 also acknowledged by it.</param>
/// <param name="Superseded">Replaced by a newer value of the same topic before it left.</param>
/// <param name="Dropped">Refused: queue full or payload too large.</param>
/// <param name="Received">Messages delivered to handlers.</param>
/// <param name="HandlerFaults">Messages a handler threw on; <see cref="BusSession.LastHandlerFault"/> says which.</param>
/// <param name="Connects">Connections made; one less is the number of reconnects.</param>
/// <param name="Corrections">Owned retained topics set right because somebody (or our own last will) had changed them.</param>
public sealed record BusCounters(
    long Published, long Superseded, long Dropped, long Received, long HandlerFaults, long Connects, long Corrections);
