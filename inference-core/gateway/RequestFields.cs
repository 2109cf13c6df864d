using System.Text.Json;

namespace InferenceCore.Gateway;

/// <summary>Typed access to a request's JSON object. A field that is absent or null has its default; anything wrong is a 400 naming the field.</summary>
internal sealed class RequestFields
{
    private readonly JsonElement _root;

    private RequestFields(JsonElement root) => _root = root;

    /// <summary>Reads a body as one JSON object.</summary>
    public static async Task<RequestFields> ReadAsync(HttpContext context)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, new JsonDocumentOptions { MaxDepth = 32 }, context.RequestAborted);
            return Of(document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new ApiException(400, $"We could not parse the JSON body of your request: {FirstLine(e.Message)}", code: "invalid_json");
        }
    }

    public static RequestFields Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new ApiException(400, $"The body must be a JSON object, but is {NameOf(root.ValueKind)}.", code: "invalid_json");
        return new RequestFields(root);
    }

    public JsonElement? Element(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Element(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? StringOf(value, name)
        : throw WrongType(name, "a string", value);

    public bool Flag(string name, bool fallback) => Element(name) is not { } value ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(name, "a boolean", value),
    };

    public float? Number(string name, float min, float max)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
            throw WrongType(name, "a number", value);
        if (!(number >= min && number <= max))
            throw ApiException.Invalid(name, $"Invalid '{name}': it must be between {min} and {max}, but is {value.GetRawText()}.");
        return (float)number;
    }

    public int? Integer(string name, int min, int max)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !(value.TryGetInt64(out var number) || IsWhole(value, out number)))
            throw WrongType(name, "an integer", value);
        if (number < min || number > max)
            throw ApiException.Invalid(name, $"Invalid '{name}': it must be between {min} and {max}, but is {value.GetRawText()}.");
        return (int)number;
    }

    /// <summary>Any 64-bit integer; its bits are used.</summary>
    public ulong? Seed(string name)
    {
        if (Element(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number))
            return (ulong)number;
        throw WrongType(name, "a 64-bit integer", value);
    }

    /// <summary>A string's value; an unpaired surrogate escape in it is the client's mistake, not ours.</summary>
    public static string StringOf(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid(name, $"Invalid '{name}': the string holds half of a surrogate pair.");
        }
    }

    public static ApiException WrongType(string name, string wanted, JsonElement value) =>
        ApiException.Invalid(name, $"Invalid type for '{name}': expected {wanted}, but got {NameOf(value.ValueKind)} instead.", "invalid_type");

    /// <summary>4.0 is an integer to most people who write JSON.</summary>
    private static bool IsWhole(JsonElement value, out long number)
    {
        number = 0;
        if (!value.TryGetDouble(out var real) || real != Math.Floor(real) || Math.Abs(real) > 1e15)
            return false;
        number = (long)real;
        return true;
    }

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Split(" Path:", 2)[0];
}
