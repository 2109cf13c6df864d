namespace BmcAgent;

/// <summary>One retained message as kept on disk.</summary>
internal sealed record RetainedMessage(string Topic, byte[] Payload);
