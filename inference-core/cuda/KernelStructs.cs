using System.Runtime.InteropServices;

namespace InferenceCore.Cuda;

// The arguments of the kernels, field by field as the .cu files declare them. Pointers are device addresses.

/// <summary>How a product's K is cut (<c>struct Split</c>): slabs of 64, segments that end at multiples of <c>Run</c> tiles.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Split
{
    public int Depth;
    public int Run;
    public uint PerRun;

    public Split(int depth, int run)
    {
        Depth = depth;
        Run = run;
        PerRun = (uint)((1UL << 32) / (uint)run) + 1;
    }
}

/// <summary><c>struct Product</c> of gemm.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Product
{
    public ulong Weights;
    public ulong Inputs;
    public ulong Parts;
    public ulong Gated;
    public ulong Ready;
    public ulong Stride;
    public int Outputs;
    public int Blocks;
    public int Room;
    public int Tiles;
    public Split Split;
    public int Segments;
    public ulong ExpertTiles;
    public ulong TileExpert;
    public ulong Slots;
    public ulong TileStride;
    public int SureTiles;
    public int SureExpert;
    public int SureEach;
    public int Routed;
}

/// <summary><c>struct Parts</c>: a product's result, still in segments.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Parts
{
    public ulong First;
    public ulong Stride;
    public int Columns;
    public Split Split;
    public ulong Bias;
}

/// <summary><c>struct Places</c>: where a step's tokens stand.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Places
{
    public ulong Position;
    public ulong Sequence;
    public ulong Blocks;
    public int TableWidth;
}

/// <summary><c>struct NormCall</c> of norm.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NormCall
{
    public ulong Residual;
    public ulong ResidualOut;
    public ulong Pick;
    public Parts Add;
    public ulong Weight;
    public ulong Output;
    public ulong Plain;
    public int Width;
    public int Room;
    public float Epsilon;
    public ulong SlotWeights;
    public int SlotsPerRow;
    public int Segments;
}

/// <summary><c>struct RotateCall</c> of rotate.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RotateCall
{
    public Parts Parts;
    public Places Places;
    public ulong Rope;
    public ulong Queries;
    public ulong Cache;
    public ulong BlockBytes;
    public int Heads;
    public int KeyHeads;
    public int Width;
    public int Interleaved;
}

/// <summary><c>struct Tile</c> of attention.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttentionTile
{
    public int Row;
    public int Sequence;
    public int Position;
    public int First;
    public int Rows;
}

/// <summary><c>struct AttentionCall</c> of attention.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttentionCall
{
    public ulong Tiles;
    public ulong TileCount;
    public ulong Queries;
    public ulong Cache;
    public ulong BlockBytes;
    public ulong Blocks;
    public int TableWidth;
    public int Heads;
    public int KeyHeads;
    public float Scale;
    public ulong Output;
    public ulong Parts;
    public ulong Bounds;
    public int Room;
    public int PartRows;
    public RotateCall Turn;
}

/// <summary><c>struct CombineCall</c> of softmax.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CombineCall
{
    public ulong Parts;
    public ulong Bounds;
    public ulong Position;
    public ulong Output;
    public int Heads;
    public int Width;
    public int Room;
    public int PartRows;
}

/// <summary><c>struct LatentNormCall</c> of latent.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LatentNormCall
{
    public Parts Parts;
    public ulong Weight;
    public ulong Output;
    public int Width;
    public int Room;
    public float Epsilon;
}

/// <summary><c>struct LatentCall</c> of latent.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LatentCall
{
    public Parts Query;
    public Parts Down;
    public Places Places;
    public ulong Rope;
    public ulong Norm;
    public ulong Up;
    public ulong Queries;
    public ulong Cache;
    public ulong BlockBytes;
    public int Heads;
    public int LatentAt;
    public int Latent;
    public int Plain;
    public int Turned;
    public int Value;
    public int Key;
    public int Interleaved;
    public int Rows;
    public int Spread;
    public float Epsilon;
}

/// <summary><c>struct ValueCall</c> of latent.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ValueCall
{
    public CombineCall Combine;
    public ulong Up;
    public ulong Output;
    public int Plain;
    public int Value;
    public int Room;
    public int Rows;
    public int First;
    public int Whole;
    public int Spread;
}

/// <summary><c>struct RouteCall</c> of experts.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteCall
{
    public ulong Scores;
    public ulong Bias;
    public int Rows;
    public int Experts;
    public int Shared;
    public int PerToken;
    public int Rule;
    public int Groups;
    public int GroupsPerToken;
    public int Normalize;
    public float Factor;
    public int Tile;
    public int Together;
    public ulong SlotExpert;
    public ulong SlotWeights;
    public ulong Place;
    public ulong Slots;
    public ulong TileExpert;
    public ulong TileCount;
    public ulong Done;
}

/// <summary><c>struct VisitCall</c> of experts.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VisitCall
{
    public NormCall Norm;
    public RouteCall Route;
    public ulong Weights;
}

/// <summary><c>struct Picked</c> of layer.cu: what the host is told of a row of logits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Picked
{
    /// <summary>Order-preserving bits of the largest, then the complement of its token.</summary>
    public ulong Best;

    /// <summary>Not 0: a logit is no number.</summary>
    public int Broken;

    public int Unused;
}
