using Appliance.Twin;
using FastTests.Tidy;

namespace FastTests.Twin;

internal static class GpuTrace
{
    private static readonly Lazy<GpuTraceFit> Fit = new(() => GpuTraceFit.Replay(Read()));

    public static GpuTraceFit Replay() => Fit.Value;

    private static List<(double, double, double, double, double)> Read() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "tests/golden/h100-trace.csv")).Skip(1).Select(line => line.Split(','))
            .Select(c => (double.Parse(c[0]), double.Parse(c[1]), double.Parse(c[3]), double.Parse(c[4]), double.Parse(c[9]))),
    ];
}
