using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace SystemTests.Clients;

/// <summary>The gateway's worker is killed, or stopped, while a hundred clients read: none of them notices more than a pause.</summary>
public sealed class WorkerLossTests
{
    private const int Streams = 100;
    private const int Tokens = 160;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Streams }) { Timeout = TimeSpan.FromMinutes(2) };

    [Theory]
    [InlineData(ProcessInterop.SIGKILL)]
    [InlineData(ProcessInterop.SIGSTOP)]
    public async Task A_hundred_streams_go_on_in_the_next_worker_with_every_token_of_an_undisturbed_run(int signal)
    {
        using var config = new ConfigFile("""{"inference_core":{"max_running":128}}""");
        using var gateway = new Gateway(["--config", config.Path]);
        await gateway.ReadyAsync();
        var undisturbed = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => new Stream(gateway, i).ReadAsync()));

        var clock = Stopwatch.StartNew();
        var streams = Enumerable.Range(0, Streams).Select(i => new Stream(gateway, i)).ToArray();
        var reading = Task.WhenAll(streams.Select(s => s.ReadAsync()));
        await UntilAsync(() => streams.All(s => s.Tokens.Count > Tokens / 8), gateway);
        var worker = Assert.Single(gateway.Workers());
        var struck = clock.Elapsed;
        Assert.Equal(0, ProcessInterop.kill(worker, signal));
        await UntilAsync(() => gateway.Log.Contains("has taken over", StringComparison.Ordinal), gateway);
        var had = streams.Select(s => s.Tokens.Count).ToArray();
        Assert.True(had.All(count => count < Tokens), "the answers were over before the worker was struck: the test tests nothing");
        await UntilAsync(() => streams.Zip(had).All(s => s.First.Tokens.Count > s.Second), gateway);
        var pause = clock.Elapsed - struck;

        var answers = await reading;
        Assert.All(streams, s => Assert.Equal(HttpStatusCode.OK, s.Status));
        for (var i = 0; i < Streams; i++)
            Assert.Equal(undisturbed[i], answers[i]);
        Assert.True(pause < Again, $"all streamed again after {pause.TotalSeconds:0.00} s; {Again.TotalSeconds} s is the limit");
        Assert.NotEqual(worker, Assert.Single(gateway.Workers()));
        TestContext.Current.TestOutputHelper?.WriteLine($"all {Streams} streaming again after {pause.TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task A_worker_does_not_outlive_its_gateway()
    {
        var gateway = new Gateway();
        await gateway.ReadyAsync();
        var worker = Assert.Single(gateway.Workers());
        // Not even one that cannot see that its socket is closed.
        Assert.Equal(0, ProcessInterop.kill(worker, ProcessInterop.SIGSTOP));
        gateway.Dispose();
        Wait.Until("the worker is gone", TimeSpan.FromSeconds(5), () => !Directory.Exists($"/proc/{worker}"));
    }

    [Fact]
    public async Task A_stopped_gateway_finds_its_worker_well_when_it_goes_on()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        var worker = Assert.Single(gateway.Workers());
        Assert.Equal(0, ProcessInterop.kill(gateway.Process.Id, ProcessInterop.SIGSTOP));
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(0, ProcessInterop.kill(gateway.Process.Id, ProcessInterop.SIGCONT));
        await gateway.ReadyAsync();
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        Assert.Equal(worker, Assert.Single(gateway.Workers()));
    }

    private static async Task UntilAsync(Func<bool> condition, Gateway gateway)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"It did not come true within a minute.\n{gateway.Log}");
            await Task.Delay(5);
        }
    }

    /// <summary>One client: sampled, with penalties, so that any token that was lost, doubled or different changes all behind it.</summary>
    private sealed class Stream(Gateway gateway, int number)
    {
        private readonly Lock _lock = new();
        private readonly List<int> _tokens = [];

        public HttpStatusCode? Status { get; private set; }

        public IReadOnlyList<int> Tokens
        {
            get
            {
                lock (_lock)
                    return [.. _tokens];
            }
        }

        public async Task<int[]> ReadAsync()
        {
            var body = $$"""
                {"prompt":"Answer {{number}}: the pump","max_tokens":{{WorkerLossTests.Tokens}},"seed":{{number}},"temperature":1,"repetition_penalty":1.1,"frequency_penalty":0.1,
                 "ignore_eos":true,"stream":true,"return_token_ids":true,"user":"{{number % 7}}"}
                """;
            using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Status = response.StatusCode;
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            var last = "";
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Length == 0)
                    continue;
                last = line["data: ".Length..];
                if (last == "[DONE]")
                    break;
                using var json = JsonDocument.Parse(last);
                Assert.False(json.RootElement.TryGetProperty("error", out _), last);
                lock (_lock)
                    _tokens.AddRange(json.RootElement.GetProperty("choices")[0].GetProperty("token_ids").EnumerateArray().Select(t => t.GetInt32()));
            }
            Assert.Equal("[DONE]", last);
            var tokens = Tokens.ToArray();
            Assert.Equal(WorkerLossTests.Tokens, tokens.Length);
            return tokens;
        }
    }
}
