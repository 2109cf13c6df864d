using System.Net;
using System.Net.Sockets;
using BmcAgent;

namespace FastTests.Bmc;

public sealed class PortHolderTests
{
    [Fact]
    public void The_holder_of_a_port_is_named_with_its_pid()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Contains($"(pid {Environment.ProcessId})", PortHolder.Find(port), StringComparison.Ordinal);
        Assert.Contains($"port {port} on 127.0.0.1 is in use by ", PortHolder.Explain(IPAddress.Loopback, port, "bus.port"), StringComparison.Ordinal);
        listener.Stop();
        Assert.Null(PortHolder.Find(port));
    }
}
