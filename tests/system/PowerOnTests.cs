using System.Net.Http.Json;
using System.Text.Json;

namespace SystemTests;

/// <summary>One box, powered on once, looked at from every side that a user has.</summary>
public sealed class PowerOnTests : IClassFixture<PowerOnTests.Running>
{
    private static readonly string[] Components =
        ["thermal", "gpu/0", "gpu/1", "gpu/2", "gpu/3", "gpu/4", "gpu/5", "gpu/6", "gpu/7", "fabric", "power", "inference"];

    private readonly Box _box;

    public PowerOnTests(Running running) => _box = running.Box;

    [Fact]
    public void Every_component_sends_a_frame_a_second_and_mosquitto_sub_has_it_within_a_second()
    {
        using var subscriber = new Subscriber(_box.Ports.Mqtt, "appliance/v1/box1/frame/#");
        var topics = Components.Select(c => $"appliance/v1/box1/frame/{c}").ToArray();
        _box.WaitUntil("four frames of every component", TimeSpan.FromSeconds(15),
            () => topics.All(t => subscriber.Messages.Count(m => m.Topic == t) >= 4));
        foreach (var topic in topics)
        {
            var messages = subscriber.Messages.Where(m => m.Topic == topic).ToArray();
            Assert.All(messages, m => Assert.InRange((m.At - m.Json.GetProperty("ts").GetDateTimeOffset()).TotalSeconds, -0.05, 1.0));
            Assert.InRange((messages[^1].At - messages[0].At).TotalSeconds / (messages.Length - 1), 0.7, 1.5);
        }
    }

    [Fact]
    public void The_node_says_ready_and_describes_its_points_to_whoever_comes_late()
    {
        // Late is who comes when all has been said: to one who listens from the start nothing is retained.
        using (var early = new Subscriber(_box.Ports.Mqtt, "appliance/v1/box1/#"))
            _box.WaitUntil("state, description and points", TimeSpan.FromSeconds(15), () => IsToldAll(early.Messages));
        using var subscriber = new Subscriber(_box.Ports.Mqtt, "appliance/v1/box1/#");
        _box.WaitUntil("retained state, description and points", TimeSpan.FromSeconds(10), () => IsToldAll(subscriber.Messages.Where(m => m.Retained)));
        var description = subscriber.Messages.Last(m => m.Topic.EndsWith("/$description", StringComparison.Ordinal)).Json;
        var described = description.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("id").GetString()).ToHashSet();
        var published = subscriber.Messages.Where(m => m.Topic.Contains("/state/", StringComparison.Ordinal))
            .Select(m => m.Topic["appliance/v1/box1/state/".Length..]).Distinct();
        Assert.Empty(published.Where(p => !described.Contains(p)));
    }

    private static bool IsToldAll(IEnumerable<Message> messages) =>
        messages.Any(m => m.Topic.EndsWith("/$state", StringComparison.Ordinal) && m.Json.GetProperty("state").GetString() is "ready" or "degraded")
        && messages.Any(m => m.Topic.EndsWith("/$description", StringComparison.Ordinal))
        && messages.Any(m => m.Topic.EndsWith("/state/thermal/coolant_supply_c", StringComparison.Ordinal));

    [Fact]
    public void The_console_answers_status_thermal_gpus_and_alarms_as_text_and_as_json()
    {
        Assert.InRange(_box.Cli("status").ExitCode, 0, 1);
        var thermal = _box.CliJson("thermal");
        Assert.InRange(thermal.GetProperty("coolant_supply_c").GetDouble(), 36, 40);
        Assert.Equal(6, thermal.GetProperty("fans").GetArrayLength());
        Assert.Equal(8, _box.CliJson("gpus").GetProperty("gpus").GetArrayLength());
        Assert.Equal(JsonValueKind.Array, _box.CliJson("alarms").GetProperty("alarms").ValueKind);
        Assert.Equal(_box.Cli("thermal", "--json").ExitCode, _box.Cli("show", "thermal", "--json").ExitCode);
    }

    [Fact]
    public async Task The_panel_serves_its_page_and_the_same_values_as_the_console()
    {
        using var panel = _box.Panel;
        Assert.Contains("<html", await panel.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);

        // The agent may be younger than the first frames: it shows them with the next ones.
        JsonElement shown = default;
        _box.WaitUntil("the panel has heard the loop and every GPU", TimeSpan.FromSeconds(10), () =>
        {
            shown = panel.GetFromJsonAsync<JsonElement>("/api/snapshot").GetAwaiter().GetResult().GetProperty("snapshot");
            return shown.GetProperty("thermal").GetProperty("coolant_supply_c").ValueKind == JsonValueKind.Number
                && shown.GetProperty("gpus").GetArrayLength() == 8;
        });
        var console = _box.CliJson("thermal");
        var thermal = shown.GetProperty("thermal");
        Assert.Equal(console.GetProperty("setpoint_c").GetDouble(), thermal.GetProperty("setpoint_c").GetDouble());
        Assert.Equal(console.GetProperty("coolant_supply_c").GetDouble(), thermal.GetProperty("coolant_supply_c").GetDouble(), 0.5);
        Assert.Equal(
            console.GetProperty("fans").EnumerateArray().Select(f => f.GetProperty("name").GetString()),
            thermal.GetProperty("fans").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_question_in_the_guides_words_gets_tokens_from_the_model_that_ships()
    {
        using var api = _box.Api;
        _box.WaitUntil("the model is ready", TimeSpan.FromSeconds(30), () => api.GetAsync("/ready").GetAwaiter().GetResult().IsSuccessStatusCode);
        var model = (await api.GetFromJsonAsync<JsonElement>("/v1/models", TestContext.Current.CancellationToken)).GetProperty("data")[0].GetProperty("id").GetString();
        var response = await api.PostAsync("/v1/chat/completions",
            new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"What is the setpoint?"}],"temperature":0,"max_tokens":100}"""),
            TestContext.Current.CancellationToken);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.True(response.IsSuccessStatusCode, answer.GetRawText());
        Assert.Contains("38", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_box_on_the_same_run_directory_is_refused_in_one_line()
    {
        var outcome = Programs.Run("appliance", ["run", "--simulated", "--run-dir", _box.RunDirectory, "--config", _box.ConfigFile]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Single(outcome.ErrorLine.Split('\n'));
        Assert.InRange(_box.Cli("status").ExitCode, 0, 1);
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_holder_and_the_setting_that_moves_it()
    {
        var folder = Directory.CreateTempSubdirectory("port-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "appliance.json"), (Ports.Free() with { Panel = _box.Ports.Panel }).Config());
            var outcome = Programs.Run("appliance",
                ["run", "--simulated", "--run-dir", Path.Combine(folder, "run"), "--config", Path.Combine(folder, "appliance.json")]);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Single(outcome.ErrorLine.Split('\n'));
            Assert.Contains($"{_box.Ports.Panel}", outcome.ErrorLine, StringComparison.Ordinal);
            Assert.Contains("bmc_agent", outcome.ErrorLine, StringComparison.Ordinal);
            Assert.Contains("bmc-agent", outcome.ErrorLine, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("statsu", "status")]
    [InlineData("thermals", "thermal")]
    public void An_unknown_word_is_one_line_with_the_nearest_verb(string word, string nearest)
    {
        var outcome = Programs.Run("appliance", [word]);
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains(nearest, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.ErrorLine.Split('\n'));
    }

    /// <summary>One power-on for all tests above: they only look.</summary>
    public sealed class Running : IDisposable
    {
        internal Box Box { get; } = Box.StartReady();

        public void Dispose() => Box.Dispose();
    }
}
