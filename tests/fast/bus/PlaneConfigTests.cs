using Appliance.Bus;
using Appliance.Model;

namespace FastTests.Bus;

public sealed class PlaneConfigTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void A_broken_file_on_a_box_gives_way_to_the_last_good_one_and_is_told()
    {
        var config = PlaneConfig.Load(File("a.json", "{ \"nodde\": \"x\" }"), File("last.json", "{ \"node\": \"kept\" }"), _ => null, out var fault);
        Assert.Equal("kept", config.Node);
        Assert.Contains("nodde is not a key", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_this_plane_cannot_do_counts_as_a_fault_too()
    {
        string? NoSuchNode(BoxConfig config) => config.Node == "bad" ? "node is bad" : null;
        var config = PlaneConfig.Load(File("a.json", "{ \"node\": \"bad\" }"), File("last.json", "{ \"node\": \"kept\" }"), NoSuchNode, out var fault);
        Assert.Equal("kept", config.Node);
        Assert.EndsWith("a.json: node is bad", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_last_good_one_the_fault_is_the_answer()
    {
        Assert.Throws<FormatException>(() => PlaneConfig.Load(File("a.json", "{"), lastGood: null, _ => null, out _));
        Assert.Throws<FormatException>(() => PlaneConfig.Load(File("a.json", "{"), _folder.File("none.json"), _ => null, out _));
    }

    [Fact]
    public void A_good_file_is_taken_whatever_the_last_good_one_holds()
    {
        var config = PlaneConfig.Load(File("a.json", "{ \"node\": \"new\" }"), File("last.json", "{ \"node\": \"kept\" }"), _ => null, out var fault);
        Assert.Equal("new", config.Node);
        Assert.Null(fault);
    }

    private string File(string name, string text)
    {
        var path = _folder.File(name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => _folder.Dispose();
}
