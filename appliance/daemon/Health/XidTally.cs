using Appliance.Health.KernelLog;

namespace Appliance.Daemon.Health;

/// <summary>How often which XID came from which GPU since the daemon started, and which was the last. One writer, any reader.</summary>
internal sealed class XidTally
{
    /// <summary>A driver that invents numbers must not fill the memory.</summary>
    private const int KindsLimit = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Gpu, int Xid), long> _counts = [];
    private readonly Dictionary<string, int> _last = [];

    public void Add(KernelDecision decision)
    {
        if (decision is not { Xid: { } xid, Gpu: { } gpu })
            return;
        lock (_gate)
        {
            if (_counts.Count >= KindsLimit && !_counts.ContainsKey((gpu, xid)))
                return;
            _counts[(gpu, xid)] = _counts.GetValueOrDefault((gpu, xid)) + 1;
            _last[gpu] = xid;
        }
    }

    /// <summary>By PCI address as the kernel writes it.</summary>
    public IReadOnlyList<(string Gpu, int Xid, long Count, bool IsLast)> Read()
    {
        lock (_gate)
            return [.. _counts.OrderBy(c => c.Key).Select(c => (c.Key.Gpu, c.Key.Xid, c.Value, _last[c.Key.Gpu] == c.Key.Xid))];
    }
}
