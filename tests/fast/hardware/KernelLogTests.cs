using System.Text;
using Appliance.Hardware;
using Appliance.Model;
using Xunit;

namespace FastTests.Hardware;

public sealed class KernelLogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _root = Directory.CreateTempSubdirectory("kmsg").FullName;
    private readonly string _file;

    public KernelLogTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "dev"));
        _file = Path.Combine(_root, "dev/kmsg");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_lay_there_before_and_what_comes_is_read_in_order()
    {
        File.WriteAllText(_file, "6,0,100,-;first\n SUBSYSTEM=pci\n4,1,200,-;second\n");
        using var reader = Started(-1);
        File.AppendAllText(_file, "3,2,5678901,-,caller=T1;thi");
        File.AppendAllText(_file, "rd\n");
        var lines = await Take(reader, 3);
        Assert.Equal(["first", "second", "third"], lines.Select(l => l.Text));
        Assert.Equal(new KernelLine(2, TimeSpan.FromMicroseconds(5678901), 3, "third"), lines[2]);
    }

    [Fact]
    public async Task After_a_restart_it_goes_on_behind_the_last_line_dealt_with()
    {
        File.WriteAllText(_file, "6,0,100,-;first\n6,1,200,-;second\n6,2,300,-;third\n");
        using var reader = Started(1);
        Assert.Equal("third", (await Take(reader, 1))[0].Text);
    }

    [Fact]
    public async Task Lines_that_the_ring_overwrote_are_counted()
    {
        File.WriteAllText(_file, "6,4,100,-;first\n6,9,200,-;after the storm\n");
        using var reader = Started(-1);
        var lines = await Take(reader, 2);
        Assert.Equal([0L, 4L], lines.Select(l => l.LostBefore));
        Assert.Equal(4, reader.Lost);
    }

    [Fact]
    public async Task A_log_that_is_not_there_yet_is_found_when_it_comes()
    {
        Directory.Delete(Path.Combine(_root, "dev"), recursive: true);
        using var reader = Started(-1);
        Directory.CreateDirectory(Path.Combine(_root, "dev"));
        File.WriteAllText(_file, "6,0,100,-;here\n");
        Assert.Equal("here", (await Take(reader, 1))[0].Text);
        Assert.Null(reader.Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no record")]
    [InlineData("6,x,100,-;text")]
    [InlineData(" SUBSYSTEM=pci")]
    public void What_is_no_record_is_passed_over(string text) => Assert.Null(KernelLogReader.Parse(Encoding.UTF8.GetBytes(text)));

    private KernelLogReader Started(long after)
    {
        var reader = new KernelLogReader(_root, after);
        reader.Start();
        return reader;
    }

    private static async Task<KernelLine[]> Take(KernelLogReader reader, int count)
    {
        using var late = new CancellationTokenSource(Patience);
        var lines = new List<KernelLine>();
        while (lines.Count < count)
            lines.Add(await reader.Lines.ReadAsync(late.Token));
        return [.. lines];
    }
}
