using System.Text;

namespace Appliance.Daemon.Bundle;

/// <summary>The end of a text file, from the beginning of a line on.</summary>
internal static class FileTail
{
    /// <exception cref="BundleGapException">It is not there or may not be read.</exception>
    public static string Read(string file, int maxBytes)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var skipped = Math.Max(0, stream.Length - maxBytes);
            stream.Seek(skipped, SeekOrigin.Begin);
            var bytes = new byte[Math.Min(stream.Length, maxBytes)];
            var text = Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return skipped == 0 ? text : text[(text.IndexOf('\n') + 1)..];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BundleGapException($"{file} is not there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleGapException($"{file}: {e.Message}");
        }
    }
}
