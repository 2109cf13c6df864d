using System.Runtime.InteropServices;
using InferenceCore.Cuda;

namespace FastTests.Cuda;

/// <summary>What the driver reads of ours lies where its headers say.</summary>
public sealed unsafe class LaunchTests
{
    [Fact]
    public void Structures_have_the_sizes_and_offsets_of_the_headers()
    {
        Assert.Equal(72, sizeof(CUlaunchAttribute));
        Assert.Equal(56, sizeof(CUlaunchConfig));
        Assert.Equal(64, sizeof(cublasLtMatmulAlgo_t));
        Assert.Equal(96, sizeof(cublasLtMatmulHeuristicResult_t));
        Assert.Equal(32, Marshal.OffsetOf<CUlaunchConfig>(nameof(CUlaunchConfig.hStream)));
        Assert.Equal(48, Marshal.OffsetOf<CUlaunchConfig>(nameof(CUlaunchConfig.numAttrs)));
        Assert.Equal(8, Marshal.OffsetOf<CUlaunchAttribute>(nameof(CUlaunchAttribute.programmaticStreamSerializationAllowed)));
        Assert.Equal(16, Marshal.OffsetOf<CUlaunchAttribute>(nameof(CUlaunchAttribute.clusterDimZ)));
    }

    [Fact]
    public void Arguments_lie_one_after_the_other_as_they_were_added_and_nothing_is_allocated()
    {
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Check(new KernelArguments().Add(0x1122334455667788UL).Add(-7).Add(1.5f).Add((short)3).Add(new Extent(1, 2, 3)));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);

        static void Check(in KernelArguments arguments)
        {
            var pointers = stackalloc void*[arguments.Count];
            fixed (byte* values = arguments)
            {
                arguments.Point(values, pointers);
                if (arguments.Count != 5 || *(ulong*)pointers[0] != 0x1122334455667788UL || *(int*)pointers[1] != -7
                    || *(float*)pointers[2] != 1.5f || *(short*)pointers[3] != 3 || *(Extent*)pointers[4] != new Extent(1, 2, 3))
                    throw new InvalidOperationException("The arguments are not what was added.");
            }
        }
    }

    [Fact]
    public void More_arguments_than_there_is_room_for_are_refused_before_the_driver_sees_them()
    {
        Assert.Throws<InvalidOperationException>(() =>
        {
            var arguments = new KernelArguments();
            for (var i = 0; i < 1000; i++)
                arguments.Add(i);
        });
    }

    [Theory]
    [InlineData(9, 0, "sm_90a")]
    [InlineData(10, 3, "sm_103a")]
    [InlineData(8, 6, "sm_86")]
    public void Code_is_made_for_the_generation_that_is_there(int major, int minor, string expected) =>
        Assert.Equal(expected, CudaDevice.ArchitectureOf(major, minor));

    [Theory]
    [InlineData(14_140_000_000, "14.14 GB")]
    [InlineData(3_000_000_000, "3 GB")]
    [InlineData(1_500_000, "1.5 MB")]
    [InlineData(999, "999 B")]
    public void Sizes_are_written_for_people(long bytes, string expected) => Assert.Equal(expected, ByteText.Of(bytes));
}
