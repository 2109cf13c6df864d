using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Appliance.Daemon.Bundle;

/// <summary>
/// Writes a support bundle as it is collected: a gzipped tar with README.txt first, the items in their order, then manifest.json and SHA256SUMS.
/// Nothing is put on a disk on the way, so that it works onto a stick, or down a pipe, while the box' own disk is full.
/// </summary>
internal sealed class BundleWriter(string node, string version, Scrubber scrubber, TimeProvider time)
{
    /// <summary>Uncompressed, so that the archive is smaller in every case: 25 MB is the limit.</summary>
    private const int MaxBytes = 24 * 1000 * 1000;

    private static readonly TimeSpan ItemLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan AllLimit = TimeSpan.FromSeconds(25);

    private readonly List<BundleFile> _files = [];
    private readonly List<BundleGap> _missing = [];
    private readonly DateTimeOffset _createdAt = time.GetUtcNow();
    private readonly long _began = time.GetTimestamp();
    private long _bytes;

    /// <exception cref="IOException">The destination takes no more.</exception>
    public async Task<BundleManifest> WriteAsync(IReadOnlyList<BundleItem> items, Stream destination, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(AllLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        // All at once: what hangs then costs its own time only.
        var readings = items.Select(item => Task.Run(() => ReadAsync(item, either.Token), CancellationToken.None)).ToArray();
        await using var gzip = new GZipStream(destination, CompressionLevel.Optimal, leaveOpen: true);
        await using var tar = new TarWriter(gzip, TarEntryFormat.Pax, leaveOpen: true);
        var top = string.Create(CultureInfo.InvariantCulture, $"appliance-{node}-{_createdAt:yyyyMMdd'T'HHmmss'Z'}/");
        Add(tar, top, new("README.txt", "what is what", _ => Task.FromResult("")), BundleReadme.Text, struckOut: 0);
        for (var i = 0; i < items.Count; i++)
        {
            var (text, why) = await readings[i].ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            if (why is not null)
            {
                _missing.Add(new(items[i].Path, items[i].Source, scrubber.Scrub(why).Text));
                continue;
            }

            try
            {
                var (clean, struck) = scrubber.Scrub(text!);
                Add(tar, top, items[i], clean, struck);
            }
            catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
            {
                _missing.Add(new(items[i].Path, items[i].Source, "could not be searched for secrets in time, and so was left out"));
            }
        }

        var manifest = new BundleManifest
        {
            Node = node,
            Version = version,
            CreatedAt = _createdAt,
            TookS = Math.Round(time.GetElapsedTime(_began).TotalSeconds, 2),
            Complete = _missing.Count == 0 && _files.All(f => f.CutBytes == 0),
            StruckOut = _files.Sum(f => f.StruckOut),
            Files = [.. _files],
            Missing = _missing,
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, BundleJson.Default.BundleManifest);
        Put(tar, $"{top}manifest.json", json);
        var sums = new StringBuilder();
        foreach (var (path, sum) in _files.Select(f => (f.Path, f.Sha256)).Append(("manifest.json", Hash(json))))
            sums.Append(sum).Append("  ").Append(path).Append('\n');
        Put(tar, $"{top}SHA256SUMS", Encoding.UTF8.GetBytes(sums.ToString()));
        return manifest;
    }

    /// <summary>Never throws; a reader that does not come back is left to its fate.</summary>
    private async Task<(string? Text, string? Why)> ReadAsync(BundleItem item, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(ItemLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            return (await Task.Run(() => item.ReadAsync(either.Token), CancellationToken.None).WaitAsync(either.Token).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException)
        {
            return (null, late.IsCancellationRequested ? $"no answer within {ItemLimit.TotalSeconds:0} s" : $"no time left: a bundle takes {AllLimit.TotalSeconds:0} s at most");
        }
        catch (Exception e)
        {
            // The edge: whatever is wrong with one item, the others are wanted all the more.
            return (null, e.Message.ReplaceLineEndings(" "));
        }
    }

    private void Add(TarWriter tar, string top, BundleItem item, string text, int struckOut)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var room = (int)Math.Min(item.MaxBytes, Math.Max(0, MaxBytes - _bytes));
        var cut = Math.Max(0, bytes.Length - room);
        if (cut > 0 && room == 0)
        {
            _missing.Add(new(item.Path, item.Source, $"no room left: a bundle holds {MaxBytes} bytes"));
            return;
        }

        bytes = bytes[cut..];
        _bytes += bytes.Length;
        Put(tar, top + item.Path, bytes);
        _files.Add(new(item.Path, bytes.Length, Hash(bytes), item.Source, struckOut, cut));
    }

    private void Put(TarWriter tar, string path, byte[] bytes)
    {
        using var data = new MemoryStream(bytes, writable: false);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
        {
            DataStream = data,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            ModificationTime = _createdAt,
        });
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
