using FastTests.Bus;
using InferenceCore.Engine;

namespace FastTests.Engine;

public sealed class SynthVerifyTests
{
    public static TheoryData<string> Models => [.. GoldenModel.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_synthetic_checkpoint_of_every_family_loads_runs_and_verifies(string name)
    {
        using var folder = new TemporaryDirectory();
        var directory = Synth(name, folder.File("m"), seed: 3, "bf16");
        Assert.Equal("3 files as SHA256SUMS says", Checks(directory)["hashes"]);
        var logits = GoldenModel.Logits(EngineModel.Load(directory), [1, 2, 3, 4]);
        Assert.All(logits, row => Assert.All(row, v => Assert.True(float.IsFinite(v))));
        Assert.NotEqual(logits[2], logits[3]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        using var folder = new TemporaryDirectory();
        byte[] Bytes(string directory) => File.ReadAllBytes(Path.Combine(directory, "model.safetensors"));
        var first = Bytes(Synth("qwen2", folder.File("a"), seed: 3, "f32"));
        Assert.Equal(first, Bytes(Synth("qwen2", folder.File("b"), seed: 3, "f32")));
        Assert.NotEqual(first, Bytes(Synth("qwen2", folder.File("c"), seed: 4, "f32")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Hashes_of_a_model_that_came_with_or_without_them_are_written_and_hold(bool came)
    {
        using var folder = new TemporaryDirectory();
        var directory = Synth("qwen2", folder.File("m"), seed: 3, "bf16");
        var (list, blocks) = (Path.Combine(directory, HashList.FileName), Path.Combine(directory, HashList.BlocksName));
        var expected = (File.ReadAllText(list), File.ReadAllText(blocks));
        if (came)
            File.WriteAllLines(list, File.ReadAllLines(list).Where(l => !l.EndsWith(HashList.BlocksName, StringComparison.Ordinal)));
        else
            File.Delete(list);
        File.Delete(blocks);
        Assert.Equal("2 files in SHA256SUMS, their blocks in SHA256SUMS.blocks", ModelVerifier.WriteHashes(directory));
        Assert.Equal(expected, (File.ReadAllText(list), File.ReadAllText(blocks)));
        Assert.Equal("3 files as SHA256SUMS says", Checks(directory)["hashes"]);
        Assert.NotNull(HashList.Open(directory)!.BlocksOf("model.safetensors"));
    }

    [Fact]
    public void A_directory_that_holds_something_is_left_alone()
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder.File("precious.txt"), "x");
        var e = Assert.Throws<EngineException>(() => Synth("qwen2", folder.Path, seed: 1, "f32"));
        Assert.Equal($"{folder.Path}: is not empty; right would be a new or empty directory", e.Message);
        Assert.Equal(["precious.txt"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Verify_says_the_first_thing_wrong_and_where()
    {
        using var folder = new TemporaryDirectory();
        var directory = Synth("deepseek_v2_groups", folder.File("m"), seed: 3, "f32");
        var weights = Path.Combine(directory, "model.safetensors");
        var list = Path.Combine(directory, "SHA256SUMS");

        var bytes = File.ReadAllBytes(weights);
        bytes[^5] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.StartsWith($"hashes: {weights}: SHA-256 is ", FirstFault(directory), StringComparison.Ordinal);

        File.WriteAllLines(list, File.ReadLines(list).Where(l => !l.Contains("safetensors", StringComparison.Ordinal)));
        Assert.Equal($"hashes: {list}: does not list 'model.safetensors', which holds weights", FirstFault(directory));
        File.WriteAllText(list, "model.safetensors\n");
        Assert.Equal($"hashes: {list}:1: right would be 64 hex digits, two spaces and a file's name", FirstFault(directory));
        File.WriteAllText(list, new string('0', 64) + "  ../x\n");
        Assert.Equal($"hashes: {list}:1: '../x' lies outside the model directory", FirstFault(directory));

        File.Delete(list);
        Assert.Equal("no SHA256SUMS, so nothing to compare with", Checks(directory)["hashes"]);
        BitConverter.GetBytes(float.NaN).CopyTo(bytes, bytes.Length - 4);
        File.WriteAllBytes(weights, bytes);
        Assert.Equal($"values: {weights}: tensor 'lm_head.weight' holds NaN at element 16383; weights are finite numbers", FirstFault(directory));

        File.WriteAllText(Path.Combine(directory, "config.json"), File.ReadAllText(Path.Combine(directory, "config.json")).Replace("\"v_head_dim\": 20", "\"v_head_dim\": 24", StringComparison.Ordinal));
        Assert.StartsWith($"shapes: {weights}: tensor 'model.layers.0.self_attn.kv_b_proj.weight' has shape [176, 40]; config.json asks for [192, 40]", FirstFault(directory), StringComparison.Ordinal);
        File.WriteAllBytes(weights, bytes[..^1]);
        Assert.StartsWith($"files: {weights}: truncated", FirstFault(directory), StringComparison.Ordinal);
        File.Delete(Path.Combine(directory, "config.json"));
        Assert.StartsWith($"config: {directory}", FirstFault(directory), StringComparison.Ordinal);
    }

    private static string Synth(string golden, string directory, ulong seed, string type)
    {
        var config = Path.Combine(GoldenModel.Open(golden).Directory, "config.json");
        new SyntheticCheckpoint(ModelConfigReader.LoadFile(config), seed, type).Write(config, directory);
        return directory;
    }

    private static Dictionary<string, string> Checks(string directory) => ModelVerifier.Checks(directory).ToDictionary(c => c.Name, c => c.Check());

    private static string FirstFault(string directory)
    {
        foreach (var (name, check) in ModelVerifier.Checks(directory))
        {
            try
            {
                check();
            }
            catch (EngineException e)
            {
                return $"{name}: {e.Message}";
            }
        }

        return "nothing wrong";
    }
}
