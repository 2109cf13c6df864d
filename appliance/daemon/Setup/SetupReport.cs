namespace Appliance.Daemon.Setup;

/// <summary>The answer of <c>setup --json</c>.</summary>
/// <param name="ApiKey">Shown here and nowhere else, ever.</param>
/// <param name="Done">What was done, in order.</param>
/// <param name="Remarks">What could not be done and does not keep the box from being claimed.</param>
internal sealed record SetupReport(string Node, string Administrator, string ApiKey, IReadOnlyList<string> Done, IReadOnlyList<string> Remarks);
