using System.Net.Sockets;
using System.Text;
using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Rights;

/// <summary>
/// Says to the panel who somebody is: <c>NAME\nPASSWORD\n</c> in, <c>viewer</c>, <c>operator</c>, <c>admin</c> or <c>no</c> out. A process of its own, because
/// only root reads the machine's passwords and what faces a network must not be root. The panel's user alone may connect. Nobody is told why not:
/// a wrong name, a wrong password and a person without a group look alike from outside; the journal holds the reason, never the password.
/// </summary>
internal sealed class LoginServer(Func<string, string, string?> refusal, Func<string, Role> roleOf)
{
    public const string Service = "appliance";

    private const int LineMax = 512;
    private const int NameMax = 64;

    /// <summary>PAM makes a wrong password wait; so many may wait at once, the next ones wait for them.</summary>
    private static readonly SemaphoreSlim Places = new(8);

    public static LoginServer OfBox() => new((user, password) => PamInterop.Refusal(Service, user, password, null), Accounts.RoleOfPerson);

    public void Serve(Socket listener)
    {
        while (true)
        {
            var peer = listener.Accept();
            Places.Wait();
            var thread = new Thread(() =>
            {
                try
                {
                    Answer(peer);
                }
                finally
                {
                    Places.Release();
                }
            })
            { IsBackground = true };
            thread.Start();
        }
    }

    /// <returns>The role's word, or <c>no</c>; and the line for the journal.</returns>
    public (string Word, string Log) Judge(string request)
    {
        if (request.Split('\n') is not [{ Length: > 0 and <= NameMax } name, { Length: > 0 } password, ""] || name.Any(char.IsControl))
            return ("no", "a request that was not understood");
        if (refusal(name, password) is { } why)
            return ("no", $"{name}: {why}");
        var role = roleOf(name);
        return role == Role.None
            ? ("no", $"{name}: the password is right, but {name} is in none of the groups {string.Join(", ", RoleTable.Groups)}")
            : (role.ToString().ToLowerInvariant(), $"{name}: let in as {role.ToString().ToLowerInvariant()}");
    }

    private void Answer(Socket peer)
    {
        using (peer)
        {
            try
            {
                peer.ReceiveTimeout = peer.SendTimeout = 2000;
                var buffer = new byte[LineMax];
                var count = 0;
                while (count < buffer.Length && buffer.AsSpan(0, count).Count((byte)'\n') < 2 && peer.Receive(buffer, count, buffer.Length - count, SocketFlags.None) is var read and > 0)
                    count += read;
                var (word, log) = Judge(Encoding.UTF8.GetString(buffer, 0, count));
                Array.Clear(buffer);
                Console.WriteLine($"appliance-login: {log}");
                peer.Send(Encoding.UTF8.GetBytes(word + "\n"));
            }
            catch (SocketException)
            {
                // It went away: nobody is let in.
            }
        }
    }
}
