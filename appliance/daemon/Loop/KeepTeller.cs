namespace Appliance.Daemon.Loop;

/// <summary>Says once that something cannot be kept on the disk, and once that it can again: an engineer finds it in the journal.</summary>
internal sealed class KeepTeller(string what, TextWriter to)
{
    private string? _said;

    /// <param name="fault">Null when it is kept.</param>
    public void Tell(string? fault)
    {
        if (fault != _said)
            to.WriteLine(fault is null ? $"appliance: {what} is kept again." : $"appliance: {what} cannot be kept: {fault}");
        _said = fault;
    }
}
