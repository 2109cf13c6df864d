using System.Diagnostics;
using System.Text;

namespace SystemTests.Clients;

/// <summary>The published <c>inference-core serve</c> alone, on a port of its own, with the model that ships with it.</summary>
public sealed class Gateway : IDisposable
{
    private readonly StringBuilder _log = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-").FullName;

    public Gateway()
        : this([])
    {
    }

    /// <param name="program">Instead of the published one.</param>
    internal Gateway(IEnumerable<string> arguments, string scheme = "http", string? program = null)
    {
        Scheme = scheme;
        Port = Ports.Free().Api;
        var start = new ProcessStartInfo(program ?? Programs.PathOf("inference-core"), ["serve", "--listen", Url, "--run-dir", _folder, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process = Process.Start(start)!;
        Process.OutputDataReceived += Collect;
        Process.ErrorDataReceived += Collect;
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    public int Port { get; }

    public string Scheme { get; } = "http";

    public string Url => $"{Scheme}://127.0.0.1:{Port}";

    public Process Process { get; }

    public string ControlSocket => Path.Combine(_folder, "inference.sock");

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Process ids of its children.</summary>
    public int[] Workers() => [.. Directory.EnumerateDirectories($"/proc/{Process.Id}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    /// <summary>Waits until a token has been produced; returns how long that took from here.</summary>
    public async Task<TimeSpan> ReadyAsync()
    {
        using var http = new HttpClient();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(30) && !Process.HasExited)
        {
            try
            {
                if ((await http.GetAsync(Url + "/ready")).IsSuccessStatusCode)
                    return clock.Elapsed;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(20);
        }
        throw new TimeoutException($"The gateway was not ready within 30 s.\n{Log}");
    }

    public void Dispose()
    {
        if (!Process.HasExited)
            Process.Kill();
        Process.WaitForExit();
        Process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
            _log.AppendLine(line.Data);
    }
}
