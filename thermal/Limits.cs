using System.Runtime.CompilerServices;

namespace Appliance.Thermal;

/// <summary>How many of each thing a board may have. State lives in fixed arrays, so that a tick allocates nothing.</summary>
public static class Limits
{
    public const int Fans = 12;
    public const int Pumps = 4;
    public const int Gpus = 16;
    public const int Sensors = 24;
    public const int Lines = 16;
    public const int Conditions = 48;

    /// <summary>Seconds of flow-stamped history kept to compare the two ends of a pipe.</summary>
    public const int HistorySeconds = 128;
}

/// <summary>One value per fan in board order.</summary>
[InlineArray(Limits.Fans)]
public struct PerFan<T>
{
    private T _first;
}

/// <summary>One value per pump in board order.</summary>
[InlineArray(Limits.Pumps)]
public struct PerPump<T>
{
    private T _first;
}

/// <summary>One value per GPU in board order.</summary>
[InlineArray(Limits.Gpus)]
public struct PerGpu<T>
{
    private T _first;
}

/// <summary>One value per sensor in board order.</summary>
[InlineArray(Limits.Sensors)]
public struct PerSensor<T>
{
    private T _first;
}

/// <summary>One value per digital line in board order.</summary>
[InlineArray(Limits.Lines)]
public struct PerLine<T>
{
    private T _first;
}
