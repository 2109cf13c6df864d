using InferenceCore.Engine;
using InferenceCore.Worker;

namespace InferenceCore.Scheduling;

/// <summary>What an <see cref="EngineHost"/> is told to serve, and with what.</summary>
internal sealed record EngineSetup
{
    public required string ModelDirectory { get; init; }

    public required string Device { get; init; }

    /// <summary>The model that every worker is asked beside its own; empty: none.</summary>
    public string GuideDirectory { get; init; } = "";

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }

    /// <summary>Limits, which may depend on the model.</summary>
    public required Func<ModelConfig, SchedulerOptions> Options { get; init; }

    /// <summary>Reads what the gateway needs of the model, while the worker reads the weights.</summary>
    public required Func<ModelConfig, ServedModel> Load { get; init; }

    /// <summary>Starts a worker; its first order comes next.</summary>
    public required Func<IWorkerLink> Start { get; init; }
}
