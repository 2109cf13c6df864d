using Appliance.Model;

namespace Appliance.Thermal;

/// <summary>A GPU whose cold plate does not take its heat, or whose die nobody can read.</summary>
public static partial class Controller
{
    // A plate that has lost its flow goes on heating up; one that only is worse than it was may stand where dies are held.
    private const double PlateLostNearK = 3.5;
    private const double PlateHotNearK = 1.5;

    /// <summary>By how much a die may rise more for each watt than the design says, at worst.</summary>
    private const double LeapDoubt = 1.375;
    private const double BlindDieCapAfterS = 3;

    /// <summary>A box that one plate has parked again and again waits twice as long each time, up to sixteen minutes; a healthy half hour forgets it.</summary>
    private const int PlateParksMost = 5;
    private const double PlateParksForgottenS = 1800;

    /// <summary>What a watt more makes of the die before its plate has moved, K/W.</summary>
    private static double LeapKPerW(in GpuTrack gpu, ThermalSettings settings) => LeapDoubt * settings.Model.Design.DieKPerW * Math.Max(gpu.Rho, 1);

    /// <summary>
    /// A plate that is suspect while its GPU draws little says nothing of what the die would do at full load: power comes no faster than the die has room for.
    /// </summary>
    private static double SuspectCapW(in EstimatorState known, in Estimate e, ThermalSettings settings, int i)
    {
        ref readonly var gpu = ref known.Gpus[i];
        if (gpu.SuspectS <= 0.5 || gpu.LastW >= gpu.CommandedLimitW - AtLimitW || e.GpuC[i].Value is not { } die)
            return settings.Board.Gpus.MaxW;
        var room = Math.Max(0, settings.Board.Gpus.ThrottleC - GpuMarginK - die);
        return Math.Max(settings.Board.Gpus.MinLimitW, gpu.LastW + room / LeapKPerW(in gpu, settings));
    }

    /// <summary>
    /// At its lowest limit and clock a plate without flow still heats up: only parked workers and then power off help. Asked is what comes next: a hot die that
    /// draws little, because it has no work or is parked, would be too hot at work, and while it would be, a parked box does not come back.
    /// </summary>
    private static bool IsPlateHot(ref ControllerState state, in EstimatorState known, in Estimate e, ThermalSettings settings, int i)
    {
        ref readonly var gpu = ref known.Gpus[i];
        var gpus = settings.Board.Gpus;
        if ((gpu.SuspectS <= 0.5 && !gpu.Lost) || e.GpuC[i].Value is not { } die)
            return false;
        var limitC = gpus.ThrottleC - (gpu.Lost || e.Gpus[i] == GpuHealth.PlateLost ? PlateLostNearK : PlateHotNearK);
        var refuses = e.Gpus[i] == GpuHealth.LimitRefused;
        var next = !refuses ? gpus.MinLimitW : state.GpuLowClockS[i] > 0 ? LowestClockW : gpus.MaxW;
        var leaps = die + LeapKPerW(in gpu, settings) * Math.Max(0, next - e.GpuW[i]) > limitC;
        if (leaps && state.Parked)
            state.HealthyS = 0;

        // Only when limit and clock have been obeyed, or plainly are not.
        var spent = e.GpuW[i] <= gpus.MinLimitW + 10 || (refuses && state.GpuLowClockS[i] > ClockFollowsS);
        return spent && (state.Parked ? die > limitC : leaps);
    }

    /// <summary>How long all must be well before what was parked or limited comes back, s.</summary>
    private static double ReleaseAfterS(in ControllerState state) => HealthyBeforeReleaseS * (1 << Math.Clamp(state.PlateParks - 1, 0, PlateParksMost - 1));

    /// <summary>Why a GPU is held back for its own sake.</summary>
    private static Reason OwnReason(in EstimatorState known, in Estimate e, ThermalSettings settings, int i) =>
        known.Gpus[i].BlindS > BlindDieCapAfterS ? new(Driver.DieUnread)
        : e.Gpus[i] is GpuHealth.PlateSuspect or GpuHealth.PlateLost || known.Gpus[i].Lost ? new(Driver.PlateFault, known.Gpus[i].ResidualK)
        : new(Driver.GpuHot, settings.Board.Gpus.ThrottleC - GpuMarginK);
}
