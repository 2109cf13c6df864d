namespace Appliance.Daemon.Terminal;

/// <summary>
/// One thing that the console has done beside its screen: begun, left alone, and what came of it taken once it is there. Never twice at a time, so that
/// what hangs is not begun again.
/// </summary>
internal sealed class ConsoleErrand(TimeProvider time)
{
    private Task<Func<ConsoleModel, ConsoleModel>>? _run;
    private long? _begunAt;

    /// <summary>Due at once, whatever its pace.</summary>
    public void Hurry() => _begunAt = null;

    /// <param name="pace">From one beginning to the next.</param>
    /// <param name="run">Answers what the console knows by it; that is done by the screen.</param>
    /// <returns>False when it is under way, or not due.</returns>
    public bool Begin(TimeSpan pace, Func<Task<Func<ConsoleModel, ConsoleModel>>> run)
    {
        if (_run is not null || (_begunAt is { } begunAt && time.GetElapsedTime(begunAt) < pace))
            return false;
        _begunAt = time.GetTimestamp();
        _run = Task.Run(run); // a disk, a stick or a socket may stop it before its first wait
        return true;
    }

    /// <summary>With what came of it, once; without when it is under way or was ended. Never waits.</summary>
    public ConsoleModel Take(ConsoleModel model)
    {
        if (_run is not { IsCompleted: true } run)
            return model;
        _run = null;
        return run.IsCanceled ? model : run.GetAwaiter().GetResult()(model);
    }

    /// <summary>Until it is no longer under way, however it ended.</summary>
    public Task EndAsync() => _run is { } run ? Task.WhenAny(run) : Task.CompletedTask;
}
