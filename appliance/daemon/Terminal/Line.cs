namespace Appliance.Daemon.Terminal;

/// <summary>How a line stands out on a VT100, which has no colours.</summary>
internal enum Look : byte
{
    Plain,
    Bold,
    Reverse,
}

/// <summary>One line of a screen: a look for all of it, which costs fewest bytes and reads best.</summary>
internal readonly record struct Line(string Text, Look Look = Look.Plain)
{
    public static implicit operator Line(string text) => new(text);
}
