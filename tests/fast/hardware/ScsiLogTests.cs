using System.Runtime.CompilerServices;
using Appliance.Hardware;

namespace FastTests.Hardware;

/// <summary>Log pages of a SAS disk, byte by byte as the standards lay them out.</summary>
public sealed class ScsiLogTests
{
    [Fact]
    public void The_request_has_the_size_of_sg_h() => Assert.Equal(88, Unsafe.SizeOf<ScsiInterop.sg_io_hdr_t>());

    [Fact]
    public void A_solid_state_disk_tells_wear_heat_hours_and_what_it_could_not_correct()
    {
        var smart = Read(new()
        {
            [0x2F] = Page(0x2F, (0, [0x00, 0x00, 39])),
            [0x0D] = Page(0x0D, (0, [0, 41]), (1, [0, 70])),
            [0x11] = Page(0x11, (1, [0, 0, 0, 7])),
            [0x15] = Page(0x15, (0, [0, 0x0A, 0xFC, 0x80, 0, 0, 0, 0])),
            [0x02] = Page(0x02, (3, [0, 9]), (6, [0, 0, 0, 0, 0, 0, 0, 1])),
            [0x03] = Page(0x03, (6, [1, 2])),
        })!;
        Assert.Equal((0, 41, 7, 1L + 258, 12_000L), (smart.CriticalWarning, smart.TemperatureC, smart.PercentageUsed, smart.MediaErrors, smart.PowerOnHours));
        Assert.Equal((null, null), (smart.AvailableSparePercent, smart.WrittenTb)); // no such thing in a SAS disk: nobody invents it
    }

    [Theory]
    [InlineData(0x5D, 0x10, 4)] // hardware impending failure
    [InlineData(0x0B, 0x01, 2)] // warning: specified temperature exceeded
    [InlineData(0x0B, 0x03, 4)] // warning: background self-test failed
    [InlineData(0x00, 0x00, 0)]
    public void What_it_predicts_is_a_warning_of_itself(byte code, byte qualifier, int warning) =>
        Assert.Equal(warning, Read(new() { [0x2F] = Page(0x2F, (0, [code, qualifier, 40])) })!.CriticalWarning);

    [Fact]
    public void A_disk_without_pages_tells_nothing() => Assert.Null(Read(new()));

    [Fact]
    public void Pages_that_end_early_or_lie_about_their_length_are_read_as_far_as_they_go()
    {
        var whole = Page(0x0D, (0, [0, 41]), (1, [0, 70]));
        for (var length = 0; length <= whole.Length; length++)
        {
            var read = Read(new() { [0x0D] = whole[..length], [0x2F] = Page(0x2F, (0, [0, 0, 0xFF])) })!;
            Assert.Equal(length >= 10 ? 41 : null, read.TemperatureC);
        }
    }

    private static Appliance.Model.DiskSmart? Read(Dictionary<byte, byte[]> pages) => ScsiLog.Read(page => pages.GetValueOrDefault(page) ?? [], TimeSpan.FromSeconds(1));

    private static byte[] Page(byte code, params (int Code, byte[] Value)[] parameters)
    {
        byte[] body = [.. parameters.SelectMany(p => (byte[])[(byte)(p.Code >> 8), (byte)p.Code, 3, (byte)p.Value.Length, .. p.Value])];
        return [code, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }
}
