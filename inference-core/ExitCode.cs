namespace InferenceCore;

/// <summary>Exit codes of every verb; 64 and 78 are those of sysexits.h.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 64;
    public const int BadConfiguration = 78;
}
