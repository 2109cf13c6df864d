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

    /// <summary>Sets a GPU's power limit, W; the driver lets only root do that.</summary>
    public static string? LimitGpu(string uuid, double watts) =>
        Ask(SocketPath, string.Create(CultureInfo.InvariantCulture, $"limit {uuid} {watts:0.###}"));

    /// <summary>Ends the engine at once: it belongs to another user.</summary>
    public static string? StopEngine() => Ask(SocketPath, "stop-engine");

    public static string? PowerOff() => Ask(SocketPath, "power-off");

    public static string? Reboot() => Ask(SocketPath, "reboot");

    /// <returns>Null when it was done, else one line that says why not.</returns>
    public static string? Ask(string path, string request)
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
            var buffer = new byte[256];
            var count = socket.Receive(buffer);
            var answer = Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n');
            return answer == "ok" ? null : answer.Length == 0 ? "appliance-rights hung up" : answer;
        }
        catch (SocketException e)
        {
            return $"appliance-rights does not answer: {e.Message}";
        }
    }
}
