using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>
/// Answers one request per connection, each on a thread of its own, so that a driver that hangs keeps no power-off and no other GPU waiting. The
/// kernel says who asks: root and the control plane's user may say every verb; others whom the socket's mode lets in (the management plane) may
/// only say <c>lowest</c>, which can make a box slower and never hotter, and have places of their own: who faces a network must not be able
/// to keep the control plane out. Who asks wrongly hears so and changes nothing.
/// </summary>
/// <param name="clock">Holds a GPU's clock at its lowest, or lets it go.</param>
/// <param name="lowest">How many GPUs stand at their lowest limit, and a line for each that does not.</param>
/// <param name="mayAll">Whether this user id may say every verb.</param>
internal sealed class RightsServer(
    Func<string, double, string?> limit, Func<string, bool, string?> clock, Func<(int Limited, IReadOnlyList<string> Refused)> lowest, Func<string[], string?> systemctl, Func<uint, bool> mayAll)
{
    private const int LineMax = 256;

    /// <summary>The user of the control plane.</summary>
    private const string ControlPlane = "appliance";

    /// <summary>The unit of the data plane.</summary>
    private const string Engine = "inference-core.service";

    /// <summary>A request for each of eight GPUs may wait in the driver and others behind them, and a power-off still finds room.</summary>
    private const int PlacesMax = 32;
    private const int OthersPlacesMax = 2;

    /// <summary>What was last done for each GPU; only names that the driver knows get here.</summary>
    private readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    private int _taken;
    private int _othersTaken;

    public static RightsServer OfBox()
    {
        var limits = new GpuLimits();
        uint? controlPlane = null; // looked up until it is known; only the thread that accepts asks
        return new(limits.Set, limits.Hold, limits.Lowest, Systemctl, uid => uid == 0 || uid == (controlPlane ??= Accounts.UidOf(ControlPlane)));
    }

    public void Serve(Socket listener)
    {
        while (true)
        {
            var peer = listener.Accept();
            var all = mayAll(SocketPeer.Of(peer).Uid);
            if (!TakePlace(all))
            {
                peer.Dispose(); // hung up at once is an answer too
                continue;
            }

            var thread = new Thread(() =>
            {
                try
                {
                    Talk(peer, all);
                }
                finally
                {
                    Interlocked.Decrement(ref all ? ref _taken : ref _othersTaken);
                }
            })
            { IsBackground = true };
            thread.Start();
        }
    }

    /// <returns><c>ok</c>, for <c>lowest</c> with the number of GPUs; else why not, for <c>lowest</c> behind the number of those that obeyed.</returns>
    public string Answer(string line, bool all) => RightsRequest.Parse(line) switch
    {
        RightsRequest.Lowest => lowest() switch
        {
            (var limited, { Count: 0 }) => $"ok {limited}",
            var (limited, refused) => $"{limited}; {string.Join("; ", refused)}",
        },
        null => "not understood; known: limit UUID WATTS, clock UUID lowest|free, lowest, stop-engine, power-off, reboot",
        _ when !all => "only the control plane may ask for this; others: lowest",
        RightsRequest.Limit wanted => limit(wanted.Uuid, wanted.Watts) ?? "ok",
        RightsRequest.Clock wanted => clock(wanted.Uuid, wanted.Held) ?? "ok",
        RightsRequest.StopEngine => systemctl(["kill", "--signal=SIGKILL", Engine]) ?? "ok",
        RightsRequest.PowerOff => systemctl(["poweroff"]) ?? "ok",
        RightsRequest.Reboot => systemctl(["reboot"]) ?? "ok",
        _ => throw new UnreachableException(),
    };

    /// <summary>Only the thread that accepts takes places: none is given twice.</summary>
    private bool TakePlace(bool all)
    {
        ref var taken = ref all ? ref _taken : ref _othersTaken;
        if (Volatile.Read(ref taken) >= (all ? PlacesMax : OthersPlacesMax))
            return false;
        Interlocked.Increment(ref taken);
        return true;
    }

    private void Talk(Socket peer, bool all)
    {
        using (peer)
        {
            try
            {
                peer.ReceiveTimeout = peer.SendTimeout = 1000;
                var buffer = new byte[LineMax];
                var count = peer.Receive(buffer);
                var line = Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n');
                var answer = Answer(line, all);
                if (IsNews(line, answer))
                    Console.WriteLine($"appliance-rights: {line}: {answer}");
                peer.Send(Encoding.UTF8.GetBytes(answer + "\n"));
            }
            catch (SocketException)
            {
                // It went away or says nothing: nothing is done.
            }
        }
    }

    /// <summary>The control plane repeats what it wants of each GPU once a second: the journal hears of it once, and again when anything else was said or answered.</summary>
    internal bool IsNews(string line, string answer)
    {
        var words = line.Split(' ');
        if (words is not ["limit" or "clock", _, _])
        {
            _told.Clear();
            return true;
        }

        var subject = $"{words[0]} {words[1]}";
        if (answer != "ok")
        {
            _told.TryRemove(subject, out _);
            return true;
        }

        var isNews = !_told.TryGetValue(subject, out var last) || last != words[2];
        _told[subject] = words[2];
        return isNews;
    }

    private static string? Systemctl(string[] arguments)
    {
        using var process = Process.Start("/bin/systemctl", arguments);
        return process.WaitForExit(1500) && process.ExitCode == 0 ? null : $"systemctl {string.Join(' ', arguments)} failed";
    }
}
