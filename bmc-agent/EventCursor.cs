namespace BmcAgent;

/// <summary>Everything of this node's epoch up to and including this number is in the log.</summary>
internal sealed record EventCursor(string Node, long Epoch, long Seq);
