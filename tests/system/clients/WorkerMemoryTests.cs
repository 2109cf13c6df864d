using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SystemTests.Clients;

/// <summary>A worker for which the system really has no more memory.</summary>
public sealed class WorkerMemoryTests
{
    private const int Requests = 8;

    /// <summary>A finished answer here needs 1.3 MB of cache.</summary>
    private const ulong Room = 4 << 20;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(2) };

    [Fact]
    public async Task Memory_that_runs_out_under_load_makes_answers_wait_or_turns_them_away_and_the_worker_lives()
    {
        using var gateway = new Gateway();
        await gateway.ReadyAsync();
        var undisturbed = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => AskAsync(gateway, i)));
        Assert.All(undisturbed, a => Assert.Equal(HttpStatusCode.OK, a.Status));

        using var tight = new Gateway();
        await tight.ReadyAsync();
        var worker = Assert.Single(tight.Workers());
        var size = SizeOf(worker) + Room;
        if (ProcessInterop.prlimit(worker, ProcessInterop.RLIMIT_AS, new(size, size), 0) != 0)
            throw new InvalidOperationException($"prlimit: errno {Marshal.GetLastPInvokeError()}");
        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => AskAsync(tight, i)));

        Assert.Contains(answers, a => a.Status == HttpStatusCode.OK);
        foreach (var (answer, expected) in answers.Zip(undisturbed))
        {
            if (answer.Status == HttpStatusCode.OK)
                Assert.Equal(expected.Text, answer.Text);
            else
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "2"), (answer.Status, answer.RetryAfter));
        }
        var page = await Http.GetStringAsync(tight.Url + "/metrics");
        Assert.True(Metric(page, "vllm:num_preemptions_total") + Metric(page, "inference_answers_shed_total") > 0, "memory did not run out: the test tests nothing");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(tight, 1, tokens: 5)).Status);
        Assert.Equal(worker, Assert.Single(tight.Workers()));
    }

    private static async Task<(HttpStatusCode Status, string? RetryAfter, string? Text)> AskAsync(Gateway gateway, int number, int tokens = 1000)
    {
        var body = $$"""{"prompt":"Answer {{number}}","max_tokens":{{tokens}},"seed":{{number}},"temperature":1,"ignore_eos":true}""";
        using var response = await Http.PostAsync(gateway.Url + "/v1/completions", new StringContent(body, Encoding.UTF8, "application/json"));
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return response.IsSuccessStatusCode
            ? (response.StatusCode, null, json.RootElement.GetProperty("choices")[0].GetProperty("text").GetString())
            : (response.StatusCode, response.Headers.RetryAfter?.ToString(), null);
    }

    /// <summary>Address space in use, bytes.</summary>
    private static ulong SizeOf(int pid) =>
        1024 * ulong.Parse(File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmSize:", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);

    private static double Metric(string page, string name) =>
        double.Parse(page.Split('\n').First(l => l.StartsWith(name + "{", StringComparison.Ordinal)).Split(' ')[^1]);
}
