using System.IO.Pipes;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Probe;

namespace FastTests.Probe;

/// <summary>Frames between daemon and probe, and who is called hung.</summary>
public sealed class ProbePipeTests
{
    [Fact]
    public void Frames_arrive_whole_in_order_and_however_they_are_cut()
    {
        using var stream = new MemoryStream();
        var writer = new ProbeWriter(stream);
        writer.Send(ProbeFrame.Limit, [1, 2, 3]);
        writer.Send(ProbeFrame.Probe, new() { State = ProbeState.Working, GpusFound = 8 }, HealthJson.Default.ProbeHealth);
        writer.Send(ProbeFrame.Reading, new byte[100_000]);
        var reader = new ProbeReader(new Trickle(stream.ToArray(), 7));
        Assert.True(reader.Next(out var kind, out var payload));
        Assert.Equal((ProbeFrame.Limit, 3), (kind, payload.Length));
        Assert.True(reader.Next(out kind, out payload));
        Assert.Equal(8, System.Text.Json.JsonSerializer.Deserialize(payload, HealthJson.Default.ProbeHealth)!.GpusFound);
        Assert.True(reader.Next(out kind, out payload));
        Assert.Equal((ProbeFrame.Reading, 100_000), (kind, payload.Length));
        Assert.False(reader.Next(out _, out _));
    }

    [Fact]
    public void What_is_no_frame_ends_the_stream_instead_of_filling_the_memory()
    {
        var reader = new ProbeReader(new MemoryStream([(byte)'g', 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3]));
        Assert.False(reader.Next(out _, out _));
    }

    [Fact]
    public void A_reader_that_went_away_is_remembered_and_not_thrown()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle).Dispose();
        var writer = new ProbeWriter(pipe);
        for (var i = 0; i < 10 && !writer.IsBroken; i++)
            writer.Send(ProbeFrame.Limit, new byte[12]);
        Assert.True(writer.IsBroken);
    }

    [Fact]
    public void One_gpu_whose_call_is_out_for_a_second_is_hung_and_the_box_is_not_blind()
    {
        var (watch, readings, _) = Watch(8);
        readings[3].Begin("reading", TimeSpan.FromSeconds(10));
        readings[4].Begin("reading", TimeSpan.FromSeconds(10.9));
        Assert.Empty(watch.Look(TimeSpan.FromSeconds(10.9)));
        var changed = Assert.Single(watch.Look(TimeSpan.FromSeconds(11.2)));
        Assert.Equal((3, GpuAccess.Hung, TimeSpan.FromSeconds(10)), (changed.Index, changed.Access, changed.HungSince));
        Assert.Null(watch.AllSince);
        Assert.Empty(watch.Look(TimeSpan.FromSeconds(11.5)));
        readings[3].End();
        Assert.Equal(GpuAccess.Unknown, Assert.Single(watch.Look(TimeSpan.FromSeconds(11.6))).Access);
    }

    [Fact]
    public void A_driver_in_which_every_call_is_out_makes_the_box_blind_within_two_seconds_and_seeing_again_at_once()
    {
        var (watch, readings, _) = Watch(8);
        for (var i = 0; i < 8; i++)
            readings[i].Begin("reading", TimeSpan.FromSeconds(20 + i * 0.0125));
        TimeSpan? blindAt = null;
        for (var now = TimeSpan.FromSeconds(20.1); now < TimeSpan.FromSeconds(23) && blindAt is null; now += TimeSpan.FromMilliseconds(250))
        {
            watch.Look(now);
            blindAt = watch.AllSince is null ? null : now;
        }

        Assert.InRange(blindAt!.Value.TotalSeconds - 20, 1, 2);
        Assert.Equal(TimeSpan.FromSeconds(20.0875), watch.AllSince);
        readings[0].End();
        watch.Look(blindAt.Value + TimeSpan.FromMilliseconds(250));
        Assert.Null(watch.AllSince);
        Assert.True(watch.AnyOut);
    }

    [Fact]
    public void A_survey_may_take_longer_than_a_reading_before_it_is_called_hung()
    {
        var (watch, _, surveys) = Watch(2);
        surveys[1].Begin("identity", TimeSpan.FromSeconds(1));
        Assert.Empty(watch.Look(TimeSpan.FromSeconds(5)));
        Assert.Contains("identity", Assert.Single(watch.Look(TimeSpan.FromSeconds(6.5))).Fault);
    }

    private static (HangWatch Watch, DriverCall[] Readings, DriverCall[] Surveys) Watch(int gpus)
    {
        DriverCall[] readings = [.. Enumerable.Range(0, gpus).Select(_ => new DriverCall())], surveys = [.. readings.Select(_ => new DriverCall())];
        return (new(gpus, i => readings[i], i => surveys[i]), readings, surveys);
    }

    /// <summary>A pipe that gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, int atMost) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, atMost));
    }
}
