using System.Threading.Channels;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>How the end of an answer is told to the client.</summary>
internal static class Failures
{
    private static ApiException ErrorOf(FinishReason reason) => reason switch
    {
        FinishReason.Failed => new(500, "The engine could not finish this answer.", code: "engine_failed"),
        FinishReason.Shed => new(503, "There is no memory for this answer at the moment; try again shortly.", code: "overloaded") { RetryAfterS = 2 },
        FinishReason.Cancelled => new(500, "The answer was given up because the client did not read it.", code: "client_too_slow"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The answer ended before its end.</summary>
    public static bool IsUnfinished(Piece piece) => piece.Finish is FinishReason.Failed or FinishReason.Cancelled or FinishReason.Shed;

    public static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    /// <summary>An answer that could not be finished is an error, never a short answer.</summary>
    public static void Check(Piece piece)
    {
        if (IsUnfinished(piece))
            throw ErrorOf(piece.Finish!.Value);
    }

    /// <summary>Waits for the first piece without taking it: an answer that ends before it has begun still gets its status code.</summary>
    public static async Task CheckFirstAsync<T>(ChannelReader<T> pieces, Func<T, Piece> pieceOf, CancellationToken cancel)
    {
        if (await pieces.WaitToReadAsync(cancel) && pieces.TryPeek(out var first))
            Check(pieceOf(first));
    }

    /// <summary>A stream cannot take its status back: the error comes as the last event, and [DONE] does not.</summary>
    public static async Task EndStreamAsync(EventStream events, Piece piece)
    {
        events.Write(json => ApiError.WriteObject(json, ErrorOf(piece.Finish!.Value)));
        await events.FlushAsync();
    }
}
