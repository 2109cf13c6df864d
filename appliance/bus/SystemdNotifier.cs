using System.Net.Sockets;
using System.Text;

namespace Appliance.Bus;

/// <summary>
/// sd_notify by hand: the stock package sends no WATCHDOG and keeps silent unless its parent is called systemd. Every send is one
/// datagram that never blocks; without NOTIFY_SOCKET nothing is sent.
/// </summary>
public sealed class SystemdNotifier : IDisposable
{
    private static readonly byte[] _watchdogMessage = "WATCHDOG=1"u8.ToArray();

    private readonly Socket? _socket;
    private readonly TimeSpan _every;
    private TimeSpan _fedAt = TimeSpan.MinValue;

    private SystemdNotifier(Socket? socket, TimeSpan? watchdog)
    {
        _socket = socket;
        IsWatched = watchdog is not null && socket is not null;
        _every = watchdog is { } period ? period / 4 : TimeSpan.MaxValue;
    }

    /// <summary>True when systemd expects WATCHDOG=1 of this process.</summary>
    public bool IsWatched { get; }

    /// <summary>From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    public static SystemdNotifier FromEnvironment() => Open(
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET"),
        Watchdog(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID")));

    /// <param name="path">Of the datagram socket; a leading @ is the abstract namespace; null sends nothing.</param>
    /// <param name="watchdog">Longest silence systemd accepts; null when it does not watch.</param>
    public static SystemdNotifier Open(string? path, TimeSpan? watchdog) => new(Connect(path), watchdog);

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public void Status(string status) => Send($"STATUS={status}");

    public void Stopping(string status) => Send($"STOPPING=1\nSTATUS={status}");

    /// <summary>A start or a stop that goes on may take so much longer, counted from now. A process that hangs cannot say so, and its time-out stays short.</summary>
    public void Extend(TimeSpan by) => Send($"EXTEND_TIMEOUT_USEC={by.Ticks / TimeSpan.TicksPerMicrosecond}");

    /// <summary>systemd wants the moment of the reload with it, in microseconds of CLOCK_MONOTONIC.</summary>
    public void Reloading(TimeSpan uptime) => Send($"RELOADING=1\nMONOTONIC_USEC={uptime.Ticks / TimeSpan.TicksPerMicrosecond}");

    /// <summary>After every tick that was completed; sends a quarter of the watchdog's period apart. Allocates nothing.</summary>
    public void TickDone(TimeSpan now)
    {
        if (!IsWatched || (_fedAt != TimeSpan.MinValue && now - _fedAt < _every))
            return;
        _fedAt = now;
        Send(_watchdogMessage);
    }

    private void Send(string message) => Send(Encoding.UTF8.GetBytes(message));

    private void Send(ReadOnlySpan<byte> message)
    {
        if (_socket is null)
            return;
        _ = _socket.Send(message, SocketFlags.None, out _); // full or gone: systemd's own time-out is the answer to both
    }

    private static Socket? Connect(string? path)
    {
        if (string.IsNullOrEmpty(path))
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            socket.Blocking = false;
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static TimeSpan? Watchdog(string? microseconds, string? pid)
    {
        if (pid is not null && pid != Environment.ProcessId.ToString())
            return null;
        return long.TryParse(microseconds, out var period) && period > 0 ? TimeSpan.FromMicroseconds(period) : null;
    }

    public void Dispose() => _socket?.Dispose();
}
