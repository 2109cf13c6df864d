using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Probe;

/// <summary>
/// Who sits in the driver for too long: a GPU whose call has not returned for a second is hung; when that holds for every GPU the box is
/// blind. Used by one thread; asks the others by their <see cref="DriverCall"/>.
/// </summary>
/// <param name="reading">The call of the thread that reads for the cooling loop.</param>
/// <param name="survey">The call of the thread that reads health: it may take longer, the InfoROM's check does.</param>
internal sealed class HangWatch(int gpus, Func<int, DriverCall> reading, Func<int, DriverCall> survey)
{
    public static readonly TimeSpan ReadingLimit = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan SurveyLimit = TimeSpan.FromSeconds(5);

    private readonly TimeSpan?[] _hungSince = new TimeSpan?[gpus];
    private string _what = "";

    /// <summary>Uptime since which no GPU's reading has returned; null while one does.</summary>
    public TimeSpan? AllSince { get; private set; }

    /// <summary>True while any call is out at all.</summary>
    public bool AnyOut => Enumerable.Range(0, gpus).Any(i => reading(i).IsOut(out _, out _) || survey(i).IsOut(out _, out _));

    public string Fault(TimeSpan now) => $"no call into the driver has returned for {(now - (AllSince ?? now)).TotalSeconds:0.0} s ({_what})";

    /// <returns>The GPUs whose state changed.</returns>
    public IReadOnlyList<GpuHealth> Look(TimeSpan now)
    {
        List<GpuHealth>? changed = null;
        TimeSpan? all = TimeSpan.Zero;
        for (var i = 0; i < gpus; i++)
        {
            var isReadingHung = IsOver(reading(i), now, ReadingLimit, out var what, out var since);
            all = isReadingHung && all is { } before ? since > before ? since : before : null;
            if (isReadingHung)
                _what = what;
            var isHung = isReadingHung || IsOver(survey(i), now, SurveyLimit, out what, out since);
            if (isHung == _hungSince[i] is not null)
                continue;
            _hungSince[i] = isHung ? since : null;
            (changed ??= []).Add(new()
            {
                Index = i,
                Access = isHung ? GpuAccess.Hung : GpuAccess.Unknown,
                HungSince = _hungSince[i],
                Fault = isHung ? $"{what}: no answer since {(now - since).TotalSeconds:0.0} s" : null,
            });
        }

        AllSince = gpus > 0 ? all : null;
        return changed ?? [];
    }

    private static bool IsOver(DriverCall call, TimeSpan now, TimeSpan limit, out string what, out TimeSpan since) =>
        call.IsOut(out what, out since) && now - since > limit;
}
