using System.Net;
using System.Net.Sockets;
using Appliance.Bus;
using Appliance.Model;
using Microsoft.AspNetCore.Connections;

namespace BmcAgent;

/// <summary>The management plane put together: broker, reader, log, heartbeat watch, panel.</summary>
internal sealed class Agent
{
    /// <summary>What setup leaves when somebody has claimed the box.</summary>
    private const string ClaimFile = "/etc/appliance/claimed.json";

    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(10);

    private readonly BoxConfig _config;
    private readonly RunPaths _paths;
    private readonly string? _runDirectory;
    private readonly TimeProvider _time;
    private readonly long _startedAt;

    /// <summary>Null on the twin, whose panel is plain, open, and on the loopback only.</summary>
    private readonly PanelCertificate? _certificate;

    /// <param name="runDirectory">The twin's run directory; null on a box.</param>
    public Agent(BoxConfig config, string? runDirectory, TimeProvider time)
    {
        _config = config;
        _runDirectory = runDirectory;
        _paths = runDirectory is null ? RunPaths.Box : RunPaths.Twin(runDirectory);
        _time = time;
        _startedAt = time.GetTimestamp();
        _certificate = runDirectory is null ? new(BusTls.BoxDirectory, time) : null;
    }

    /// <summary>What this process cannot do with a configuration that is otherwise fine.</summary>
    /// <param name="onBox">There the panel speaks TLS and asks who one is, and may listen anywhere.</param>
    public static string? Fault(BoxConfig config, bool onBox)
    {
        if (onBox && !IPAddress.TryParse(config.BmcAgent.Listen, out _) && config.BmcAgent.Listen != "localhost")
            return $"bmc_agent.listen is \"{config.BmcAgent.Listen}\", which is no address; right would be 127.0.0.1, or 0.0.0.0 for every network.";
        if (!onBox && Loopback(config.BmcAgent.Listen) is null)
            return $"bmc_agent.listen is \"{config.BmcAgent.Listen}\"; without TLS and credentials the panel listens on the loopback only: 127.0.0.1 or ::1.";
        if (config.BmcAgent.EmbeddedBroker && Loopback(config.Bus.Host) is null)
            return $"bus.host is \"{config.Bus.Host}\"; the embedded broker listens on the loopback only: 127.0.0.1, or set bmc_agent.embedded_broker to false.";
        if (config.BmcAgent.EmbeddedBroker && config.Bus.Port == config.BmcAgent.Port)
            return $"bus.port and bmc_agent.port are both {config.Bus.Port}; they must differ.";
        return null;
    }

    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        if (_certificate?.Fault() is { } fault)
            return Refuse(fault);
        Directory.CreateDirectory(_paths.State);
        var builder = Builder();
        await using var app = builder.Build();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("bmc-agent");

        EmbeddedBroker? broker = null;
        if (_config.BmcAgent.EmbeddedBroker)
        {
            var address = Loopback(_config.Bus.Host)!;
            try
            {
                broker = await EmbeddedBroker.StartAsync(address, _config.Bus.Port, Path.Combine(_paths.State, "retained.json"), log);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                return Refuse(e.SocketErrorCode == SocketError.AccessDenied
                    ? $"port {_config.Bus.Port} on {address} needs more rights; bus.port moves it."
                    : InUse(address, _config.Bus.Port, "bus.port (or bmc_agent.embedded_broker = false, to use that broker)"));
            }
        }

