using System.Net.Sockets;
using System.Text;

namespace BmcAgent;

/// <summary>Asks appliance-login, which asks PAM. Anything but a role is nobody: a helper that is gone lets nobody in.</summary>
internal static class LoginClient
{
    public const string SocketPath = "/run/appliance-login.sock";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <returns><c>viewer</c>, <c>operator</c>, <c>admin</c>, or null.</returns>
    public static async Task<string?> AskAsync(string path, string name, string password, CancellationToken cancel)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), late.Token);
            await socket.SendAsync(Encoding.UTF8.GetBytes($"{name}\n{password}\n"), late.Token);
            var buffer = new byte[64];
            var count = await socket.ReceiveAsync(buffer, late.Token);
            return Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n') is var word and ("viewer" or "operator" or "admin") ? word : null;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
