using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FastTests.Bundle;

/// <param name="Core">What must not be found anywhere: the secret itself.</param>
internal sealed record Canary(string Place, string Core);

/// <summary>
/// Secrets as they really look, by seed, each in a place where one was once found: files that are read, files that are not, logs, the journal,
/// the kernel's log, events, environments, keys, prompts.
/// </summary>
internal static class Canaries
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private static readonly string[] Words = ["plum", "copper", "lantern", "orchid", "velvet", "thunder", "maple", "saddle", "ember", "quartz", "willow", "harbor"];

    public static IReadOnlyList<Canary> Plant(string folder, Action<string, string> write, Action<string, string> command)
    {
        var random = new Random(20261125);
        var canaries = new List<Canary>();
        string Put(string place, string core)
        {
            canaries.Add(new(place, core));
            return core;
        }

        write("etc/appliance.json", Config(random, Put));
        write("run/state/appliance.last-good.json", "{ \"node\": \"box1\" } // " + Put("comment of the last good configuration", Phrase(random)));
        foreach (var user in (string[])["appliance", "bmc-agent", "broker"])
        {
            write($"etc/tls/{user}.key", $"-----BEGIN PRIVATE KEY-----\n{Put("TLS key", Text(random, 64))}\n{Put("TLS key", Text(random, 64))}\n-----END PRIVATE KEY-----\n");
            write($"etc/tls/{user}.crt", $"-----BEGIN CERTIFICATE-----\n{Put("broken certificate", Text(random, 40))}\n-----END CERTIFICATE-----\n");
        }

        var password = Put("bus credentials", Phrase(random));
        var key = Put("API keys", $"sk-{Text(random, 32)}");
        write("etc/bus-password", password + "\n");
        write("etc/api-keys.json", $"{{ \"keys\": [ {{ \"name\": \"ci\", \"value\": \"{key}\" }} ] }}");
        write("etc/policies/a.json", Put("policies", Phrase(random)));
        write("run/state/models/m/token.env", $"HF_TOKEN={Put("a model's token", Text(random, 20))}\n");
        foreach (var strange in (string[])["run/state/prompts.log", "run/state/journal.bin", "run/core", "etc/notes.txt", "run/state/.ssh/id_ed25519"])
            write(strange, Put($"{strange}, which nobody asked for", Phrase(random)));

        var lines = Lines(random, Put, password, key).ToList();
        write("bin/journal.txt", "harmless words stay\n" + string.Join('\n', lines));
        command("journalctl", "cat \"$(dirname \"$0\")/journal.txt\"");
        command("nvidia-smi", $"echo 'Product Name : H100'; echo 'proxy password: {Put("nvidia-smi", Phrase(random))}'");
        command("systemctl", $"echo 'StatusText=https://u:{Put("systemctl", Text(random, 12))}@example.org/'");
        write("run/state/events/00000001.log", string.Join('\n', Lines(random, Put, password, key)
            .Select((l, i) => $"xxxxxxxx E {{\"id\":{i},\"text\":{JsonSerializer.Serialize(l)}}}")) + "\n");
        write("run/state/last-known.json", JsonSerializer.Serialize(new { text = $"api_key={Put("last-known", Phrase(random))}" }));
        return Environ(random, canaries);
    }

    /// <summary>What /proc/PID/environ would hold.</summary>
    public static string Environment(IEnumerable<Canary> canaries) => string.Join(
        '\0', canaries.Where(c => c.Place.StartsWith("environment ", StringComparison.Ordinal)).Select(c => $"{c.Place["environment ".Length..]}={c.Core}"));

    /// <summary>Variables of a process, and what it logs of them under another name.</summary>
    private static List<Canary> Environ(Random random, List<Canary> canaries)
    {
        foreach (var name in (string[])["MQTT_PASSWORD", "OPENAI_API_KEY", "HTTPS_PROXY", "WEBHOOK_URL", "DB_PWD", "AWS_SECRET_ACCESS_KEY", "PLAIN_WORDS"])
            canaries.Add(new($"environment {name}", name == "HTTPS_PROXY" ? $"http://ann:{Text(random, 10)}@proxy.example:3128" : Phrase(random)));
        return canaries;
    }

    private static string Config(Random random, Func<string, string, string> put) => $$"""
        // {{put("comment", Phrase(random))}}
        {
          "node": "box1",
          "password": "{{put("unknown key", Phrase(random))}}",
          "cloud": { "endpoint": "https://ann:{{put("URL in an unknown section", Text(random, 16))}}@example.com/", "deep": ["{{put("array", Phrase(random))}}"] },
          /* {{put("block comment", Text(random, 24))}} */
          "bus": { "password": "{{put("unknown key of a section", Phrase(random))}}", "port": "{{put("value a key does not take", Phrase(random))}}" },
          "daemon": { "setpoint_c": "{{put("value a key does not take", Text(random, 30))}}" }
        }
        """;

    /// <summary>Lines as programs write them: with secrets that are nowhere else, and with those the box knows.</summary>
    private static IEnumerable<string> Lines(Random random, Func<string, string, string> put, string password, string key)
    {
        var time = "2026-11-25T23:59:01+0000 box1 appliance[412]:";
        string[] shapes =
        [
            "login with password={0}", "retry with token: {0}", "connecting to mqtt://bob:{0}@10.0.0.7:1883", "POST https://hooks.slack.com/services/{0}",
            "Authorization: Bearer {0}", "{{\"api_key\":\"{0}\"}}", "args: --password {0}", "the passphrase is {0}", "set client_secret='{0}'", "x-api-key: {0}",
            "https://oapi.dingtalk.com/robot/send?access_token={0}", "cookie: sid={0}; path=/", "community={0}", "otp: {0}", "credential {{\\\"secret\\\":\\\"{0}\\\"}}",
        ];
        foreach (var shape in shapes)
        {
            yield return $"{time} {string.Format(CultureInfo.InvariantCulture, shape, put($"log line '{shape}'", random.Next(2) == 0 ? Phrase(random) : Text(random, 14)))}";
            yield return $"{time} {string.Format(CultureInfo.InvariantCulture, shape, put($"log line '{shape}', long", Text(random, 40)))}";
        }

        yield return $"{time} said {password} to the broker and {key} to the gateway";
        yield return $"{time} raw {put("bare hex", Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Text(random, 20))))}";
        yield return $"{time} raw {put("bare base64", Convert.ToBase64String(Encoding.ASCII.GetBytes(Text(random, 30))))}";
        yield return $"{time} jwt eyJhbGciOiJIUzI1NiJ9.{put("token of three parts", Text(random, 24))}.{Text(random, 24)}";
        yield return $"{time} /etc/appliance/appliance.json:7: daemon.setpoint_c is \"{put("configuration fault", Phrase(random))}\"; it must be a number in 15..45, or null.";
        yield return $"-----BEGIN RSA PRIVATE KEY-----\n{put("key in a log", Text(random, 60))}\n-----END RSA PRIVATE KEY-----";
    }

    private static string Text(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Letters[random.Next(Letters.Length)]));

    private static string Phrase(Random random) => $"{Words[random.Next(Words.Length)]}-{Words[random.Next(Words.Length)]}-{random.Next(100, 1000)}-{Words[random.Next(Words.Length)]}";
}
