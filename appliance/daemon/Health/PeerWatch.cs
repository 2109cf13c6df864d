using System.Buffers.Binary;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Appliance.Model;

namespace Appliance.Daemon.Health;

/// <summary>
/// The round trip to other nodes: what the kernel itself measured between SYN and SYN-ACK of a connection (TCP_INFO), so that neither this program
/// nor the one over there, however busy, is in the figure. The connection is closed at once. It is the way of TCP over the rail that the peer's
/// address lies on; RDMA verbs are not timed.
/// </summary>
/// <param name="peers">As configured now: <c>host:port</c>, separated by commas; null for none.</param>
internal sealed class PeerWatch(Func<string?> peers, TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>The best of so many: a queue in a switch is no distance.</summary>
    private const int Tries = 3;

    private const int DefaultPort = 8000; // the peer's panel; whatever listens will do
    private const int PeersLimit = 64;
    private const int LevelTcp = 6;
    private const int TcpInfo = 11;
    private const int RttOffset = 68; // struct tcp_info, tcpi_rtt: linux/tcp.h, the same since 2.6

    private volatile IReadOnlyList<PeerHealth> _latest = [];

    /// <summary>Empty where no peer is configured.</summary>
    public IReadOnlyList<PeerHealth> Latest => _latest;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                _latest = await LookAsync(stop).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    public async Task<IReadOnlyList<PeerHealth>> LookAsync(CancellationToken stop)
    {
        var names = peers()?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return await Task.WhenAll(names.Distinct().Take(PeersLimit).Select(n => AskAsync(n, stop))).ConfigureAwait(false);
    }

    private async Task<PeerHealth> AskAsync(string name, CancellationToken stop)
    {
        PeerHealth? best = null;
        for (var i = 0; i < Tries; i++)
        {
            var one = await OnceAsync(name, stop).ConfigureAwait(false);
            if (one.LatencyUs is null)
                return best ?? one;
            best = best is null || one.LatencyUs < best.LatencyUs ? one : best;
        }

        return best!;
    }

    private async Task<PeerHealth> OnceAsync(string name, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            var (host, port) = Parse(name);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(host, port, either.Token).ConfigureAwait(false);
            return new() { At = time.GetElapsedTime(0), Name = name, LatencyUs = RoundTripUs(socket), NetDevice = DeviceOf(socket) };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new() { At = time.GetElapsedTime(0), Name = name, Fault = $"no answer within {_patience.TotalSeconds:0} s" };
        }
        catch (SocketException e)
        {
            return new() { At = time.GetElapsedTime(0), Name = name, Fault = e.Message };
        }
    }

    /// <summary>A name alone is asked at the port of its panel.</summary>
    internal static (string Host, int Port) Parse(string name)
    {
        var colon = name.LastIndexOf(':');
        var isPort = colon > 0 && (name[..colon].IndexOf(':', StringComparison.Ordinal) < 0 || name[colon - 1] == ']');
        return isPort && int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? (name[..colon].Trim('[', ']'), port)
            : (name.Trim('[', ']'), DefaultPort);
    }

    private static double? RoundTripUs(Socket socket)
    {
        Span<byte> info = stackalloc byte[RttOffset + 4];
        return socket.GetRawSocketOption(LevelTcp, TcpInfo, info) >= info.Length && BinaryPrimitives.ReadUInt32LittleEndian(info[RttOffset..]) is > 0 and var us ? us : null;
    }

    private static string? DeviceOf(Socket socket)
    {
        if (socket.LocalEndPoint is not System.Net.IPEndPoint { Address: var address })
            return null;
        var own = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return NetworkInterface.GetAllNetworkInterfaces()
            .FirstOrDefault(n => n.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(own)))?.Name;
    }
}
