using System.Diagnostics;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>News as bytes; see <see cref="OrderWire"/>.</summary>
internal static class NewsWire
{
    private const byte Proven = 1, Beat = 2, Stepped = 3, Failed = 4, Awake = 5;
    private const byte Started = 1, PromptScored = 2, Token = 3, Ended = 4;

    public static ReadOnlyMemory<byte> Write(WorkerNews news)
    {
        var wire = new WireWriter();
        switch (news)
        {
            case WorkerNews.Proven proven:
                wire.Byte(Proven);
                wire.Int(proven.Vocabulary);
                wire.Long(proven.CacheTokens);
                wire.Text(proven.Gpu);
                wire.Long(proven.CacheBytes);
                wire.Text(proven.Answer);
                break;
            case WorkerNews.Beat beat:
                wire.Byte(Beat);
                wire.Flag(beat.Still);
                break;
            case WorkerNews.Stepped stepped:
                wire.Byte(Stepped);
                WriteReport(wire, stepped.Report);
                break;
            case WorkerNews.Failed failed:
                wire.Byte(Failed);
                wire.Text(failed.Message);
                wire.Flag(failed.Suspect);
                break;
            case WorkerNews.Awake:
                wire.Byte(Awake);
                break;
            default:
                throw new UnreachableException();
        }
        return wire.Frame();
    }

    /// <exception cref="WireFault">The bytes are no news.</exception>
    public static WorkerNews Read(ReadOnlySpan<byte> frame)
    {
        var wire = new WireReader(frame);
        WorkerNews news = wire.Byte() switch
        {
            Proven => new WorkerNews.Proven(wire.Int(), wire.Long(), wire.Text(), wire.Long(), wire.Text()),
            Beat => new WorkerNews.Beat(wire.Flag()),
            Stepped => new WorkerNews.Stepped(ReadReport(ref wire)),
            Failed => new WorkerNews.Failed(wire.Text(), wire.Flag()),
            Awake => new WorkerNews.Awake(),
            var kind => throw new WireFault($"news {kind} is not known"),
        };
        wire.End();
        return news;
    }

    private static void WriteReport(WireWriter wire, StepReport report)
    {
        wire.Int(report.Tokens);
        wire.Int(report.Running);
        wire.Long(report.CacheTokens);
        wire.Int(report.Preemptions);
        wire.Int(report.PrefixQueried);
        wire.Int(report.PrefixFound);
        wire.Int(report.Events.Count);
        foreach (var happened in report.Events)
            WriteEvent(wire, happened);
    }

    private static StepReport ReadReport(ref WireReader wire)
    {
        var report = new StepReport
        {
            Tokens = wire.Int(),
            Running = wire.Int(),
            CacheTokens = wire.Long(),
            Preemptions = wire.Int(),
            PrefixQueried = wire.Int(),
            PrefixFound = wire.Int(),
        };
        var count = wire.Count(sizeof(byte) + sizeof(long));
        for (var i = 0; i < count; i++)
            report.Events.Add(ReadEvent(ref wire));
        return report;
    }

    private static void WriteEvent(WireWriter wire, SequenceEvent happened)
    {
        switch (happened)
        {
            case SequenceEvent.Started started:
                wire.Byte(Started);
                wire.Long(started.Id);
                wire.Int(started.CachedTokens);
                break;
            case SequenceEvent.PromptScored scored:
                wire.Byte(PromptScored);
                wire.Long(scored.Id);
                WriteLogprob(wire, scored.Logprob);
                break;
            case SequenceEvent.Token token:
                wire.Byte(Token);
                wire.Long(token.Id);
                wire.Int(token.Index);
                wire.Int(token.Value);
                wire.Flag(token.Logprob is not null);
                if (token.Logprob is { } logprob)
                    WriteLogprob(wire, logprob);
                break;
            case SequenceEvent.Ended ended:
                wire.Byte(Ended);
                wire.Long(ended.Id);
                wire.Byte((byte)ended.Reason);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static SequenceEvent ReadEvent(ref WireReader wire)
    {
        var kind = wire.Byte();
        var id = wire.Long();
        return kind switch
        {
            Started => new SequenceEvent.Started(id, wire.Int()),
            PromptScored => new SequenceEvent.PromptScored(id, ReadLogprob(ref wire)),
            Token => new SequenceEvent.Token(id, wire.Int(), wire.Int(), wire.Flag() ? ReadLogprob(ref wire) : null),
            Ended => new SequenceEvent.Ended(id, ReasonOf(wire.Byte())),
            _ => throw new WireFault($"event {kind} is not known"),
        };
    }

    private static FinishReason ReasonOf(byte value) =>
        value <= (byte)FinishReason.Shed ? (FinishReason)value : throw new WireFault($"reason {value} is not known");

    private static void WriteLogprob(WireWriter wire, TokenLogprob logprob)
    {
        wire.Int(logprob.Token);
        wire.Float(logprob.Logprob);
        wire.Int(logprob.Top.Count);
        foreach (var (token, value) in logprob.Top)
        {
            wire.Int(token);
            wire.Float(value);
        }
    }

    private static TokenLogprob ReadLogprob(ref WireReader wire)
    {
        var (token, logprob) = (wire.Int(), wire.Float());
        var top = new (int, float)[wire.Count(sizeof(int) + sizeof(float))];
        for (var i = 0; i < top.Length; i++)
            top[i] = (wire.Int(), wire.Float());
        return new TokenLogprob(token, logprob, top);
    }
}
