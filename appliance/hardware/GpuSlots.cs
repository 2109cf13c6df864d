namespace Appliance.Hardware;

/// <summary>
/// Which GPU is which: NVML numbers those that it finds, so that after a GPU was lost and the driver loaded again, all behind it have moved up. The
/// box's GPU 3 is the one in a place on the board (its PCI address), because a cold plate, a power feed and a past belong to the place. The
/// places are learnt whenever all fitted GPUs are found, and kept in a file for the day when they are not. Used under its owner's lock.
/// </summary>
/// <param name="fitted">GPUs the board has.</param>
/// <param name="file">One PCI address a line; null keeps nothing.</param>
public sealed class GpuSlots(int fitted, string? file)
{
    private string[] _buses = Read(file, fitted);

    /// <summary>Null where the places are not known: then the driver's number has to do.</summary>
    public string? BusOf(int slot) => slot < _buses.Length ? _buses[slot] : null;

    /// <summary>The driver was asked for its GPUs, in its order; null for one that does not tell its address.</summary>
    public void Saw(IReadOnlyList<string?> found)
    {
        if (found.Count != fitted || found.Any(f => f is null))
            return; // some are missing: the last whole sight says which
        if (_buses.SequenceEqual(found!, StringComparer.OrdinalIgnoreCase))
            return;
        _buses = [.. found.Select(f => f!)];
        Write();
    }

    private static string[] Read(string? file, int fitted)
    {
        try
        {
            string[] lines = file is null ? [] : [.. File.ReadAllLines(file).Where(l => l.Length > 0)];
            return lines.Length == fitted ? lines : []; // of another board
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Write()
    {
        if (file is null)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllLines(file + ".new", _buses);
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Known until the next start; then learnt again, unless a GPU is lost meanwhile.
        }
    }
}
