using Appliance.Daemon.Settings;
using Appliance.Daemon.Setup;
using Appliance.Model;

namespace FastTests.Settings;

public sealed class ModelSwitchTests : IDisposable
{
    private readonly FolderMachine _box = new("systemctl", "chown");

    public ModelSwitchTests()
    {
        _box.Put("etc/appliance/appliance.json", "// mine\n{ \"node\": \"box1\" }\n");
        Model("usr/lib/appliance/models/field-guide");
        Model("var/lib/appliance/models/big");
    }

    public void Dispose() => _box.Dispose();

    [Fact]
    public void The_shipped_model_is_served_until_another_is_named()
    {
        var models = new ModelSwitch(_box.Machine).List();
        Assert.Equal([("field-guide", true), ("big", false)], models.Select(m => (m.Name, m.Served)));
        Assert.All(models, m => Assert.Equal(("deepseek_v3", null), (m.Family, m.Fault)));
    }

    [Fact]
    public void Another_one_is_written_down_and_the_engine_starts_again()
    {
        new ModelSwitch(_box.Machine).Use("big");
        var text = _box.Get("etc/appliance/appliance.json")!;
        Assert.StartsWith("// mine\n", text, StringComparison.Ordinal);
        Assert.Equal("/var/lib/appliance/models/big", BoxConfigFile.Parse(System.Text.Encoding.UTF8.GetBytes(text), "x").InferenceCore.Model);
        Assert.EndsWith("systemctl reload appliance\nsystemctl restart inference-core\n", _box.Calls, StringComparison.Ordinal);
        Assert.True(new ModelSwitch(_box.Machine).List()[1].Served);
    }

    [Theory]
    [InlineData("none", "there is no model none; there are: field-guide, big, cut")]
    [InlineData("cut", "1 of its shards are missing, b.safetensors first")]
    public void One_that_cannot_be_served_is_refused_and_nothing_changes(string name, string expected)
    {
        Model("var/lib/appliance/models/cut");
        _box.Put("var/lib/appliance/models/cut/model.safetensors.index.json", """{ "weight_map": { "x": "a.safetensors", "y": "b.safetensors" } }""");
        Assert.Contains(expected, Assert.Throws<SetupException>(() => new ModelSwitch(_box.Machine).Use(name)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("model", _box.Get("etc/appliance/appliance.json"), StringComparison.Ordinal);
        Assert.Equal("", _box.Calls);
    }

    private void Model(string folder)
    {
        _box.Put($"{folder}/config.json", """{ "model_type": "deepseek_v3" }""");
        _box.Put($"{folder}/a.safetensors", "weights");
    }
}
