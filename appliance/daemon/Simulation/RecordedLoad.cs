using System.Globalization;

namespace Appliance.Daemon.Simulation;

/// <summary>Power of a recorded H100 under real work, five minutes of it, over and over: idle, prefill, decode and what lies between as they come, not as somebody drew them.</summary>
internal static class RecordedLoad
{
    private const string Resource = "h100-trace.csv";

    /// <summary>From the record's last sample to its first, when it begins again.</summary>
    private const double SampleS = 0.05;

    private static readonly Lazy<(double[] TimesS, double[] Watts)> _record = new(Read);

    /// <summary>All GPUs in step, as one model on all of them works, or each at its own place of the record.</summary>
    /// <param name="maxW">The GPUs' own limit: what the record has above it lasts milliseconds, and no plan could give it to them.</param>
    public static List<Series> Of(Random random, int gpus, double maxW)
    {
        var (times, _) = _record.Value;
        var (together, from) = (random.Next(2) == 0, random.Next(times.Length));
        return [.. Enumerable.Range(0, gpus).Select(_ => From(together ? from : random.Next(times.Length), maxW))];
    }

    /// <summary>The record from this sample on, then from its beginning.</summary>
    private static Series From(int sample, double maxW)
    {
        var (times, watts) = _record.Value;
        var round = times[^1] - times[0] + SampleS;
        var (t, v) = (new double[times.Length + 1], new double[times.Length + 1]);
        for (var i = 0; i <= times.Length; i++)
        {
            var at = sample + i;
            t[i] = times[at % times.Length] - times[sample] + at / times.Length * round;
            v[i] = Math.Min(watts[at % times.Length], maxW);
        }

        return new(t, v, repeat: true);
    }

    private static (double[] TimesS, double[] Watts) Read()
    {
        using var stream = typeof(RecordedLoad).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The resource {Resource} was not built in.");
        using var lines = new StreamReader(stream);
        var names = (lines.ReadLine() ?? "").Split(',');
        var (time, power) = (Array.IndexOf(names, "t_s"), Array.IndexOf(names, "power_inst_w"));
        var (t, v) = (new List<double>(), new List<double>());
        while (lines.ReadLine() is { Length: > 0 } line)
        {
            var cells = line.Split(',');
            t.Add(double.Parse(cells[time], CultureInfo.InvariantCulture));
            v.Add(double.Parse(cells[power], CultureInfo.InvariantCulture));
        }

        return ([.. t], [.. v]);
    }
}
