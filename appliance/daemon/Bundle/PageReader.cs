using Appliance.Daemon.Config;
using Appliance.Model;

namespace Appliance.Daemon.Bundle;

/// <summary>A page that one of the planes serves on this machine.</summary>
internal static class PageReader
{
    /// <param name="plane"><c>daemon</c> or <c>inference</c>.</param>
    public static async Task<string> ReadAsync(BundlePlaces places, string plane, string path, CancellationToken cancel)
    {
        var config = Config(places);
        var port = plane == "daemon" ? config.Daemon.MetricsPort : config.InferenceCore.Port;
        using var client = new HttpClient { MaxResponseContentBufferSize = 4 * 1024 * 1024 };
        try
        {
            using var answer = await client.GetAsync($"http://127.0.0.1:{port}{path}", cancel).ConfigureAwait(false);
            return await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new BundleGapException($"port {port}: {e.Message}");
        }
    }

    private static BoxConfig Config(BundlePlaces places)
    {
        // The last good one is what runs; a box that never had a file runs on the defaults.
        foreach (var file in places.ConfigFiles.Reverse().Where(File.Exists))
        {
            try
            {
                return BoxConfigFile.Parse(ConfigStore.Bytes(file), file);
            }
            catch (FormatException)
            {
                // The other one then.
            }
        }

        return new();
    }
}
