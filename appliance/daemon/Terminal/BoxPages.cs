using Appliance.Daemon.Cli;
using Appliance.Daemon.Control;
using Appliance.Model;

namespace Appliance.Daemon.Terminal;

/// <summary>The console's pages of cooling, network and model: values between the words of a language.</summary>
internal static class BoxPages
{
    /// <summary>What a line is called, before what it says.</summary>
    private const int NameWidth = 9;

    /// <summary>The column that a link's addresses begin in.</summary>
    private const int AddressesAt = 32;

    private static readonly Columns RotorColumns = new([8, -6, -6, 13, 60]);
    private static readonly Columns LinkColumns = new([13, 9, -7, 200]);

    public static IEnumerable<Line> Cooling(StatusReport report, ConsoleWords words, int width)
    {
        if (report.Snapshot.Thermal is not { } thermal)
            yield break;
        var page = words.Page;
        string Row(string name, string text, params object[] values) => $"{CellWidth.Fit(name, NameWidth)} {string.Format(null, text, values)}";
        yield return Row(page.Coolant, page.CoolantSays, Degrees(thermal.CoolantSupplyC), Number(thermal.SetpointC - thermal.BandK, "0.0"), Number(thermal.SetpointC + thermal.BandK, "0.0"), Degrees(thermal.CoolantReturnC), words.State(thermal.Mode));
        yield return Row(page.Loop, page.LoopSays, Number(thermal.FlowLMin, "0.0"), Number(thermal.LevelPercent), thermal.Leak ? page.Leak : page.Dry);
        yield return Row(page.Heat, page.HeatSays, Number(thermal.HeatW / 1000, "0.00"), Number(thermal.CapacityW / 1000, "0.00"));
        yield return Row(page.Room, page.RoomSays, Degrees(thermal.AmbientC), Number(thermal.HumidityPercent), Degrees(thermal.DewPointC));
        yield return "";
        yield return RotorColumns.Row(page.Rotors);
        foreach (var rotor in thermal.Fans.Concat(thermal.Pumps))
            yield return new(Ascii(RotorColumns.Row([rotor.Name, $"{rotor.DutyPercent:0} %", Number(rotor.Rpm), words.State(rotor.State), words.Reason(rotor.Reason)])), rotor.State == "ok" ? Look.Plain : Look.Bold);
        var bad = thermal.Sensors.Where(s => s.Q != Quality.Good).ToArray();
        yield return "";
        var said = bad.Length == 0
            ? string.Format(null, page.SensorsSay, thermal.Sensors.Count)
            : string.Join(", ", bad.Select(s => $"{s.Name} {words.Reading(s.Q)}"));
        var name = CellWidth.Fit(page.Sensors, NameWidth);
        foreach (var line in CellWidth.Wrap(said, width - NameWidth - 2))
        {
            yield return new($"{name} {line}", bad.Length == 0 ? Look.Plain : Look.Bold);
            name = new(' ', NameWidth);
        }
    }

    public static IEnumerable<Line> Network(NetworkReport report, ConsoleWords words, int width)
    {
        yield return LinkColumns.Row(words.Page.Links);
        foreach (var link in report.Links)
        {
            var look = link.State == "up" ? Look.Plain : Look.Bold;
            var addresses = CellWidth.Wrap(string.Join(", ", link.Addresses), Math.Max(10, width - 1 - AddressesAt)).ToArray();
            yield return new(LinkColumns.Row([link.Name, words.State(link.State), Number(link.MbitS), addresses.FirstOrDefault("")]), look);
            foreach (var more in addresses.Skip(1))
                yield return new(new string(' ', AddressesAt) + more, look);
        }

        foreach (var group in report.Listeners.GroupBy(l => l.Open))
        {
            yield return "";
            foreach (var line in CellWidth.Wrap($"{(group.Key ? words.Page.OpenPorts : words.Page.OwnPorts)}: {string.Join(", ", group.Select(l => l.Port).Distinct())}", width - 1))
                yield return line;
        }
    }

    public static IEnumerable<Line> Engine(StatusReport report, ConsoleWords words, int width)
    {
        if (report.Snapshot.Inference is not { } engine)
        {
            yield return words.Page.NoEngine;
            yield break;
        }

        var (page, state) = (words.Page, words.State(engine.State));
        var detail = engine.Detail is { Length: > 0 } why ? $" ({why})" : "";
        foreach (var line in CellWidth.Wrap(Ascii(string.Format(null, page.Engine, engine.Model, engine.Device, state) + detail), width - 1))
            yield return new(line, engine.State == "failed" ? Look.Bold : Look.Plain);
        yield return string.Format(null, page.EngineLoad, engine.Running, engine.Waiting, Number(engine.TokensPerSecond, "0.0"), engine.RequestsTotal, engine.GeneratedTokensTotal);
        yield return string.Format(null, page.EngineSpeed, Number(engine.FirstTokenP99Ms), Number(engine.InterTokenP99Ms));
        yield return string.Format(null, page.EngineFaults, Number(engine.HttpServerErrorsTotal), Number(engine.AnswersLostTotal));
        yield return $"API: {report.InferenceApi}";
    }

    /// <summary>A serial terminal may know ASCII only; Chinese is asked for by somebody whose terminal shows it.</summary>
    public static string Ascii(string text) => new Screen(80, 24, Colour: false, Unicode: false).Fit(text);

    public static string Number(double? value, string format = "0") => value is { } v ? v.ToString(format, null) : "-";

    private static string Degrees(double? value) => $"{Number(value, "0.0")} C";
}
