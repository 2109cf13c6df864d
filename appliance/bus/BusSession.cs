using System.Buffers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Appliance.Bus;

/// <summary>
/// One process' connection to the broker (MQTT 5). <see cref="RunAsync"/> connects, reconnects for ever and re-subscribes; callers
/// only put messages into a bounded queue and are never kept waiting. MQTTnet 5 dropped its managed client, so this is ours.
/// </summary>
public sealed class BusSession : IDisposable
{
    private const int CorrectionsPerConnection = 1000;

    private readonly BusSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly OutgoingQueue _queue;
    private readonly RetainedTable _retained;
    private readonly SemaphoreSlim _work = new(0);
    private readonly List<(string Filter, Action<string, ReadOnlyMemory<byte>> Handler)> _handlers = [];
    private readonly List<string> _owned = [];
    private readonly IMqttClient _client;

    private long _published;
    private long _superseded;
    private long _dropped;
    private long _received;
    private long _handlerFaults;
    private long _connects;
    private long _corrections;
    private long _correctionsLeft;
    private volatile bool _connected;
    private volatile string? _lastFault;
    private volatile string? _lastConnectError;
    private int _started;

    public BusSession(BusSessionOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _queue = new(options.QueueLimit);
        _retained = new(options.QueueLimit);
        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += OnMessageAsync;
        _client.DisconnectedAsync += OnDisconnectedAsync;
    }

    /// <summary>Raised on the session's thread before each attempt to connect.</summary>
    public event Action? Connecting;

    /// <summary>Raised on the session's thread after each connect, when subscriptions stand. Handlers only set data.</summary>
    public event Action? Connected;

    public bool IsConnected => _connected;

    public BusCounters Counters => new(
        Interlocked.Read(ref _published),
        Interlocked.Read(ref _superseded),
        Interlocked.Read(ref _dropped),
        Interlocked.Read(ref _received),
        Interlocked.Read(ref _handlerFaults),
        Interlocked.Read(ref _connects),
        Interlocked.Read(ref _corrections));

    /// <summary>Topic and message of the last exception a handler threw.</summary>
    public string? LastHandlerFault => _lastFault;

    /// <summary>Why the last attempt to connect failed; null while connected.</summary>
    public string? LastConnectError => _lastConnectError;

    /// <summary>Only before <see cref="RunAsync"/>. The handler runs on the session's receive thread and must not block.</summary>
    public void Subscribe(string filter, Action<string, ReadOnlyMemory<byte>> handler)
    {
        if (Volatile.Read(ref _started) != 0)
            throw new InvalidOperationException($"Subscribe to {filter} before RunAsync.");
        _handlers.Add((filter, handler));
    }

    /// <summary>
    /// Only before <see cref="RunAsync"/>. Retained topics below <paramref name="filter"/> are this session's alone: what the broker
    /// kept of an earlier life and this one does not hold is cleared (an alarm of before the restart), and a late last will of our
    /// own previous connection is overwritten by the current value.
    /// </summary>
    public void Own(string filter)
    {
        if (Volatile.Read(ref _started) != 0)
            throw new InvalidOperationException($"Own {filter} before RunAsync.");
        _owned.Add(filter);
    }

    /// <summary>Queues a copy of the payload; the newest of a topic wins. Never waits for anything.</summary>
    /// <param name="retain">Held by the broker, and published again after every reconnect; an empty payload clears.</param>
    /// <param name="qos">0 or 1.</param>
    /// <returns>False when it was dropped (queue full, payload too large); that is counted.</returns>
    public bool Publish(string topic, ReadOnlyMemory<byte> payload, bool retain = false, int qos = 0)
    {
        if (payload.Length > _options.PayloadLimitBytes)
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }

