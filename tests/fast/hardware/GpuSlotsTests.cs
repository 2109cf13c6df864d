using Appliance.Hardware;

namespace FastTests.Hardware;

/// <summary>A GPU keeps its number on the box whatever number the driver gives it.</summary>
public sealed class GpuSlotsTests : IDisposable
{
    private static readonly string[] _board = ["00000000:1B:00.0", "00000000:2B:00.0", "00000000:3B:00.0", "00000000:4B:00.0"];

    private readonly string _folder = Directory.CreateTempSubdirectory("slots").FullName;

    private string Kept => Path.Combine(_folder, "gpu-slots");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_lost_gpu_leaves_its_place_empty_and_the_others_where_they_are_also_after_a_restart()
    {
        new GpuSlots(4, Kept).Saw(_board);
        var next = new GpuSlots(4, Kept);
        next.Saw(_board.Where(b => b != _board[1]).ToArray()); // the driver counts 0, 1, 2 now
        Assert.Equal(_board, Enumerable.Range(0, 4).Select(next.BusOf));
    }

    [Fact]
    public void What_answers_whole_is_the_truth_whatever_was_kept()
    {
        File.WriteAllLines(Kept, _board);
        var slots = new GpuSlots(4, Kept);
        string[] other = [.. _board.Select(b => b.Replace("00000000", "00010000", StringComparison.Ordinal))]; // another slot of the host
        slots.Saw(other);
        Assert.Equal(other[2], new GpuSlots(4, Kept).BusOf(2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000:1B:00.0\n")]
    public void Without_a_whole_sight_the_drivers_numbers_have_to_do(string kept)
    {
        File.WriteAllText(Kept, kept);
        var slots = new GpuSlots(4, Kept);
        slots.Saw([_board[0], null, _board[2], _board[3]]);
        Assert.All(Enumerable.Range(0, 4), i => Assert.Null(slots.BusOf(i)));
    }
}
