using System.Text.Json;

namespace InferenceCore.Engine;

/// <summary>Typed, range-checked access to one JSON object of a stranger's file. Every complaint names file, key, value and what would be right.</summary>
internal readonly struct JsonFields(JsonElement element, string path, string prefix)
{
    private readonly JsonElement _element = element.ValueKind == JsonValueKind.Object
        ? element
        : throw new EngineException($"{path}: {(prefix.Length == 0 ? "the file" : prefix.TrimEnd('.'))} is not a JSON object");

    public static JsonDocument ParseDocument(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException e)
        {
            throw new EngineException($"{path}: not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine})", e);
        }
    }

    /// <summary>Present and not null.</summary>
    public bool Has(string key) => _element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    public JsonFields? Object(string key) => Has(key) ? new JsonFields(_element.GetProperty(key), path, $"{prefix}{key}.") : null;

    public string? Text(string key)
    {
        if (!Has(key))
            return null;
        var value = _element.GetProperty(key);
        if (value.ValueKind != JsonValueKind.String)
            throw Wrong(key, Shorten(value.GetRawText()), "a string");
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new EngineException($"{path}: {prefix}{key} is not valid Unicode", e);
        }
    }

    public bool Flag(string key, bool otherwise)
    {
        if (!Has(key))
            return otherwise;
        var value = _element.GetProperty(key);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(key, Shorten(value.GetRawText()), "true or false");
    }

    /// <summary>A whole number in 1..limit.</summary>
    public int Size(string key, int limit, int? otherwise = null) => Whole(key, 1, limit, otherwise);

    /// <summary>A whole number in 0..limit.</summary>
    public int Count(string key, int limit) => Whole(key, 0, limit, null);

    /// <summary>A finite number above zero.</summary>
    public double Positive(string key, double? otherwise = null) =>
        Number(key, otherwise) is var value && value > 0 ? value : throw Wrong(key, value, "a number above zero");

    public double Number(string key, double? otherwise = null)
    {
        if (!Has(key))
            return otherwise ?? throw Missing(key);
        var value = _element.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, Shorten(value.GetRawText()), "a number");
    }

    /// <summary>One token id or a list of them, each in 0..vocabulary-1; none when absent.</summary>
    public IReadOnlyList<int> Tokens(string key, int vocabulary)
    {
        if (!Has(key))
            return [];
        var value = _element.GetProperty(key);
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value];
        var tokens = new List<int>(items.Length);
        foreach (var item in items)
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var token) || token < 0 || token >= vocabulary)
                throw Wrong(key, Shorten(item.GetRawText()), $"a token id in 0..{vocabulary - 1}");
            tokens.Add(token);
        }

        return tokens;
    }

    public EngineException Wrong(string key, object value, string right) =>
        new($"{path}: {prefix}{key} is '{value}'; right would be {right}");

    public EngineException Missing(string key) => new($"{path}: {prefix}{key} is missing");

    private int Whole(string key, int least, int limit, int? otherwise)
    {
        if (!Has(key))
            return otherwise ?? throw Missing(key);
        var value = _element.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= limit
            ? number
            : throw Wrong(key, Shorten(value.GetRawText()), $"a whole number in {least}..{limit}");
    }

    private static string Shorten(string text)
    {
        var line = string.Concat(text.Take(60).Select(c => char.IsControl(c) ? ' ' : c));
        return text.Length > 60 ? line + "…" : line;
    }
}
