using System.Net.Sockets;
using Appliance.Rights;

// appliance-rights: what the control plane may not do itself and nobody can grant it: power limits of GPUs (the driver asks for root),
// ending the engine of another user, switching the machine off. Started by systemd at the first request, with the socket as descriptor 3.

if (Environment.GetEnvironmentVariable("LISTEN_FDS") != "1" || Environment.GetEnvironmentVariable("LISTEN_PID") != Environment.ProcessId.ToString())
{
    Console.Error.WriteLine("appliance-rights: is started by systemd (appliance-rights.socket); there is nothing to start by hand.");
    return 64;
}

using var listener = new Socket(new SafeSocketHandle(3, ownsHandle: true));
RightsServer.OfBox().Serve(listener);
return 0;
