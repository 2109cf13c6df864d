using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;

namespace FastTests.Settings;

public sealed class ControlPauseTests : IDisposable
{
    private const string Return = "systemd-run --quiet --collect --unit=appliance-control-return --on-active=900s systemctl start appliance bmc-agent";

    private readonly FolderMachine _box = new("systemctl", "systemd-run");

    public void Dispose() => _box.Dispose();

    [Fact]
    public async Task The_way_back_is_made_first_and_the_control_plane_runs_again_afterwards()
    {
        var (exit, _) = await Around(() => Task.FromResult(ExitCode.Done));
        Assert.Equal(0, exit);
        Assert.Equal(
            [Return, "systemctl stop bmc-agent appliance", "work", "systemctl start appliance bmc-agent", "systemctl stop --quiet appliance-control-return.timer"],
            _box.Calls.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task It_runs_again_after_work_that_was_broken_off_too()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => Around(() => throw new OperationCanceledException()));
        Assert.Contains("work\nsystemctl start appliance bmc-agent\n", _box.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_way_back_nothing_is_stopped()
    {
        _box.Command("systemd-run", "exit 1");
        var (exit, said) = await Around(() => Task.FromResult(ExitCode.Done));
        Assert.Equal(1, exit);
        Assert.Contains("nothing was stopped", said, StringComparison.Ordinal);
        Assert.DoesNotContain("stop bmc-agent", _box.Calls, StringComparison.Ordinal);
        Assert.DoesNotContain("work", _box.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_plane_that_does_not_stop_is_started_and_its_timer_stays()
    {
        _box.Command("systemctl", "case \"$*\" in \"stop bmc-agent appliance\"|start*) exit 1;; esac");
        var (exit, said) = await Around(() => Task.FromResult(ExitCode.Done));
        Assert.Equal(1, exit);
        Assert.Contains("it is started again by itself within 900s", said, StringComparison.Ordinal);
        Assert.EndsWith("systemctl start appliance bmc-agent\n", _box.Calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_pause_leaves_the_firsts_way_back_and_its_work_alone()
    {
        _box.Command("systemd-run", "exit 1"); // as it does for a name that is taken
        var (exit, said) = await Around(() => Task.FromResult(ExitCode.Done));
        Assert.Equal(1, exit);
        Assert.Contains("within 900s", said, StringComparison.Ordinal);
        Assert.Equal(Return + "\n", _box.Calls);
    }

    [Fact]
    public async Task A_control_plane_that_does_not_come_back_is_no_good_end()
    {
        _box.Command("systemctl", "case \"$*\" in start*) exit 1;; esac");
        var (exit, said) = await Around(() => Task.FromResult(ExitCode.Done));
        Assert.Equal(1, exit);
        Assert.Contains("it is started again by itself within 900s", said, StringComparison.Ordinal);
    }

    private async Task<(int Exit, string Said)> Around(Func<Task<int>> work)
    {
        using var said = new StringWriter();
        var exit = await new ControlPause(_box.Machine).AroundAsync(new(said, said, new(80, 24, false, false), json: false), () =>
        {
            File.AppendAllText(Path.Combine(_box.Folder, "calls"), "work\n");
            return work();
        });
        return (exit, said.ToString());
    }
}
