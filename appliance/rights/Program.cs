using System.Net.Sockets;
using Appliance.Rights;

// appliance-rights: what the control plane may not do itself and nobody can grant it: power limits of GPUs (the driver asks for root),
// ending the engine of another user, switching the machine off. `appliance-rights login`, a unit of its own, asks PAM for the panel. Both are
// started by systemd at the first request, with the socket as descriptor 3.

var unit = args is ["login"] ? "appliance-login" : "appliance-rights";
if (args is not ([] or ["login"]) || Environment.GetEnvironmentVariable("LISTEN_FDS") != "1" || Environment.GetEnvironmentVariable("LISTEN_PID") != Environment.ProcessId.ToString())
{
    Console.Error.WriteLine($"appliance-rights: is started by systemd ({unit}.socket); there is nothing to start by hand.");
    return 64;
}

using var listener = new Socket(new SafeSocketHandle(3, ownsHandle: true));
if (args is ["login"])
    LoginServer.OfBox().Serve(listener);
else
    RightsServer.OfBox().Serve(listener);
return 0;
