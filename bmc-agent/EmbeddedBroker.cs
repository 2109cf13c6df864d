using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Appliance.Model;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace BmcAgent;

/// <summary>
/// The embedded MQTT broker, on the loopback only: it knows no users. Alarms and descriptions that are retained survive a restart;
/// <c>$state</c> does not, because a broker that was away cannot vouch for anybody, and points are repeated by their owners anyway.
/// </summary>
internal sealed class EmbeddedBroker : IAsyncDisposable
{
    private const int ConnectionLimit = 256;
    private const int RetainedLimit = 8192;
    private const int PayloadLimitBytes = 256 * 1024;

    private readonly MqttServer _server;
    private readonly string _retainedPath;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _keep = [];
    private readonly HashSet<string> _retained = [];
    private bool _dirty;
    private int _assigned;

    private EmbeddedBroker(MqttServer server, string retainedPath, ILogger log)
    {
        _server = server;
        _retainedPath = retainedPath;
        _log = log;
    }

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static async Task<EmbeddedBroker> StartAsync(IPAddress address, int port, string retainedPath, ILogger log)
    {
        // MQTTnet swallows some failures to bind; asking for the port first gives a clear answer.
        using (var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
            probe.Bind(new IPEndPoint(address, port));
        var options = new MqttServerOptionsBuilder()
            .WithDefaultEndpoint()
            .WithDefaultEndpointPort(port)
            .WithDefaultEndpointBoundIPAddress(address.AddressFamily == AddressFamily.InterNetwork ? address : IPAddress.None)
            .WithDefaultEndpointBoundIPV6Address(address.AddressFamily == AddressFamily.InterNetworkV6 ? address : IPAddress.None)
            .WithMaxPendingMessagesPerClient(20_000)
            .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage)
            .Build();
        options.KeepAliveOptions.MonitorInterval = TimeSpan.FromMilliseconds(250);
        var broker = new EmbeddedBroker(new MqttServerFactory().CreateMqttServer(options), retainedPath, log);
        broker._server.ValidatingConnectionAsync += broker.ValidateAsync;
        broker._server.InterceptingPublishAsync += broker.InterceptAsync;
        broker._server.LoadingRetainedMessageAsync += broker.LoadAsync;
        broker._server.RetainedMessageChangedAsync += broker.RetainedChangedAsync;
        await broker._server.StartAsync();
        return broker;
    }

    /// <summary>Writes the retained messages worth keeping when they changed. Called once a second and at the stop.</summary>
    public void Save()
    {
        RetainedMessage[] all;
        lock (_gate)
        {
            if (!_dirty)
                return;
            _dirty = false;
            all = [.. _keep.Select(k => new RetainedMessage(k.Key, k.Value))];
        }

        try
        {
            File.WriteAllBytes(_retainedPath + ".new", JsonSerializer.SerializeToUtf8Bytes(all, AgentJson.Default.RetainedMessageArray));
            File.Move(_retainedPath + ".new", _retainedPath, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.CannotWrite(_retainedPath, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsStarted)
            await _server.StopAsync(new MqttServerStopOptions());
        Save();
        _server.Dispose();
    }

    internal static bool IsKept(string topic)
    {
        return NodeBook.SplitTopic(topic) is var (_, below)
            && (below == "$description" || below.StartsWith("alarm/", StringComparison.Ordinal));
    }

    private async Task ValidateAsync(ValidatingConnectionEventArgs connecting)
    {
        // Debian's mosquitto clients send no id by default; MQTTnet refuses them unless one is assigned here.
        if (string.IsNullOrEmpty(connecting.ClientId))
            connecting.AssignedClientIdentifier = $"assigned-{Interlocked.Increment(ref _assigned)}";
        if ((await _server.GetClientsAsync()).Count >= ConnectionLimit)
            connecting.ReasonCode = MqttConnectReasonCode.ServerBusy;
    }

    private Task InterceptAsync(InterceptingPublishEventArgs publishing)
    {
        var message = publishing.ApplicationMessage;
        var refused = message.Payload.Length > PayloadLimitBytes;
        if (message.Retain && !refused)
        {
            lock (_gate)
            {
                if (message.Payload.IsEmpty)
                    _retained.Remove(message.Topic);
                else
                    refused = !_retained.Contains(message.Topic) && _retained.Count >= RetainedLimit;
                if (!refused && !message.Payload.IsEmpty)
                    _retained.Add(message.Topic);
            }
        }

        if (refused)
        {
            publishing.ProcessPublish = false;
            publishing.Response.ReasonCode = MqttPubAckReasonCode.QuotaExceeded;
        }

        return Task.CompletedTask;
    }

    private Task LoadAsync(LoadingRetainedMessagesEventArgs loading)
    {
        loading.LoadedRetainedMessages = [];
        try
        {
            var kept = JsonSerializer.Deserialize(File.ReadAllBytes(_retainedPath), AgentJson.Default.RetainedMessageArray) ?? [];
            foreach (var message in kept.Where(m => IsKept(m.Topic)))
            {
                _keep[message.Topic] = message.Payload;
                _retained.Add(message.Topic);
                loading.LoadedRetainedMessages.Add(new MqttApplicationMessage
                {
                    Topic = message.Topic,
                    Payload = new ReadOnlySequence<byte>(message.Payload),
                    Retain = true,
                    QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                });
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The first start.
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _log.CannotRead(_retainedPath, e.Message);
        }

        return Task.CompletedTask;
    }

    private Task RetainedChangedAsync(RetainedMessageChangedEventArgs changed)
    {
        var message = changed.ChangedRetainedMessage;
        if (!IsKept(message.Topic))
            return Task.CompletedTask;
        lock (_gate)
        {
            if (message.Payload.IsEmpty)
                _keep.Remove(message.Topic);
            else
                _keep[message.Topic] = message.Payload.ToArray();
            _dirty = true;
        }

        return Task.CompletedTask;
    }
}
