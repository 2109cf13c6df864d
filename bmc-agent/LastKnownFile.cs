using System.Text.Json;

namespace BmcAgent;

/// <summary>
/// The last-known views on disk, so that a restarted agent shows what it knew, with its age. Written beside and renamed: a reader sees the
/// old or the new, never half. Losing the last seconds of it is no loss, so it is not synced.
/// </summary>
internal sealed class LastKnownFile(string path)
{
    /// <returns>Nothing when there is no file; <paramref name="fault"/> says why when there is one that cannot be read.</returns>
    public NodeView[] Read(out string? fault)
    {
        fault = null;
        try
        {
            var views = JsonSerializer.Deserialize(File.ReadAllBytes(path), AgentJson.Default.NodeViewArray) ?? [];
            return [.. views.Where(v => v?.Snapshot?.Node is not null).Select(v => v with { HeardAt = null })];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            fault = $"{path}: {e.Message}";
            return [];
        }
    }

    /// <exception cref="IOException">The old file is still there.</exception>
    public void Write(IReadOnlyList<NodeView> views)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes([.. views], AgentJson.Default.NodeViewArray));
        File.Move(path + ".new", path, overwrite: true);
    }
}
