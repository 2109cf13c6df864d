namespace Appliance.Twin;

/// <summary>One sample of a replay: what was recorded and what the twin makes of the same power.</summary>
public readonly record struct GpuTracePoint(double TS, double PowerW, double DieC, double MemoryC, double TwinDieC, double TwinMemoryC);

/// <summary>A recorded GPU replayed through the twin's, and how far the two are apart.</summary>
public sealed record GpuTraceFit(IReadOnlyList<GpuTracePoint> Points, double DieRmsK, double MemoryRmsK)
{
    /// <summary>Coolant inlet of the recorded machine as the two-stage fit found it, °C; the host said nothing about it.</summary>
    public const double RecordedInletC = 33.4;

    /// <param name="rows">t_s, power W, die °C, memory °C, memory activity percent.</param>
    public static GpuTraceFit Replay(IReadOnlyList<(double TS, double W, double DieC, double MemoryC, double MemoryPercent)> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var noise = new NoiseSource(1);
        // One plate alone: the loop's nominal flow is then this plate's.
        const double gpuLMin = 1.25;
        var p = new PlantParameters { NominalLMin = gpuLMin };
        var bank = new GpuBank(p, 1, 87, 700, ref noise, 0);
        Span<double> memory = stackalloc double[1];
        bank.PowerW[0] = rows[0].W;
        memory[0] = rows[0].MemoryPercent;
        bank.Settle(RecordedInletC, gpuLMin, memory);
        var points = new List<GpuTracePoint>(rows.Count);
        double die = 0, hbm = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            var dt = i == 0 ? 0.05 : rows[i].TS - rows[i - 1].TS;
            bank.PowerW[0] = rows[Math.Max(i - 1, 0)].W;
            memory[0] = rows[Math.Max(i - 1, 0)].MemoryPercent;
            bank.Step(Math.Max(dt, 1e-3), RecordedInletC, gpuLMin, 1, memory);
            points.Add(new(rows[i].TS, rows[i].W, rows[i].DieC, rows[i].MemoryC, bank.DieC[0], bank.MemoryC[0]));
            die += Math.Pow(bank.DieC[0] - rows[i].DieC, 2);
            hbm += Math.Pow(bank.MemoryC[0] - rows[i].MemoryC, 2);
        }

        return new(points, Math.Sqrt(die / rows.Count), Math.Sqrt(hbm / rows.Count));
    }
}
