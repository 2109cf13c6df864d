using InferenceCore.Cuda;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>
/// The model of the field guide as a question to a device: small, always the same, and its answer so clear that whatever computes must give it
/// (<see cref="KnownAnswer.Any"/>). A served model without a recorded answer of its own is held to something all the same, and one with it to a second, other
/// family: what goes wrong only in the guide's kernels is found too.
/// </summary>
internal static class GuideQuestion
{
    /// <summary>Loads the guide where <paramref name="served"/> is going to be loaded, asks it and frees it again.</summary>
    /// <param name="guide">Its directory; empty where nobody named one.</param>
    /// <param name="served">The model that this worker serves.</param>
    /// <param name="load">Makes the engine on the same device.</param>
    /// <param name="progress">Called while it is loaded and asked.</param>
    /// <returns>What was found, or why nothing was asked.</returns>
    /// <exception cref="InvalidDataException">It answers otherwise than recorded, or cannot be read: nothing that computes here is to be trusted.</exception>
    public static string Ask(string guide, WorkerOrder.Begin served, Func<WorkerOrder.Begin, ForwardOptions, IForward> load, Action? progress)
    {
        if (guide.Length == 0 || !Directory.Exists(guide))
            return "field guide not asked: its model is not there";
        if (IsSame(guide, served.ModelDirectory))
            return "field guide not asked: it is the model served";
        try
        {
            if (ForwardLoader.WhyNot(ModelConfig.Load(guide), served.Device) is { } why)
                return $"field guide not asked on {served.Device}: {why}";
            using var forward = load(served with { ModelDirectory = guide }, Room(served.Threads, progress));
            return $"field guide: {ModelVerifier.CheckAnswer(guide, forward)}";
        }
        catch (Exception e) when (e is OutOfMemoryException or EngineException { IsUnfit: true } or CudaException { IsOutOfMemory: true })
        {
            return $"field guide not asked on {served.Device}: {e.Message}"; // somebody else may have taken all there is: no sign of a fault
        }
        catch (Exception e) when (e is EngineException or InvalidDataException)
        {
            throw new InvalidDataException($"the field guide's model ({guide}) does not answer as it must: {e.Message}", e);
        }
    }

    private static ForwardOptions Room(int threads, Action? progress) =>
        new() { MaxTokens = 64, MaxLogits = 1, MaxSequences = 1, CacheBlocks = 16, Threads = threads, Progress = progress };

    /// <summary>The same folder, or the same weights in another one.</summary>
    private static bool IsSame(string one, string other) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(one)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(other))
        || (KnownAnswer.MarkOf(one) is { Length: > 0 } mark && mark == KnownAnswer.MarkOf(other));
}
