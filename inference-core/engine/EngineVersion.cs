namespace InferenceCore.Engine;

/// <summary>The program's version: another may compute in another order.</summary>
internal static class EngineVersion
{
    public static string Text { get; } = typeof(EngineVersion).Assembly.GetName().Version?.ToString(3) ?? "0";
}
