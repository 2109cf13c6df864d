using System.Text;
using Appliance.Model;
using Xunit;

namespace FastTests.Model;

public class BoxConfigFileTests
{
    private static BoxConfig Parse(string text) => BoxConfigFile.Parse(Encoding.UTF8.GetBytes(text), "appliance.json");

    [Fact]
    public void An_empty_object_is_the_working_default() => Assert.Equal(new BoxConfig(), Parse("{}"));

    [Fact]
    public void Comments_and_trailing_commas_are_allowed() =>
        Assert.Equal(1999, Parse("{ // the lab's broker\n \"bus\": { \"port\": 1999, }, }").Bus.Port);

    [Theory]
    [InlineData("{\n\"bus\": {\"prot\": 1}}", "2: bus.prot is not a key; did you mean bus.port? known here: host, port.")]
    [InlineData("{\"buss\": {}}", "1: buss is not a key; did you mean bus? known here: node, bus, daemon, bmc_agent, inference_core, health.")]
    [InlineData("{\"setpoint_c\": 38}", "1: setpoint_c is not a key; did you mean daemon.setpoint_c? known here: node, bus, daemon, bmc_agent, inference_core, health.")]
    [InlineData("{\"bus\": {\"zzzzzzzzzz\": 1}}", "1: bus.zzzzzzzzzz is not a key; known here: host, port.")]
    [InlineData("{\"bus\": {\"port\": \"abc\"}}", "1: bus.port is \"abc\"; it must be a whole number in 1..65535.")]
    [InlineData("{\"bus\": {\"port\": 1.5}}", "1: bus.port is 1.5; it must be a whole number in 1..65535.")]
    [InlineData("{\"bus\": {\"port\": 0}}", "1: bus.port is 0; it must be a whole number in 1..65535.")]
    [InlineData("{\"bus\": {\"port\": 99999999999}}", "1: bus.port is 99999999999; it must be a whole number in 1..65535.")]
    [InlineData("{\"bus\": {\"port\": [1,\n 2]}}", "1: bus.port is [1, 2]; it must be a whole number in 1..65535.")]
    [InlineData("{\"bus\": {\"host\": \"\"}}", "1: bus.host is \"\"; it must be a text that is not empty.")]
    [InlineData("{\"bus\": 7}", "1: bus is 7; it must be an object.")]
    [InlineData("{\"bus\": null}", "1: bus is null; it must be an object.")]
    [InlineData("{\"node\": {}}", "1: node is {}; it must be 1 to 64 letters, digits, '-' or '_'.")]
    [InlineData("{\"node\": \"a/b\"}", "1: node is \"a/b\"; it must be 1 to 64 letters, digits, '-' or '_'.")]
    [InlineData("{\n\n\"daemon\": {\n\"setpoint_c\": 99}}", "4: daemon.setpoint_c is 99; it must be a number in 15..45, or null.")]
    [InlineData("{\"daemon\": {\"frame_hz\": 0.1}}", "1: daemon.frame_hz is 0.1; it must be a number in 0.2..10.")]
    [InlineData("{\"bmc_agent\": {\"embedded_broker\": \"yes\"}}", "1: bmc_agent.embedded_broker is \"yes\"; it must be true or false.")]
    [InlineData("{\"inference_core\": {\"device\": \"gpu\"}}", "1: inference_core.device is \"gpu\"; it must be \"cpu\".")]
    [InlineData("{\"node\": \"a\",\n\"node\": \"b\"}", "2: node is given twice, first in line 1; once is enough.")]
    [InlineData("{\"bmc_agent\": {\n\"port\": 8080}}", "2: bmc_agent.port is 8080, and so is inference_core.port; each needs a port of its own.")]
    [InlineData("{\"bus\": {\"port\": 9000},\n\"bmc_agent\": {\"port\": 9000}}", "2: bmc_agent.port is 9000, and so is bus.port; each needs a port of its own.")]
    [InlineData("[]", "1: is []; it must be a JSON object, {} for all defaults.")]
    [InlineData("null", "1: is null; it must be a JSON object, {} for all defaults.")]
    public void A_fault_is_one_line_naming_file_key_value_and_what_would_be_right(string text, string line) =>
        Assert.Equal("appliance.json:" + line, Assert.Throws<FormatException>(() => Parse(text)).Message);

    [Fact]
    public void The_embedded_brokers_port_counts_only_while_it_is_embedded() => Assert.Equal(
        8000, Parse("{\"bus\": {\"port\": 8000}, \"bmc_agent\": {\"embedded_broker\": false}}").Bus.Port);

