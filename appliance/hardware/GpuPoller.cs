using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// Reads every GPU on a thread of its own, so that a driver call that hangs (some block for more than 45 s) delays neither the
/// thermal loop nor the other GPUs. The loop copies the last reading under a lock that is never held across a driver call;
/// a GPU that hangs simply grows old, and the estimator counts it at full power.
/// </summary>
public sealed class GpuPoller : IGpuFeed
{
    private const double LowClockShare = 1.25;

    private static readonly TimeSpan _rewriteEvery = TimeSpan.FromSeconds(1);

    /// <summary>What a clock gets to follow, and the reading of it to be taken again.</summary>
    private static readonly TimeSpan _clockFollows = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _openAgainAfter = TimeSpan.FromSeconds(2);

    private readonly Slot[] _slots;
    private readonly TimeProvider _time;
    private readonly TimeSpan _period;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="source">Opened on the poll threads, because opening a driver may take seconds.</param>
    /// <param name="count">GPUs the board has.</param>
    /// <param name="period">Between the starts of two reads of one GPU.</param>
    public GpuPoller(IGpuSource source, int count, TimeSpan period, TimeProvider time)
    {
        _time = time;
        _period = period;
        _slots = [.. Enumerable.Range(0, count).Select(index => new Slot(source, index))];
    }

    public int Count => _slots.Length;

    /// <summary>Called on a GPU's own thread after each read. Set before <see cref="Start"/>.</summary>
    public Action<int>? ReadDone { get; set; }

    /// <summary>What a GPU's thread asks the driver for right now.</summary>
    public DriverCall Call(int index) => _slots[index].Call;

    public void Start()
    {
        foreach (var slot in _slots)
            new Thread(() => Poll(slot), 256 * 1024) { IsBackground = true, Name = $"gpu{slot.Index}" }.Start();
    }

    /// <summary>Null members until the GPU was opened.</summary>
    public GpuIdentity Identity(int index) => Volatile.Read(ref _slots[index].Identity);

    /// <summary>What the driver broke with at the last read; null when it did not.</summary>
    public string? Fault(int index) => Volatile.Read(ref _slots[index].Fault);

    /// <summary>The last reading of every GPU; never waits for a driver.</summary>
    public void Read(Span<GpuReading> readings)
    {
        for (var i = 0; i < readings.Length; i++)
        {
            lock (_slots[i].Gate)
                readings[i] = _slots[i].Last;
        }
    }

    public void ReadOne(int index, out GpuReading reading)
    {
        lock (_slots[index].Gate)
            reading = _slots[index].Last;
    }

    /// <summary>
    /// Asks for a bound; the GPU's thread writes it within a period, the same one again after a second at the earliest. A wish is good for
    /// one write: whoever steers repeats it, so that a controller that stopped does not overwrite what was done to make the box safe.
    /// </summary>
    public void RequestBound(int index, GpuBound bound)
    {
        lock (_slots[index].Gate)
            _slots[index].Wanted = bound;
    }

    /// <summary>One read of one GPU, in the caller's thread: what the poll threads do, and what a one-shot report uses.</summary>
    public void PollOnce(int index) => PollOnce(_slots[index]);

    /// <summary>
    /// Absolute deadlines, one GPU after another through the period: the driver has locks of its own, and eight calls at once would wait
    /// for each other.
    /// </summary>
    private void Poll(Slot slot)
    {
        var deadline = MonotonicClock.Now + _period * slot.Index / _slots.Length;
        while (true)
        {
            MonotonicClock.SleepUntil(deadline);
            if (_stop.IsCancellationRequested)
                return;
            PollOnce(slot);
            ReadDone?.Invoke(slot.Index);
            deadline += _period;
            if (MonotonicClock.Now is var now && now > deadline)
                deadline = now; // a call took longer than the period: what was missed is not made up for
        }
    }

