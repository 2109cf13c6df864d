using System.Runtime.InteropServices;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>adjtimex(2), read only: how the kernel disciplines its clock. Needs no right.</summary>
internal static partial class ClockInterop
{
    private const int STA_UNSYNC = 0x40;
    private const int STA_NANO = 0x2000;
    private const int TIME_ERROR = 5;
    private const double PpmPerFrequency = 1.0 / 65536;

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct timex_t
    {
        internal uint modes;
        internal long offset;
        internal long freq;
        internal long maxerror;
        internal long esterror;
        internal int status;
        internal long constant;
        internal long precision;
        internal long tolerance;
        internal long time_sec;
        internal long time_usec;
        internal long tick;
        internal long ppsfreq;
        internal long jitter;
        internal int shift;
        internal long stabil;
        internal long jitcnt;
        internal long calcnt;
        internal long errcnt;
        internal long stbcnt;
        internal int tai;
        internal fixed int spare[11];
    }

    internal static unsafe bool Read(out ClockHealth clock)
    {
        var state = default(timex_t);
        var verdict = adjtimex(&state);
        clock = new();
        if (verdict < 0)
            return false;
        clock = clock with
        {
            Synchronised = verdict != TIME_ERROR && (state.status & STA_UNSYNC) == 0,
            OffsetUs = (state.status & STA_NANO) != 0 ? state.offset / 1000.0 : state.offset,
            EstimatedErrorUs = state.esterror,
            MaxErrorUs = state.maxerror,
            FrequencyPpm = Math.Round(state.freq * PpmPerFrequency, 3),
        };
        return true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int adjtimex(timex_t* state);
}