        var message = new Outgoing(topic, payload.ToArray(), retain, qos);
        if (retain)
            _retained.Set(message);
        return Queue(message);
    }

    public bool Publish<T>(string topic, T value, JsonTypeInfo<T> type, bool retain = false, int qos = 0) =>
        Publish(topic, JsonSerializer.SerializeToUtf8Bytes(value, type), retain, qos);

    /// <summary>For the outbox: QoS 1, messages of one topic do not replace each other.</summary>
    internal bool PublishEach(string topic, ReadOnlyMemory<byte> payload)
    {
        if (_queue.AddEach(new Outgoing(topic, payload, Retain: false, Qos: 1)) == OutgoingQueue.Added.Full)
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }

        _work.Release();
        return true;
    }

    /// <summary>Lives until cancelled; then sends what still waits (bounded) and says goodbye, so that no last will is published.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            throw new InvalidOperationException("A bus session runs once.");
        var backoff = _options.BackoffMin;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(stop);
                backoff = _options.BackoffMin;
                await PumpAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) // the edge of the loop: whatever broke the connection, the answer is a new one
            {
                _lastConnectError = e.InnerException?.Message ?? e.Message;
            }

            _connected = false;
            try
            {
                await DropConnectionAsync();
                await Task.Delay(backoff, _time, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            backoff = backoff * 2 < _options.BackoffMax ? backoff * 2 : _options.BackoffMax;
        }

        await GoodbyeAsync();
    }

    public void Dispose()
    {
        _client.Dispose();
        _work.Dispose();
    }

    private bool Queue(Outgoing message)
    {
        switch (_queue.Add(message))
        {
            case OutgoingQueue.Added.Full:
                Interlocked.Increment(ref _dropped);
                return false;
            case OutgoingQueue.Added.Replaced:
                Interlocked.Increment(ref _superseded);
                return true;
            default:
                _work.Release();
                return true;
        }
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        Interlocked.Exchange(ref _correctionsLeft, CorrectionsPerConnection);
        Connecting?.Invoke();
        var identity = _options.Tls?.Load();
        using (identity?.Own)
        using (identity?.Trusted)
            await _client.ConnectAsync(ClientOptions(identity), stop);
        var filters = _handlers.Select(h => h.Filter).Concat(_owned).Distinct().ToArray();
        if (filters.Length > 0)
        {
            var subscribe = new MqttClientSubscribeOptionsBuilder();
            foreach (var filter in filters)
                subscribe.WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce);
            var result = await _client.SubscribeAsync(subscribe.Build(), stop);
            foreach (var item in result.Items)
            {
                if (item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
                    throw new InvalidOperationException($"The broker refused the subscription {item.TopicFilter.Topic}: {item.ResultCode}.");
            }
        }

        foreach (var message in _retained.All())
            _queue.GiveBack(message);
        _connected = true;
        _lastConnectError = null;
        Interlocked.Increment(ref _connects);
        Connected?.Invoke();
    }

    private MqttClientOptions ClientOptions((X509Certificate2 Own, X509Certificate2 Trusted)? identity)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithTcpServer(_options.Host, _options.Port)
            .WithClientId(_options.ClientId)
            .WithCleanStart()
            .WithTryPrivate(false)
            .WithKeepAlivePeriod(_options.KeepAlive)
            .WithTimeout(_options.AnswerTimeout);
        if (identity is var (own, trusted))
        {
            builder.WithTlsOptions(tls => tls
                .UseTls()
                .WithSslProtocols(SslProtocols.Tls13)
                .WithTargetHost(_options.Host)
                .WithClientCertificates(new[] { own })
                .WithCertificateValidationHandler(broker => BusTls.IsTrusted(broker.Certificate, broker.SslPolicyErrors, trusted)));
        }

        if (_options.Will is { } will)
        {
            builder.WithWillTopic(will.Topic)
                .WithWillPayload(will.Payload.ToArray())
                .WithWillRetain(will.Retain)
                .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        }

        return builder.Build();
    }

    /// <summary>Sends what waits, in order, while the connection lives.</summary>
    private async Task PumpAsync(CancellationToken stop)
    {
        while (true)
        {
            while (_queue.TryTake(out var message))
                await SendAsync(message, stop);
            await _work.WaitAsync(stop);
            if (!_client.IsConnected)
                throw new InvalidOperationException("The connection to the broker is gone.");
        }
    }

    private async Task SendAsync(Outgoing message, CancellationToken stop)
    {
        try
        {
            await _client.PublishAsync(
                new MqttApplicationMessage
                {
                    Topic = message.Topic,
                    Payload = new ReadOnlySequence<byte>(message.Payload),
                    Retain = message.Retain,
                    QualityOfServiceLevel = (MqttQualityOfServiceLevel)message.Qos,
                },
                stop);
            Interlocked.Increment(ref _published);
        }
        catch
        {
            _queue.GiveBack(message);
            throw;
        }
    }

    private Task OnMessageAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        var topic = received.ApplicationMessage.Topic;
        ReadOnlyMemory<byte> payload = received.ApplicationMessage.Payload.ToArray();
        Interlocked.Increment(ref _received);
        if (_owned.Exists(filter => TopicFilter.Matches(filter, topic)))
            SetRight(topic, payload);
        foreach (var (filter, handler) in _handlers)
        {
            if (!TopicFilter.Matches(filter, topic))
                continue;
            try
            {
                handler(topic, payload);
            }
            catch (Exception e) // the edge: one bad message must not end the session
            {
                Interlocked.Increment(ref _handlerFaults);
                _lastFault = $"{topic}: {e.Message}";
            }
        }

        return Task.CompletedTask;
    }

    private void SetRight(string topic, ReadOnlyMemory<byte> seen)
    {
        // Two owners of one topic would correct each other for ever; a connection may only do so much of it.
        if (_retained.Correction(topic, seen.Span) is not { } ours || Interlocked.Decrement(ref _correctionsLeft) < 0)
            return;
        Interlocked.Increment(ref _corrections);
        Queue(ours);
    }

    private Task OnDisconnectedAsync(MqttClientDisconnectedEventArgs disconnected)
    {
        _connected = false;
        _work.Release(); // wakes the pump, which then sees it
        return Task.CompletedTask;
    }

    private async Task DropConnectionAsync()
    {
        if (!_client.IsConnected)
            return;
        try
        {
            await _client.DisconnectAsync(new MqttClientDisconnectOptions { Reason = MqttClientDisconnectOptionsReason.UnspecifiedError });
        }
        catch (Exception e) // it is broken already
        {
            _lastConnectError = e.Message;
        }
    }

    private async Task GoodbyeAsync()
    {
        if (_client.IsConnected)
        {
            using var limit = new CancellationTokenSource(_options.DrainOnStop, _time);
            try
            {
                while (_queue.TryTake(out var message))
                    await SendAsync(message, limit.Token);
                await _client.DisconnectAsync(new MqttClientDisconnectOptions { Reason = MqttClientDisconnectOptionsReason.NormalDisconnection }, limit.Token);
            }
            catch (Exception e) // stopping: what could not leave in time stays unsent
            {
                _lastConnectError = e.Message;
            }
        }

        _connected = false;
    }
}
