namespace Bench;

/// <summary>One law over all plants of a comparison.</summary>
internal sealed record LawResult
{
    public required string Law { get; init; }
    public required int Plants { get; init; }
    public required int Feasible { get; init; }
    public required double NominalPeakK { get; init; }
    public required double? NominalSettleS { get; init; }
    public required double FirstPeakKMax { get; init; }
    public required double SecondPeakKMax { get; init; }
    public required int SecondPeakWithin07 { get; init; }
    public required int SettledWithin90 { get; init; }
    public required double? SecondSettleSMedian { get; init; }
    public required double SecondsOver40All { get; init; }
    public required double SecondsOver40Feasible { get; init; }
    public required double SteadyErrorKMax { get; init; }
    public required double WithheldWhFeasible { get; init; }
    public required double CoolingWhMean { get; init; }
    public required double CoolingAgainstOptimumMedian { get; init; }
    public required double DieMarginKMin { get; init; }
}
