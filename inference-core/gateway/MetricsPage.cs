using Appliance.Model;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>
/// <c>/metrics</c> in Prometheus' text format. The names beginning with <c>vllm:</c> are those that dashboards for vLLM read; what has no
/// counterpart there is <c>inference_*</c>.
/// </summary>
internal sealed class MetricsPage(Api api, string device)
{
    private readonly PrometheusText _text = new(("model_name", api.ModelName));

    public static async Task HandleAsync(HttpContext context, Api api, string device)
    {
        context.Response.ContentType = PrometheusText.ContentType;
        await context.Response.WriteAsync(new MetricsPage(api, device).Render(), context.RequestAborted);
    }

    public string Render()
    {
        var state = StateName.Of(api.Host);
        _text.Gauge("inference_state", "What the engine is doing: 1 for the present state.");
        foreach (var name in StateName.All)
            _text.Sample(name == state ? 1 : 0, ("state", name));
        _text.Gauge("inference_info", "What is served, as labels.");
        _text.Sample(1, ("device", device));
        api.Requests.Write(_text);
        if (api.Host.Journal is { } journal)
            Write(journal);
        return _text.ToString();
    }

    private void Write(Journal journal)
    {
        var metrics = journal.Metrics;
        _text.Gauge("vllm:engine_healthy", "1 while the engine has not failed.", api.Host.State == EngineState.Failed ? 0 : 1);
        _text.Gauge("vllm:num_requests_running", "Answers being computed.", journal.Running);
        _text.Gauge("vllm:num_requests_waiting", "Answers waiting for a place.", journal.Waiting);
        _text.Gauge("vllm:kv_cache_usage_perc", "Part of the cache in use, 0 to 1.", metrics.CacheUsage);
        _text.Counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in caches that were kept.", metrics.Prefix.Queries);
        _text.Counter("vllm:prefix_cache_hits_total", "Prompt tokens found there.", metrics.Prefix.Hits);
        _text.Counter("vllm:num_preemptions_total", "Answers that had to give way when the cache was full.", metrics.Preemptions);
        _text.Counter("vllm:prompt_tokens_total", "Prompt tokens taken in.", metrics.PromptTokens);
        _text.Counter("vllm:generation_tokens_total", "Tokens generated.", metrics.GeneratedTokens);
        _text.Counter("vllm:request_success_total", "Answers finished, by reason.");
        foreach (var (reason, name) in ((FinishReason, string)[])[(FinishReason.Stop, "stop"), (FinishReason.Length, "length"), (FinishReason.Cancelled, "abort")])
            _text.Sample(metrics.Finished(reason), ("finished_reason", name));
        _text.Counter("inference_answers_failed_total", "Answers that the engine could not finish.", metrics.Finished(FinishReason.Failed));
        _text.Counter("inference_answers_shed_total", "Answers given up because there was no memory for them.", metrics.Finished(FinishReason.Shed));
        _text.Counter("inference_worker_starts_total", "Workers started, the first one included.", metrics.Workers);
        _text.Counter("inference_weight_faults_total", "Workers ended because weights in memory had changed, or a known token had.", metrics.Suspicions);
        _text.Counter("inference_answers_suspect_total", "Answers that were under way in them; their last tokens may be wrong.", metrics.SuspectAnswers);
        _text.Counter("inference_requests_total", "Requests taken in.", metrics.Requests);
        _text.Counter("inference_requests_refused_total", "Requests refused because too many were waiting.", metrics.Refused);
        _text.Counter("inference_steps_total", "Steps of the engine.", metrics.Steps);
        Distribution("vllm:time_to_first_token_seconds", "From taking a request in to its first token.", metrics.TimeToFirstToken);
        Distribution("vllm:inter_token_latency_seconds", "Between two tokens of an answer.", metrics.InterToken);
        Distribution("vllm:request_time_per_output_token_seconds", "Mean over an answer of the time between its tokens.", metrics.TimePerOutputToken);
        Distribution("vllm:e2e_request_latency_seconds", "From taking a request in to the end of its answer.", metrics.EndToEnd);
        Distribution("vllm:request_queue_time_seconds", "Waiting for a place.", metrics.Queue);
        Distribution("vllm:request_prefill_time_seconds", "From a place to the first token.", metrics.Prefill);
        Distribution("vllm:request_decode_time_seconds", "From the first token to the last.", metrics.Decode);
        Distribution("vllm:request_inference_time_seconds", "From a place to the last token.", metrics.Inference);
        Distribution("vllm:iteration_tokens_total", "Tokens computed in a step.", metrics.IterationTokens);
    }

    private void Distribution(string name, string help, Histogram histogram)
    {
        var (counts, sum) = histogram.Read();
        _text.Histogram(name, help, histogram.Bounds, counts, sum);
    }
}
