using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace SystemTests;

/// <summary>Waits for what other processes bring about. The condition is asked again and again; what is not up yet may answer with any fault of a process that starts.</summary>
internal static class Wait
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    /// <param name="what">What is waited for, as the failure names it.</param>
    /// <param name="log">What the processes said, for the failure's text.</param>
    /// <exception cref="TimeoutException">It did not come true within <paramref name="limit"/>.</exception>
    public static void Until(string what, TimeSpan limit, Func<bool> condition, Func<string>? log = null)
    {
        var clock = Stopwatch.StartNew();
        Exception? last = null;
        while (true)
        {
            try
            {
                if (condition())
                    return;
                last = null;
            }
            catch (Exception e) when (IsOfAStart(e))
            {
                last = e;
            }

            if (clock.Elapsed > limit)
                throw new TimeoutException($"Not within {limit.TotalSeconds:0.0} s: {what}.{(last is null ? "" : $" Last: {last.Message}")}\n{log?.Invoke()}", last);
            Thread.Sleep(_pause);
        }
    }

    /// <summary>Nobody listens yet, an answer is cut, or a member is still null or missing.</summary>
    private static bool IsOfAStart(Exception e) => (e as AggregateException)?.InnerException switch
    {
        { } inner => IsOfAStart(inner),
        null => e is HttpRequestException or SocketException or IOException or JsonException or TaskCanceledException
            or KeyNotFoundException or InvalidOperationException,
    };
}
