using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>The engine's state as frames, metrics and health write it.</summary>
internal static class StateName
{
    public static readonly string[] All = ["loading", "ready", "parked", "draining", "failed"];

    public static string Of(EngineHost host) => host.State switch
    {
        EngineState.Loading => "loading",
        EngineState.Ready => "ready",
        EngineState.Parked => "parked",
        EngineState.Draining => "draining",
        EngineState.Failed => "failed",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
