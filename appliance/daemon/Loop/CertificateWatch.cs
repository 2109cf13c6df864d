using System.Globalization;
using Appliance.Daemon.Settings;
using Appliance.Daemon.Setup;
using Appliance.Health;

namespace Appliance.Daemon.Loop;

/// <summary>Looks at the box' certificates now and then, so that their end is an alarm a month before it is a silence.</summary>
internal sealed class CertificateWatch(SetupMachine machine, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private volatile IReadOnlyList<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
                Look();
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    internal void Look() => _findings = [.. CertificateList.Read(machine, time.GetUtcNow()).Select(Of).OfType<Finding>()];

    private static Finding? Of(CertificateRow row) => row.State switch
    {
        "ok" => null,
        "expiring" => new(AlarmCatalogue.CertificateExpiring, row.Name, string.Create(CultureInfo.InvariantCulture, $"{row.Use}: ends on {row.Until:yyyy-MM-dd}, in {row.DaysLeft} days")),
        var state => new(AlarmCatalogue.CertificateExpired, row.Name, $"{row.Use}: {state.Replace('_', ' ')}{(row.Until is { } until ? string.Create(CultureInfo.InvariantCulture, $", until {until:yyyy-MM-dd}") : "")}"),
    };
}
