using System.Net;
using System.Net.Sockets;
using Appliance.Bus;

namespace FastTests.Bus;

public sealed class PortHolderTests
{
    [Fact]
    public void The_holder_of_a_port_is_named_with_its_pid_and_forgotten_when_it_lets_go()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var holder = Assert.IsType<PortHolder>(PortHolder.Of(port));
        Assert.Equal(Environment.ProcessId, holder.Pid);
        Assert.NotEmpty(holder.Name);
        Assert.NotEmpty(holder.Command);
        listener.Stop();
        Assert.Null(PortHolder.Of(port));
    }
}
