using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>
/// How the predicted coolant would be different, place by place, if one parameter had been larger by one: the same way through exchanger,
/// reservoir and supply pipe as the coolant itself takes. Tells identification which parameter an error belongs to, and where to correct.
/// </summary>
internal struct LoopSensitivity
{
    public const int PipeCells = 6;
    private Chain _pipe;

    /// <summary>At the exchanger's outlet, K per unit of the parameter.</summary>
    public double Outlet { readonly get; private set; }

    public double Reservoir { readonly get; private set; }

    /// <summary>At the supply sensor, its lag included.</summary>
    public double Sensor { readonly get; private set; }

    /// <summary>Along the supply pipe, from the reservoir to the plates.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<double> Pipe => _pipe;

    public void Step(double entering, in Shares share)
    {
        Outlet += (entering - Outlet) * share.Outlet;
        Reservoir += (Outlet - Reservoir) * share.Reservoir;
        var before = Reservoir;
        for (var i = 0; i < PipeCells; i++)
        {
            _pipe[i] += (before - _pipe[i]) * share.Pipe;
            before = _pipe[i];
        }

        Sensor += (before - Sensor) * share.Sensor;
    }

    /// <summary>Share of each place's content that one tick replaces.</summary>
    internal readonly record struct Shares(double Outlet, double Reservoir, double Pipe, double Sensor)
    {
        public static Shares Of(LoopDesign d, double litres, double dt) => new(
            Math.Min(1, litres / (0.5 * d.ExchangerL + 0.5 * d.CoreJPerK / d.CoolantJPerLK)),
            Math.Min(1, litres / d.ReservoirL),
            Math.Min(1, litres / (d.SupplyL / PipeCells)),
            Math.Min(1, dt / d.SensorTauS));
    }

    [InlineArray(PipeCells)]
    private struct Chain
    {
        private double _first;
    }
}
