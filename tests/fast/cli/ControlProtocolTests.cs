using System.Buffers;
using System.Text;
using Appliance.Daemon.Control;
using CsCheck;
using Xunit;

namespace FastTests.Cli;

public sealed class ControlProtocolTests
{
    private static readonly Gen<string> AnyLine = Gen.String[Gen.Char[' ', '~'], 1, 40];

    [Fact]
    public void Lines_arrive_whole_however_the_stream_is_cut() => Gen.Select(AnyLine.Array[0, 12], Gen.Int[1, 17]).Sample((lines, cut) =>
    {
        var framer = new LineFramer(64);
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));
        var read = new List<string>();
        foreach (var part in bytes.Chunk(cut))
        {
            framer.Append(part);
            while (framer.TryRead(out var line))
                read.Add(Encoding.UTF8.GetString(line.Span));
        }

        return read.SequenceEqual(lines) && !framer.Overflowed;
    });

    [Fact]
    public void A_line_over_the_limit_ends_the_session_and_not_the_memory() => Gen.Int[1, 100].Sample(cut =>
    {
        var framer = new LineFramer(64);
        foreach (var part in Enumerable.Repeat((byte)'x', 65).Chunk(cut))
        {
            framer.Append(part);
            if (framer.TryRead(out _))
                return false;
        }

        return framer.Overflowed;
    });

    [Fact]
    public void A_line_of_exactly_the_limit_is_read()
    {
        var framer = new LineFramer(8);
        framer.Append("12345678\r\n12345678\n"u8);
        Assert.False(framer.TryRead(out _), "the carriage return is the ninth byte");
        framer = new LineFramer(8);
        framer.Append("\n\n12345678\n"u8);
        Assert.True(framer.TryRead(out var line));
        Assert.Equal("12345678", Encoding.UTF8.GetString(line.Span));
    }

    [Theory]
    [InlineData("{\"verb\":\"status\"}", "status")]
    [InlineData("{\"verb\":\"inject\",\"args\":{\"fault\":\"fan_dead\",\"value\":3}}", "inject")]
    public void A_request_is_read(string line, string verb)
    {
        var request = ControlRequest.TryParse(Encoding.UTF8.GetBytes(line), out var error);
        Assert.Null(error);
        Assert.Equal(verb, request!.Verb);
    }

    [Theory]
    [InlineData("status", "not JSON")]
    [InlineData("{\"verb\":7}", "no \"verb\"")]
    [InlineData("[]", "no \"verb\"")]
    [InlineData("{\"verb\":\"a\"", "not JSON")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "not JSON")]
    public void What_is_not_a_request_is_told_so_in_one_line(string line, string expected)
    {
        Assert.Null(ControlRequest.TryParse(Encoding.UTF8.GetBytes(line), out var error));
        Assert.Contains(expected, error);
        Assert.DoesNotContain('\n', error!);
    }

    [Fact]
    public void Arguments_of_the_wrong_type_are_absent()
    {
        var request = ControlRequest.TryParse("{\"verb\":\"inject\",\"args\":{\"fault\":1,\"value\":\"x\",\"target\":\"fan1\"}}"u8.ToArray(), out _)!;
        Assert.Null(request.Text("fault"));
        Assert.Null(request.Number("value"));
        Assert.Equal("fan1", request.Text("target"));
    }

    [Fact]
    public void An_answer_survives_the_wire()
    {
        ControlReply[] replies =
        [
            new ControlReply.Data("{\"a\":[1,2]}"u8.ToArray()), ControlReply.Done,
            ControlReply.Error("fan9 is not a target; known: fan1, fan2."), ControlReply.WrongUse("\"statsu\" is not known here."),
        ];
        foreach (var reply in replies)
        {
            var output = new ArrayBufferWriter<byte>();
            reply.WriteLine(output);
            Assert.Equal(1, output.WrittenSpan.Count((byte)'\n'));
            var back = ControlReply.Parse(output.WrittenMemory[..^1]);
            if (reply is ControlReply.Data data)
                Assert.Equal(data.Json.ToArray(), Assert.IsType<ControlReply.Data>(back).Json.ToArray());
            else
                Assert.Equal(reply, back);
        }
    }

    [Fact]
    public void Arguments_are_written_as_the_protocol_says() => Assert.Equal(
        "{\"verb\":\"inject\",\"args\":{\"fault\":\"fan_dead\"}}\n",
        Encoding.UTF8.GetString(ControlRequest.Line("inject", json => json.WriteString("fault", "fan_dead"))));
}
