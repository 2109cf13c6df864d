using System.Collections.Frozen;
using System.Security.Cryptography;

namespace BmcAgent;

/// <summary>One file of the panel, from the program itself.</summary>
internal sealed record PanelAsset(byte[] Bytes, string ContentType, string ETag);

/// <summary>The panel's files, embedded, so that the page and the program it talks to cannot be of two versions.</summary>
internal static class PanelAssets
{
    private const string Prefix = "panel/";

    /// <summary>By path: <c>/</c>, <c>/panel.css</c> …</summary>
    public static FrozenDictionary<string, PanelAsset> All { get; } = Load();

    private static FrozenDictionary<string, PanelAsset> Load()
    {
        var assembly = typeof(PanelAssets).Assembly;
        var assets = new Dictionary<string, PanelAsset>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"";
            var file = name[Prefix.Length..];
            assets[file switch { "index.html" => "/", "guide.html" => "/guide", _ => "/" + file }] = new PanelAsset(bytes, TypeOf(file), tag);
        }

        return assets.ToFrozenDictionary();
    }

    private static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The panel has no content type for {other}."),
    };
}
