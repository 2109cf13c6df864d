using System.Text.Json;
using System.Text.Json.Serialization;

namespace Appliance.Daemon.Setup;

/// <summary>That a box belongs to somebody: written by setup as its last step, readable by everyone, writable by root.</summary>
/// <param name="By">The administrator who was named.</param>
internal sealed record Claim(DateTimeOffset ClaimedAt, string Node, string By)
{
    public const string FileName = "claimed.json";

    public const string BoxFile = "/etc/appliance/" + FileName;

    /// <returns>Null where nobody has claimed the box, or what lies there is no claim.</returns>
    public static Claim? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), SetupJson.Default.Claim);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(Claim))]
[JsonSerializable(typeof(SetupAnswers))]
[JsonSerializable(typeof(SetupReport))]
[JsonSerializable(typeof(ApiKeyFile))]
internal sealed partial class SetupJson : JsonSerializerContext;
