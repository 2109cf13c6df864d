namespace Appliance.Twin;

/// <summary>What physics allows this box, as broken as it is now: the offline minima that a controller is measured against.</summary>
public sealed partial class BoxTwin
{
    /// <summary>
    /// Least GPU power, W, that must be withheld for ever so that the coolant settles at or below <paramref name="maxSupplyC"/> and every die
    /// at or below <paramref name="maxDieC"/>: all knowledge given, living fans flat out, the best pump speed and the best coolant temperature.
    /// </summary>
    public double LeastWithheldW(double wantedW, double minSupplyC, double maxSupplyC, double maxDieC)
    {
        var wanted = wantedW * _board.Gpus.Count;
        var least = wanted;
        var air = Math.Max(FlatOutAirM3S(), 0.004);
        for (var pump = 0.3; pump <= 1.0001; pump += 0.01)
        {
            var flow = AliveFlowLMin(pump, out var openShare);
            if (flow < 0.1)
                continue;
            for (var supply = maxSupplyC; supply >= minSupplyC - 1e-9; supply -= 0.25)
            {
                var carried = RemovableW(supply, flow, air);
                double dies = 0;
                var obeyed = true;
                for (var i = 0; i < _board.Gpus.Count; i++)
                {
                    var most = Math.Min(wantedW, _gpus.MostPowerW(i, supply, flow / _board.Gpus.Count, openShare, maxDieC));
                    obeyed &= most >= Math.Min(_refusedBelowW[i], wantedW) - 1e-9;
                    dies += most;
                }

                if (obeyed)
                    least = Math.Min(least, Math.Max(0, wanted - Math.Min(carried, dies)));
                if (dies >= wanted)
                    break;
            }

            if (least <= 0)
                return 0;
        }

        return least;
    }

    /// <summary>
    /// Supply that the hottest coolant now in the loop becomes when it passes the exchanger with every living fan and pump at full, or that
    /// the box settles at like that, whichever is hotter: what chip watchdogs that know only "full" lead to.
    /// </summary>
    public double HottestSlugC()
    {
        var carried = AliveFlowLMin(1, out _) / 60 * Parameters.CoolantJPerLK;
        var airW = Math.Max(FlatOutAirM3S(), 0.004) * Parameters.AirJPerM3K;
        double heat = 0;
        foreach (var watts in _gpus.PowerW)
            heat += watts;
        var (cold, taken) = _liquid
            ? (Parameters.FacilityC, Taken(Parameters.FacilityWPerK, Parameters.ExchangerWPerK))
            : (AmbientC + _ambientJump + (Parameters.AirSideIdleW + Parameters.AirSidePerW * heat) / airW,
                Taken(airW, Parameters.RadiatorWPerK * Math.Pow(airW / Parameters.AirJPerM3K / Parameters.AirM3S, Parameters.RadiatorExponent)));
        var decay = Math.Exp(-taken / carried);
        var settled = cold + heat / carried * decay / (1 - decay);
        return Math.Max(cold + (Math.Max(_returnC, _returnPipe.OutC) - cold) * decay, settled);

        double Taken(double coldW, double ua) => coldW * (1 - Math.Exp(-ua * (1 - _fouling) / coldW));
    }

    /// <summary>Heat that would leave the coolant for ever at this supply with the flow as it is and everything that lives flat out, W.</summary>
    public double RemovableW(double supplyC) => RemovableW(supplyC, Truth.FlowLMin, Math.Max(FlatOutAirM3S(), 0.004));

    /// <summary>Heat that leaves the coolant for ever at this supply, flow and air, W.</summary>
    private double RemovableW(double supplyC, double flowLMin, double airM3S)
    {
        var carried = flowLMin / 60 * Parameters.CoolantJPerLK;
        if (_liquid)
        {
            var cold = _facilityLost ? 0 : (_valveStuck ? _valve : 1) * Parameters.FacilityWPerK;
            if (cold <= 0 || carried <= 0)
                return 0;
            var exchanger = Parameters.ExchangerWPerK * (1 - _fouling) * Math.Sqrt(cold / Parameters.FacilityWPerK);
            var taken = cold * (1 - Math.Exp(-exchanger / cold));
            return Math.Max(0, (supplyC - Parameters.FacilityC) * carried * (Math.Exp(Math.Min(taken / carried, 50)) - 1));
        }

        var airW = airM3S * Parameters.AirJPerM3K;
        var ua = Parameters.RadiatorWPerK * (1 - _fouling) * Math.Pow(airM3S / Parameters.AirM3S, Parameters.RadiatorExponent);
        var g = airW * (1 - Math.Exp(-ua / airW));
        var rise = carried * (Math.Exp(Math.Min(g / carried, 50)) - 1);

        // What the GPUs' power puts into the air ahead of the radiator rises with it: supply = room + (idle + share·W)/air + W/rise.
        var above = supplyC - AmbientC - _ambientJump - Parameters.AirSideIdleW / airW;
        return Math.Max(0, above / (Parameters.AirSidePerW / airW + 1 / rise));
    }

    private double FlatOutAirM3S()
    {
        Span<double> speed = stackalloc double[_board.Fans.Count];
        for (var i = 0; i < speed.Length; i++)
            speed[i] = _fans.Fault[i].Dead ? 0 : _fans.Fault[i].StuckAt ?? 1;
        return new AirPath(Parameters, speed.Length).Flow(speed, _slotOpen);
    }

    /// <summary>Flow, L/min, that the pumps which still move coolant come to with the duties they are told now.</summary>
    public double CommandedFlowLMin() => AliveFlowLMin(null, out _);

    /// <summary>Flow, L/min, that they come to with every pump told its highest.</summary>
    public double MostFlowLMin() => AliveFlowLMin(1, out _);

    /// <param name="pump">Speed of every pump; null: what each is told.</param>
    private double AliveFlowLMin(double? pump, out double openShare)
    {
        Span<double> speed = stackalloc double[_board.Pumps.Count];
        for (var i = 0; i < speed.Length; i++)
            speed[i] = _pumps.Fault[i].Dead || _pumps.Fault[i].NoFlow ? 0 : (pump ?? _pumps.Target(i)) * (_cavitating[i] ? 0.75 : 1);
        double sum = 0;
        foreach (var share in _gpus.FlowShare)
            sum += share;
        openShare = Math.Max(sum / _gpus.FlowShare.Length, 1e-3);
        var weak = (1 - _airInLoop) * Math.Clamp((Truth.LevelPercent - 5) / 15, 0, 1);
        return ValveClosed ? 0 : _hydraulics.FlowLMin(speed, openShare, weak);
    }
}
