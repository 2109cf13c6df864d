using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Appliance.Hardware;

namespace Appliance.Rights;

/// <summary>
/// Answers one request per connection, in turn: the control plane is the only one who may connect (the socket is its user's alone), and
/// a driver that hangs here hangs its limits and nothing else. Who asks wrongly hears so and changes nothing.
/// </summary>
internal sealed class RightsServer(Func<string, double, string?> limit, Func<string[], string?> systemctl)
{
    private const int LineMax = 256;

    /// <summary>The unit of the data plane.</summary>
    private const string Engine = "inference-core.service";

    public static RightsServer OfBox() => new(new GpuLimits().Set, Systemctl);

    public void Serve(Socket listener)
    {
        while (true)
        {
            using var peer = listener.Accept();
            peer.ReceiveTimeout = peer.SendTimeout = 1000;
            try
            {
                var buffer = new byte[LineMax];
                var count = peer.Receive(buffer);
                var line = Encoding.UTF8.GetString(buffer, 0, count).TrimEnd('\n');
                var refused = Answer(line);
                Console.WriteLine(refused is null ? $"appliance-rights: {line}: done" : $"appliance-rights: {line}: {refused}");
                peer.Send(Encoding.UTF8.GetBytes((refused ?? "ok") + "\n"));
            }
            catch (SocketException)
            {
                // It went away or says nothing: the next one.
            }
        }
    }

    /// <returns>Null when it was done, else why not.</returns>
    public string? Answer(string line) => RightsRequest.Parse(line) switch
    {
        RightsRequest.Limit wanted => limit(wanted.Uuid, wanted.Watts),
        RightsRequest.StopEngine => systemctl(["kill", "--signal=SIGKILL", Engine]),
        RightsRequest.PowerOff => systemctl(["poweroff"]),
        RightsRequest.Reboot => systemctl(["reboot"]),
        null => "not understood; known: limit UUID WATTS, stop-engine, power-off, reboot",
        _ => throw new UnreachableException(),
    };

    private static string? Systemctl(string[] arguments)
    {
        using var process = Process.Start("/bin/systemctl", arguments);
        return process.WaitForExit(1500) && process.ExitCode == 0 ? null : $"systemctl {string.Join(' ', arguments)} failed";
    }
}
