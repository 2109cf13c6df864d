using FastTests.Engine;
using InferenceCore.Cuda;
using InferenceCore.Engine;
namespace FastTests.Cuda;

/// <summary>Where a model's weights lie on a GPU, and how its products are cut: plain arithmetic, which needs none.</summary>
public sealed class CudaLayoutTests
{
    [Theory]
    [InlineData(128, 64)]
    [InlineData(128, 200)]
    [InlineData(640, 264)]
    [InlineData(768, 712)]
    [InlineData(4608, 3584)]
    [InlineData(152064, 3584)]
    public void The_device_counts_a_blocks_segments_as_the_host_does(int outputs, int inputs)
    {
        var matrix = new CudaMatrix(0, outputs, inputs);
        var (split, most) = (matrix.Split, 0u);
        for (var block = 0; block < matrix.Blocks; block++)
        {
            // segments_of of common.cuh: __umulhi is the upper half of a product of 32-bit numbers.
            var first = (uint)(block * split.Depth);
            var segments = High(first + (uint)split.Depth - 1, split.PerRun) - High(first, split.PerRun) + 1;
            Assert.Equal((uint)((((block + 1) * split.Depth) - 1) / split.Run) - (uint)(block * split.Depth / split.Run) + 1, segments);
            most = Math.Max(most, segments);
        }

        Assert.Equal((uint)matrix.MostSegments, most);

        static uint High(uint a, uint b) => (uint)(((ulong)a * b) >> 32);
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("llama3")]
    [InlineData("deepseek_v2_groups")]
    [InlineData("deepseek_v3")]
    public void Every_weight_of_the_checkpoint_has_one_place(string golden)
    {
        var config = LayoutConfig(golden);
        var layout = new CudaLayout(config);
        var placed = layout.Placements.GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.Sum(p => (long)p.SourceRows * p.SourceColumns));
        foreach (var tensor in TensorPlan.Of(config))
        {
            // A tied embedding is looked up and multiplied.
            var copies = config.TiedEmbeddings && tensor.Role == TensorRole.Embedding ? 2 : 1;
            Assert.Equal(copies * tensor.Elements, placed[tensor.Name]);
        }
        Assert.Equal(TensorPlan.Of(config).Count(), placed.Count);
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("deepseek_v3")]
    public void No_two_weights_share_memory(string golden)
    {
        var layout = new CudaLayout(LayoutConfig(golden));
        var taken = new HashSet<(long, int, int)>();
        foreach (var p in layout.Placements)
        {
            Assert.InRange(p.Offset, 0, layout.Bytes - 1);
            if (p.Form is WeightForm.Float32 or WeightForm.BFloat16)
            {
                Assert.True(taken.Add((p.Offset, -1, 0)), p.Name);
                continue;
            }
            var half = p.Form switch { WeightForm.GateTiles => 0, WeightForm.UpTiles => 1, _ => 2 };
            for (var row = 0; row < p.SourceRows; row++)
                Assert.True(taken.Add((p.Offset, p.FirstRow + row, half)), $"{p.Name} row {row}");
        }
    }

    [Theory]
    [InlineData(4608, 3584)]
    [InlineData(3584, 18944)]
    [InlineData(152064, 3584)]
    [InlineData(128, 64)]
    [InlineData(3712, 2048)]
    public void The_runs_of_a_product_are_all_its_tiles_and_every_segment_has_its_part(int outputs, int inputs)
    {
        var matrix = new CudaMatrix(0, outputs, inputs);
        var (run, tiles) = (matrix.Split.Run, matrix.Blocks * matrix.Depth);
        Assert.InRange(matrix.RunCount, 1, 132);
        Assert.True(matrix.RunCount * (long)run >= tiles && (matrix.RunCount - 1) * (long)run < tiles);
        for (var block = 0; block < matrix.Blocks; block++)
        {
            var first = block * matrix.Depth;
            var segments = ((first + matrix.Depth - 1) / run) - (first / run) + 1;
            Assert.InRange(segments, 1, matrix.MostSegments);
        }
    }

    [Theory]
    [InlineData(2816, 2048, 8)]
    [InlineData(2048, 1408, 8)]
    [InlineData(4096, 7168, 9)]
    public void The_segments_of_an_expert_cover_its_depth_and_no_more(int outputs, int inputs, int visited)
    {
        var (split, segments) = new CudaMatrix(0, outputs, inputs).ExpertSplit(visited);
        Assert.InRange(segments, 1, 8);
        Assert.True(segments * split.Run >= split.Depth && (segments - 1) * split.Run < split.Depth);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(64)]
    [InlineData(129)]
    [InlineData(2048)]
    public void A_product_of_any_number_of_rows_has_room_for_all_of_them(int rows)
    {
        var matrix = new CudaMatrix(0, 3584, 18944);
        Assert.True(ProductKernels.ResultFloats(matrix, rows) >= (long)rows * matrix.Outputs);
        if (ProductKernels.IsSplit(matrix, rows))
            Assert.True(ProductKernels.TilesOf(rows, ProductKernels.TileFor(rows)) * ProductKernels.TileFor(rows) >= rows);
    }

    [Fact]
    public void What_the_kernels_cannot_do_is_said_before_memory_is_taken()
    {
        var config = LayoutConfig("deepseek_v3");
        var e = Assert.Throws<EngineException>(() => new CudaLayout(config with { Moe = config.Moe! with { ExpertWidth = 72 } }));
        Assert.Contains("multiple of 64, not 72", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<EngineException>(() => new CudaLayout(config with { BiasOnDense = true }));
        Assert.Contains("mlp_bias", e.Message, StringComparison.Ordinal);
    }

    // The golden models are as small and as odd as can be; the kernels want ranks of eights, experts in slabs of 64, and no rare biases.
    private static ModelConfig LayoutConfig(string golden)
    {
        var config = ModelConfig.Load(GoldenModel.Open(golden).Directory) with { BiasOnDense = false };
        if (config.Attention is AttentionConfig.Latent latent)
            config = config with { Attention = latent with { Bias = false, QueryRank = latent.QueryRank is null ? null : 40 } };
        return config.Moe is { } moe ? config with { Moe = moe with { ExpertWidth = 64 } } : config;
    }
}
