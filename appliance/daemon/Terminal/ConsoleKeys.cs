namespace Appliance.Daemon.Terminal;

/// <summary>What a key does. Pure: the console's whole behaviour under a person's hands.</summary>
internal static class ConsoleKeys
{
    private static readonly ConsoleWish Nothing = new ConsoleWish.None();

    public static (ConsoleModel Model, ConsoleWish Wish) Press(ConsoleModel model, ConsoleKeyInfo key)
    {
        if (model.AsksLanguage)
            return Language(model, key);
        if (model.Prompt is { } prompt)
            return Ask(model with { Message = "" }, prompt, key);
        if (model.Pending is { } pending)
        {
            var after = model with { Pending = null, Message = "" };
            return key.KeyChar is 'y' or 'Y' ? (after, pending) : (after, Nothing);
        }

        model = model with { Message = "" };
        return key switch
        {
            { KeyChar: 'e' or 'E' } when model.Work is { IsUnderWay: true } => (model, new ConsoleWish.EndWork()),
            { Key: ConsoleKey.Enter } when model is { Page: ConsoleModel.ActionsPage, Work: { } work } => work.IsUnderWay ? (model, Nothing) : (model with { Row = (int)work.Action }, new ConsoleWish.CloseWork()),
            { Key: ConsoleKey.UpArrow } or { KeyChar: 'k' } => (Choose(model, -1), Nothing),
            { Key: ConsoleKey.DownArrow } or { KeyChar: 'j' } => (Choose(model, +1), Nothing),
            { KeyChar: >= '1' and <= '8' } => (model with { Page = key.KeyChar - '1', Row = 0 }, Nothing),
            { KeyChar: 'l' or 'L' } => Speak(model, model.Words.IsEnglish ? ConsoleWords.Chinese : ConsoleWords.English),
            { KeyChar: 'q' or 'Q' } => (model, new ConsoleWish.Quit()),
            { KeyChar: 'r' or 'R' or '\f' } => (model, new ConsoleWish.Redraw()),
            { KeyChar: 'a' or 'A' } when model.Page == ConsoleModel.AlarmsPage && Chosen(model) is { } alarm => (model, new ConsoleWish.Acknowledge(alarm.Code, alarm.Target)),
            { Key: ConsoleKey.Enter } when model.Page == ConsoleModel.ActionsPage => (Begin(model), Nothing),
            _ => (model, Nothing),
        };
    }

    /// <summary>One key, before anything else; Enter is English.</summary>
    private static (ConsoleModel Model, ConsoleWish Wish) Language(ConsoleModel model, ConsoleKeyInfo key) => key switch
    {
        { KeyChar: '1' or 'e' or 'E' } or { Key: ConsoleKey.Enter } => Speak(model, ConsoleWords.English),
        { KeyChar: '2' or 'z' or 'Z' } => Speak(model, ConsoleWords.Chinese),
        { KeyChar: 'q' or 'Q' } => (model, new ConsoleWish.Quit()),
        { KeyChar: 'r' or 'R' or '\f' } => (model, new ConsoleWish.Redraw()),
        _ => (model, Nothing),
    };

    private static (ConsoleModel Model, ConsoleWish Wish) Speak(ConsoleModel model, ConsoleWords words) =>
        (model with { Words = words, AsksLanguage = false }, new ConsoleWish.Speak(words.Language));

    private static (ConsoleModel Model, ConsoleWish Wish) Ask(ConsoleModel model, ConsolePrompt prompt, ConsoleKeyInfo key) => key switch
    {
        { Key: ConsoleKey.Escape } => (model with { Prompt = null }, Nothing),
        { Key: ConsoleKey.Enter } when prompt.Typed.Trim().Length == 0 => (model with { Prompt = null }, Nothing),
        { Key: ConsoleKey.Enter } => prompt.Answer() is { } answer
            ? (model with { Prompt = null, Pending = new(prompt.Action, answer) }, Nothing)
            : (model with { Message = string.Format(null, model.Words.NoAnswer, prompt.Typed.Trim()) }, Nothing),
        { Key: ConsoleKey.Backspace } or { KeyChar: '\b' or '\x7f' } => (model with { Prompt = prompt.Rub() }, Nothing),
        _ => (model with { Prompt = prompt.Type(key.KeyChar) }, Nothing),
    };

    /// <summary>An action asks what it has to know, or for a yes at once.</summary>
    private static ConsoleModel Begin(ConsoleModel model) => (ConsoleAction)model.Row switch
    {
        ConsoleAction.FansAt => model with { Prompt = new(ConsoleAction.FansAt, []) },
        ConsoleAction.ServiceFan => model with { Prompt = new(ConsoleAction.ServiceFan, [.. (model.Report?.Snapshot.Thermal?.Fans ?? []).Select(f => f.Name)]) },
        ConsoleAction.Bundle => model with { Prompt = new(ConsoleAction.Bundle, [.. model.Sticks, "."]) },
        var action => model with { Pending = new(action) },
    };

    private static Appliance.Model.Alarm? Chosen(ConsoleModel model) => model.Report?.Snapshot.Alarms.ElementAtOrDefault(model.Row);

    private static ConsoleModel Choose(ConsoleModel model, int step) => model with { Row = Math.Clamp(model.Row + step, 0, Math.Max(0, model.Rows - 1)) };
}
