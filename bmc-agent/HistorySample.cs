namespace BmcAgent;

/// <summary>One second of the box; what was not known is null.</summary>
internal sealed record HistorySample(
    DateTimeOffset Ts,
    double? CoolantSupplyC,
    double? CoolantReturnC,
    double? FlowLMin,
    double? HeatW,
    double? FanDutyPercent,
    double? GpuMaxC,
    double? TokensPerSecond);
