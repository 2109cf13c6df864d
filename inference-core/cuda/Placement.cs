namespace InferenceCore.Cuda;

/// <summary>Where a tensor of the checkpoint, or a part of it, goes.</summary>
/// <param name="Name">As in the checkpoint.</param>
/// <param name="Shape">As config.json asks for it: one or two dimensions.</param>
/// <param name="Form">How it lies.</param>
/// <param name="Offset">In the arena, bytes: of the whole matrix, not of the first row.</param>
/// <param name="FirstRow">Of the matrix; with pairs, of the gates.</param>
/// <param name="Depth">Of the matrix, in tiles.</param>
/// <param name="SourceRow">First row of the tensor that is taken.</param>
/// <param name="SourceRows">How many.</param>
/// <param name="SourceColumn">First column.</param>
/// <param name="SourceColumns">How many.</param>
internal sealed record Placement(
    string Name, long[] Shape, WeightForm Form, long Offset, int FirstRow, int Depth, int SourceRow, int SourceRows, int SourceColumn, int SourceColumns)
{
    public int Rows => Shape.Length == 1 ? 1 : (int)Shape[0];

    public int Columns => (int)Shape[^1];
}
