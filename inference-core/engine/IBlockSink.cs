namespace InferenceCore.Engine;

/// <summary>Where one thread's blocks go. Made, used and disposed by that thread.</summary>
internal interface IBlockSink : IDisposable
{
    /// <summary>Memory for the next block, free to be written; at least as long as the reader has said.</summary>
    Span<byte> Room();

    /// <summary>The room is filled from <see cref="CheckpointBlock.Lead"/> on, and compared.</summary>
    void Take(CheckpointBlock block);

    /// <summary>Waits until all that was taken is where it belongs.</summary>
    void Finish();
}
