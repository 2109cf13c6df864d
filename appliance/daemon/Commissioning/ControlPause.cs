using Appliance.Daemon.Cli;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Commissioning;

/// <summary>
/// The control plane out of the way for a while: whoever may not use systemctl commissions a box all the same. A timer of systemd's, which outlives
/// every login, starts it again should whoever stopped it not come to that: a box without its loop cools, but at full and unwatched.
/// </summary>
internal sealed class ControlPause(SetupMachine machine)
{
    /// <summary>Named: systemd makes no second one, so that a pause within a pause is refused and leaves the first one's way back alone.</summary>
    private const string Timer = "appliance-control-return";

    /// <summary>Longer than any commissioning takes.</summary>
    private const string Limit = "900s";

    public async Task<int> AroundAsync(Output output, Func<Task<int>> work)
    {
        try
        {
            // The way back first: it must stand before anything can go wrong. Never ours to clear away: it may be that of a commissioning under way.
            machine.Run("systemd-run", ["--quiet", "--collect", $"--unit={Timer}", $"--on-active={Limit}", "systemctl", "start", "appliance", "bmc-agent"]);
        }
        catch (SetupException e)
        {
            return output.Fail(ExitCode.Failed, $"{e.Message}; nothing was stopped. Where {Timer}.timer stands, another commissioning is under way or did not end well; it is gone within {Limit}.");
        }

        var exit = ExitCode.Failed;
        try
        {
            output.Line("the control plane stops; fans and pumps go to full");
            machine.Run("systemctl", ["stop", "bmc-agent", "appliance"]);
            exit = await work().ConfigureAwait(false);
        }
        catch (SetupException e)
        {
            output.Fail(ExitCode.Failed, e.Message);
        }
        finally
        {
            if (!Return(output))
                exit = ExitCode.Failed; // whatever was proven, a box without its control plane is no good end
        }

        return exit;
    }

    /// <returns>False when the control plane was not started again.</returns>
    private bool Return(Output output)
    {
        try
        {
            machine.Run("systemctl", ["start", "appliance", "bmc-agent"]);
            output.Line("the control plane runs again");
            StopTimer();
            return true;
        }
        catch (SetupException e)
        {
            output.Fail(ExitCode.Failed, $"{e.Message}; it is started again by itself within {Limit}, or now: systemctl start appliance bmc-agent");
            return false;
        }
    }

    private void StopTimer()
    {
        try
        {
            machine.Run("systemctl", ["stop", "--quiet", $"{Timer}.timer"]);
        }
        catch (SetupException)
        {
            // It has gone off meanwhile.
        }
    }
}
