using System.Globalization;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Settings;

/// <summary>
/// A change of the box' address that whoever made it over the network must confirm, or it goes back by itself: on trial it lies in memory, where
/// it comes first, and a timer of systemd's, which outlives every login, takes it away again. So does a power cut.
/// </summary>
internal sealed class NetworkChange(SetupMachine machine)
{
    /// <summary>Named, so that a confirmation finds it and a second change cannot leave two of them.</summary>
    private const string Timer = "appliance-network-revert";

    /// <summary>Puts it on trial.</summary>
    /// <exception cref="SetupException">Nothing was changed, or it has been taken back.</exception>
    public void Try(SetupNetwork network, TimeSpan within)
    {
        if (!machine.DirectoryExists($"/sys/class/net/{network.Interface}"))
            throw new SetupException($"this machine has no interface {network.Interface}; appliance show network lists them.");
        StopTimer();
        // The way back first: it must stand before anything can go wrong.
        machine.Run("systemd-run",
            ["--quiet", "--collect", $"--unit={Timer}", string.Create(CultureInfo.InvariantCulture, $"--on-active={within.TotalSeconds:0}s"), "/usr/lib/appliance/appliance", "network", "revert"]);
        try
        {
            machine.Write(NetworkFile.Trial, NetworkFile.Write(network));
            Apply(network.Interface);
        }
        catch (Exception e) when (e is SetupException or IOException or UnauthorizedAccessException)
        {
            TakeBack();
            throw new SetupException($"{e.Message.TrimEnd('.')}; the network is as it was.");
        }
    }

    /// <returns>What is kept now; null when nothing is on trial.</returns>
    public SetupNetwork? Confirm()
    {
        if (OnTrial() is not { } network)
            return null;
        machine.Write(NetworkFile.Kept, NetworkFile.Write(network));
        StopTimer();
        machine.Delete(NetworkFile.Trial);
        Apply(network.Interface);
        return network;
    }

    /// <returns>What was taken back; null when nothing is on trial.</returns>
    public SetupNetwork? Revert()
    {
        if (OnTrial() is not { } network)
            return null;
        TakeBack();
        return network;
    }

    public SetupNetwork? OnTrial() => Read(NetworkFile.Trial);

    public SetupNetwork? Kept() => Read(NetworkFile.Kept);

    private SetupNetwork? Read(string file) => machine.Read(file) is { } bytes ? NetworkFile.Read(System.Text.Encoding.UTF8.GetString(bytes)) : null;

    private void TakeBack()
    {
        var name = OnTrial()?.Interface;
        machine.Delete(NetworkFile.Trial);
        StopTimer();
        if (name is not null)
            Apply(name);
    }

    private void Apply(string name)
    {
        machine.Run("systemctl", ["enable", "--now", "--quiet", "systemd-networkd.service"]);
        machine.Run("networkctl", ["reload"]);
        machine.Run("networkctl", ["reconfigure", name]);
    }

    /// <summary>Stopping the timer, never the service: that may be who asks.</summary>
    private void StopTimer()
    {
        try
        {
            machine.Run("systemctl", ["stop", "--quiet", $"{Timer}.timer"]);
        }
        catch (SetupException)
        {
            // There is none.
        }
    }
}
