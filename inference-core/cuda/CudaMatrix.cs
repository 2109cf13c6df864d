using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>
/// A projection as the products want it: outputs in blocks of 128, inputs in slabs of 64, each 128 × 64 tile 16 KiB of bfloat16. What is beyond
/// the checkpoint's own rows and columns is zero.
/// </summary>
/// <param name="Offset">In the arena of the weights, bytes.</param>
/// <param name="Outputs">A multiple of 128.</param>
/// <param name="Inputs">The checkpoint's columns.</param>
internal readonly record struct CudaMatrix(long Offset, int Outputs, int Inputs)
{
    public const int BlockOutputs = 128;
    public const int SlabInputs = 64;
    public const int TileBytes = 16384;

    /// <summary>
    /// Segments are cut for so many multiprocessors, whatever the device has: the cut decides the sums, and an answer must not depend on the device.
    /// </summary>
    private const int Runs = 132;

    public int Blocks => Outputs / BlockOutputs;

    public int Depth => SlabsOf(Inputs);

    public long Bytes => (long)Blocks * Depth * TileBytes;

    /// <summary>Runs of one tile are none: the device finds a segment's number by multiplying with 2^32 / run, which is no 32-bit number for 1.</summary>
    public Split Split => new(Depth, Math.Max(2, (int)((((long)Blocks * Depth) + Runs - 1) / Runs)));

    /// <summary>Thread blocks that take a run each.</summary>
    public int RunCount => ((Blocks * Depth) + Split.Run - 1) / Split.Run;

    /// <summary>Segments of the block that has the most.</summary>
    public int MostSegments
    {
        get
        {
            var (split, most) = (Split, 1);
            for (var block = 0; block < Blocks; block++)
                most = Math.Max(most, ((((block + 1) * split.Depth) - 1) / split.Run) - (block * split.Depth / split.Run) + 1);
            return most;
        }
    }

    public static int PaddedOutputs(int outputs) => (outputs + BlockOutputs - 1) / BlockOutputs * BlockOutputs;

    public static int SlabsOf(int inputs) => (inputs + SlabInputs - 1) / SlabInputs;

    /// <summary>
    /// One expert's cut, when <paramref name="visited"/> experts are multiplied at once: every block into equal segments, so that which other experts
    /// are visited changes nothing, and as many as keep the multiprocessors evenly busy with one token.
    /// </summary>
    public (Split Split, int Segments) ExpertSplit(int visited)
    {
        var (best, bestCost) = (1, double.MaxValue);
        for (var segments = 1; segments <= Math.Min(8, Depth); segments++)
        {
            var run = (Depth + segments - 1) / segments;
            if ((Depth + run - 1) / run != segments)
                continue;
            var rounds = ((visited * Blocks * segments) + Runs - 1) / Runs;
            // A chain costs its tiles and about one more to begin and end.
            var cost = rounds * (run + 1.0);
            if (cost < bestCost)
                (best, bestCost) = (segments, cost);
        }

        return (new Split(Depth, (Depth + best - 1) / best), best);
    }
}
