namespace Appliance.Twin;

public sealed partial class BoxTwin
{
    /// <summary>Pump speed of the steady state a twin starts in.</summary>
    private const double StartPump = 0.6;

    private readonly record struct SteadyState(double Fan, double SupplyC, double ReturnC, double FlowLMin, double ColdC);

    /// <summary>
    /// Air (or facility valve) at which the loop holds the setpoint with this power, by bisection; clamped to what fans can do,
    /// and then the temperature follows. Also what tells a feasible plant from one that is not.
    /// </summary>
    private SteadyState Steady(double gpuW, double setpointC)
    {
        var n = _board.Pumps.Count;
        Span<double> pumps = stackalloc double[n];
        pumps.Fill(StartPump);
        var flow = _hydraulics.FlowLMin(pumps, 1, 1);
        var total = gpuW * _board.Gpus.Count;
        var carried = flow / 60 * Parameters.CoolantJPerLK;
        double low = 0.06, high = 1;
        var floor = _liquid ? 0.01 : _board.Fans.Max(f => f.MinDutyPercent) / 100;
        low = Math.Min(low, floor);
        for (var k = 0; k < 50; k++)
        {
            var mid = 0.5 * (low + high);
            if (SteadySupply(mid, total, carried, out _) > setpointC)
                low = mid;
            else
                high = mid;
        }

        var fan = Math.Max(high, floor);
        var supply = SteadySupply(fan, total, carried, out var cold);
        return new(fan, supply, supply + total / carried, flow, cold);
    }

    /// <summary>
    /// Coolant supply this plant settles at flat out at this power, with the least flow that leaves the hottest die 8 K: at a given
    /// heat less flow is cooler coolant. Feasible if at or below the setpoint.
    /// </summary>
    public double FlatOutSupplyC(double gpuW)
    {
        double low = 0.3, high = 1;
        for (var k = 0; k < 30; k++)
        {
            var mid = 0.5 * (low + high);
            var supply = Supply(mid, out var flow);
            if (_gpus.HottestSteadyC(supply, flow / _board.Gpus.Count, gpuW) > _board.Gpus.ThrottleC - 8)
                low = mid;
            else
                high = mid;
        }

        return Supply(high, out _);

        double Supply(double pump, out double flow)
        {
            Span<double> pumps = stackalloc double[_board.Pumps.Count];
            pumps.Fill(pump);
            flow = _hydraulics.FlowLMin(pumps, 1, 1);
            return SteadySupply(1, gpuW * _board.Gpus.Count, flow / 60 * Parameters.CoolantJPerLK, out _);
        }
    }

    /// <summary>
    /// Least fan and pump power that holds this supply with every die at most at <paramref name="maxDieC"/>, all knowledge given:
    /// the offline optimum a controller is measured against. Null when nothing holds it.
    /// </summary>
    public double? LeastCoolingW(double gpuW, double supplyC, double maxDieC)
    {
        double? best = null;
        double fans = _board.Fans.Sum(f => f.MaxW), pumps = _board.Pumps.Sum(p => p.MaxW);
        Span<double> speeds = stackalloc double[_board.Pumps.Count];
        for (var pump = 0.3; pump <= 1.0001; pump += 0.005)
        {
            speeds.Fill(pump);
            var flow = _hydraulics.FlowLMin(speeds, 1, 1);
            if (_gpus.HottestSteadyC(supplyC, flow / _board.Gpus.Count, gpuW) > maxDieC)
                continue;
            var carried = flow / 60 * Parameters.CoolantJPerLK;
            if (SteadySupply(1, gpuW * _board.Gpus.Count, carried, out _) > supplyC)
                continue;
            double low = 0.05, high = 1;
            for (var k = 0; k < 40; k++)
            {
                var mid = 0.5 * (low + high);
                if (SteadySupply(mid, gpuW * _board.Gpus.Count, carried, out _) > supplyC)
                    low = mid;
                else
                    high = mid;
            }

            var watts = fans * high * high * high + pumps * pump * pump * pump;
            best = Math.Min(best ?? watts, watts);
        }

        return best;
    }

    /// <summary>Hottest die in steady state at this supply and power with every pump at full.</summary>
    public double HottestDieC(double supplyC, double gpuW)
    {
        Span<double> pumps = stackalloc double[_board.Pumps.Count];
        pumps.Fill(1);
        return _gpus.HottestSteadyC(supplyC, _hydraulics.FlowLMin(pumps, 1, 1) / _board.Gpus.Count, gpuW);
    }

    private double SteadySupply(double drive, double totalW, double carried, out double coldC)
    {
        double g;
        if (_liquid)
        {
            var cold = drive * Parameters.FacilityWPerK;
            g = cold * (1 - Math.Exp(-Parameters.ExchangerWPerK * Math.Sqrt(drive) / cold));
            coldC = Parameters.FacilityC;
        }
        else
        {
            var air = drive * Parameters.AirM3S * Parameters.AirJPerM3K;
            g = air * (1 - Math.Exp(-Parameters.RadiatorWPerK * Math.Pow(drive, Parameters.RadiatorExponent) / air));
            coldC = AmbientC + (Parameters.AirSideIdleW + Parameters.AirSidePerW * totalW) / air;
        }

        // supply − cold = (return − cold) e^(−g/C) and return − supply = W/C
        return coldC + totalW / carried / (Math.Exp(Math.Min(g / carried, 50)) - 1);
    }
}
