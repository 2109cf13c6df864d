using System.Collections.Immutable;

namespace Appliance.Health.Board;

/// <summary>
/// What the rules must not forget over a restart: what is normal for each part, what stands open, who failed before. Written to the
/// disk by the daemon; a box that lost it learns it again.
/// </summary>
public sealed record BoardMemory
{
    /// <summary>Boot in which the kernel's sequence counts.</summary>
    public string? BootId { get; set; }

    /// <summary>Sequence of the last kernel line dealt with; -1 for none.</summary>
    public long KernelSequence { get; set; } = -1;

    public ImmutableList<Incident> Open { get; set; } = [];

    /// <summary>Incidents that were closed, the newest last, limited.</summary>
    public ImmutableList<Incident> Closed { get; set; } = [];

    /// <summary>What is normal, by part and measure: <c>GPU-…/sbe_per_h</c>, <c>mlx5_0/rate</c>.</summary>
    public ImmutableSortedDictionary<string, double> Normal { get; set; } = ImmutableSortedDictionary<string, double>.Empty;

    public static BoardMemory Empty { get; } = new();
}
