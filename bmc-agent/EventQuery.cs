using Appliance.Model;

namespace BmcAgent;

/// <summary>Which events somebody wants to see; null is "any".</summary>
internal sealed record EventQuery
{
    public const int LimitMax = 1000;

    /// <summary>1..1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Only ids below this one: the next page.</summary>
    public long? Before { get; init; }

    /// <summary>Only ids above this one: what is new.</summary>
    public long After { get; init; }

    public string? Node { get; init; }

    public string? Kind { get; init; }

    /// <summary>This severity or worse.</summary>
    public Severity Severity { get; init; } = Severity.Information;

    /// <summary>Found in text, kind, code or target, whatever the case.</summary>
    public string? Text { get; init; }

    public bool Wants(EventEntry entry) =>
        (Node is null || entry.Node == Node)
        && (Kind is null || entry.Kind == Kind)
        && entry.Severity >= Severity
        && (Text is null || Has(entry.Text) || Has(entry.Kind) || Has(entry.Code) || Has(entry.Target));

    private bool Has(string? field) => field is not null && field.Contains(Text!, StringComparison.OrdinalIgnoreCase);
}
