using Appliance.Daemon.Cli;
using Appliance.Daemon.Commissioning;

namespace Appliance.Daemon.Terminal;

internal sealed partial record ConsoleWords
{
    public static ConsoleWords English { get; } = new("en")
    {
        Pages = ["Cooling", "GPUs", "Alarms", "Fabric", "Network", "Model", "Events", "Actions"],
        Keys = "l zh  r redraw  q quit",
        Waiting = "waiting for the control plane",
        SilentWord = "SILENT",
        Up = "up {0}",
        Old = "values are {0} old",
        Well = "All is well.",
        More = "{0} more alarms: 3",
        NoAlarm = "No alarm stands.",
        AlarmKeys = "Up/Down choose, a acknowledge",
        ActionKeys = "{0}/{1}  Up/Down choose, Enter does it",
        Acknowledged = "acknowledged",
        NoEvents = "The event log cannot be read here: {0}",
        Actions =
        [
            "Fans and pumps to full for a while, by hand", "Fans and pumps at a duty of your own, by hand", "Back to automatic cooling", "Acknowledge every alarm",
            "Open the latches of leak and shutdown, after a repair", "Locate LED: blink for 15 minutes", "Locate LED: off",
            "Service: swap a fan while the box runs", "Service: drain the coolant: may I, and how", "Service: the loop was filled: is it good",
            "Commissioning: fan map, tachometers, safe state per driver", "Support bundle",
            "Network: change, on trial until confirmed", "Network: confirm the change", "Certificates: show", "Certificates: make new ones",
            "Model: show", "Model: serve another", "Model: start again", "Configuration: back up", "Configuration: restore",
            "Reboot", "Power off",
        ],
        Asks = new Dictionary<ConsoleAction, string>
        {
            [ConsoleAction.FansAt] = "Percent, and minutes if fewer than usual (80 10)",
            [ConsoleAction.ServiceFan] = "Which fan, its number",
            [ConsoleAction.Bundle] = "Number, or a folder or file of your own (/...)",
        },
        Effects = new Dictionary<ConsoleAction, string>
        {
            [ConsoleAction.FansAt] = "Never slower than the heat needs; it goes back to automatic by itself.",
            [ConsoleAction.ServiceFan] = "All fans and pumps go to full until done, ended, or the manual time is up.",
            [ConsoleAction.ServiceFilled] = "All fans and pumps go to full for half a minute.",
            [ConsoleAction.Commission] = "Control stops for minutes: one rotor at a time slows, all others at full.",
            [ConsoleAction.ModelRestart] = "Nothing is answered until the model is loaded again.",
            [ConsoleAction.ModelUse] = "Nothing is answered until the model is loaded.",
            [ConsoleAction.CertificatesRenew] = "Everything that uses them starts again.",
            [ConsoleAction.Reboot] = "The box is away for minutes; fans and pumps stay at full.",
            [ConsoleAction.PowerOff] = "The box is away until somebody switches it on.",
        },
        AskKeys = "Enter alone, or Esc: nothing is done",
        NoAnswer = "\"{0}\" is no answer to that",
        Here = "(the current folder)",
        NetworkAsk = "INTERFACE dhcp, or INTERFACE ADDRESS/PREFIX [GATEWAY [DNS...]] (Enter: nothing)",
        ModelAsk = "Name of the model (Enter: nothing)",
        RestoreAsk = "File (Enter: nothing)",
        Return = "Enter goes back to the console",
        Confirm = "{0}? y does it, any other key does not",
        Doing = "{0} ...",
        WorkElsewhere = "{0}: under way; 8 shows it, e ends it",
        WorkEnds = "e ends it now   {0}",
        WorkCloses = "Enter goes back to the actions   {0}",
        Outcomes = new Dictionary<ConsoleWorkView.End, string>
        {
            [ConsoleWorkView.End.Done] = "Done.",
            [ConsoleWorkView.End.ByHand] = "Ended by hand.",
            [ConsoleWorkView.End.Failed] = "It did not come to a good end; see above.",
        },
        GivenBack = "Ended by hand; cooling is automatic again.",
        Page = PageWords.English,
        Verdict = VerdictWords.English,
        Service = ServiceWords.English,
    };
}
