using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Appliance.Daemon.Cli;

/// <summary>Where a verb writes: text for people, JSON for programs, one line for what went wrong.</summary>
internal sealed class Output(TextWriter output, TextWriter error, Screen screen, bool json)
{
    public Screen Screen { get; } = screen;

    public bool Json { get; } = json;

    /// <summary>For a dialogue, which asks within a line.</summary>
    public TextWriter Writer { get; } = output;

    public void Lines(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Writer.WriteLine(Screen.Fit(line));
    }

    public void Line(string line) => Writer.WriteLine(Screen.Fit(line));

    public void Data(ReadOnlyMemory<byte> data) => Writer.WriteLine(System.Text.Encoding.UTF8.GetString(data.Span));

    public void Data<T>(T value, JsonTypeInfo<T> type) => Writer.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>A line for the person while standard output belongs to a program.</summary>
    public void Note(string line) => error.WriteLine(Screen.Fit(line));

    /// <summary>One line on standard error, with the program's name in front.</summary>
    /// <returns><paramref name="exitCode"/>, to be returned.</returns>
    public int Fail(int exitCode, string line)
    {
        error.WriteLine(Screen.Fit($"appliance: {line.ReplaceLineEndings(" ")}"));
        return exitCode;
    }
}
