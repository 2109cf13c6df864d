using System.Net;
using System.Net.Sockets;
using Appliance.Bus;
using Appliance.Model;
using InferenceCore.Engine;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;
using InferenceCore.Worker;
using Microsoft.Extensions.Logging.Console;

namespace InferenceCore.Gateway;

/// <summary>The process that serves: HTTP, the worker and its watch, the control socket and the telemetry frames, from start to stop.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(ServeSettings settings, TimeProvider time)
    {
        var started = Moment.Of(time).Uptime;
        using var host = new EngineHost(SetupOf(settings), time);
        var api = new Api(host, settings.ModelName, time);
        await using var app = Build(settings, api);
        var log = app.Logger;
        try
        {
            await app.StartAsync();
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            var holder = PortHolder.Of(settings.Port) is { } who ? $" by {who.Name} (process {who.Pid})" : "";
            Console.Error.WriteLine($"inference-core: port {settings.Port} on {settings.Address} is in use{holder}; {settings.PortSetting} moves it");
            return ExitCode.Failed;
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"inference-core: cannot listen on {settings.Url}: {e.Message}; {settings.PortSetting} moves it");
            return ExitCode.Failed;
        }
        log.Listening(settings.Url, settings.ModelDirectory, settings.Device);
        if (!IPAddress.IsLoopback(settings.Address) && (settings.TlsDirectory is null || settings.ApiKeyFile is null))
            log.OpenToTheNetwork(settings.Url);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        using var bus = new BusSession(new BusSessionOptions
        {
            Host = settings.Config.Bus.Host,
            Port = settings.Config.Bus.Port,
            ClientId = $"inference-core-{settings.Config.Node}",
            Tls = settings.Paths == RunPaths.Box ? BusTls.OfBox("inference-core") : null,
        }, time);
        using var notifier = SystemdNotifier.FromEnvironment();
        var telemetry = new Telemetry(api, settings, bus, notifier, time);
        Task[] loops =
        [
            bus.RunAsync(stop.Token),
            telemetry.RunAsync(stop.Token),
            new ControlSocket(host, settings.Paths.InferenceSocket, log, time).RunAsync(stop.Token),
        ];
        host.Lost += log.WorkerLost;
        host.Replaced += (worker, after, open) => log.WorkerReplaced(worker, after.TotalSeconds, open);
        host.Checked += log.AnswerChecked;
        host.Suspected += (fault, answers) => log.AnswersSuspect(fault, answers.Count, answers.Count == 0 ? "none" : string.Join(", ", answers));
        host.Start();
        app.Lifetime.ApplicationStopping.Register(() => notifier.Stopping("finishing answers"));
        notifier.Ready($"{settings.ModelName}: loading"); // the gateway answers; /ready says when the model does
        _ = LogReadyAsync(host, log, started, time);

        var stopped = app.WaitForShutdownAsync();
        await Task.WhenAny(host.Ended, stopped);
        var failed = host.Ended.IsCompletedSuccessfully ? await host.Ended : null;
        if (failed is not null)
        {
            telemetry.PublishNow();
            Console.Error.WriteLine($"inference-core: {OneLine(failed)}");
            app.Lifetime.StopApplication();
        }
        await stopped;
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return failed is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static WebApplication Build(ServeSettings settings, Api api)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // A bind that fails is one line of ours, not a stack trace of the framework's.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(settings.Inference.DrainS + 1));
        if (settings.TlsDirectory is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ServeSettings.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(settings.Address, settings.Port, listen =>
            {
                if (settings.TlsDirectory is not { } directory)
                    return;
                var certificate = new ServerCertificate(directory, api.Time);
                listen.UseHttps(https =>
                {
                    https.SslProtocols = System.Security.Authentication.SslProtocols.Tls13;
                    https.ServerCertificateSelector = (_, _) => certificate.Current();
                });
            });
        });
        var app = builder.Build();
        Routes.Map(app, api, settings.Device, settings.ApiKeyFile is { } keys ? new(keys, api.Time) : null);
        app.Lifetime.ApplicationStopping.Register(() => Drain(api.Host, app.Logger, settings.Inference.DrainS, api.Time));
        return app;
    }

    /// <summary>Kestrel takes no new connections now and waits for the answers under way; those that take too long are ended with an error.</summary>
    private static void Drain(EngineHost host, ILogger log, double seconds, TimeProvider time)
    {
        log.Stopping(host.Journal?.Running ?? 0, host.Journal?.Waiting ?? 0, seconds);
        host.Drain();
        _ = EndLateAsync();

        async Task EndLateAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), time);
            host.Dispose();
        }
    }

    private static async Task LogReadyAsync(EngineHost host, ILogger log, TimeSpan started, TimeProvider time)
    {
        await host.Proven.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (host is not { Model: { } model, Journal: { } journal } || !host.Proven.IsCompletedSuccessfully)
            return;
        log.Ready((Moment.Of(time).Uptime - started).TotalSeconds, model.Name, model.ContextLength, journal.Options.MaxRunning,
            model.Chat?.Name ?? "none", journal.CacheTokens);
    }

    private static EngineSetup SetupOf(ServeSettings settings) => new()
    {
        ModelDirectory = Path.GetFullPath(settings.ModelDirectory),
        Device = settings.Device,
        GuideDirectory = ModelLoader.ShippedDirectory,
        Threads = Environment.ProcessorCount,
        Options = config => settings.Limits.OptionsFor(settings.Inference, config, settings.Device),
        Load = config =>
        {
            var model = ModelLoader.Load(settings.ModelDirectory, settings.ModelName, config);
            // What reading the tokenizer left behind is most of the heap, and the worker is still reading weights.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
            return model;
        },
        Start = () => WorkerProcess.Start(settings.Paths.WorkerSocket),
    };

    private static string OneLine(Exception e) => e switch
    {
        EngineException or TokenizerException or InvalidDataException => e.Message,
        _ => $"the engine failed: {e.GetType().Name}: {e.Message}",
    };
}
