using System.Net;
using System.Net.Sockets;
using Appliance.Bus;
using Appliance.Model;

namespace Appliance.Daemon.Launcher;

/// <summary>Looks at every port before anything is started: a half-started box is worse than a clear line.</summary>
internal static class PortCheck
{
    /// <summary>The first port that cannot be had, as one line naming it, its holder and the setting that moves it; null when all are free.</summary>
    public static string? FirstTaken(BoxConfig config)
    {
        var wanted = new List<(string Key, string Host, int Port, string What)>
        {
            ("bmc_agent.port", config.BmcAgent.Listen, config.BmcAgent.Port, "panel"),
            ("inference_core.port", config.InferenceCore.Listen, config.InferenceCore.Port, "inference API"),
        };
        if (config.BmcAgent.EmbeddedBroker)
            wanted.Insert(0, ("bus.port", config.Bus.Host, config.Bus.Port, "MQTT broker"));
        if (config.Daemon.MetricsPort > 0)
            wanted.Add(("daemon.metrics_port", "127.0.0.1", config.Daemon.MetricsPort, "metrics"));
        foreach (var (key, host, port, what) in wanted)
        {
            if (Taken(host, port) is not { } error)
                continue;
            var section = key.Split('.');
            return error == SocketError.AddressAlreadyInUse
                ? $"port {port} ({what}) is in use{Holder(port)}; stop it, or move ours with {{ \"{section[0]}\": {{ \"{section[1]}\": {Suggest(port)} }} }} in a file given by --config."
                : $"port {port} ({what}, {key}) cannot be opened on {host}: {error}.";
        }

        return null;
    }

    private static SocketError? Taken(string host, int port)
    {
        try
        {
            var address = IPAddress.TryParse(host, out var parsed) ? parsed : Dns.GetHostAddresses(host).FirstOrDefault() ?? IPAddress.Loopback;
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static int Suggest(int port) => port < 55535 ? port + 10000 : port - 10000;

    private static string Holder(int port) => PortHolder.Of(port) is { } holder ? $" by process {holder.Pid} ({holder.Command})" : " by another user's process";
}
