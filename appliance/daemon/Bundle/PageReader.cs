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
        // To this machine's own API: whoever could stand in between could read the answer anyway.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var client = new HttpClient(handler) { MaxResponseContentBufferSize = 4 * 1024 * 1024 };
        var scheme = plane == "inference" && places.Run == RunPaths.Box ? "https" : "http";
        try
        {
            using var answer = await client.GetAsync($"{scheme}://127.0.0.1:{port}{path}", cancel).ConfigureAwait(false);
            if (answer.StatusCode == System.Net.HttpStatusCode.Unauthorized)
                throw new BundleGapException($"port {port} asks for an API key, which a bundle has not");
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
