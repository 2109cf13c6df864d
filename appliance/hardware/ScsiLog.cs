using System.Buffers.Binary;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// What a SAS disk's log pages say of its health (SPC-5 and SBC-4): informational exceptions (2Fh), errors not corrected in writing, reading and
/// verifying (02h, 03h, 05h), temperature (0Dh), endurance of a solid-state disk (11h), hours (15h). A disk has some of them. Null where it has none,
/// or we may not ask.
/// </summary>
internal static class ScsiLog
{
    private const int PageLength = 512;
    private const int PageHeader = 4;
    private const int ParameterHeader = 4;
    private const byte WriteErrors = 0x02, ReadErrors = 0x03, VerifyErrors = 0x05, Temperature = 0x0D, SolidState = 0x11, BackgroundScan = 0x15, Exceptions = 0x2F;

    /// <summary>Total uncorrected errors, in each of the error pages.</summary>
    private const int Uncorrected = 6;

    private const byte FailurePredicted = 0x5D, Warning = 0x0B;

    /// <summary>Bits of <see cref="DiskSmart.CriticalWarning"/>, whose meaning NVMe gave them.</summary>
    private const int TooHot = 2, Unreliable = 4;

    public static DiskSmart? Read(string sysRoot, string disk, TimeSpan now) =>
        sysRoot == "/" ? Read(page => Asked($"/dev/{disk}", page), now) : null;

    /// <param name="ask">Gives a page as the disk sends it; empty where it has none.</param>
    internal static DiskSmart? Read(Func<byte, byte[]> ask, TimeSpan now)
    {
        var (exceptions, heat, endurance, hours) = (ask(Exceptions), ask(Temperature), ask(SolidState), ask(BackgroundScan));
        long?[] errors = [.. new[] { WriteErrors, ReadErrors, VerifyErrors }.Select(p => Number(Parameter(ask(p), Uncorrected)))];
        var exception = Parameter(exceptions, 0);
        if (exception.IsEmpty && heat.Length == 0 && endurance.Length == 0 && errors.All(e => e is null))
            return null;
        var minutes = Parameter(hours, 0);
        return new()
        {
            At = now,
            CriticalWarning = exception.Length < 2 ? 0 : exception[0] switch
            {
                FailurePredicted => Unreliable,
                Warning => exception[1] == 1 ? TooHot : Unreliable,
                _ => 0,
            },
            TemperatureC = Celsius(Parameter(heat, 0), 1) ?? Celsius(exception, 2),
            PercentageUsed = Parameter(endurance, 1) is { Length: >= 4 } used ? used[3] : null,
            MediaErrors = errors.Any(e => e is not null) ? errors.Sum(e => e ?? 0) : null,
            PowerOnHours = minutes.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(minutes) / 60 : null,
        };
    }

    /// <summary>The value of one parameter of a page; empty where the page does not have it.</summary>
    private static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> page, int code)
    {
        if (page.Length < PageHeader)
            return default;
        var end = Math.Min(page.Length, PageHeader + BinaryPrimitives.ReadUInt16BigEndian(page[2..]));
        for (var at = PageHeader; at + ParameterHeader <= end;)
        {
            var value = page.Slice(at + ParameterHeader, Math.Min(page[at + 3], end - at - ParameterHeader));
            if (BinaryPrimitives.ReadUInt16BigEndian(page[at..]) == code)
                return value;
            at += ParameterHeader + page[at + 3];
        }

        return default;
    }

    private static long? Number(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length > sizeof(long))
            return null;
        var number = 0L;
        foreach (var one in value)
            number = number << 8 | one;
        return number;
    }

    /// <summary>FFh is "not known".</summary>
    private static int? Celsius(ReadOnlySpan<byte> value, int at) => value.Length > at && value[at] is > 0 and < 0xFF ? value[at] : null;

    private static byte[] Asked(string device, byte page)
    {
        Span<byte> into = stackalloc byte[PageLength];
        var length = ScsiInterop.ReadLog(device, page, into);
        return length > PageHeader && (into[0] & 0x3F) == page ? into[..length].ToArray() : [];
    }
}