    [Fact]
    public void Every_property_of_the_configuration_is_in_the_table_and_every_row_is_a_property()
    {
        var defaults = System.Text.Json.JsonSerializer.SerializeToElement(new BoxConfig(), BoxConfigJson.Default.BoxConfig);
        var written = defaults.EnumerateObject().SelectMany(p => p.Value.ValueKind == System.Text.Json.JsonValueKind.Object
            ? p.Value.EnumerateObject().Select(q => $"{p.Name}.{q.Name}")
            : [p.Name]);
        Assert.Equal(written, ConfigTable.Keys.Select(k => k.Path));
    }

    [Fact]
    public void The_defaults_written_out_are_a_valid_file() =>
        Assert.Equal(new BoxConfig(), Parse(System.Text.Json.JsonSerializer.Serialize(new BoxConfig(), BoxConfigJson.Default.BoxConfig)));

    [Fact]
    public void The_published_schema_is_the_readers_table()
    {
        var path = Path.Combine(Tidy.Repository.Root, "packaging", "appliance.schema.json");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            File.WriteAllBytes(path, ConfigSchema.Write());
        Assert.Equal(File.ReadAllText(path), Encoding.UTF8.GetString(ConfigSchema.Write()));
    }

    [Fact]
    public void A_frame_or_board_without_an_optional_key_has_the_documented_default()
    {
        var frame = System.Text.Json.JsonSerializer.Deserialize(
            "{\"ts\":\"2026-11-23T22:00:00Z\",\"mode\":\"running\"}", ModelJson.Default.ThermalFrame)!;
        Assert.Equal((3.0, 0, 0, 0), (frame.TtlS, frame.Fans.Count, frame.Pumps.Count, frame.Sensors.Count));
        var board = System.Text.Json.JsonSerializer.Deserialize(
            "{\"name\":\"b\",\"cooling\":\"liquid-to-air\",\"fans\":[],\"pumps\":[],\"sensors\":[],"
            + "\"gpus\":{\"count\":8,\"max_w\":700,\"min_limit_w\":200,\"throttle_c\":87}}",
            BoardJson.Default.Board)!;
        Assert.Equal(("coolant_supply", 38.0, 2.0, 0), (board.ControlledSensor, board.SetpointC, board.BandK, board.Lines.Count));
    }

    [Theory]
    [InlineData("\"kind\": \"facility\"", "\"kind\": \"steam\"", "facility1: kind is \"steam\"; it must be facility or bypass.")]
    [InlineData("\"kind\": \"facility\"", "\"kind\": \"bypass\"", "valves names a bypass, but cooling is liquid-to-liquid: its facility valve keeps it warm.")]
    [InlineData("\"controlled_sensor\": \"coolant_supply\"", "\"controlled_sensor\": \"ambient\"", "controlled_sensor is \"ambient\"; it must be coolant_supply or cabinet_inlet.")]
    [InlineData("\"controlled_sensor\": \"coolant_supply\"", "\"controlled_sensor\": \"cabinet_inlet\"", "controlled_sensor is \"cabinet_inlet\"; no sensor has that group.")]
    [InlineData("liquid-to-liquid", "liquid-to-air", "valves names a facility valve, but cooling is liquid-to-air.")]
    [InlineData("\"channel\": 6, \"max_rpm\": 5200,", "\"channel\": 6, \"skip\": [{\"from_percent\": 52, \"to_percent\": 40}], \"max_rpm\": 5200,", "fan6: skip 52..40 % must rise and lie between min_duty_percent 8 and 100.")]
    [InlineData("\"facility1\"", "\"pump1\"", "the name pump1 is used 2 times; names are unique.")]
    public void What_a_board_cannot_have_is_named(string from, string to, string message)
    {
        var path = Path.Combine(Tidy.Repository.Root, "packaging/boards/hgx-h100-8-cdu.json");
        var text = File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal);
        Assert.Equal($"cdu.json: {message}", Assert.Throws<FormatException>(() => BoardFile.Parse(Encoding.UTF8.GetBytes(text), "cdu.json")).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\n\"bus\": {")]
    [InlineData("{\"a\" 1}")]
    public void Broken_JSON_is_one_line_that_says_so(string text)
    {
        var line = Assert.Throws<FormatException>(() => Parse(text)).Message;
        Assert.StartsWith("appliance.json:", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.Contains("is not JSON", line, StringComparison.Ordinal);
    }
}
