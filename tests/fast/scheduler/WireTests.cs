using CsCheck;
using InferenceCore.Scheduling;
using InferenceCore.Worker;

namespace FastTests.Scheduling;

public sealed class WireTests
{
    private static readonly Gen<int[]> Tokens = Gen.Int[0, 200_000].Array[0, 200];

    private static readonly Gen<TokenLogprob> Logprob = Gen.Select(Gen.Int, Gen.Float, Gen.Select(Gen.Int, Gen.Float).Array[0, 20])
        .Select((token, value, top) => new TokenLogprob(token, value, top));

    private static readonly Gen<SequenceEvent> Event = Gen.OneOf(
        Gen.Select(Gen.Long, Gen.Int, (id, cached) => (SequenceEvent)new SequenceEvent.Started(id, cached)),
        Gen.Select(Gen.Long, Logprob, (id, logprob) => (SequenceEvent)new SequenceEvent.PromptScored(id, logprob)),
        Gen.Select(Gen.Long, Gen.Int, Gen.Int, Gen.Null(Logprob), (id, index, token, logprob) => (SequenceEvent)new SequenceEvent.Token(id, index, token, logprob)),
        Gen.Select(Gen.Long, Gen.Enum<FinishReason>(), (id, reason) => (SequenceEvent)new SequenceEvent.Ended(id, reason)));

    private static readonly Gen<SamplingOptions> Sampling = Gen.Select(Gen.Float.Array[6, 6], Gen.Int, Gen.Int, Gen.ULong, Gen.Select(Gen.Int, Gen.Float).Array[0, 9])
        .Select((f, k, least, seed, bias) => new SamplingOptions
        {
            Temperature = f[0],
            TopP = f[1],
            MinP = f[2],
            PresencePenalty = f[3],
            FrequencyPenalty = f[4],
            RepetitionPenalty = f[5],
            TopK = k,
            MinTokens = least,
            Seed = seed,
            LogitBias = bias,
        });

    private static readonly Gen<WorkerOrder> Order = Gen.OneOf(
        Gen.Select(Gen.String, Gen.String, Gen.Int, Gen.Int.Array[3, 3], Gen.Long, Gen.String, (directory, device, threads, n, cache, guide) => (WorkerOrder)new WorkerOrder.Begin(directory, device, threads,
            new SchedulerOptions { MaxRunning = n[0], PrefillChunk = n[1], ReuseFromTokens = n[2], CacheTokens = cache }, guide)),
        Gen.Select(Gen.Long, Tokens, Tokens, Sampling, Tokens, Gen.Int.Nullable(), Gen.Int.Nullable(), Gen.String, (id, prompt, generated, sampling, ends, logprobs, scored, client) =>
            (WorkerOrder)new WorkerOrder.Submit(new SequenceRequest
            {
                Id = id,
                Prompt = prompt,
                Generated = generated,
                MaxTokens = prompt.Length,
                Sampling = sampling,
                Choice = ends.Length,
                EndTokens = ends,
                Logprobs = logprobs,
                PromptLogprobs = scored,
                PromptScored = generated.Length,
                Client = client,
            })),
        Gen.Long.Select(id => (WorkerOrder)new WorkerOrder.Cancel(id)),
        Gen.Bool.Select(on => (WorkerOrder)new WorkerOrder.Park(on)));

    private static readonly Gen<WorkerNews> News = Gen.OneOf(
        Gen.Select(Gen.Int, Gen.Long, Gen.String, Gen.Long, Gen.String, (vocabulary, cache, gpu, bytes, answer) => (WorkerNews)new WorkerNews.Proven(vocabulary, cache, gpu, bytes, answer)),
        Gen.Const<WorkerNews>(new WorkerNews.Awake()),
        Gen.Bool.Select(still => (WorkerNews)new WorkerNews.Beat(still)),
        Gen.Select(Gen.Int.Array[5, 5], Gen.Long, Event.Array[0, 50], (n, cache, events) => (WorkerNews)new WorkerNews.Stepped(new StepReport
        {
            Tokens = n[0],
            Running = n[1],
            Preemptions = n[2],
            PrefixQueried = n[3],
            PrefixFound = n[4],
            CacheTokens = cache,
            Events = [.. events],
        })),
        Gen.Select(Gen.String, Gen.Bool, (message, suspect) => (WorkerNews)new WorkerNews.Failed(message, suspect)));

    [Fact]
    public void Whatever_is_ordered_or_told_arrives_with_every_field_however_the_bytes_are_cut() =>
        Gen.Select(Order.Array[1, 8], News.Array[1, 8], Gen.Int[1, 400]).Sample((orders, news, portion) =>
        {
            var sent = orders.Select(o => OrderWire.Write(o).ToArray()).Concat(news.Select(n => NewsWire.Write(n).ToArray())).ToArray();
            var heard = Frames([.. sent.SelectMany(f => f)], portion);
            Assert.Equal(sent.Length, heard.Count);
            for (var i = 0; i < sent.Length; i++)
            {
                // A message is equal to another when its bytes are; that every field is in the bytes the next line says.
                var again = i < orders.Length ? OrderWire.Write(OrderWire.Read(heard[i])) : NewsWire.Write(NewsWire.Read(heard[i]));
                Assert.Equal(sent[i], again.ToArray());
            }
        }, iter: 200);

    [Fact]
    public void A_request_that_has_arrived_is_the_one_that_was_sent() => Order.Where(o => o is WorkerOrder.Submit).Sample(order =>
    {
        var sent = ((WorkerOrder.Submit)order).Request;
        var heard = ((WorkerOrder.Submit)OrderWire.Read(OrderWire.Write(order)[sizeof(uint)..].Span)).Request;
        Assert.Equivalent(sent, heard, strict: true);
    }, iter: 50);

    [Fact]
    public void Bytes_that_are_no_message_are_a_fault_and_nothing_else() =>
        Gen.Select(Gen.OneOf(Order.Select(o => OrderWire.Write(o).ToArray()), News.Select(n => NewsWire.Write(n).ToArray())), Gen.Int[0, 1 << 20], Gen.Byte, Gen.Bool).Sample((frame, at, value, cut) =>
        {
            var bytes = frame[sizeof(uint)..];
            if (cut)
                bytes = bytes[..(at % bytes.Length)];
            else
                bytes[at % bytes.Length] = value;
            Ignore(() => OrderWire.Read(bytes));
            Ignore(() => NewsWire.Read(bytes));
        }, iter: 3000);

    [Fact]
    public void A_frame_longer_than_any_message_is_a_fault_before_memory_is_spent_on_it()
    {
        var buffer = new FrameBuffer();
        new byte[] { 0xFF, 0xFF, 0xFF, 0x7F, 1 }.CopyTo(buffer.Room());
        buffer.Filled(5);
        Assert.Throws<WireFault>(() => buffer.TryTake(out _));
    }

    private static void Ignore(Action read)
    {
        try
        {
            read();
        }
        catch (WireFault)
        {
            // What is expected; anything else fails the test.
        }
    }

    private static List<byte[]> Frames(byte[] stream, int portion)
    {
        var buffer = new FrameBuffer();
        var frames = new List<byte[]>();
        for (var sent = 0; sent < stream.Length;)
        {
            var room = buffer.Room();
            var bytes = Math.Min(Math.Min(portion, room.Length), stream.Length - sent);
            stream.AsMemory(sent, bytes).CopyTo(room);
            buffer.Filled(bytes);
            sent += bytes;
            while (buffer.TryTake(out var frame))
                frames.Add(frame.ToArray());
        }
        return frames;
    }
}
