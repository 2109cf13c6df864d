using System.Globalization;
using Appliance.Daemon.Bundle;
using Appliance.Daemon.Loop;
using Appliance.Model;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance dump health</c>: a support bundle, also when no process of the box lives and its disk is full.</summary>
internal static class DumpVerb
{
    private const int MissingShown = 12;

    /// <param name="destination">A folder, a file that does not exist yet, or <c>-</c> for standard output.</param>
    public static async Task<int> RunAsync(BoxClient box, string? destination, BundlePlaces places, Output output, TimeProvider time, CancellationToken cancel)
    {
        if (destination == "-" && !Console.IsOutputRedirected)
            return output.Fail(ExitCode.Usage, "a bundle is no text for a terminal: appliance dump health --output - > bundle.tar.gz");
        var node = NodeOf(places);
        var path = destination == "-" ? null : PathOf(destination ?? ".", node, time);
        var writer = new BundleWriter(node, DaemonState.Version, new(KnownSecrets.Of(places)), time);
        var items = new BundlePlan(places, box, time).Items();
        try
        {
            BundleManifest manifest;
            long bytes;
            if (path is null)
            {
                await using var stream = new CountingStream(Console.OpenStandardOutput());
                manifest = await writer.WriteAsync(items, stream, cancel).ConfigureAwait(false);
                bytes = stream.Position;
            }
            else
            {
                (manifest, bytes) = await WriteFileAsync(writer, items, path, cancel).ConfigureAwait(false);
            }

            Tell(manifest, bytes, path, output);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return output.Fail(ExitCode.Failed, $"{path ?? "standard output"}: {e.Message.TrimEnd('.')}; name another place: appliance dump health --output /media/usb, or --output - for standard output.");
        }
    }

    /// <summary>Under another name until it is whole; what did not become whole is taken away again.</summary>
    private static async Task<(BundleManifest Manifest, long Bytes)> WriteFileAsync(BundleWriter writer, IReadOnlyList<BundleItem> items, string path, CancellationToken cancel)
    {
        var isDevice = File.Exists(path); // a device or a pipe somebody made: written as it is
        var beside = isDevice ? path : path + ".part";
        var whole = false;
        try
        {
            BundleManifest manifest;
            long bytes;
            var options = new FileStreamOptions
            {
                Mode = isDevice ? FileMode.Open : FileMode.CreateNew,
                Access = FileAccess.Write,
            };
            if (!isDevice)
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using (var file = new FileStream(beside, options))
            await using (var stream = new CountingStream(file))
            {
                manifest = await writer.WriteAsync(items, stream, cancel).ConfigureAwait(false);
                bytes = stream.Position;
                file.Flush(flushToDisk: !isDevice); // a stick is pulled as soon as we say that it is done
            }

            if (!isDevice)
                File.Move(beside, path);
            whole = true;
            return (manifest, bytes);
        }
        finally
        {
            if (!whole && !isDevice)
                File.Delete(beside);
        }
    }

    private static void Tell(BundleManifest manifest, long bytes, string? path, Output output)
    {
        if (path is null)
        {
            output.Note(Summary(manifest, bytes));
            return;
        }

        if (output.Json)
        {
            output.Data(new DumpReport(path, bytes, manifest.TookS, manifest.Files.Count, manifest.StruckOut, manifest.Missing), DumpJson.Default.DumpReport);
            return;
        }

        output.Line(path);
        output.Line(Summary(manifest, bytes));
        output.Lines(manifest.Missing.Take(MissingShown).Select(m => $"  missing: {m.Path}: {m.Why}"));
        if (manifest.Missing.Count > MissingShown)
            output.Line($"  … {manifest.Missing.Count - MissingShown} more in its manifest.json");
    }

    private static string Summary(BundleManifest manifest, long bytes) => string.Create(CultureInfo.InvariantCulture,
        $"{manifest.Files.Count} files, {bytes / 1e6:0.00} MB, {manifest.TookS:0.0} s, {manifest.StruckOut} places struck out, {manifest.Missing.Count} missing");

    private static string PathOf(string destination, string node, TimeProvider time) => Directory.Exists(destination)
        ? Path.GetFullPath(Path.Combine(destination, string.Create(CultureInfo.InvariantCulture, $"appliance-{node}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar.gz")))
        : Path.GetFullPath(destination);

    /// <summary>From the configuration, for the daemon may be dead; a name that is none of ours is not taken.</summary>
    private static string NodeOf(BundlePlaces places)
    {
        foreach (var file in places.ConfigFiles)
        {
            try
            {
                return BoxConfigFile.Parse(File.ReadAllBytes(file), file).Node;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                // The other one then.
            }
        }

        return new BoxConfig().Node;
    }
}
