using System.Globalization;
using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// Small text files of /sys and /proc, read whole. What is not there, or answers with an error, is null: that is how sysfs says that a
/// device has no such value, and an exception for it would cost more than all the rest.
/// </summary>
internal static class KernelText
{
    private const int MaxLength = 256 * 1024;

    /// <summary>Without white space at the ends; null for an empty file.</summary>
    public static unsafe string? Read(string path)
    {
        var fd = LibcInterop.open(path, LibcInterop.O_RDONLY | LibcInterop.O_CLOEXEC, 0);
        if (fd < 0)
            return null;
        Span<byte> buffer = stackalloc byte[4096];
        var length = 0;
        while (length < MaxLength)
        {
            if (length == buffer.Length)
            {
                var larger = new byte[buffer.Length * 4];
                buffer.CopyTo(larger);
                buffer = larger;
            }

            nint count;
            fixed (byte* to = buffer[length..])
                count = LibcInterop.pread(fd, to, (nuint)(buffer.Length - length), length);
            if (count <= 0)
                break;
            length += (int)count;
        }

        _ = LibcInterop.close(fd);
        var text = Encoding.UTF8.GetString(buffer[..length]).Trim();
        return text.Length > 0 ? text : null;
    }

    public static IReadOnlyList<string> Lines(string path) => Read(path)?.Split('\n') ?? [];

    public static long? Number(string path) =>
        Read(path) is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Names in a folder, sorted; nothing where it is not there.</summary>
    public static IReadOnlyList<string> Entries(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
