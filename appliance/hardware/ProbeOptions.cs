using System.Globalization;

namespace Appliance.Hardware;

/// <summary>What the daemon tells its probe on the command line.</summary>
/// <param name="Gpus">GPUs the board has; 0 on one without, whose ports and disks are looked at all the same.</param>
/// <param name="SysRoot"><c>/</c>, or the twin's tree.</param>
/// <param name="LockDirectory">Where the lock is that keeps a second probe from being started beside one that hangs.</param>
/// <param name="ReadEvery">Between two reads of one GPU for the cooling loop.</param>
/// <param name="Library">Another libnvidia-ml than the system's: the twin's.</param>
/// <param name="Whole">A GPU's health is told whole with every look, the reading of the moment laid over it: for records of a board.</param>
/// <param name="SlotsFile">Where it is kept which GPU sits where; null takes the driver's numbers.</param>
public sealed record ProbeOptions(int Gpus, string SysRoot, string LockDirectory, TimeSpan ReadEvery, string? Library, bool Whole = false, string? SlotsFile = null)
{
    public const string Usage = "--gpus N --sysroot DIR --lock-dir DIR [--read-ms 100] [--library FILE] [--slots FILE] [--whole]";

    private const int GpusMax = 64;
    private const int ReadMsMax = 60_000;

    /// <summary>The words that <see cref="Parse"/> understands.</summary>
    public IReadOnlyList<string> Words() =>
    [
        "--gpus", Gpus.ToString(CultureInfo.InvariantCulture), "--sysroot", SysRoot, "--lock-dir", LockDirectory,
        "--read-ms", ((int)ReadEvery.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
        .. Library is null ? [] : (string[])["--library", Library],
        .. SlotsFile is null ? [] : (string[])["--slots", SlotsFile],
        .. Whole ? (string[])["--whole"] : [],
    ];

    /// <param name="fault">The first word that is wrong, or what is missing.</param>
    /// <returns>Null when the words are not understood.</returns>
    public static ProbeOptions? Parse(IReadOnlyList<string> words, out string fault)
    {
        int gpus = -1, readMs = 100;
        string? sysRoot = null, lockDirectory = null, library = null, slots = null;
        var whole = false;
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "--whole")
            {
                whole = true;
                continue;
            }

            fault = words[i];
            if (++i == words.Count)
                return null;
            switch (words[i - 1])
            {
                case "--gpus" when Number(words[i], 0, GpusMax, out gpus):
                case "--read-ms" when Number(words[i], 1, ReadMsMax, out readMs):
                    break;
                case "--sysroot":
                    sysRoot = words[i];
                    break;
                case "--lock-dir":
                    lockDirectory = words[i];
                    break;
                case "--library":
                    library = words[i];
                    break;
                case "--slots":
                    slots = words[i];
                    break;
                default:
                    return null;
            }
        }

        fault = gpus < 0 ? "--gpus" : sysRoot is null ? "--sysroot" : lockDirectory is null ? "--lock-dir" : "";
        return fault.Length > 0 ? null : new(gpus, sysRoot!, lockDirectory!, TimeSpan.FromMilliseconds(readMs), library, whole, slots);
    }

    private static bool Number(string word, int least, int most, out int number) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
