using System.Globalization;

namespace Appliance.Daemon.Bundle;

/// <summary>The processes of the box, as the kernel lists them. Their arguments and environments are never told.</summary>
internal static class OwnProcesses
{
    /// <summary>As the kernel keeps them: fifteen characters.</summary>
    private static readonly string[] Names = ["appliance", "appliance-probe", "appliance-right", "bmc-agent", "inference-core", "mosquitto"];
    private static readonly string[] Told = ["State", "PPid", "Uid", "Threads", "VmRSS", "VmHWM", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];

    public static IReadOnlyList<int> Pids(BundlePlaces places)
    {
        var pids = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories(places.Proc))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Names.Contains(Name(folder)))
                pids.Add(pid);
        }

        return pids;
    }

    public static string Tell(BundlePlaces places)
    {
        var text = new System.Text.StringBuilder();
        foreach (var pid in Pids(places))
        {
            var folder = Path.Combine(places.Proc, $"{pid}");
            try
            {
                text.Append(CultureInfo.InvariantCulture, $"{pid} {Name(folder)}");
                foreach (var line in File.ReadLines(Path.Combine(folder, "status")))
                {
                    var colon = line.IndexOf(':');
                    if (colon > 0 && Told.Contains(line[..colon]))
                        text.Append("; ").Append(line[..colon]).Append(' ').Append(line[(colon + 1)..].Trim().Replace('\t', ' '));
                }

                text.Append("; waits in ").Append(Waits(folder)).Append('\n');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                text.Append("; ended while looking\n");
            }
        }

        return text.Length > 0 ? text.ToString() : "no process of the box runs\n";
    }

    private static string Name(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A thread in the driver or on a dead disk shows here.</summary>
    private static string Waits(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "wchan")) is { Length: > 1 } place ? place : "nothing";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}
