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
    public required double CoolingAgainstOptimumMax { get; init; }

    /// <summary>Feasible plants whose plates can leave every die 8 K at the setpoint with pumps at full, least margin from the second step on.</summary>
    public required double DieMarginKMin { get; init; }
    public required int DieMarginPlants { get; init; }

    /// <summary>The other feasible plants: how far the worst stays below what pumps at full would leave its dies at the setpoint.</summary>
    public required double DieMarginShortKMax { get; init; }

    /// <summary>Plants that are not feasible: GPU power withheld at the end against the offline minimum at the same supply; null without any.</summary>
    public required double? WithheldAgainstMinimumMedian { get; init; }
    public required double? WithheldAgainstMinimumMax { get; init; }
}
