using Appliance.Daemon.Cli;
using Appliance.Daemon.Setup;

namespace Appliance.Daemon.Commissioning;

/// <summary>
/// The control plane out of the way for a while: whoever may not use systemctl commissions a box all the same. A timer of systemd's, which outlives
/// every login, starts it again should whoever stopped it not come to that: a box without its loop cools, but at full and unwatched.
/// </summary>
internal sealed class ControlPause(SetupMachine machine)
{
    /// <summary>Named, so that a second pause finds it.</summary>
    private const string Timer = "appliance-control-return";

    /// <summary>Longer than any commissioning takes.</summary>
    private const string Limit = "900s";

    public async Task<int> AroundAsync(Output output, Func<Task<int>> work)
    {
        try
        {
            StopTimer();
            // The way back first: it must stand before anything can go wrong.
            machine.Run("systemd-run", ["--quiet", "--collect", $"--unit={Timer}", $"--on-active={Limit}", "systemctl", "start", "appliance", "bmc-agent"]);
        }
        catch (SetupException e)
        {
            return output.Fail(ExitCode.Failed, $"{e.Message}; nothing was stopped.");
        }

        try
        {
            output.Line("the control plane stops; fans and pumps go to full");
            machine.Run("systemctl", ["stop", "bmc-agent", "appliance"]);
            return await work().ConfigureAwait(false);
        }
        catch (SetupException e)
        {
            return output.Fail(ExitCode.Failed, e.Message);
        }
        finally
        {
            Return(output);
        }
    }

    private void Return(Output output)
    {
        try
        {
            machine.Run("systemctl", ["start", "appliance", "bmc-agent"]);
            output.Line("the control plane runs again");
            StopTimer();
        }
        catch (SetupException e)
        {
            output.Fail(ExitCode.Failed, $"{e.Message}; it is started again by itself within {Limit}, or now: systemctl start appliance bmc-agent");
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
            // There is none.
        }
    }
}
