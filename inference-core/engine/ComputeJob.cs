namespace InferenceCore.Engine;

/// <summary>Work on items 0..n-1 that can be done in any order and by several threads, because each item writes only its own results.</summary>
internal abstract class ComputeJob
{
    /// <param name="first">First item.</param>
    /// <param name="last">One past the last item.</param>
    /// <param name="thread">0..<see cref="ComputePool.Threads"/>-1, for scratch memory.</param>
    public abstract void Run(int first, int last, int thread);
}
