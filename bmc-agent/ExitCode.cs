namespace BmcAgent;

/// <summary>What a program says when it ends (sysexits.h for the two that scripts ask about).</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 64;
    public const int BadConfiguration = 78;
}
