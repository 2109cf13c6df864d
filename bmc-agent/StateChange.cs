namespace BmcAgent;

/// <summary>A node's <c>$state</c> word changed; null is "never heard".</summary>
internal sealed record StateChange(string Node, string? Before, string? After);
