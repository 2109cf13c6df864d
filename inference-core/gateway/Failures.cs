using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>How the end of an answer is told to the client.</summary>
internal static class Failures
{
    private static ApiException Failed => new(500, "The engine could not finish this answer.", code: "engine_failed");

    public static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    /// <summary>An answer that could not be finished is an error, never a short answer.</summary>
    public static void Check(Piece piece)
    {
        if (piece.Finish == FinishReason.Failed)
            throw Failed;
    }

    /// <summary>A stream cannot take its status back: the error comes as the last event, and [DONE] does not.</summary>
    public static async Task EndStreamAsync(EventStream events)
    {
        events.Write(json => ApiError.WriteObject(json, Failed));
        await events.FlushAsync();
    }
}
