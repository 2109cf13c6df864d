using InferenceCore.Scheduling;

namespace InferenceCore.Worker;

/// <summary>One life of a worker, seen from the gateway. Disposing ends it, whatever state it is in.</summary>
internal interface IWorkerLink : IDisposable
{
    /// <summary>How people can find it.</summary>
    string Name { get; }

    /// <summary>Never waits and never fails: to a worker that is gone nothing can be said, and <see cref="Receive"/> tells.</summary>
    void Send(WorkerOrder order);

    /// <summary>The next news; null when none came within the time.</summary>
    /// <exception cref="WorkerLost">There will be none any more.</exception>
    WorkerNews? Receive(TimeSpan patience);
}
