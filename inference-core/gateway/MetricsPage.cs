using System.Globalization;
using System.Text;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>
/// <c>/metrics</c> in Prometheus' text format. The names beginning with <c>vllm:</c> are those that dashboards for vLLM read; what has no
/// counterpart there is <c>inference_*</c>.
/// </summary>
internal sealed class MetricsPage(Api api, string device)
{
    private readonly StringBuilder _text = new();

    public static async Task HandleAsync(HttpContext context, Api api, string device)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(new MetricsPage(api, device).Render(), context.RequestAborted);
    }

    public string Render()
    {
        var state = StateName.Of(api.Host);
        Head("inference_state", "gauge", "What the engine is doing: 1 for the present state.");
        foreach (var name in StateName.All)
            Line("inference_state", $"state=\"{name}\"", name == state ? 1 : 0);
        Head("inference_info", "gauge", "What is served, as labels.");
        Line("inference_info", $"device=\"{Escaped(device)}\"", 1);
        if (api.Host.Journal is { } journal)
            Write(journal);
        return _text.ToString();
    }

    private void Write(Journal journal)
    {
        var metrics = journal.Metrics;
        One("vllm:engine_healthy", "gauge", "1 while the engine has not failed.", api.Host.State == EngineState.Failed ? 0 : 1);
        One("vllm:num_requests_running", "gauge", "Answers being computed.", journal.Running);
        One("vllm:num_requests_waiting", "gauge", "Answers waiting for a place.", journal.Waiting);
        One("vllm:kv_cache_usage_perc", "gauge", "Part of the cache in use, 0 to 1.", metrics.CacheUsage);
        One("vllm:prefix_cache_queries_total", "counter", "Prompt tokens looked up in caches that were kept.", metrics.Prefix.Queries);
        One("vllm:prefix_cache_hits_total", "counter", "Prompt tokens found there.", metrics.Prefix.Hits);
        One("vllm:num_preemptions_total", "counter", "Answers that had to give way when the cache was full.", metrics.Preemptions);
        One("vllm:prompt_tokens_total", "counter", "Prompt tokens taken in.", metrics.PromptTokens);
        One("vllm:generation_tokens_total", "counter", "Tokens generated.", metrics.GeneratedTokens);
        Head("vllm:request_success_total", "counter", "Answers finished, by reason.");
        foreach (var (reason, name) in ((FinishReason, string)[])[(FinishReason.Stop, "stop"), (FinishReason.Length, "length"), (FinishReason.Cancelled, "abort")])
            Line("vllm:request_success_total", $"finished_reason=\"{name}\"", metrics.Finished(reason));
        One("inference_answers_failed_total", "counter", "Answers that the engine could not finish.", metrics.Finished(FinishReason.Failed));
        One("inference_answers_shed_total", "counter", "Answers given up because there was no memory for them.", metrics.Finished(FinishReason.Shed));
        One("inference_worker_starts_total", "counter", "Workers started; one more than were lost.", metrics.Workers);
        One("inference_requests_total", "counter", "Requests taken in.", metrics.Requests);
        One("inference_requests_refused_total", "counter", "Requests refused because too many were waiting.", metrics.Refused);
        One("inference_steps_total", "counter", "Steps of the engine.", metrics.Steps);
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

    private void One(string name, string type, string help, double value)
    {
        Head(name, type, help);
        Line(name, "", value);
    }

    private void Distribution(string name, string help, Histogram histogram)
    {
        Head(name, "histogram", help);
        var (counts, sum) = histogram.Read();
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            var bound = i < histogram.Bounds.Count ? histogram.Bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            Line(name + "_bucket", $"le=\"{bound}\"", total);
        }
        Line(name + "_sum", "", sum);
        Line(name + "_count", "", total);
    }

    private void Head(string name, string type, string help) => _text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private void Line(string name, string labels, double value)
    {
        var comma = labels.Length > 0 ? "," : "";
        _text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}{comma}model_name=\"{Escaped(api.ModelName)}\"}} {value:R}\n");
    }

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
