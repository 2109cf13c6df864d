namespace Appliance.Daemon.Terminal;

/// <summary>What a key does. Pure: the console's whole behaviour under a person's hands.</summary>
internal static class ConsoleKeys
{
    public static (ConsoleModel Model, ConsoleWish Wish) Press(ConsoleModel model, ConsoleKeyInfo key)
    {
        if (model.Pending is { } pending)
        {
            var after = model with { Pending = null, Message = "" };
            return key.KeyChar is 'y' or 'Y' ? (after, new ConsoleWish.Act(pending)) : (after, new ConsoleWish.None());
        }

        model = model with { Message = "" };
        return key switch
        {
            { Key: ConsoleKey.UpArrow } or { KeyChar: 'k' } => (Choose(model, -1), new ConsoleWish.None()),
            { Key: ConsoleKey.DownArrow } or { KeyChar: 'j' } => (Choose(model, +1), new ConsoleWish.None()),
            { KeyChar: >= '1' and <= '8' } => (model with { Page = key.KeyChar - '1', Row = 0 }, new ConsoleWish.None()),
            { KeyChar: 'l' or 'L' } => (model with { Words = model.Words.Language == "en" ? ConsoleWords.Chinese : ConsoleWords.English }, new ConsoleWish.None()),
            { KeyChar: 'q' or 'Q' } => (model, new ConsoleWish.Quit()),
            { KeyChar: 'r' or 'R' or '\f' } => (model, new ConsoleWish.Redraw()),
            { KeyChar: 'a' or 'A' } when model.Page == ConsoleModel.AlarmsPage && Chosen(model) is { } alarm => (model, new ConsoleWish.Acknowledge(alarm.Code, alarm.Target)),
            { Key: ConsoleKey.Enter } when model.Page == ConsoleModel.ActionsPage => (model with { Pending = model.Row }, new ConsoleWish.None()),
            _ => (model, new ConsoleWish.None()),
        };
    }

    private static Appliance.Model.Alarm? Chosen(ConsoleModel model) => model.Report?.Snapshot.Alarms.ElementAtOrDefault(model.Row);

    private static ConsoleModel Choose(ConsoleModel model, int step) => model with { Row = Math.Clamp(model.Row + step, 0, Math.Max(0, model.Rows - 1)) };
}
