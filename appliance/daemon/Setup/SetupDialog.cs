namespace Appliance.Daemon.Setup;

/// <summary>
/// Asks a person, a line at a time, so that it works on any terminal and at any speed. A wrong answer is told and asked again; an end of the
/// input is a refusal.
/// </summary>
/// <param name="secret">Reads a line without showing it.</param>
internal sealed class SetupDialog(TextReader input, TextWriter output, Func<string?> secret)
{
    private const int MostAttempts = 5;

    public SetupWords Words { get; private set; } = SetupWords.English;

    /// <returns>Null when the person does not want to after all.</returns>
    /// <exception cref="SetupException">Too many wrong answers, or nobody answers.</exception>
    public SetupAnswers? Ask(SetupAnswers defaults)
    {
        if (Line("Language: Enter English, 2 中文 (needs UTF-8)", "1") == "2")
            Words = SetupWords.Chinese;
        output.WriteLine();
        output.WriteLine(Words.Title);
        var node = Until(Words.Node, defaults.Node, text => (text, SetupCheck.Node(text)));
        var network = Until(Words.Network, "", Network);
        var servers = Until(Words.Time, "", text => (Split(text), SetupCheck.TimeServers(Split(text))));
        var name = Until(Words.Administrator, "", text => (text, SetupCheck.AdministratorName(text)));
        var password = Password(name, node);
        if (Line(Words.Confirm, "").StartsWith('n'))
        {
            output.WriteLine(Words.Nothing);
            return null;
        }

        return defaults with { Node = node, Network = network, TimeServers = servers, Administrator = new(name, password) };
    }

    private (SetupNetwork? Value, string? Fault) Network(string text) => Split(text) switch
    {
        [] => (null, null),
        [var link, "dhcp"] => Checked(new(link)),
        [var link, var address] => Checked(new(link, address)),
        [var link, var address, var gateway, .. var servers] => Checked(new(link, address, gateway, servers)),
        _ => (null, Words.NetworkHelp),
    };

    private (SetupNetwork? Value, string? Fault) Checked(SetupNetwork network) =>
        (network, SetupCheck.Network(network) is { } fault ? $"{fault} ({Words.NetworkHelp})" : null);

    private static string[] Split(string text) => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);

    private T Until<T>(string question, string preset, Func<string, (T Value, string? Fault)> read)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var (value, fault) = read(Line(question, preset));
            if (fault is null)
                return value;
            output.WriteLine($"  {fault}");
        }

        throw new SetupException("too many answers were not understood; nothing was changed.");
    }

    private string Password(string name, string node)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var first = Hidden(Words.Password);
            var fault = PasswordPolicy.Fault(first, name, node);
            if (fault is null && Hidden(Words.Again) == first)
                return first;
            output.WriteLine($"  {fault ?? Words.NotTheSame}");
        }

        throw new SetupException("too many passwords were not good enough; nothing was changed.");
    }

    private string Hidden(string question)
    {
        output.Write($"{question}: ");
        output.Flush();
        var line = secret() ?? throw new SetupException("the input ended; nothing was changed.");
        output.WriteLine();
        return line;
    }

    private string Line(string question, string preset)
    {
        output.Write(preset.Length > 0 ? $"{question} [{preset}]: " : $"{question}: ");
        output.Flush();
        var line = input.ReadLine() ?? throw new SetupException("the input ended; nothing was changed.");
        return line.Trim() is { Length: > 0 } text ? text : preset;
    }
}
