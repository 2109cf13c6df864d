using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// Shows on a real device that the guard finds what it is there to find: bits of the weights are flipped, found by the engine's own guard, and put
/// back. Nothing is computed with flipped weights.
/// </summary>
internal sealed class SelfCheck(CudaForward forward, TimeProvider time, Random random)
{
    private const long Neighbourhood = 1 << 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>Beyond what is allowed, so that a late find is told from none.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(15);

    /// <summary>How long a whole pass takes when nothing else is computed; the best of several.</summary>
    public TimeSpan MeasurePass()
    {
        const int Rounds = 5;
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var began = time.GetTimestamp();
            if (forward.Guard.Sweep().Count > 0)
                throw new EngineException("the weights have changed before anything was flipped");
            var took = time.GetElapsedTime(began);
            best = took < best ? took : best;
        }

        return best;
    }

    /// <summary>One flip at a time, each followed by a pass over everything.</summary>
    /// <returns>How many were found: that piece, and no other.</returns>
    public int OneByOne(int flips)
    {
        var found = 0;
        for (var i = 0; i < flips; i++)
        {
            var flip = Flip.Random(random, forward.Weights.Bytes);
            Toggle(flip);
            var faults = forward.Guard.Sweep();
            Toggle(flip);
            found += faults.Count == 1 && flip.LiesIn(faults[0]) ? 1 : 0;
        }

        return found;
    }

    /// <summary>Flips spread over one period, left to the guard at its own pace, as in a worker that is idle.</summary>
    /// <returns>How many were found, and how long the slowest took.</returns>
    public (int Found, TimeSpan Slowest) AtItsPace(int flips)
    {
        var open = new List<(Flip Flip, long Since)>();
        var (begun, found, slowest) = (0, 0, TimeSpan.Zero);
        var start = time.GetTimestamp();
        while (begun < flips || (open.Count > 0 && time.GetElapsedTime(open[0].Since) < GiveUpAfter))
        {
            for (; begun < flips && time.GetElapsedTime(start) > WeightGuard.Period * begun / flips; begun++)
            {
                var flip = Flip.Random(random, forward.Weights.Bytes);
                // Two in one piece could be found only once.
                if (open.Exists(o => o.Flip.Offset / Neighbourhood == flip.Offset / Neighbourhood))
                    break;
                Toggle(flip);
                open.Add((flip, time.GetTimestamp()));
            }

            foreach (var fault in Look())
            {
                foreach (var (flip, since) in open.Where(o => o.Flip.LiesIn(fault)).ToArray())
                {
                    var took = time.GetElapsedTime(since);
                    Toggle(flip);
                    open.Remove((flip, since));
                    found++;
                    slowest = took > slowest ? took : slowest;
                }
            }

            Thread.Sleep(LookEvery);
        }

        foreach (var (flip, _) in open)
            Toggle(flip);
        return (found, slowest);
    }

    private IReadOnlyList<WeightFault> Look()
    {
        try
        {
            forward.Watch();
            return [];
        }
        catch (EngineChanged e)
        {
            return e.Faults;
        }
    }

    private unsafe void Toggle(Flip flip)
    {
        var (stream, address) = (forward.Stream, forward.Weights.Start + (ulong)flip.Offset);
        var value = (byte)(stream.Read<byte>(address) ^ (1 << flip.Bit));
        stream.CopyToDevice(address, &value, sizeof(byte));
        stream.Synchronize();
    }

    private readonly record struct Flip(long Offset, int Bit)
    {
        public static Flip Random(Random random, long bytes) => new(random.NextInt64(bytes), random.Next(8));

        public bool LiesIn(WeightFault fault) => Offset >= fault.Offset && Offset < fault.Offset + fault.Bytes;
    }
}
