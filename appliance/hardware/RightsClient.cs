using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// Asks <c>appliance-rights</c>, the one program of ours that runs as root and stays, for what the control plane has no right to do itself.
/// One line each way; without the program, or without its answer in time, the answer is no, and the caller goes on without.
/// </summary>
public static class RightsClient
{
    public const string SocketPath = "/run/appliance-rights.sock";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>Where its socket lies below another root than the machine's.</summary>
    public static string SocketBelow(string sysRoot) => Path.Combine(sysRoot, SocketPath[1..]);

    /// <summary>Sets a GPU's power limit, W; the driver lets only root do that.</summary>
    public static string? LimitGpu(string uuid, double watts) =>
        Ask(SocketPath, string.Create(CultureInfo.InvariantCulture, $"limit {uuid} {watts:0.###}"));

    /// <summary>Holds a GPU's SM clock at its lowest or lets it go; the driver lets only root do that.</summary>
    public static string? HoldClock(string uuid, bool held) => Ask(SocketPath, $"clock {uuid} {(held ? "lowest" : "free")}");

    /// <summary>Every GPU to its lowest limit and clock. Needs no right beside the socket's, no driver and no name of a GPU.</summary>
    /// <returns>How many obeyed, and why not all.</returns>
    public static (int Limited, string? Fault) LowestLimits(string path)
    {
        var (answer, fault) = Say(path, "lowest");
        if (answer is null)
            return (0, fault);
        var isDone = answer.StartsWith("ok ", StringComparison.Ordinal);
        var number = isDone ? answer[3..] : answer.Split(';')[0];
        _ = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var limited);
        return (limited, isDone && limited > 0 ? null : answer.Split("; ", 2)[^1]);
    }

    /// <summary>Ends the engine at once: it belongs to another user.</summary>
    public static string? StopEngine() => Ask(SocketPath, "stop-engine");

    public static string? PowerOff() => Ask(SocketPath, "power-off");

    public static string? Reboot() => Ask(SocketPath, "reboot");

    /// <returns>Null when it was done, else one line that says why not.</returns>
    public static string? Ask(string path, string request) => Say(path, request) switch
    {
        ("ok", _) => null,
        var (answer, fault) => answer ?? fault,
    };

    private static (string? Answer, string? Fault) Say(string path, string request)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                SendTimeout = (int)_patience.TotalMilliseconds,
                ReceiveTimeout = (int)_patience.TotalMilliseconds,
            };
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send(Encoding.UTF8.GetBytes(request + "\n"));
            var buffer = new byte[1024];
            var count = socket.Receive(buffer);
            return count == 0 ? (null, "appliance-rights hung up") : (Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n'), null);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            return (null, $"appliance-rights does not answer: {e.Message}"); // out of range: a path longer than a socket's may be
        }
    }
}
