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
    [InlineData("{\n\"bus\": {\"prot\": 1}}", "appliance.json:2: bus.prot is not a key; known here: host, port.")]
    [InlineData("{\"bus\": {\"port\": \"abc\"}}", "appliance.json:1: bus.port is \"abc\"; it must be a whole number.")]
    [InlineData("{\"bus\": 7}", "appliance.json:1: bus is 7; it must be an object.")]
    [InlineData("{\"bus\": null}", "appliance.json:1: bus is null; it must be an object.")]
    [InlineData("[]", "appliance.json:1: is []; it must be a JSON object.")]
    [InlineData("null", "appliance.json: is null; it must be a JSON object, {} for all defaults.")]
    [InlineData("{\"bus\": {\"port\": 0}}", "appliance.json: bus.port is 0; it must lie in 1..65535.")]
    [InlineData("{\"node\": \"a/b\"}", "appliance.json: node is \"a/b\"; it must be 1 to 64 letters, digits, '-' or '_'.")]
    [InlineData("{\"daemon\": {\"setpoint_c\": 99}}", "appliance.json: daemon.setpoint_c is 99; it must lie in 15..45.")]
    public void A_fault_is_one_line_naming_file_key_value_and_what_would_be_right(string text, string line) =>
        Assert.Equal(line, Assert.Throws<FormatException>(() => Parse(text)).Message);

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
