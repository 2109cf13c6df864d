using Appliance.Bus;
using Appliance.Model;
using InferenceCore.Engine;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>The engine's frame on the bus and its sign of life to systemd, once a second.</summary>
internal sealed class Telemetry(Api api, ServeSettings settings, BusSession bus, SystemdNotifier notifier, TimeProvider time)
{
    private readonly string _topic = new BusTopics(settings.Config.Node).Frame("inference");
    private readonly LatencyWindow _latencies = new();
    private long _lastTokens;
    private TimeSpan _lastAt;
    private string? _told;

    public async Task RunAsync(CancellationToken stop)
    {
        bus.Connected += PublishNow;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            do
            {
                PublishNow();
                Tell();
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Tell()
    {
        notifier.TickDone(Moment.Of(time).Uptime);
        var status = $"{api.ModelName}: {StateName.Of(api.Host)}, {api.Host.Journal?.Running ?? 0} running, {api.Host.Journal?.Waiting ?? 0} waiting";
        if (status == _told)
            return;
        _told = status;
        notifier.Status(status);
    }

    public void PublishNow() => bus.Publish(_topic, Frame(), ModelJson.Default.InferenceFrame);

    public InferenceFrame Frame()
    {
        var journal = api.Host.Journal;
        var now = Moment.Of(time);
        var tokens = journal?.Metrics.GeneratedTokens ?? 0;
        var seconds = (now.Uptime - _lastAt).TotalSeconds;
        var rate = seconds > 0 ? (tokens - _lastTokens) / seconds : 0;
        if (seconds > 0.5)
            (_lastTokens, _lastAt) = (tokens, now.Uptime);
        var state = api.Host.State;
        var (requests, errors) = api.Requests.OfApi();
        var (interToken, firstToken, prompt, answers) = journal is null ? default : _latencies.Read(journal.Metrics, now.Uptime);
        return new InferenceFrame
        {
            Ts = now.Utc,
            Model = api.ModelName,
            State = state == EngineState.Draining ? "parked" : StateName.Of(api.Host),
            Device = settings.Device,
            Running = journal?.Running ?? 0,
            Waiting = journal?.Waiting ?? 0,
            RequestsTotal = journal?.Metrics.Requests ?? 0,
            GeneratedTokensTotal = tokens,
            TokensPerSecond = Math.Round(rate, 1),
            HttpRequestsTotal = requests,
            HttpServerErrorsTotal = errors,
            AnswersLostTotal = journal?.Metrics.Finished(FinishReason.Failed),
            InterTokenP99Ms = interToken,
            FirstTokenP99Ms = firstToken,
            PromptTokensMean = prompt is { } mean ? Math.Round(mean, 1) : null,
            LatencyAnswers = answers,
            GpuCaches = api.Host.GpuCaches,
            Suspicion = api.Host.Suspicion,
            Detail = state == EngineState.Draining ? "shutting down" : api.Host.Failure,
        };
    }
}
