using System.Threading.Channels;

namespace InferenceCore.Scheduling;

/// <summary>
/// One request under way. The journal writes pieces, the request's own task reads them. The journal never waits for a reader: one that
/// leaves too many pieces unread is given up.
/// </summary>
internal sealed class Generation
{
    private readonly Channel<Piece> _pieces = Channel.CreateUnbounded<Piece>();
    private readonly Action<Generation> _cancel;
    private int _open;

    /// <param name="firstId">Id of the first choice's sequence; the others follow it.</param>
    public Generation(GenerationRequest request, long firstId, TimeSpan submitted, Action<Generation> cancel)
    {
        Request = request;
        FirstId = firstId;
        Submitted = submitted;
        _cancel = cancel;
        _open = request.Choices;
    }

    public GenerationRequest Request { get; }

    public long FirstId { get; }

    /// <summary>Uptime at which the request came.</summary>
    public TimeSpan Submitted { get; }

    /// <summary>Pieces of all choices as they come; ends when every choice has finished.</summary>
    public ChannelReader<Piece> Pieces => _pieces.Reader;

    /// <summary>Prompt tokens whose cache was found ready; set before the first piece.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>Per prompt token but the first, when the request asked for them; complete before the first piece.</summary>
    public List<TokenLogprob> PromptLogprobs { get; } = [];

    /// <summary>The client has gone: nothing more is computed for it.</summary>
    public void Cancel() => _cancel(this);

    /// <summary>Only the journal writes, one piece at a time.</summary>
    internal void Write(Piece piece)
    {
        _pieces.Writer.TryWrite(piece);
        if (piece.Finish is not null && --_open == 0)
            _pieces.Writer.TryComplete();
    }
}
