using Appliance.Daemon.Cli;
using Appliance.Daemon.Terminal;

namespace FastTests.Terminal;

/// <summary>Work beside the screen: how it came to its end is what the person goes by.</summary>
public sealed class ConsoleWorkTests
{
    [Fact]
    public async Task Work_that_was_ended_and_could_not_give_back_what_it_took_has_failed()
    {
        using var work = Begin(async (_, stop) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
                return ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                throw new BoxClientException("no daemon answers", Usage: false);
            }
        });
        await work.EndAsync();
        Assert.Equal(ConsoleWorkView.End.Failed, work.View.Outcome);
    }

    [Fact]
    public async Task Work_that_breaks_says_so_and_the_console_stays()
    {
        using var work = Begin((_, _) => throw new InvalidOperationException("of course"));
        await work.EndAsync();
        Assert.Equal(ConsoleWorkView.End.Failed, work.View.Outcome);
        Assert.Contains("of course", Assert.Single(work.View.Lines).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_screen_goes_on_while_work_has_not_come_to_its_first_wait()
    {
        using var screen = new ManualResetEventSlim();
        using var work = Begin((_, _) => Task.FromResult(screen.Wait(TimeSpan.FromSeconds(10), CancellationToken.None) ? ExitCode.Done : ExitCode.Failed));
        screen.Set();
        while (work.View.IsUnderWay)
            await Task.Yield();
        Assert.Equal(ConsoleWorkView.End.Done, work.View.Outcome);
    }

    private static ConsoleWork Begin(Func<Output, CancellationToken, Task<int>> verb) =>
        new(ConsoleAction.ServiceFan, "t", verb, unicode: false, TimeProvider.System, TestContext.Current.CancellationToken);
}