    private void PollOnce(Slot slot)
    {
        GpuBound? wanted;
        GpuReading last;
        lock (slot.Gate)
            (wanted, last) = (slot.Wanted, slot.Last);

        GpuReading reading = default;
        slot.Call.Begin("reading for the cooling loop", _time.GetElapsedTime(0));
        try
        {
            if (Opened(slot, out reading.Lost) is { } device)
            {
                (reading.LimitRefused, reading.ClockRefused) = (last.LimitRefused, last.ClockRefused);
                Write(slot, device, wanted, ref reading);
                device.Read(_time.GetElapsedTime(0), ref reading);
                reading.ClockRefused |= !ClockStands(slot, device, in reading);
                if (reading.Lost)
                    slot.Device = null; // look for it again: a reset brings a GPU back under a new handle
            }

            Volatile.Write(ref slot.Fault, null);
        }
        catch (Exception e) // the poll loop's edge: this GPU is unreadable, which the estimator counts as full power; the others go on
        {
            reading = default;
            Volatile.Write(ref slot.Fault, e.Message);
        }

        slot.Call.End();
        reading.Reads = last.Reads + 1;
        lock (slot.Gate)
            slot.Last = reading;
    }

    private IGpuDevice? Opened(Slot slot, out bool lost)
    {
        lost = slot.Lost;
        if (slot.Device is { } open)
        {
            lost = false;
            return open;
        }

        var now = _time.GetElapsedTime(0);
        if (slot.OpenedAt is { } tried && now - tried < _openAgainAfter)
            return null;
        slot.OpenedAt = now;
        slot.Device = slot.Source.Open(slot.Index, out slot.Lost);
        lost = slot.Lost;
        if (slot.Device is { } device)
            Volatile.Write(ref slot.Identity, device.Identity);
        return slot.Device;
    }

    private void Write(Slot slot, IGpuDevice device, GpuBound? wanted, ref GpuReading reading)
    {
        var now = _time.GetElapsedTime(0);
        if (_stop.IsCancellationRequested)
            return; // back from a long call after the end: whoever made the box safe meanwhile has the last word
        var isRefused = reading.LimitRefused || reading.ClockRefused;
        if (wanted is not { } bound || (bound == slot.Written && !isRefused && now - slot.WrittenAt < _rewriteEvery))
            return;
        lock (slot.Gate)
            slot.Wanted = null;

        // Who holds the clock asks root each time, and nothing can read back what stands: it is written when it changes or is seen not to stand.
        var isClockDue = bound.LowestClock != slot.Written?.LowestClock || reading.ClockRefused;
        (slot.Written, slot.WrittenAt) = (bound, now);
        reading.LimitRefused = !device.SetPowerLimit(bound.LimitW);
        if (!isClockDue)
            return;
        slot.ClockAt = now;
        reading.ClockRefused = !device.SetLowestClock(bound.LowestClock);
    }

    /// <summary>
    /// A held clock that is high, or one that was let go and stands at its lowest although the GPU works: somebody else wrote it, as who makes a box safe
    /// does. An idle GPU's clock says nothing.
    /// </summary>
    private bool ClockStands(Slot slot, IGpuDevice device, in GpuReading reading)
    {
        if (slot.Written is not { } bound || _time.GetElapsedTime(0) - slot.ClockAt < _clockFollows
            || reading.SmClockMhz.Value is not { } clock || device.LowestClockMhz is not { } lowest)
            return true;
        var isLow = clock < LowClockShare * lowest;
        return bound.LowestClock == isLow || (isLow && !(reading.UtilizationPercent.Value > 0));
    }

    public void Dispose()
    {
        _stop.Cancel(); // the threads are background threads: one that hangs in a driver must not hold up the exit
    }

    private sealed class Slot(IGpuSource source, int index)
    {
        public IGpuSource Source => source;

        public int Index => index;

        public Lock Gate { get; } = new();

        public DriverCall Call { get; } = new();

        public GpuReading Last;

        public GpuBound? Wanted;

        public GpuIdentity Identity = new();

        public string? Fault;

        // Touched by the poll thread only.
        public IGpuDevice? Device;

        public bool Lost;

        public TimeSpan? OpenedAt;

        public GpuBound? Written;

        public TimeSpan WrittenAt;

        public TimeSpan ClockAt;
    }
}
