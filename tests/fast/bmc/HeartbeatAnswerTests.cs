using System.Text;
using BmcAgent;

namespace FastTests.Bmc;

/// <summary>What the daemon says of its loop on the control socket, and what is taken for no sign of life.</summary>
public sealed class HeartbeatAnswerTests
{
    [Fact]
    public void The_tick_of_the_loop_is_read() => Assert.Equal(4711, Tick("""{"ok":true,"data":{"loop":{"ticks":4711}}}"""));

    [Theory]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{"data":{"loop":null}}""")]
    [InlineData("""{"data":{"loop":[1]}}""")]
    [InlineData("""{"data":{"loop":"late"}}""")]
    [InlineData("""{"data":{"loop":{}}}""")]
    [InlineData("""{"data":{"loop":{"ticks":"4711"}}}""")]
    [InlineData("""{"data":{"loop":{"ticks":null}}}""")]
    [InlineData("""{"data":{"loop":{"ticks":1.5}}}""")]
    [InlineData("""{"data":{"loop":{"ticks":1e30}}}""")]
    [InlineData("""{"\ud800":0,"data":{"\ud800":0}}""")]
    public void An_answer_of_another_shape_is_no_sign_of_life_and_no_error(string answer) => Assert.Null(Tick(answer));

    private static long? Tick(string answer) => HeartbeatWatch.TickOf(Encoding.UTF8.GetBytes(answer + "\n"));
}
