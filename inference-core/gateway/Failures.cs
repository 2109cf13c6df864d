using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>How the end of an answer is told to the client.</summary>
internal static class Failures
{
    private static ApiException ErrorOf(FinishReason reason) => reason == FinishReason.Failed
        ? new(500, "The engine could not finish this answer.", code: "engine_failed")
        : new(500, "The answer was given up because the client did not read it.", code: "client_too_slow");

    /// <summary>The answer ended before its end.</summary>
    public static bool IsUnfinished(Piece piece) => piece.Finish is FinishReason.Failed or FinishReason.Cancelled;

    public static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    /// <summary>An answer that could not be finished is an error, never a short answer.</summary>
    public static void Check(Piece piece)
    {
        if (IsUnfinished(piece))
            throw ErrorOf(piece.Finish!.Value);
    }

    /// <summary>A stream cannot take its status back: the error comes as the last event, and [DONE] does not.</summary>
    public static async Task EndStreamAsync(EventStream events, Piece piece)
    {
        events.Write(json => ApiError.WriteObject(json, ErrorOf(piece.Finish!.Value)));
        await events.FlushAsync();
    }
}
