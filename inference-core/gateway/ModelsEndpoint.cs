using System.Text.Json;

namespace InferenceCore.Gateway;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>.</summary>
internal sealed class ModelsEndpoint(Api api)
{
    private readonly long _created = api.UnixNow;

    public Task ListAsync(HttpContext context) => ApiJson.WriteAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task OneAsync(HttpContext context)
    {
        var name = context.Request.RouteValues["id"] as string;
        if (name != api.ModelName)
            throw new ApiException(404, $"The model '{name}' does not exist; this box serves '{api.ModelName}'.", "model", "model_not_found");
        return ApiJson.WriteAsync(context, Write);
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", api.ModelName);
        json.WriteString("object", "model");
        json.WriteNumber("created", _created);
        json.WriteString("owned_by", "appliance");
        json.WriteString("root", api.ModelName);
        json.WriteNull("parent");
        if (api.Host.Model is { } model)
            json.WriteNumber("max_model_len", model.ContextLength);
        json.WriteEndObject();
    }
}
