using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SystemTests.Clients;

/// <summary>The gateway as a process: start, trouble, parking, stopping.</summary>
public sealed class GatewayProcessTests
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static string Ask(string socket, string line)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(socket));
        client.Send(Encoding.UTF8.GetBytes(line + "\n"));
        var answer = new byte[4096];
        return Encoding.UTF8.GetString(answer, 0, client.Receive(answer));
    }

    [Fact]
    public async Task A_parked_engine_computes_nothing_and_goes_on_when_it_is_resumed()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        Assert.Contains("\"still\":true", Ask(gateway.ControlSocket, """{"verb":"park"}"""));
        var answer = Http.PostAsync(gateway.Url + "/v1/completions", Json("""{"prompt":"The pump","max_tokens":3}"""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Http.GetAsync(gateway.Url + "/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(gateway.Url + "/health")).StatusCode);
        var steps = await StepsAsync(gateway);
        await Task.Delay(300);
        Assert.Equal(steps, await StepsAsync(gateway));
        Assert.False(answer.IsCompleted);
        Assert.Contains("\"state\":\"ready\"", Ask(gateway.ControlSocket, """{"verb":"resume"}"""));
        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
        Assert.Contains("\"ok\":false", Ask(gateway.ControlSocket, """{"verb":"explode"}"""));
        Assert.Contains("\"ok\":false", Ask(gateway.ControlSocket, "not json"));
    }

    [Fact]
    public async Task Being_told_to_stop_it_finishes_what_it_has_begun()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        using var response = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/completions")
        {
            Content = Json("""{"prompt":"The","max_tokens":60,"stream":true,"ignore_eos":true}"""),
        }, HttpCompletionOption.ResponseHeadersRead);
        _ = ProcessInterop.kill(gateway.Process.Id, ProcessInterop.SIGTERM);
        var stream = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", stream);
        Assert.True(gateway.Process.WaitForExit(TimeSpan.FromSeconds(8)));
        Assert.Equal(0, gateway.Process.ExitCode);
    }

    [Fact]
    public async Task An_answer_that_outlasts_the_drain_ends_with_an_error_and_not_as_if_it_were_whole()
    {
        var config = Path.Combine(Path.GetTempPath(), $"gateway-{Environment.ProcessId}.json");
        await File.WriteAllTextAsync(config, """{"inference_core":{"drain_s":0.2}}""");
        try
        {
            using var gateway = new Gateway(["--config", config]);
            await gateway.ReadyAsync();
            Ask(gateway.ControlSocket, """{"verb":"park"}""");
            var answer = Http.PostAsync(gateway.Url + "/v1/completions", Json("""{"prompt":"The","max_tokens":5}"""));
            await WaitAsync(gateway, "vllm:num_requests_waiting", 1);
            _ = ProcessInterop.kill(gateway.Process.Id, ProcessInterop.SIGTERM);
            Assert.Equal(HttpStatusCode.InternalServerError, (await answer).StatusCode);
            Assert.True(gateway.Process.WaitForExit(TimeSpan.FromSeconds(5)));
        }
        finally
        {
            File.Delete(config);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_with_port_holder_and_setting()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        var second = Programs.Run("inference-core", ["serve", "--listen", gateway.Url, "--run-dir", Path.GetTempPath()]);
        Assert.Equal(1, second.ExitCode);
        Assert.Equal($"inference-core: port {gateway.Port} on 127.0.0.1 is in use by inference-core (process {gateway.Process.Id}); --listen moves it", second.ErrorLine);
    }

    [Theory]
    [InlineData(78, "does not exist", "--model", "/nowhere")]
    [InlineData(78, "is not an address to listen on", "--listen", "nonsense")]
    [InlineData(78, "cannot be read", "--config", "/nowhere.json")]
    [InlineData(64, "--sevre", "--sevre")]
    public void Wrong_settings_are_one_line_and_an_exit_code(int code, string says, params string[] arguments)
    {
        var outcome = Programs.Run("inference-core", ["serve", .. arguments]);
        Assert.Equal(code, outcome.ExitCode);
        Assert.Contains(says, outcome.ErrorLine);
        Assert.DoesNotContain('\n', outcome.ErrorLine);
    }

    [Fact]
    public void A_model_that_cannot_be_loaded_is_one_line_that_names_the_file()
    {
        var folder = Directory.CreateTempSubdirectory("model-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), """{"model_type":"mamba"}""");
            var outcome = Programs.Run("inference-core", ["serve", "--model", folder, "--listen", $"http://127.0.0.1:{Ports.Free().Api}", "--run-dir", folder]);
            Assert.Equal(1, outcome.ExitCode);
            Assert.Contains("'mamba' is not supported; supported are", outcome.ErrorLine);
            Assert.DoesNotContain('\n', outcome.ErrorLine);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Damaged_and_oversized_requests_and_vanishing_clients_leave_it_well()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            var answer = await Http.PostAsync(gateway.Url + "/v1/chat/completions", new ByteArrayContent(bytes));
            Assert.InRange((int)answer.StatusCode, 400, 499);
            Assert.Contains("\"error\"", await answer.Content.ReadAsStringAsync());
        }
        using var large = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/completions") { Content = new ByteArrayContent(new byte[9 << 20]) };
        large.Headers.ExpectContinue = true;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Http.SendAsync(large)).StatusCode);
        for (var i = 0; i < 10; i++)
        {
            using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Http.PostAsync(
                gateway.Url + "/v1/completions", Json("""{"prompt":"The","max_tokens":1000,"ignore_eos":true}"""), gone.Token));
        }
        await WaitAsync(gateway, "vllm:num_requests_running", 0);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(gateway.Url + "/ready")).StatusCode);
        Assert.DoesNotContain("failed", gateway.Log);
    }

    [Fact]
    public async Task Requests_are_counted_by_class_of_status_and_unknown_paths_share_one_line()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        await Http.PostAsync(gateway.Url + "/v1/completions", Json("""{"prompt":"The","max_tokens":1}"""));
        await Http.PostAsync(gateway.Url + "/v1/completions", Json("{bad"));
        await Http.GetAsync(gateway.Url + "/a");
        await Http.GetAsync(gateway.Url + "/b?c=d");
        var lines = (await Http.GetStringAsync(gateway.Url + "/metrics")).Split('\n').Where(l => l.StartsWith("http_requests_total", StringComparison.Ordinal)).ToArray();
        Assert.Contains(lines, l => l.StartsWith("http_requests_total{handler=\"/v1/completions\",method=\"POST\",status=\"2xx\",", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("http_requests_total{handler=\"/v1/completions\",method=\"POST\",status=\"4xx\",", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("http_requests_total{handler=\"none\",method=\"GET\",status=\"4xx\",", StringComparison.Ordinal) && l.EndsWith(" 2", StringComparison.Ordinal));
    }

    private static Task<double> StepsAsync(Gateway gateway) => MetricAsync(gateway, "inference_steps_total");

    private static async Task<double> MetricAsync(Gateway gateway, string name)
    {
        var page = await Http.GetStringAsync(gateway.Url + "/metrics");
        return double.Parse(page.Split('\n').First(l => l.StartsWith(name + "{", StringComparison.Ordinal)).Split(' ')[^1]);
    }

    private static async Task WaitAsync(Gateway gateway, string name, double value)
    {
        var clock = Stopwatch.StartNew();
        while (await MetricAsync(gateway, name) != value)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{name} did not become {value}.\n{gateway.Log}");
            await Task.Delay(20);
        }
    }
}
