namespace Appliance.Bus;

/// <summary>The last will: what the broker publishes in our name when the connection breaks without a goodbye. QoS 1.</summary>
public sealed record BusWill(string Topic, ReadOnlyMemory<byte> Payload, bool Retain = true);

/// <summary>Where the broker is and how much may wait for it.</summary>
public sealed record BusSessionOptions
{
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port, 1..65535.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Unique per process on a broker: a second session with the same id takes the first one's place.</summary>
    public required string ClientId { get; init; }

    public BusWill? Will { get; init; }

    /// <summary>Mutual TLS 1.3; null is plain, for the loopback of a twin.</summary>
    public BusTls? Tls { get; init; }

    /// <summary>Messages waiting for the network, one per topic; a further topic is dropped and counted.</summary>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>Largest payload taken, bytes; a larger one is dropped and counted.</summary>
    public int PayloadLimitBytes { get; init; } = 256 * 1024;

    /// <summary>The broker declares us lost after one and a half of these without a sign of life.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for one answer of the broker before the connection counts as broken.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>First pause after a failed connection; it doubles up to <see cref="BackoffMax"/>.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>At a stop, how long what still waits may take to leave.</summary>
    public TimeSpan DrainOnStop { get; init; } = TimeSpan.FromSeconds(1);
}
