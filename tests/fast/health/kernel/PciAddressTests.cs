using Appliance.Health.KernelLog;

namespace FastTests.Health.KernelLog;

public sealed class PciAddressTests
{
    [Theory]
    [InlineData("00000000:1B:00.0", "0000:1b:00")]
    [InlineData("0000:1b:00.0", "0000:1b:00")]
    [InlineData("1b:00.0", "0000:1b:00")]
    [InlineData("0000:1b:00", "0000:1b:00")]
    [InlineData("10000:e1:00.0", "10000:e1:00")] // behind a host bridge of its own: another place than 0000:e1
    [InlineData("00010000:E1:00.0", "10000:e1:00")]
    public void Every_spelling_of_a_place_is_one(string address, string place) => Assert.Equal(place, PciAddress.Short(address));
}
