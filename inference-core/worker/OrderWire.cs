using System.Diagnostics;
using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>Orders as bytes. Both ends are the same program, started by itself, so there are no versions of a message.</summary>
internal static class OrderWire
{
    private const byte Begin = 1, Submit = 2, Cancel = 3, Park = 4;

    public static ReadOnlyMemory<byte> Write(WorkerOrder order)
    {
        var wire = new WireWriter();
        switch (order)
        {
            case WorkerOrder.Begin begin:
                wire.Byte(Begin);
                wire.Text(begin.ModelDirectory);
                wire.Text(begin.Device);
                wire.Int(begin.Threads);
                WriteOptions(wire, begin.Options);
                wire.Text(begin.Guide);
                break;
            case WorkerOrder.Submit submit:
                wire.Byte(Submit);
                WriteRequest(wire, submit.Request);
                break;
            case WorkerOrder.Cancel cancel:
                wire.Byte(Cancel);
                wire.Long(cancel.Id);
                break;
            case WorkerOrder.Park park:
                wire.Byte(Park);
                wire.Flag(park.On);
                break;
            default:
                throw new UnreachableException();
        }
        return wire.Frame();
    }

    /// <exception cref="WireFault">The bytes are no order.</exception>
    public static WorkerOrder Read(ReadOnlySpan<byte> frame)
    {
        var wire = new WireReader(frame);
        WorkerOrder order = wire.Byte() switch
        {
            Begin => new WorkerOrder.Begin(wire.Text(), wire.Text(), wire.Int(), ReadOptions(ref wire), wire.Text()),
            Submit => new WorkerOrder.Submit(ReadRequest(ref wire)),
            Cancel => new WorkerOrder.Cancel(wire.Long()),
            Park => new WorkerOrder.Park(wire.Flag()),
            var kind => throw new WireFault($"order {kind} is not known"),
        };
        wire.End();
        return order;
    }

    private static void WriteOptions(WireWriter wire, SchedulerOptions options)
    {
        wire.Int(options.MaxRunning);
        wire.Int(options.PrefillChunk);
        wire.Long(options.CacheTokens);
        wire.Int(options.ReuseFromTokens);
    }

    private static SchedulerOptions ReadOptions(ref WireReader wire) => new()
    {
        MaxRunning = wire.Int(),
        PrefillChunk = wire.Int(),
        CacheTokens = wire.Long(),
        ReuseFromTokens = wire.Int(),
    };

    private static void WriteRequest(WireWriter wire, SequenceRequest request)
    {
        wire.Long(request.Id);
        wire.Ints(request.Prompt);
        wire.Ints(request.Generated);
        wire.Int(request.MaxTokens);
        WriteSampling(wire, request.Sampling);
        wire.Int(request.Choice);
        wire.Ints(request.EndTokens);
        wire.Optional(request.Logprobs);
        wire.Optional(request.PromptLogprobs);
        wire.Int(request.PromptScored);
        wire.Text(request.Client);
    }

    private static SequenceRequest ReadRequest(ref WireReader wire) => new()
    {
        Id = wire.Long(),
        Prompt = wire.Ints(),
        Generated = wire.Ints(),
        MaxTokens = wire.Int(),
        Sampling = ReadSampling(ref wire),
        Choice = wire.Int(),
        EndTokens = wire.Ints(),
        Logprobs = wire.Optional(),
        PromptLogprobs = wire.Optional(),
        PromptScored = wire.Int(),
        Client = wire.Text(),
    };

    private static void WriteSampling(WireWriter wire, SamplingOptions sampling)
    {
        wire.Float(sampling.Temperature);
        wire.Float(sampling.TopP);
        wire.Int(sampling.TopK);
        wire.Float(sampling.MinP);
        wire.Float(sampling.PresencePenalty);
        wire.Float(sampling.FrequencyPenalty);
        wire.Float(sampling.RepetitionPenalty);
        wire.Int(sampling.MinTokens);
        wire.Long((long)sampling.Seed);
        wire.Int(sampling.LogitBias.Count);
        foreach (var (token, bias) in sampling.LogitBias)
        {
            wire.Int(token);
            wire.Float(bias);
        }
    }

    private static SamplingOptions ReadSampling(ref WireReader wire)
    {
        var sampling = new SamplingOptions
        {
            Temperature = wire.Float(),
            TopP = wire.Float(),
            TopK = wire.Int(),
            MinP = wire.Float(),
            PresencePenalty = wire.Float(),
            FrequencyPenalty = wire.Float(),
            RepetitionPenalty = wire.Float(),
            MinTokens = wire.Int(),
            Seed = (ulong)wire.Long(),
        };
        var biases = new (int, float)[wire.Count(sizeof(int) + sizeof(float))];
        for (var i = 0; i < biases.Length; i++)
            biases[i] = (wire.Int(), wire.Float());
        return sampling with { LogitBias = biases };
    }
}
