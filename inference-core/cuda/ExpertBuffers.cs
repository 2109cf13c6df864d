using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary>What a layer with experts needs beside the rest. A slot is a (token, expert) pair.</summary>
internal sealed class ExpertBuffers
{
    /// <summary>Up to here every visited expert's tile holds all rows of the step, and one kernel norms, scores and chooses.</summary>
    public const int TogetherRows = 8;

    // Rows of the largest tile, and of the smallest that rows are gathered into.
    private const int LargestTile = 64;
    private const int SmallestTile = 16;

    public ExpertBuffers(StepBuffers step, CudaLayer layer, MoeConfig moe, int hidden, int maxTokens)
    {
        All = moe.Experts + moe.SharedExperts;
        SlotsPerRow = moe.ExpertsPerToken + moe.SharedExperts;
        (GateUpSplit, GateUpSegments) = layer.GateUp.ExpertSplit(SlotsPerRow);
        (DownSplit, DownSegments) = layer.FeedForwardDown.ExpertSplit(SlotsPerRow);
        MaxSlots = step.Room * SlotsPerRow;
        var tiles = (Math.Max(maxTokens, LargestTile * LargestTile / SmallestTile) * SlotsPerRow / LargestTile) + All;
        Room = tiles * LargestTile;
        Plain = step.Take((long)step.Room * hidden * sizeof(float));
        Scores = step.Take((long)step.Room * moe.Experts * sizeof(float));
        SlotExpert = step.Take((long)MaxSlots * sizeof(int));
        SlotWeights = step.Take((long)MaxSlots * sizeof(float));
        Place = step.Take((long)MaxSlots * sizeof(int));
        Slots = step.Take((long)Room * sizeof(int));
        TileExpert = step.Take((long)tiles * sizeof(int));
        TileCount = step.Take(sizeof(int));
        Done = step.Take(sizeof(int));
        Inputs = step.Activations(Room, hidden);
        Inner = step.Activations(Room, moe.ExpertWidth);
        Stride = (long)MaxSlots * Math.Max(layer.GateUp.Outputs, layer.FeedForwardDown.Outputs);
        Results = step.Take(Stride * Math.Max(GateUpSegments, DownSegments) * sizeof(float));
    }

    /// <summary>
    /// Rows of a tile of a step of so many: all of them where they are few; else as many as hold twice what an expert gets on average, since what a
    /// tile reads of inputs that are nobody's it reads as fast as weights.
    /// </summary>
    public static int TileFor(int rows, MoeConfig moe) => rows <= TogetherRows ? ProductKernels.TileFor(rows)
        : Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * rows * moe.ExpertsPerToken / moe.Experts)),
            rows <= LargestTile ? SmallestTile : LargestTile, LargestTile);

    /// <summary>Routed and shared experts.</summary>
    public int All { get; }

    public int SlotsPerRow { get; }

    public int MaxSlots { get; }

    public Split GateUpSplit { get; }

    public int GateUpSegments { get; }

    public Split DownSplit { get; }

    public int DownSegments { get; }

    /// <summary>Rows of all tiles.</summary>
    public int Room { get; }

    /// <summary>float32 [rows, H]: the norm unrounded, for the router.</summary>
    public ulong Plain { get; }

    public ulong Scores { get; }

    public ulong SlotExpert { get; }

    public ulong SlotWeights { get; }

    public ulong Place { get; }

    public ulong Slots { get; }

    public ulong TileExpert { get; }

    public ulong TileCount { get; }

    /// <summary>How many blocks have scored; 0 between steps.</summary>
    public ulong Done { get; }

    /// <summary>Activations [Room, H]: each slot's copy of its row.</summary>
    public ulong Inputs { get; }

    /// <summary>Activations [Room, expert width].</summary>
    public ulong Inner { get; }

    /// <summary>float32 [segment, slot, outputs].</summary>
    public ulong Results { get; }

    /// <summary>float32 from one segment to the next.</summary>
    public long Stride { get; }
}
