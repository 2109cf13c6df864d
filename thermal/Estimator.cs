using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>Turns readings into what the box is taken to be doing.</summary>
public static class Estimator
{
    internal static void Estimate(
        ref EstimatorState state, ThermalInput input, ThermalSettings settings, TimeSpan now, ref Estimate estimate, ref ConditionList conditions)
    {
        estimate.SupplyC = Median(input.Sensors, settings.Supply);
        estimate.ReturnC = Median(input.Sensors, settings.Return);
        estimate.FlowLMin = Median(input.Sensors, settings.Flow);
        estimate.AmbientC = Median(input.Sensors, settings.Ambient);
        estimate.ControlledC = Median(input.Sensors, settings.Controlled);
        for (var i = 0; i < input.Gpus.Length; i++)
        {
            estimate.GpuW[i] = input.Gpus[i].PowerW.IsGood ? input.Gpus[i].PowerW.Value!.Value : settings.Board.Gpus.MaxW;
            estimate.HeatW += estimate.GpuW[i];
        }

        if (!estimate.SupplyC.IsGood)
            conditions.Add(new(ConditionCode.SupplyUnknown, TargetKind.Loop, 0));
        state.At = now;
    }

    private static Reading<double> Median(Reading<double>[] sensors, int[] group)
    {
        Span<double> values = stackalloc double[group.Length];
        var n = 0;
        var at = TimeSpan.Zero;
        foreach (var i in group)
        {
            if (!sensors[i].IsGood)
                continue;
            values[n++] = sensors[i].Value!.Value;
            at = sensors[i].At;
        }

        if (n == 0)
            return Reading<double>.Absent;
        values = values[..n];
        values.Sort();
        return Reading<double>.Good(n % 2 == 1 ? values[n / 2] : Math.Max(values[n / 2 - 1], values[n / 2]), at);
    }
}
