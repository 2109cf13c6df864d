using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>Runs a row on a plant and judges it from the plant's truth alone.</summary>
public static class FaultScore
{
    private const double AfterS = 600;
    internal const double NearIdleW = 1200;

    // What a controller can know: coolant sensors are good to ±0.3 K, so that it must aim that much below 40 °C and may be as far off
    // to the cold side; dies are read in whole degrees, so that it must stay two of them below the limit.
    private const double SensorK = 0.3;
    private const double DieStepsK = 2;
    private const double AgainstOptimum = 1.05;

    /// <param name="control">Null: the product's own loop.</param>
    public static FaultResult Run(FaultRow row, Board board, int seed, double spread, TimeProvider time, ISimulatedControl? control = null)
    {
        ArgumentNullException.ThrowIfNull(row);
        var scenario = new Scenario
        {
            Name = row.Id,
            DurationS = FaultTable.StrikesAtS + AfterS,
            Cooling = row.Cooling,
            Seed = seed,
            Spread = spread,
            GpuPowerW = [Series.Constant(row.LoadW)],
            Faults = row.Faults,
        };
        double? reached = null;
        double peakDie = 0, peakSupply = 0, throttled = 0, maxSupply = row.MaxSupplyC, dew = double.PositiveInfinity;
        var trips = 0;
        var tripped = false;
        SimulationRun? run = null;
        PumpChangeover? changeover = null;
        run = new(scenario, board, control)
        {
            Observe = t =>
            {
                if (t < FaultTable.StrikesAtS)
                {
                    changeover?.Before();
                    return;
                }

                changeover?.Tick(t - FaultTable.StrikesAtS + SimulationRun.TickS);
                var truth = run!.Twin.Truth;
                if (row.Unattended && peakSupply == 0)
                    maxSupply = Math.Max(maxSupply, run.Twin.HottestSlugC());
                peakSupply = Math.Max(peakSupply, truth.SupplyC);
                peakDie = Math.Max(peakDie, truth.DieC.Max());
                dew = Math.Min(dew, truth.CoolestSurfaceC - truth.RoomDewPointC);
                throttled += truth.SelfThrottled.Any(s => s) ? 0.1 : 0;
                var down = run.Twin.EngineParked || !truth.GpusPowered;
                trips += down && !tripped ? 1 : 0;
                tripped = down;
                if (reached is null && Reached(row, run.Twin))
                    reached = t - FaultTable.StrikesAtS;
            },
        };
        if (row.ChangeoverS is not null)
            changeover = new(run.Twin);
        var summary = run.Run(time);
        var forced = row.TripAllowed ? 0 : ForcedWh(run.Twin, board, row.LoadW);
        var limits = (Supply: Math.Round(maxSupply, 2), Withheld: Math.Round(row.WithheldWhMax + AgainstOptimum * forced, 1));
        var why = Faults(row, run.Twin, limits, reached, peakDie, peakSupply, dew, throttled, summary.GpuEnergyWithheldWh, trips, changeover).FirstOrDefault();
        return new(
            row.Id, seed, why is null, why ?? "", reached is { } r ? Math.Round(r, 1) : null, Math.Round(peakDie, 1), Math.Round(peakSupply, 2),
            Math.Round(summary.GpuEnergyWithheldWh, 1), trips, Math.Round(throttled, 1), limits.Supply, limits.Withheld, Math.Round(forced, 1),
            Math.Round(dew, 1), changeover?.CommandedS, changeover?.FlowBackS);
    }

    /// <summary>
    /// GPU energy that any controller with these sensors would have had to withhold in ten minutes on this plant, as broken as it is: all
    /// knowledge given, the best pump speed, the best coolant temperature of the band.
    /// </summary>
    public static double ForcedWh(BoxTwin twin, Board board, double loadW)
    {
        ArgumentNullException.ThrowIfNull(twin);
        ArgumentNullException.ThrowIfNull(board);
        var top = board.SetpointC + board.BandK - 2 * SensorK;
        return twin.LeastWithheldW(loadW, board.SetpointC - board.BandK, top, board.Gpus.ThrottleC - DieStepsK) * AfterS / 3600;
    }

    private static bool Reached(FaultRow row, BoxTwin twin)
    {
        var truth = twin.Truth;
        double power = 0;
        foreach (var watts in truth.GpuW)
            power += watts;
        return row.Required switch
        {
            RequiredState.NearIdle => power <= NearIdleW,
            RequiredState.Off => !truth.GpusPowered,
            RequiredState.Isolated => !truth.GpusPowered && truth.FlowLMin < 0.1,
            RequiredState.GpuHeldBack => truth.GpuW[Target(row)] <= twin.LowestLimitW + 1,
            _ => true,
        };
    }

    private static int Target(FaultRow row) => int.Parse(row.Faults[0].Fault.Target.AsSpan(3));

    private static IEnumerable<string> Faults(
        FaultRow row, BoxTwin twin, (double Supply, double Withheld) limits, double? reached, double peakDie, double peakSupply, double dew, double throttled, double withheld,
        int trips, PumpChangeover? changeover)
    {
        if (peakDie > row.MaxDieC)
            yield return $"die {peakDie:0.0} °C, allowed {row.MaxDieC:0.0} °C";
        if (throttled > 0)
            yield return $"a GPU had to slow itself down for {throttled:0.0} s";
        if (peakSupply > limits.Supply)
            yield return $"coolant {peakSupply:0.00} °C, allowed {limits.Supply:0.0} °C";
        if (dew < row.DewMarginK)
            yield return $"a surface {dew:0.0} K above the room's dew point, allowed {row.DewMarginK:0} K";
        if (reached is not { } at || at > row.DeadlineS)
            yield return $"{row.Required} reached after {(reached is { } late ? $"{late:0.0} s" : "never")}, deadline {row.DeadlineS:0.0} s";
        if (row.ChangeoverS is { } changed && (changeover?.CommandedS is not { } taken || taken > changed))
            yield return $"the other pump was told enough after {(changeover?.CommandedS is { } late ? $"{late:0.0} s" : "never")}, allowed {changed:0.0} s";
        if (!row.TripAllowed && trips > 0)
            yield return "nuisance trip: parked or switched off";
        if (withheld > limits.Withheld)
            yield return $"withheld {withheld:0.0} Wh, allowed {limits.Withheld:0.0} Wh";
        if (row.Required is RequiredState.Isolated or RequiredState.Off && twin.Truth.GpusPowered)
            yield return "the GPUs have power again";
    }
}
