using Appliance.Health;
using Appliance.Model;
using Appliance.Thermal;

namespace Appliance.Daemon.Control;

/// <summary>The thermal loop's conditions as the alarm book takes them; severity and next step are the catalogue's. Makes text, so it has no place inside the tick.</summary>
internal static class ThermalFindings
{
    public static List<Finding> Of(in ConditionList conditions, Board board)
    {
        var findings = new List<Finding>(conditions.Count);
        for (var i = 0; i < conditions.Count; i++)
        {
            var condition = conditions[i];
            findings.Add(new(condition.Name, condition.Target(board), condition.Text(board)));
        }

        return findings;
    }
}
