namespace Appliance.Twin;

/// <summary>One RDMA port of the twin.</summary>
public sealed class RdmaState
{
    private double _errors;

    public bool IsUp { get; private set; } = true;

    public double ErrorsPerS { get; set; }

    public long LinkDowned { get; internal set; }

    /// <summary>At NDR a port counts symbol errors before its error correction: not zero is ordinary.</summary>
    public long SymbolErrors => 12 + (long)_errors;

    public long ReceiveErrors => (long)(_errors / 4);

    internal void Heal() => (IsUp, ErrorsPerS) = (true, 0);

    internal void Down() => IsUp = false;

    internal void Step(double seconds) => _errors += ErrorsPerS * seconds;
}
