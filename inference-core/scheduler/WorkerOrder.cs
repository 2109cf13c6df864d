namespace InferenceCore.Scheduling;

/// <summary>What the gateway tells its worker. The first order is <see cref="Begin"/>; all are carried out between two steps.</summary>
internal abstract record WorkerOrder
{
    private WorkerOrder()
    {
    }

    /// <summary>Load this model, prove that it works, say so, and step.</summary>
    /// <param name="Guide">Where the model lies whose answer is known on every device; empty: nowhere.</param>
    internal sealed record Begin(string ModelDirectory, string Device, int Threads, SchedulerOptions Options, string Guide = "") : WorkerOrder;

    internal sealed record Submit(SequenceRequest Request) : WorkerOrder;

    internal sealed record Cancel(long Id) : WorkerOrder;

    /// <summary>No step until told otherwise, or go on.</summary>
    internal sealed record Park(bool On) : WorkerOrder;
}
