using System.Text;

namespace Appliance.Daemon.Cli;

/// <summary>Reads what must not be seen: not shown, not even as stars; from a pipe an ordinary line.</summary>
internal static class SecretLine
{
    /// <returns>Null when the input ended.</returns>
    public static string? Read(TextReader input)
    {
        if (Console.IsInputRedirected)
            return input.ReadLine();
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return text.ToString();
                case ConsoleKey.Backspace when text.Length > 0:
                    text.Length--;
                    break;
                case ConsoleKey.D when key.Modifiers == ConsoleModifiers.Control && text.Length == 0:
                    return null;
                default:
                    if (!char.IsControl(key.KeyChar))
                        text.Append(key.KeyChar);
                    break;
            }
        }
    }
}
