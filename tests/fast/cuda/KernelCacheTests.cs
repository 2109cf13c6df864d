using FastTests.Bus;
using InferenceCore.Cuda;

namespace FastTests.Cuda;

public sealed class KernelCacheTests
{
    private static readonly KernelSource Source = new("a.cu", "text", [("h.cuh", "header")]);

    [Fact]
    public void Code_is_compiled_once_and_a_later_process_finds_it()
    {
        using var folder = new TemporaryDirectory();
        var first = Cache(folder.Path);
        Assert.Equal([1, 2, 3], first.Get(Source));
        Assert.Equal([1, 2, 3], first.Get(Source));
        var second = Cache(folder.Path);
        Assert.Equal([1, 2, 3], second.Get(Source));
        Assert.Equal((1, 0), (first.Compiled, second.Compiled));
        var file = Assert.Single(Directory.EnumerateFiles(folder.Path));
        Assert.StartsWith("a-sm_90a-driver13000-nvrtc13.0-", Path.GetFileName(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_code_depends_on_makes_another_file()
    {
        var options = KernelCache.Options([]);
        KernelSource[] sources =
        [
            Source, Source with { Text = "text " }, Source with { Headers = [] }, Source with { Headers = [("h.cuh", "heade")] },
            Source with { Headers = [("h.cuhh", "eader")] }, Source with { Headers = [("g.cuh", "header")] },
        ];
        var paths = sources.Select(s => Cache("/x").PathOf(s, options)).ToList();
        paths.Add(Cache("/x").PathOf(Source, KernelCache.Options([("N", "1")])));
        paths.Add(Cache("/x").PathOf(Source, KernelCache.Options([("N", "11")])));
        paths.Add(Cache("/x").PathOf(Source, [.. options, "-DN=1", ""]));
        paths.Add(Cache("/x", "sm_90a-driver13010-nvrtc13.0").PathOf(Source, options));
        Assert.Equal(paths.Count, paths.Distinct().Count());
        Assert.Equal(paths[0], Cache("/x").PathOf(Source with { }, options));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(35)]
    public void A_torn_or_rotten_file_is_compiled_again_and_replaced(int keep)
    {
        using var folder = new TemporaryDirectory();
        Cache(folder.Path).Get(Source);
        var file = Directory.EnumerateFiles(folder.Path).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes[..keep]);
        var again = Cache(folder.Path);
        Assert.Equal([1, 2, 3], again.Get(Source));
        Assert.Equal(1, again.Compiled);
        var healed = Cache(folder.Path);
        healed.Get(Source);
        Assert.Equal(0, healed.Compiled);
    }

    [Fact]
    public void Where_nothing_can_be_kept_everything_works()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("file"), "");
        var cache = Cache(Path.Combine(folder.File("file"), "below"));
        Assert.Equal([1, 2, 3], cache.Get(Source));
        Assert.NotNull(cache.NotKept);
        Assert.Equal([1, 2, 3], cache.Get(Source));
        Assert.Equal(2, cache.Compiled);
    }

    [Fact]
    public void Many_at_once_leave_one_whole_file_and_nothing_else()
    {
        using var folder = new TemporaryDirectory();
        var large = new byte[1 << 20];
        Parallel.For(0, 16, _ => Assert.Equal(large.Length, Cache(folder.Path, code: large).Get(Source).Length));
        Assert.Single(Directory.EnumerateFiles(folder.Path));
        var later = Cache(folder.Path);
        Assert.Equal(large, later.Get(Source));
        Assert.Equal(0, later.Compiled);
    }

    private static KernelCache Cache(string folder, string platform = "sm_90a-driver13000-nvrtc13.0", byte[]? code = null) =>
        new(folder, platform, (_, _) => code ?? [1, 2, 3]);
}
