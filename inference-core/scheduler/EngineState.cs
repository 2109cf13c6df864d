namespace InferenceCore.Scheduling;

/// <summary>What the engine is doing. The names are those of the telemetry frame.</summary>
internal enum EngineState
{
    Loading,

    /// <summary>A token has been produced, and requests are computed.</summary>
    Ready,

    /// <summary>No step is computed until it is resumed; requests wait.</summary>
    Parked,

    /// <summary>What runs is finished, nothing new is taken.</summary>
    Draining,

    /// <summary>The model could not be loaded, or a step failed; the process ends.</summary>
    Failed,
}
