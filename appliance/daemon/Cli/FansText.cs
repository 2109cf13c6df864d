using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary>Fans and pumps, a line each.</summary>
internal static class FansText
{
    public static IEnumerable<string> Lines(ThermalFrame thermal, Screen screen)
    {
        yield return screen.Faint("ROTOR     DUTY    RPM  STATE         DRIVEN BY");
        foreach (var rotor in thermal.Fans.Concat(thermal.Pumps))
        {
            var state = Screen.Pad(rotor.State == "ok" ? screen.Good("ok") : screen.Bad(rotor.State.Replace('_', ' ')), 13);
            yield return $"{rotor.Name,-7} {rotor.DutyPercent,4:0} % {Text.Number(rotor.Rpm),6}  {state} {rotor.Reason}";
        }
    }
}
