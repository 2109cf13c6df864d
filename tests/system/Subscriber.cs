using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SystemTests;

/// <summary>Debian's mosquitto_sub, as a field engineer would run it; every message with the moment it came.</summary>
internal sealed class Subscriber : IDisposable
{
    private readonly Process _process;
    private readonly List<Message> _messages = [];

    /// <param name="filter">Topic filter, e.g. <c>appliance/v1/#</c>.</param>
    public Subscriber(int port, string filter)
    {
        WaitForBroker(port);

        // A tab between the fields: no topic and no JSON of ours holds one.
        var start = new ProcessStartInfo("mosquitto_sub",
            ["-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-V", "5", "-q", "1", "-t", filter, "-F", "%U\t%r\t%t\t%p"])
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Collect;
        _process.BeginOutputReadLine();
    }

    public IReadOnlyList<Message> Messages
    {
        get
        {
            lock (_messages)
                return [.. _messages];
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    /// <summary>mosquitto_sub gives up when nobody listens yet, and the daemon is up before the broker.</summary>
    private static void WaitForBroker(int port) => Wait.Until("the broker listens", TimeSpan.FromSeconds(15), () =>
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Connect(IPAddress.Loopback, port);
        return true;
    });

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        if (line.Data?.Split('\t', 4) is not [var seconds, var retained, var topic, var payload])
            return;
        var message = new Message(
            DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), retained == "1", topic, payload);
        lock (_messages)
            _messages.Add(message);
    }
}

/// <param name="At">UTC of arrival at the subscriber.</param>
internal sealed record Message(DateTimeOffset At, bool Retained, string Topic, string Payload)
{
    public JsonElement Json => JsonDocument.Parse(Payload).RootElement;
}
