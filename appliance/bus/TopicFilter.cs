namespace Appliance.Bus;

/// <summary>MQTT topic filters (MQTT 5, §4.7): <c>+</c> is one level, <c>#</c> the rest.</summary>
public static class TopicFilter
{
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        // §4.7.2: a wildcard in front does not match topics that start with '$' ($SYS).
        if (!topic.IsEmpty && topic[0] == '$' && !filter.IsEmpty && filter[0] is '+' or '#')
            return false;
        while (true)
        {
            if (filter is "#")
                return true;
            var wanted = Level(ref filter, out var lastWanted);
            var level = Level(ref topic, out var lastLevel);
            if (wanted is not "+" && !wanted.SequenceEqual(level))
                return false;
            if (lastWanted || lastLevel)
                return lastWanted == lastLevel || (lastLevel && filter is "#"); // "a/#" matches "a" too
        }
    }

    private static ReadOnlySpan<char> Level(ref ReadOnlySpan<char> rest, out bool last)
    {
        var slash = rest.IndexOf('/');
        last = slash < 0;
        var level = last ? rest : rest[..slash];
        rest = last ? [] : rest[(slash + 1)..];
        return level;
    }
}
