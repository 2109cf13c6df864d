namespace InferenceCore.Engine;

/// <summary>Whole rows of one tensor within a block.</summary>
/// <param name="Tensor">Whose; a row is its innermost dimension, and a vector is one row.</param>
/// <param name="FirstRow">The first of them.</param>
/// <param name="Rows">How many.</param>
/// <param name="Offset">Bytes from the block's beginning.</param>
/// <param name="RowBytes">Of one row.</param>
internal readonly record struct BlockRows(TensorEntry Tensor, long FirstRow, int Rows, int Offset, long RowBytes)
{
    public int Bytes => (int)(Rows * RowBytes);
}

/// <summary>
/// A piece of a file that is read at once. A row that begins in a block belongs to it, so that more may be read than the block is long, and the
/// beginning may belong to the block before.
/// </summary>
/// <param name="File">Which.</param>
/// <param name="Number">Of the file's blocks, from 0.</param>
/// <param name="Bytes">Length of the block itself: what is hashed.</param>
/// <param name="ReadBytes">Up to the end of its last row.</param>
/// <param name="Rows">What of it is wanted.</param>
internal sealed record CheckpointBlock(CheckpointFile File, int Number, int Bytes, int ReadBytes, IReadOnlyList<BlockRows> Rows)
{
    public long Offset => (long)Number * HashList.BlockBytes;

    /// <summary>
    /// Bytes to leave free in front of the block, so that its first row begins at a multiple of 16; the others do then too, where rows are as long
    /// as rows of weights use to be.
    /// </summary>
    public int Lead => Rows.Count == 0 ? 0 : -Rows[0].Offset & 15;
}
