using System.Text.Json;

namespace InferenceCore.Gateway;

/// <summary>Server-sent events as OpenAI streams them: one <c>data:</c> line per JSON object, <c>[DONE]</c> at the end.</summary>
internal sealed class EventStream(HttpContext context)
{
    public void Start()
    {
        context.Response.StatusCode = 200;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Queues an event; <see cref="FlushAsync"/> sends it.</summary>
    public void Write(Action<Utf8JsonWriter> write)
    {
        var output = context.Response.BodyWriter;
        Write(output, "data: "u8);
        Write(output, ApiJson.Bytes(write));
        Write(output, "\n\n"u8);
    }

    public void WriteDone() => Write(context.Response.BodyWriter, "data: [DONE]\n\n"u8);

    /// <summary>Waits while the client reads too slowly to take more; a client that takes almost nothing is cut off by Kestrel.</summary>
    public async Task FlushAsync() => await context.Response.BodyWriter.FlushAsync(context.RequestAborted);

    private static void Write(System.Buffers.IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        var span = output.GetSpan(bytes.Length);
        bytes.CopyTo(span);
        output.Advance(bytes.Length);
    }
}