        try
        {
            return await ServeAsync(app, broker, log);
        }
        finally
        {
            if (broker is not null)
                await broker.DisposeAsync();
        }
    }

    private async Task<int> ServeAsync(WebApplication app, EmbeddedBroker? broker, ILogger log)
    {
        var lastKnown = new LastKnownFile(Path.Combine(_paths.State, "last-known.json"));
        var book = new NodeBook(_time);
        book.Remember(lastKnown.Read(out var unreadable));
        if (unreadable is not null)
            log.CannotRead("last-known", unreadable);
        using var events = EventLog.Open(_paths.EventLog, _config.BmcAgent.EventLogLimit);
        using var session = new BusSession(
            new BusSessionOptions
            {
                Host = _config.Bus.Host,
                Port = _config.Bus.Port,
                ClientId = $"bmc-agent-{_config.Node}",
                Tls = broker is null && _runDirectory is null ? BusTls.OfBox("bmc-agent") : null,
            },
            _time);
        var reader = new BusReader(session, book, events, ownBroker: broker is not null, _time, log);
        var watch = new HeartbeatWatch(_paths, _runDirectory, SafeProgram(), reader, _config.Node, _time, log);
        new PanelApi(_config, book, events, session, _time, Door()).Map(app);

        try
        {
            await app.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            return Refuse(InUse(Address(), _config.BmcAgent.Port, "bmc_agent.port"));
        }

        // The session outlives the others by a moment, so that the last acknowledgements leave.
        using var stop = new CancellationTokenSource();
        using var stopSession = new CancellationTokenSource();
        var sessionRuns = session.RunAsync(stopSession.Token);
        using var notifier = SystemdNotifier.FromEnvironment();
        var others = Task.WhenAll(
            reader.RunAsync(stop.Token), watch.RunAsync(stop.Token), SaveAsync(broker, book, lastKnown, notifier, log, stop.Token),
            Footprint.KeepSmallAsync(_time, stop.Token));
        log.Ready(
            $"{(_certificate is null ? "http" : "https")}://{_config.BmcAgent.Listen}:{_config.BmcAgent.Port}/", $"{_config.Bus.Host}:{_config.Bus.Port}",
            broker is null ? "external broker" : "embedded broker", _config.Node, _time.GetElapsedTime(_startedAt).TotalMilliseconds);

        notifier.Ready($"panel on {_config.BmcAgent.Listen}:{_config.BmcAgent.Port}");

        await Task.WhenAny(app.WaitForShutdownAsync(), others, sessionRuns);
        notifier.Stopping("writing down what is known");
        await stop.CancelAsync();
        await others;
        await stopSession.CancelAsync();
        await sessionRuns;
        await app.StopAsync();
        return ExitCode.Done;
    }

    private WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Critical);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        if (_certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(Address(), _config.BmcAgent.Port, listen =>
            {
                if (_certificate is not { } certificate)
                    return;
                listen.UseHttps(https =>
                {
                    https.SslProtocols = System.Security.Authentication.SslProtocols.Tls13;
                    https.ServerCertificateSelector = (_, _) => certificate.Current();
                });
            });
        });
        return builder;
    }

    private async Task SaveAsync(
        EmbeddedBroker? broker, NodeBook book, LastKnownFile lastKnown, SystemdNotifier notifier, ILogger log, CancellationToken stop)
    {
        long saved = 0;
        var savedAt = _time.GetTimestamp();
        var fails = false;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time, stop);
                notifier.TickDone(_time.GetElapsedTime(0));
                broker?.Save();
                if (book.Version != saved && _time.GetElapsedTime(savedAt) >= SaveEvery)
                    Save();
            }
        }
        catch (OperationCanceledException)
        {
            Save();
        }

        void Save()
        {
            try
            {
                saved = book.Version;
                savedAt = _time.GetTimestamp();
                lastKnown.Write(book.All());
                fails = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!fails)
                    log.CannotWrite("last-known", e.Message);
                fails = true;
            }
        }
    }

    private PanelDoor? Door() => _certificate is null
        ? null
        : new((name, password, cancel) => LoginClient.AskAsync(LoginClient.SocketPath, name, password, cancel), () => File.Exists(ClaimFile), _time);

    private IPAddress Address() => Loopback(_config.BmcAgent.Listen) ?? IPAddress.Parse(_config.BmcAgent.Listen);

    private static string SafeProgram() =>
        Path.Combine(Environment.GetEnvironmentVariable("APPLIANCE_BIN_DIR") ?? AppContext.BaseDirectory, "appliance-safe");

    private static IPAddress? Loopback(string host) =>
        host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address) ? address
        : null;

    private static string InUse(IPAddress address, int port, string setting) =>
        $"port {port} on {address} is in use{(PortHolder.Of(port) is { } holder ? $" by {holder.Name} (pid {holder.Pid})" : "")}; {setting} moves it.";

    private static int Refuse(string line)
    {
        Console.Error.WriteLine($"bmc-agent: {line}");
        return ExitCode.Failed;
    }
}
