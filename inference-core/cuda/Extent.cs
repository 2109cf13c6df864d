namespace InferenceCore.Cuda;

/// <summary>Blocks of a grid or threads of a block, in up to three directions.</summary>
internal readonly record struct Extent(int X, int Y = 1, int Z = 1)
{
    public int Count => X * Y * Z;

    public static implicit operator Extent(int x) => new(x);
}
