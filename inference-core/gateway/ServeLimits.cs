using Appliance.Model;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>Limits of the engine that options of <c>serve</c> set; where one is null the configuration or the device decides.</summary>
internal sealed record ServeLimits(int? MaxRunning = null, int? MaxWaiting = null, int? PrefillChunk = null, long? CacheTokens = null)
{
    /// <summary>
    /// Prompt tokens of a step. Few enough that those who receive tokens beside them do not notice; on a GPU at 35 µs for each of a 7B model they
    /// wait 18 ms longer, and are to wait 25 ms at most.
    /// </summary>
    private const int ProcessorChunk = 64, GpuChunk = 512;

    /// <summary>Caches at least: this many tokens, or a shorter context, are let in whatever memory says.</summary>
    private const int LeastCacheTokens = 4096;

    /// <summary>Sequences of full length that caches are kept for, beside those that run.</summary>
    private const int SpareSequences = 8;

    public SchedulerOptions OptionsFor(InferenceConfig config, ModelConfig model, string device)
    {
        var running = MaxRunning ?? config.MaxRunning;
        var most = (long)model.MaxPositions * (running + SpareSequences);
        var onProcessor = device == ForwardLoader.Processor;
        return new SchedulerOptions
        {
            MaxRunning = running,
            MaxWaiting = MaxWaiting ?? config.MaxWaiting,
            PrefillChunk = PrefillChunk ?? (onProcessor ? ProcessorChunk : GpuChunk),
            // A device's memory is the worker's to know: it takes what is left of it, and says how much that was.
            CacheTokens = CacheTokens ?? (onProcessor ? Math.Clamp(FitsIntoMemory(model), Math.Min(model.MaxPositions, LeastCacheTokens), most) : most),
        };
    }

    /// <summary>A quarter of the memory may go to caches.</summary>
    private static long FitsIntoMemory(ModelConfig model) =>
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / ((long)model.Layers * model.Attention.CacheWidth * sizeof(float));
}
