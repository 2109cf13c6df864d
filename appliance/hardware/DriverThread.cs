using System.Diagnostics.CodeAnalysis;

namespace Appliance.Hardware;

/// <summary>Work in a driver on a thread of its own, which is left behind where the driver hangs.</summary>
internal sealed class DriverThread<T>
{
    private readonly Thread _thread;
    private T? _outcome;

    public DriverThread(string name, Func<T> work)
    {
        _thread = new(() => _outcome = work()) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public bool IsOut => _thread.IsAlive;

    /// <param name="limit">Zero or less: only a look.</param>
    /// <returns>False when it has not come back.</returns>
    public bool Wait(TimeSpan limit, [MaybeNullWhen(false)] out T outcome)
    {
        var isBack = _thread.Join(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        outcome = isBack ? _outcome : default; // the end of a thread makes what it wrote visible
        return isBack;
    }
}
