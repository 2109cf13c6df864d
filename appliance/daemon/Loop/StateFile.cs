using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Appliance.Daemon.Loop;

/// <summary>A file of the state directory: written beside and renamed, so that there is always a whole one.</summary>
internal static class StateFile
{
    /// <param name="sync">On the disk before it counts; else a power cut may bring the one before it back.</param>
    /// <returns>Why it could not be kept; null when it is.</returns>
    public static string? Write<T>(string path, T value, JsonTypeInfo<T> type, bool sync = true)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, value, type);
                file.Flush(flushToDisk: sync);
            }

            File.Move(path + ".new", path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path}: {e.Message}";
        }
    }
}
