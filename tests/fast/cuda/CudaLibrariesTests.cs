using FastTests.Bus;
using InferenceCore.Cuda;

namespace FastTests.Cuda;

public sealed class CudaLibrariesTests
{
    private const string Name = "libappliance-test.so.1";

    [Fact]
    public void A_missing_library_is_named_with_every_place_where_it_was_looked_for()
    {
        using var folder = new TemporaryDirectory();
        var libraries = new CudaLibraries([folder.Path], ["/nowhere/lib64"]);
        var e = Assert.Throws<CudaException>(() => libraries.Load("the CUDA driver", Name, "libappliance-test.so.0"));
        Assert.StartsWith($"the CUDA driver is missing: no {Name} or libappliance-test.so.0; looked where the loader looks and in ", e.Message, StringComparison.Ordinal);
        Assert.All(libraries.Folders, place => Assert.Contains(place, e.Message, StringComparison.Ordinal));
        Assert.Contains("/nowhere/lib64", libraries.Folders);
        Assert.Equal(libraries.Folders.Distinct(), libraries.Folders);
        Assert.False(e.IsOutOfMemory);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lib64")]
    [InlineData("targets/x86_64-linux/lib")]
    [InlineData("nvidia/cu13/lib")]
    [InlineData("nvidia/cuda_nvrtc/lib")]
    [InlineData("nvidia/cublas/lib")]
    public void A_library_is_found_where_NVIDIA_and_its_packages_put_it(string layout)
    {
        using var folder = new TemporaryDirectory();
        var place = Path.Combine(folder.Path, layout);
        Directory.CreateDirectory(place);
        File.Copy(AnyLibrary(), Path.Combine(place, Name));
        Assert.NotEqual(0, new CudaLibraries([folder.Path], []).Load("it", "libappliance-test.so.2", Name));
    }

    [Fact]
    public void A_file_that_is_there_and_is_no_library_is_named_with_the_loaders_reason()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File(Name), "not ELF");
        var e = Assert.Throws<CudaException>(() => new CudaLibraries([], [folder.Path]).Load("it", Name));
        Assert.Contains($"{folder.File(Name)} is there but cannot be loaded (", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_machines_places_hold_the_toolkit_the_container_runtimes_and_the_programs_own_folder()
    {
        var folders = CudaLibraries.OfThisMachine().Folders;
        Assert.Contains("/usr/local/nvidia/lib64", folders);
        Assert.Contains("/usr/lib/x86_64-linux-gnu", folders);
        Assert.Contains(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), folders);
    }

    // Any real shared library will do: it is only loaded.
    private static string AnyLibrary() => Directory.EnumerateFiles(AppContext.BaseDirectory, "*.so")
        .Concat(["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/libm.so.6", "/usr/lib/libm.so.6"]).First(File.Exists);
}
