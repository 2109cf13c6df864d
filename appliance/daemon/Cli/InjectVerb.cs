using System.Globalization;
using System.Text.Json;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.Cli;

/// <summary><c>appliance inject</c>: breaks something in the twin, on purpose, and mends it.</summary>
internal static class InjectVerb
{
    public static int List(Output output)
    {
        var board = BoardCatalogue.Load(new DaemonConfig().Board);
        if (output.Json)
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteStartArray("faults");
                foreach (var fault in FaultCatalogue.All)
                {
                    json.WriteStartObject();
                    json.WriteString("fault", fault.Name);
                    json.WriteStartArray("targets");
                    foreach (var target in FaultCatalogue.Targets(fault, board).Where(t => t.Length > 0))
                        json.WriteStringValue(target);
                    json.WriteEndArray();
                    json.WriteString("unit", fault.Unit);
                    json.WriteString("what", fault.What);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            output.Data(stream.ToArray());
            return ExitCode.Done;
        }

        output.Line(output.Screen.Faint("FAULT                TARGET             VALUE                     WHAT HAPPENS"));
        foreach (var fault in FaultCatalogue.All)
            output.Line($"{fault.Name,-20} {Targets(FaultCatalogue.Targets(fault, board)),-18} {fault.Unit ?? Text.Absent,-25} {fault.What}");
        output.Line("");
        output.Line("appliance inject fan_dead fan3          appliance inject sensor_bias coolant_supply1 3");
        output.Line("appliance inject clear fan_dead fan3    appliance inject clear");
        return ExitCode.Done;
    }

    public static async Task<int> InjectAsync(BoxClient box, Output output, IReadOnlyList<string> words, CancellationToken cancel)
    {
        if (words.Count == 0)
            return output.Fail(ExitCode.Usage, "inject needs a fault; `appliance inject --list` names them all.");
        var clear = words[0] == "clear";
        var rest = clear ? words.Skip(1).ToList() : [.. words];
        if (rest.Count > (clear ? 2 : 3))
            return output.Fail(ExitCode.Usage, $"\"{rest[clear ? 2 : 3]}\" is one word too many; inject {(clear ? "clear [FAULT] [TARGET]" : "FAULT [TARGET] [VALUE]")}.");
        var fault = rest.ElementAtOrDefault(0);
        var info = FaultCatalogue.All.FirstOrDefault(f => f.Name == fault);
        if (fault is not null && info is null)
        {
            var near = Nearest.Of(fault, FaultCatalogue.All.Select(f => f.Name));
            return output.Fail(ExitCode.Usage, $"there is no fault \"{fault}\"; {(near is null ? "" : $"did you mean {near}? ")}`appliance inject --list` names them all.");
        }

        // A fault of the whole box has no target, so that its second word is the value.
        var (target, number) = info?.Targets == FaultTargets.Box && rest.Count == 2 && !clear ? (null, rest[1]) : (rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2));
        double? value = null;
        if (number is not null)
        {
            if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed))
                return output.Fail(ExitCode.Usage, $"\"{number}\" is not a number; {fault} takes {(info?.Unit is { } unit ? $"a value in {unit}" : "no value")}.");
            value = parsed;
        }

        void Args(Utf8JsonWriter json)
        {
            if (fault is not null)
                json.WriteString("fault", fault);
            if (target is not null)
                json.WriteString("target", target);
            if (value is { } v)
                json.WriteNumber("value", v);
        }

        var data = await SendAsync(box, info, clear, Args, cancel).ConfigureAwait(false);
        if (output.Json)
            output.Data(data);
        else
            output.Line(clear ? $"Cleared{(fault is null ? " everything" : $" {fault} {target}")}.".Replace(" .", ".") : $"Injected {fault}{(target is null ? "" : $" on {target}")}; mend it with: appliance inject clear {fault} {target}".TrimEnd());
        return ExitCode.Done;
    }

    /// <summary>Through the daemon, which writes it into the event log; straight to the twin where the daemon is the victim or dead.</summary>
    private static async Task<ReadOnlyMemory<byte>> SendAsync(
        BoxClient box, FaultInfo? info, bool clear, Action<Utf8JsonWriter> args, CancellationToken cancel)
    {
        if (info is not { OfHost: true })
        {
            using var daemon = await box.ConnectDaemonAsync(cancel).ConfigureAwait(false);
            if (daemon is not null)
            {
                return await BoxClient.AskAsync(
                    daemon,
                    "inject",
                    json =>
                    {
                        args(json);
                        if (clear)
                            json.WriteString("action", "clear");
                    },
                    cancel).ConfigureAwait(false);
            }
        }

        return await box.AskTwinAsync(clear ? "clear" : "inject", args, cancel).ConfigureAwait(false);
    }

    /// <summary>"fan1…fan6" instead of six names.</summary>
    private static string Targets(IReadOnlyList<string> targets) => targets switch
    {
        [] => "other boards' only",
        [""] => Text.Absent,
        [var one] => one,
        _ when targets.All(t => t.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') == targets[0].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'))
            => $"{targets[0]}…{targets[^1]}",
        _ => $"{targets[0]}, … {targets[^1]}",
    };
}
