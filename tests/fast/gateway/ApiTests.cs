using System.Text.Json;
using System.Text.RegularExpressions;
using FastTests.Tidy;
using InferenceCore.Gateway;
using InferenceCore.Scheduling;
using Microsoft.AspNetCore.Http;

namespace FastTests.Gateway;

public sealed partial class ApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static RequestDelegate Chat(Api api) => new ChatEndpoint(api).HandleAsync;

    private static RequestDelegate Completion(Api api) => new CompletionEndpoint(api).HandleAsync;

    private static RequestDelegate Tokenize(Api api) => new TokenizeEndpoint(api, new ChatEndpoint(api)).TokenizeAsync;

    private static RequestDelegate Detokenize(Api api) => new TokenizeEndpoint(api, new ChatEndpoint(api)).DetokenizeAsync;

    [Theory]
    [InlineData("chat", """{"model":"field-guide","messages":[{"role":"user","content":"What is the setpoint?"}]}""")]
    [InlineData("chat-stream", """{"messages":[{"role":"user","content":"What is the setpoint?"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"ignore_eos":true}""")]
    [InlineData("chat-logprobs", """{"messages":[{"role":"user","content":[{"type":"text","text":"What is the setpoint?"}]}],"max_completion_tokens":2,"ignore_eos":true,"logprobs":true,"top_logprobs":2}""")]
    [InlineData("completion", """{"prompt":"What is","max_tokens":4,"seed":1,"temperature":1,"n":2,"ignore_eos":true}""")]
    [InlineData("completion-echo", """{"prompt":["The pump","The fan"],"max_tokens":2,"echo":true,"logprobs":1,"temperature":0,"ignore_eos":true}""")]
    [InlineData("completion-tokens-stream", """{"prompt":[0,911,20],"max_tokens":3,"temperature":0,"stream":true,"return_token_ids":true,"ignore_eos":true}""")]
    [InlineData("tokenize", """{"prompt":"38 °C 冷却液"}""")]
    [InlineData("tokenize-messages", """{"messages":[{"role":"user","content":"<｜User｜>"}],"return_token_strs":true}""")]
    public async Task Answers_have_the_shape_of_their_golden(string name, string body)
    {
        var endpoint = name.StartsWith("chat", StringComparison.Ordinal) ? Chat : name.StartsWith("tokenize", StringComparison.Ordinal) ? (Func<Api, RequestDelegate>)Tokenize : Completion;
        var (status, answer, _) = await fixture.AskAsync(endpoint, body);
        Assert.Equal(200, status);
        answer = JsonShape.Of(answer);
        var path = Path.Combine(Repository.Root, "tests/golden/openai", name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            await File.WriteAllTextAsync(path, answer, TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), answer);
    }

    [Theory]
    [InlineData("chat", "{", 400, null, "invalid_json")]
    [InlineData("chat", "[]", 400, null, "invalid_json")]
    [InlineData("chat", "{}", 400, "messages", "missing_required_parameter")]
    [InlineData("chat", """{"messages":[]}""", 400, "messages", "invalid_array_length")]
    [InlineData("chat", """{"messages":"hi"}""", 400, "messages", "invalid_type")]
    [InlineData("chat", """{"messages":[{"role":"robot","content":"x"}]}""", 400, "messages[0].role", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", 400, "messages[0].content[0]", "unsupported_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"\ud800"}]}""", 400, "messages[0].content", "invalid_value")]
    [InlineData("chat", """{"model":"gpt-4","messages":[{"role":"user","content":"x"}]}""", 404, "model", "model_not_found")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", 400, "temperature", "invalid_type")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"temperature":3}""", 400, "temperature", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"n":9}""", 400, "n", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"max_tokens":0}""", 400, "max_tokens", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"max_tokens":5000}""", 400, "messages", "context_length_exceeded")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"top_logprobs":3}""", 400, "top_logprobs", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"stop":7}""", 400, "stop", "invalid_type")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"logit_bias":{"x":1}}""", 400, "logit_bias", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"tools":[{}]}""", 400, "tools", "unsupported_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", 400, "response_format", "unsupported_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"stream_options":{}}""", 400, "stream_options", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"repetition_penalty":0}""", 400, "repetition_penalty", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"min_p":1.5}""", 400, "min_p", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"top_k":"all"}""", 400, "top_k", "invalid_type")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"presence_penalty":-3}""", 400, "presence_penalty", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"min_tokens":5,"max_tokens":4}""", 400, "min_tokens", "invalid_value")]
    [InlineData("chat", """{"messages":[{"role":"user","content":"x"}],"best_of":2}""", 400, "best_of", "unsupported_value")]
    [InlineData("completion", """{"prompt":"x","best_of":1,"n":2}""", 400, "best_of", "invalid_value")]
    [InlineData("completion", """{"prompt":"x","best_of":2,"stream":true}""", 400, "best_of", "invalid_value")]
    [InlineData("completion", """{"prompt":"x","best_of":9}""", 400, "best_of", "invalid_value")]
    [InlineData("completion", """{"prompt":"x","logprobs":21}""", 400, "logprobs", "invalid_value")]
    [InlineData("completion", "{}", 400, "prompt", "missing_required_parameter")]
    [InlineData("completion", """{"prompt":[]}""", 400, "prompt", "invalid_array_length")]
    [InlineData("completion", """{"prompt":[1,99999]}""", 400, "prompt", "invalid_value")]
    [InlineData("completion", """{"prompt":[1,"a"]}""", 400, "prompt[1]", "invalid_type")]
    [InlineData("completion", """{"prompt":{"a":1}}""", 400, "prompt", "invalid_type")]
    [InlineData("detokenize", """{"tokens":"x"}""", 400, "tokens", "invalid_type")]
    public async Task What_is_wrong_is_an_OpenAI_error_that_names_the_field(string endpoint, string body, int status, string? param, string code)
    {
        var (answered, answer, _) = await fixture.AskAsync(endpoint == "chat" ? Chat : endpoint == "completion" ? Completion : Detokenize, body);
        Assert.Equal(status, answered);
        var error = JsonDocument.Parse(answer).RootElement.GetProperty("error");
        Assert.Equal((param, code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.DoesNotContain('\n', error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_says_how_long_both_are()
    {
        var body = JsonSerializer.Serialize(new Dictionary<string, object> { ["prompt"] = string.Concat(Enumerable.Repeat("pump ", 2000)) });
        var (status, answer, _) = await fixture.AskAsync(Completion, body);
        Assert.Equal(400, status);
        Assert.Contains("maximum context length is 1024 tokens", answer);
        Assert.Contains("context_length_exceeded", answer);
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_it()
    {
        const string question = """{"messages":[{"role":"user","content":"What is the setpoint?"}]""";
        var whole = Content((await fixture.AskAsync(Chat, question + "}")).Body);
        Assert.True(whole.Length > 12, $"the model's answer is too short to be cut: {whole}");
        var stop = whole[8..11];
        var cut = Content((await fixture.AskAsync(Chat, question + $$""","stop":["{{stop}}"]}""")).Body);
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut);
    }

    [Fact]
    public async Task A_stop_string_within_the_least_number_of_tokens_does_not_end_the_answer()
    {
        const string question = """{"messages":[{"role":"user","content":"What is the setpoint?"}]""";
        var whole = Content((await fixture.AskAsync(Chat, question + "}")).Body);
        var (early, late) = (whole[4..7], whole[^4..]);
        Assert.True(whole.IndexOf(late, StringComparison.Ordinal) > 30, $"the model's answer is too short or repeats itself: {whole}");
        var cut = Content((await fixture.AskAsync(Chat, question + $$""","stop":["{{early}}","{{late}}"],"min_tokens":6}""")).Body);
        Assert.Equal(whole[..^4], cut);
    }

    [Fact]
    public async Task Best_of_gives_the_answer_with_the_highest_log_probability_per_token()
    {
        const string common = """{"prompt":"The","max_tokens":6,"temperature":1.5,"seed":5,"ignore_eos":true,""";
        var all = JsonDocument.Parse((await fixture.AskAsync(Completion, common + """ "n":4,"logprobs":0}""")).Body).RootElement.GetProperty("choices").EnumerateArray()
            .Select(c => (Text: c.GetProperty("text").GetString(), Mean: c.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Average(l => l.GetDouble())))
            .OrderByDescending(c => c.Mean).ToArray();
        Assert.True(all.Select(c => c.Text).Distinct().Count() == 4, "the four answers are alike: the test tests nothing");
        var body = JsonDocument.Parse((await fixture.AskAsync(Completion, common + """ "n":2,"best_of":4}""")).Body).RootElement;
        var best = body.GetProperty("choices").EnumerateArray().ToArray();
        Assert.Equal(all.Take(2).Select(c => c.Text), best.Select(c => c.GetProperty("text").GetString()));
        Assert.Equal([0, 1], best.Select(c => c.GetProperty("index").GetInt32()));
        Assert.All(best, c => Assert.Equal(JsonValueKind.Null, c.GetProperty("logprobs").ValueKind));
        Assert.Equal(24, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public void An_answer_there_was_no_memory_for_is_503_and_says_when_to_come_back()
    {
        var error = Assert.Throws<ApiException>(() => Failures.Check(new Piece(0, [], "", null, FinishReason.Shed)));
        Assert.Equal((503, 2, "server_error"), (error.Status, error.RetryAfterS, error.Type));
    }

    [Fact]
    public async Task Tokens_go_back_to_the_text_they_came_from()
    {
        var (_, tokenized, _) = await fixture.AskAsync(Tokenize, """{"prompt":"水泵 pump1 😀","add_special_tokens":false}""");
        var tokens = JsonDocument.Parse(tokenized).RootElement.GetProperty("tokens").GetRawText();
        var (_, text, _) = await fixture.AskAsync(Detokenize, $$"""{"tokens":{{tokens}}}""");
        Assert.Equal("水泵 pump1 😀", JsonDocument.Parse(text).RootElement.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_answer_and_no_seed_does_not_repeat_itself_for_ever()
    {
        const string body = """{"prompt":"The","max_tokens":5,"temperature":2""";
        var first = Text((await fixture.AskAsync(Completion, body + ",\"seed\":5}")).Body);
        Assert.Equal(first, Text((await fixture.AskAsync(Completion, body + ",\"seed\":5}")).Body));
        var unseeded = new HashSet<string>();
        for (var i = 0; i < 4; i++)
            unseeded.Add(Text((await fixture.AskAsync(Completion, body + "}")).Body));
        Assert.True(unseeded.Count > 1, "four answers without a seed were all the same");
    }

    [Fact]
    public async Task Metrics_are_named_as_dashboards_for_vLLM_expect_and_every_family_has_help_and_type()
    {
        await fixture.AskAsync(Completion, """{"prompt":"The","max_tokens":2}""");
        var page = new MetricsPage(fixture.Api, "cpu").Render();
        foreach (var name in (string[])["vllm:num_requests_running", "vllm:kv_cache_usage_perc", "vllm:generation_tokens_total", "vllm:request_success_total",
            "vllm:time_to_first_token_seconds_bucket", "vllm:inter_token_latency_seconds_count", "vllm:e2e_request_latency_seconds_sum", "inference_state"])
            Assert.Contains($"\n{name}{{", page);
        var families = page.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => Suffix().Replace(l.Split('{')[0], "")).Distinct();
        foreach (var family in families)
            Assert.True(page.Contains($"# TYPE {family} ", StringComparison.Ordinal) || page.Contains($"# TYPE {family}_count ", StringComparison.Ordinal), family);

    }

    [Fact]
    public async Task One_request_too_many_is_refused_for_now_and_says_when_to_come_back()
    {
        const string body = """{"prompt":"The","max_tokens":1}""";
        fixture.Api.Host.Park();
        var taken = Enumerable.Range(0, 8).Select(_ => fixture.AskAsync(Completion, body)).ToArray();
        var (status, answer, headers) = await fixture.AskAsync(Completion, body);
        fixture.Api.Host.Resume();
        Assert.Equal(503, status);
        Assert.Equal("1", headers.RetryAfter);
        Assert.Contains("\"overloaded\"", answer);
        Assert.All(await Task.WhenAll(taken), t => Assert.Equal(200, t.Status));
    }

    private static string Content(string answer) =>
        JsonDocument.Parse(answer).RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static string Text(string answer) => JsonDocument.Parse(answer).RootElement.GetProperty("choices")[0].GetProperty("text").GetString()!;

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
