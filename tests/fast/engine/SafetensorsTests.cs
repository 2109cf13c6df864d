using FastTests.Bus;
using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>Weights that are damaged, cut off or foreign: one line that names the file, what is wrong, and the limit.</summary>
public sealed class SafetensorsTests
{
    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 23, "truncated: tensor 'a' ends at byte 89, the file at 88")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 25, "1 bytes follow the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,24]}}""", 24, "tensor 'a' [2, 4] has 24 bytes, its shape asks for 32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1125899906842624,1125899906842624],"data_offsets":[0,24]}}""", 24, "has 24 bytes, its shape asks for")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,24]}}""", 24, "no whole number in 0..2^50")]
    [InlineData("""{"a":{"dtype":"F32","shape":[6],"data_offsets":[24,0]}}""", 24, "ends (0) before it begins (24)")]
    [InlineData("""{"a":{"dtype":"F32","shape":[6],"data_offsets":[0]}}""", 24, "lacks dtype, shape or data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"a":{"dtype":"F32","shape":[6],"data_offsets":[24,48]}}""", 48, "tensor 'a' is listed twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}""", 24, "tensor 'b' begins at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}""", 24, "tensor 'b' begins at byte")]
    [InlineData("""["a"]""", 0, "not a JSON object")]
    [InlineData("""{"a":""", 0, "not JSON (line 1")]
    public void A_corrupt_header_is_one_line(string header, int dataBytes, string expected)
    {
        using var folder = new TemporaryDirectory();
        var path = folder.File("model.safetensors");
        File.WriteAllBytes(path, SafetensorsBytes.File(header, dataBytes));
        OneLine(path, expected, () => Checkpoint.Open(folder.Path));
    }

    [Fact]
    public void A_header_length_beyond_the_file_or_the_format_is_one_line()
    {
        using var folder = new TemporaryDirectory();
        var path = folder.File("model.safetensors");
        File.WriteAllBytes(path, [1, 0, 0, 0]);
        OneLine(path, "4 bytes are no safetensors file", () => Checkpoint.Open(folder.Path));
        File.WriteAllBytes(path, [200, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']);
        OneLine(path, "truncated: the header has 200 bytes, the file ends after 2 of them", () => Checkpoint.Open(folder.Path));
        File.WriteAllBytes(path, [255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}']);
        OneLine(path, "it claims 18446744073709551615 bytes", () => Checkpoint.Open(folder.Path));
    }

    [Fact]
    public void A_missing_tensor_a_wrong_shape_and_a_foreign_type_name_the_tensor()
    {
        using var folder = new TemporaryDirectory();
        var path = folder.File("model.safetensors");
        File.WriteAllBytes(path, SafetensorsBytes.File(
            """{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[24,28]}}""", 28));
        var checkpoint = Checkpoint.Open(folder.Path);
        OneLine(folder.Path, "tensor 'v' is missing", () => checkpoint.ReadVector("v", 3));
        OneLine(path, "tensor 'w' has shape [2, 3]; config.json asks for [3, 2]", () => checkpoint.ReadMatrix("w", 3, 2));
        OneLine(path, "tensor 'w' has shape [2, 3]; config.json asks for [6]", () => checkpoint.ReadVector("w", 6));
        OneLine(path, "tensor 'q' has dtype F8_E4M3; supported are BF16, F16 and F32", () => checkpoint.ReadVector("q", 4));
    }

    [Theory]
    [InlineData("F32", new byte[] { 0, 0, 0, 0, 0, 0, 0xC0, 0x7F }, "NaN at element 1")]
    [InlineData("F32", new byte[] { 0, 0, 0x80, 0xFF, 0, 0, 0, 0 }, "-∞ at element 0")]
    [InlineData("F16", new byte[] { 0, 0, 0, 0, 0, 0x7C, 0, 0 }, "∞ at element 2")]
    [InlineData("BF16", new byte[] { 0, 0, 0, 0, 0, 0, 0xC0, 0x7F }, "NaN at element 3")]
    public void A_weight_that_is_not_finite_is_named_by_its_place(string type, byte[] data, string expected)
    {
        using var folder = new TemporaryDirectory();
        var path = folder.File("model.safetensors");
        var columns = type == "F32" ? 2 : 4;
        File.WriteAllBytes(path, SafetensorsBytes.File($$$"""{"w":{"dtype":"{{{type}}}","shape":[1,{{{columns}}}],"data_offsets":[0,8]}}""", data));
        var checkpoint = Checkpoint.Open(folder.Path);
        OneLine(path, $"tensor 'w' holds {expected.Replace("∞", double.PositiveInfinity.ToString())}", () => checkpoint.ReadMatrix("w", 1, columns));
    }

    [Fact]
    public void A_shard_that_is_missing_cut_off_or_outside_the_directory_is_named()
    {
        using var folder = new TemporaryDirectory();
        foreach (var file in Directory.EnumerateFiles(GoldenModel.Open("qwen2").Directory))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        var shard = folder.File("model-00002-of-00002.safetensors");
        var bytes = File.ReadAllBytes(shard);

        File.WriteAllBytes(shard, bytes[..^1]);
        OneLine(shard, "truncated: tensor 'model.norm.weight' ends at byte", () => EngineModel.Load(folder.Path));
        File.Delete(shard);
        OneLine(shard, "cannot be read", () => EngineModel.Load(folder.Path));

        var index = folder.File("model.safetensors.index.json");
        File.WriteAllText(index, """{"weight_map":{"model.norm.weight":"../model.safetensors"}}""");
        OneLine(index, "'model.norm.weight' lies in '../model.safetensors'; right would be the name of a file in the same directory", () => EngineModel.Load(folder.Path));
        File.WriteAllText(index, """{"weight_map":{"lm_head.weight":"model-00001-of-00002.safetensors"}}""");
        OneLine(folder.File("model-00001-of-00002.safetensors"), "tensor 'lm_head.weight' is missing, though", () => EngineModel.Load(folder.Path));
        File.WriteAllText(index, """{"weight_map":{"lm_head.weight":7}}""");
        OneLine(index, "weight_map is corrupt", () => EngineModel.Load(folder.Path));
    }

    [Fact]
    public void Damaged_files_never_cause_anything_but_the_engines_own_exception()
    {
        var whole = File.ReadAllBytes(Path.Combine(GoldenModel.Open("llama3").Directory, "model.safetensors"));
        var headerEnd = 8 + BitConverter.ToInt32(whole);
        var header = whole[..headerEnd];
        using var folder = new TemporaryDirectory();
        var path = folder.File("model.safetensors");
        var random = new Random(20261123);
        var refused = 0;
        for (var round = 0; round < 400; round++)
        {
            var bytes = Damage.Of(header, random);
            try
            {
                SafetensorsHeader.Parse(bytes.AsMemory(Math.Min(8, bytes.Length)), path, random.Next(4) == 0 ? random.NextInt64(1 << 20) : whole.Length);
            }
            catch (EngineException e)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
            }
        }

        for (var round = 0; round < 60; round++)
        {
            File.WriteAllBytes(path, Damage.Of(whole[..(headerEnd + 64)], random));
            Assert.Throws<EngineException>(() => SafetensorsHeader.Read(path));
        }

        Assert.True(refused > 200, $"{refused} of 400 damaged headers were refused; the damage is too gentle to test anything.");
    }

    private static void OneLine(string path, string expected, Action action)
    {
        var e = Assert.Throws<EngineException>(action);
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }
}
