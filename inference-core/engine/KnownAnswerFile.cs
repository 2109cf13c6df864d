using System.Text.Json;
using System.Text.Json.Serialization;

namespace InferenceCore.Engine;

/// <summary>
/// <c>known-answer.json</c> in a model directory: one answer for each arithmetic that has recorded one,
/// <c>{"answers":[{"arithmetic":"…","weights":"…","prompt":[…],"tokens":[…]}]}</c>.
/// </summary>
internal sealed record KnownAnswerFile(IReadOnlyList<KnownAnswer> Answers)
{
    public const string FileName = "known-answer.json";

    /// <summary>No answers where there is no file.</summary>
    /// <exception cref="EngineException">The file is there and cannot be read.</exception>
    public static KnownAnswerFile Load(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return new KnownAnswerFile([]);
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), KnownAnswerJson.Default.KnownAnswerFile);
            if (file?.Answers is null || file.Answers.Any(a => a is not { Arithmetic: not null, Weights: not null, Prompt.Length: > 0, Tokens.Length: > 0 }))
                throw new EngineException($"{path}: an answer has arithmetic, weights, prompt and tokens; `inference-core verify --record-answer` writes it");
            return file;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The answer to hold an engine to: its own arithmetic's, else everybody's, else that of any other to compare with.</summary>
    public KnownAnswer? For(string arithmetic) =>
        Answers.FirstOrDefault(a => a.Arithmetic == arithmetic) ?? Answers.FirstOrDefault(a => a.Arithmetic == KnownAnswer.Any) ?? (Answers.Count > 0 ? Answers[0] : null);

    /// <summary>With this answer in place of the one that the same arithmetic gave before.</summary>
    public KnownAnswerFile With(KnownAnswer answer) => new([.. Answers.Where(a => a.Arithmetic != answer.Arithmetic), answer]);

    /// <exception cref="EngineException">The directory cannot be written.</exception>
    public void Save(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            // Whole or not at all: a start may read it at any time.
            File.WriteAllBytes(path + ".new", [.. JsonSerializer.SerializeToUtf8Bytes(this, KnownAnswerJson.Default.KnownAnswerFile), (byte)'\n']);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path}: cannot be written: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KnownAnswerFile))]
internal sealed partial class KnownAnswerJson : JsonSerializerContext;
