namespace Appliance.Health.KernelLog;

/// <summary>A whole log, decided line by line in its order, each line with what lies within two seconds before and after it.</summary>
public static class KernelLogFile
{
    /// <summary>Neighbours looked at on each side: an error storm must not make every line look at every other.</summary>
    private const int NearLimit = 256;

    public static IEnumerable<KernelDecision> Decide(IEnumerable<string> lines)
    {
        var faults = LogText.Read(lines).Select(KernelFaultReader.Read).OfType<KernelFault>().ToArray();
        var memory = XidMemory.Empty;
        for (var i = 0; i < faults.Length; i++)
        {
            yield return XidWorkflow.Decide(faults[i], Near(faults, i), memory);
            if (faults[i] is KernelFault.Xid xid)
                memory = memory.With(xid);
        }
    }

    private static List<KernelFault> Near(KernelFault[] faults, int index)
    {
        var near = new List<KernelFault>();
        for (var i = index - 1; i >= Math.Max(0, index - NearLimit) && XidWorkflow.AreNear(faults[i].Line, faults[index].Line); i--)
            near.Add(faults[i]);
        for (var i = index + 1; i < Math.Min(faults.Length, index + NearLimit) && XidWorkflow.AreNear(faults[i].Line, faults[index].Line); i++)
            near.Add(faults[i]);
        return near;
    }
}
