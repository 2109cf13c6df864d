using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary>
/// Parts an answer into what the model thought and what it says, as it streams. A template that opens the reasoning itself starts inside it,
/// with no opening tag in the answer; other reasoning models write the tag first. A tag is never shown, whole or in part.
/// </summary>
internal sealed class ReasoningSplitter(bool opened, bool mayOpen)
{
    private const string Open = "<think>", Close = "</think>";

    private StopMatcher? _thinking = opened ? new StopMatcher([Close]) : null;
    private bool _undecided = mayOpen && !opened;
    private string _beginning = "";
    private string _afterClose = "";

    /// <summary>What has become certain with <paramref name="text"/>.</summary>
    /// <param name="last">The answer ends here: nothing is held back any more.</param>
    public (string Reasoning, string Content) Append(string text, bool last)
    {
        if (_undecided)
        {
            _beginning += text;
            var start = _beginning.TrimStart();
            if (!last && start.Length < Open.Length && Open.StartsWith(start, StringComparison.Ordinal))
                return ("", "");
            _undecided = false;
            text = _beginning;
            if (start.StartsWith(Open, StringComparison.Ordinal))
            {
                _thinking = new StopMatcher([Close]);
                text = start[Open.Length..];
            }
        }
        if (_thinking is null)
            return ("", text);

        _afterClose += text;
        var reasoning = _thinking.Append(text);
        if (_thinking.Stopped)
        {
            _thinking = null;
            return (reasoning, _afterClose[(_afterClose.IndexOf(Close, StringComparison.Ordinal) + Close.Length)..]);
        }
        // Only what may still be the beginning of the tag needs to be remembered.
        _afterClose = _afterClose[Math.Max(0, _afterClose.Length - Close.Length)..];
        return (last ? reasoning + _thinking.Flush() : reasoning, "");
    }
}
