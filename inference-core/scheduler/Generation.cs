using System.Threading.Channels;

namespace InferenceCore.Scheduling;

/// <summary>
/// One request under way. The engine's thread writes pieces, the request's own task reads them. The engine never waits for a reader: one that
/// leaves too many pieces unread is given up.
/// </summary>
internal sealed class Generation
{
    private readonly Channel<Piece> _pieces =
        Channel.CreateUnbounded<Piece>(new UnboundedChannelOptions { SingleWriter = true });

    private readonly Action _wake;
    private readonly int _maxUnread;
    private volatile bool _cancelled;
    private int _open;

    /// <param name="maxUnread">Pieces that may wait for the reader.</param>
    public Generation(GenerationRequest request, TimeSpan submitted, int maxUnread, Action wake)
    {
        _maxUnread = maxUnread;
        Request = request;
        Submitted = submitted;
        _wake = wake;
        _open = request.Choices;
    }

    public GenerationRequest Request { get; }

    /// <summary>Uptime at which the request came.</summary>
    public TimeSpan Submitted { get; }

    /// <summary>Pieces of all choices as they come; ends when every choice has finished.</summary>
    public ChannelReader<Piece> Pieces => _pieces.Reader;

    /// <summary>Prompt tokens whose cache was found ready; set before the first piece.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>Per prompt token but the first, when the request asked for them; complete before the first piece.</summary>
    public List<TokenLogprob> PromptLogprobs { get; } = [];

    public bool IsCancelled => _cancelled;

    /// <summary>The client has gone: no further step computes for it.</summary>
    public void Cancel()
    {
        _cancelled = true;
        _wake();
    }

    internal void Write(Piece piece)
    {
        _pieces.Writer.TryWrite(piece);
        if (_pieces.Reader.Count > _maxUnread)
            _cancelled = true;
        if (piece.Finish is not null && --_open == 0)
            _pieces.Writer.TryComplete();
    }
}
