using FastTests.Engine;
using FastTests.Tidy;
using InferenceCore.Cuda;
using InferenceCore.Engine;

namespace FastTests.Cuda;

public sealed class WeightMapTests
{
    private static readonly string Experts = Path.Combine(Repository.Root, "inference-core/models/field-guide");

    private static CudaLayout LayoutOf(string model) => new(ModelConfig.Load(model == "experts" ? Experts : GoldenModel.Open(model).Directory));

    [Theory]
    [InlineData("qwen2")]
    [InlineData("experts")]
    public void Every_tensor_is_named_where_its_first_and_last_element_lie(string model)
    {
        var layout = LayoutOf(model);
        foreach (var placement in layout.Placements)
        {
            foreach (var (row, column) in new[] { (0, 0), (placement.SourceRows - 1, placement.SourceColumns - 1) })
            {
                var place = PlaceOf(placement, row, column);
                Assert.Contains(placement.Name, WeightMap.NamesIn(layout, place, 1));
            }
        }
    }

    [Fact]
    public void A_tensor_is_not_named_where_only_others_lie()
    {
        var layout = LayoutOf("qwen2");
        var norm = layout.Placements.Single(p => p.Name == "model.norm.weight");
        Assert.Equal(["model.norm.weight"], WeightMap.NamesIn(layout, norm.Offset, 4));
        Assert.Equal("model.embed_tokens.weight", WeightMap.Describe(layout, 0, 1));
        Assert.Equal("the padding between tensors", WeightMap.Describe(layout, norm.Offset + (4 * norm.Columns), 1));
    }

    [Fact]
    public void Tensors_that_share_tiles_are_both_named_and_a_long_list_is_cut()
    {
        var layout = LayoutOf("qwen2");
        var gate = layout.Placements.First(p => p.Form == WeightForm.GateTiles);
        Assert.Equal("model.layers.0.mlp.gate_proj.weight or model.layers.0.mlp.up_proj.weight", WeightMap.Describe(layout, gate.Offset, 1));
        Assert.EndsWith(" more", WeightMap.Describe(layout, 0, layout.Bytes), StringComparison.Ordinal);
    }

    /// <summary>Where an element lies, as pack_rows, to_floats and to_bf16s of weights.cu write it.</summary>
    private static long PlaceOf(Placement placement, int row, int column)
    {
        var plain = ((long)row * placement.Columns) + column;
        if (placement.Form == WeightForm.Float32)
            return placement.Offset + (plain * 4);
        if (placement.Form == WeightForm.BFloat16)
            return placement.Offset + (plain * 2);
        var at = placement.FirstRow + row;
        if (placement.Form != WeightForm.Tiles)
            at = (at / 8 * 16) + (at % 8) + (placement.Form == WeightForm.UpTiles ? 8 : 0);
        var chunk = column / 8;
        return placement.Offset + ((((long)(at / 128) * placement.Depth) + (chunk / 8)) * 16384) + (at % 128 * 128) + (((chunk ^ at) & 7) << 4);
    }
}
