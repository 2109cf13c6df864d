namespace InferenceCore.Engine;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="File">The file's full path.</param>
/// <param name="Name">e.g. <c>model.norm.weight</c>.</param>
/// <param name="Type">As the header spells it: BF16, F16, F32, …</param>
/// <param name="Shape">Outermost first.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Bytes">Length.</param>
internal sealed record TensorEntry(string File, string Name, string Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
