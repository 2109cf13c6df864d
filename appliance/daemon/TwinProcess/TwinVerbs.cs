using System.Buffers;
using System.Text.Json;
using Appliance.Daemon.Control;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// The verbs of twin.sock: <c>inject {fault,target,value}</c>, <c>clear {fault,target}</c> (nothing clears all), <c>list</c>,
/// <c>faults</c>, <c>load {mode,value}</c>, <c>room {ambient_c,humidity_percent}</c>, <c>truth {reset}</c>.
/// </summary>
internal sealed class TwinVerbs(TwinBox box, Board board)
{
    public IReadOnlyDictionary<string, ControlVerb> All => new Dictionary<string, ControlVerb>(StringComparer.Ordinal)
    {
        ["inject"] = (request, _, _) => new(Inject(request)),
        ["clear"] = (request, _, _) => new(Clear(request)),
        ["list"] = (_, _, _) => new(List()),
        ["faults"] = (_, _, _) => new(Written(WriteFaults)),
        ["load"] = (request, _, _) => new(Load(request)),
        ["room"] = (request, _, _) => new(Room(request)),
        ["truth"] = (request, _, _) => new(Truth(request)),
    };

    private ControlReply Inject(ControlRequest request)
    {
        try
        {
            if (request.Text("fault") is not { } kind)
                return ControlReply.WrongUse("inject needs a \"fault\"; `list` names them all.");
            box.Inject(FaultCatalogue.Parse(kind, request.Text("target"), request.Number("value"), board));
            return Written(WriteFaults);
        }
        catch (FormatException e)
        {
            return ControlReply.WrongUse(e.Message + ".");
        }
    }

    private ControlReply Clear(ControlRequest request)
    {
        if (request.Text("fault") is not { } name)
        {
            box.Clear(null, "");
            return Written(WriteFaults);
        }

        if (FaultCatalogue.All.FirstOrDefault(f => f.Name == name) is not { } info)
            return ControlReply.WrongUse($"unknown fault kind \"{name}\"; known are {string.Join(", ", FaultCatalogue.All.Select(f => f.Name))}.");
        var target = info.Targets == FaultTargets.Box ? "" : request.Text("target") ?? "";
        try
        {
            return box.Clear(info.Kind, target) > 0
                ? Written(WriteFaults)
                : ControlReply.Error($"no {name}{(target.Length > 0 ? $" on {target}" : "")} stands; `faults` lists those that do.");
        }
        catch (FormatException e)
        {
            return ControlReply.Error(e.Message + ".");
        }
    }

    private ControlReply List() => Written(json =>
    {
        json.WriteStartArray("kinds");
        foreach (var info in FaultCatalogue.All)
        {
            json.WriteStartObject();
            json.WriteString("fault", info.Name);
            json.WriteString("unit", info.Unit);
            json.WriteString("rows", info.Rows);
            json.WriteString("what", info.What);
            json.WriteStartArray("targets");
            foreach (var target in FaultCatalogue.Targets(info, board))
                json.WriteStringValue(target);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private ControlReply Load(ControlRequest request)
    {
        try
        {
            if (request.Text("mode") is { } mode)
                box.SetLoad(TwinLoad.Parse(mode, request.Number("value"), board.Gpus.MaxW));
        }
        catch (FormatException e)
        {
            return ControlReply.WrongUse(e.Message + ".");
        }

        var load = box.Load;
        return Written(json =>
        {
            json.WriteString("mode", load.Mode);
            if (load.Mode is "watts" or "bursts")
                json.WriteNumber("value", load.Value);
        });
    }

    private ControlReply Room(ControlRequest request)
    {
        var (ambient, humidity) = (request.Number("ambient_c"), request.Number("humidity_percent"));
        if (ambient is < -20 or > 60)
            return ControlReply.WrongUse($"ambient_c is {ambient}; it must lie in -20..60.");
        if (humidity is < 0 or > 100)
            return ControlReply.WrongUse($"humidity_percent is {humidity}; it must lie in 0..100.");
        box.SetRoom(ambient, humidity);
        return box.Look(twin => Written(json =>
        {
            json.WriteNumber("ambient_c", twin.AmbientC);
            json.WriteNumber("humidity_percent", twin.RoomHumidityPercent);
        }));
    }

    private ControlReply Truth(ControlRequest request)
    {
        if (request.Args.ValueKind == JsonValueKind.Object && request.Args.TryGetProperty("reset", out var reset) && reset.ValueKind == JsonValueKind.True)
            box.ResetExtremes();
        return box.Look(twin => Written(json =>
        {
            var truth = twin.Truth;
            json.WriteNumber("coolant_supply_c", Math.Round(truth.SupplyC, 3));
            json.WriteNumber("coolant_supply_min_c", Math.Round(box.MinSupplyC, 3));
            json.WriteNumber("coolant_supply_max_c", Math.Round(box.MaxSupplyC, 3));
            json.WriteNumber("coolant_return_c", Math.Round(truth.ReturnC, 3));
            json.WriteNumber("flow_l_min", Math.Round(truth.FlowLMin, 3));
            json.WriteNumber("heat_w", Math.Round(truth.HeatW, 1));
            json.WriteNumber("die_max_c", Math.Round(box.MaxDieC, 2));
            json.WriteNumber("fans_w", Math.Round(truth.FanW, 2));
            json.WriteNumber("pumps_w", Math.Round(truth.PumpW, 2));
            json.WriteNumber("withheld_w", Math.Round(truth.WithheldW, 1));
            json.WriteNumber("level_percent", Math.Round(truth.LevelPercent, 2));
            json.WriteBoolean("gpus_powered", truth.GpusPowered);
            json.WriteBoolean("engine_parked", twin.EngineParked);
            Array(json, "fan_pwm", Enumerable.Range(0, board.Fans.Count).Select(i => (double)(twin.Fan(i).Pwm ?? 0)));
            Array(json, "fan_rpm", Enumerable.Range(0, board.Fans.Count).Select(i => Math.Round(twin.Fan(i).Rpm ?? 0)));
            Array(json, "pump_pwm", Enumerable.Range(0, board.Pumps.Count).Select(i => (double)(twin.Pump(i).Pwm ?? 0)));
            Array(json, "gpu_w", truth.GpuW.Select(w => Math.Round(w, 1)));
            Array(json, "gpu_limit_w", Enumerable.Range(0, board.Gpus.Count).Select(i => twin.Gpu(i).PowerLimitW));
            Array(json, "die_c", truth.DieC.Select(c => Math.Round(c, 2)));
        }));
    }

    private static void Array(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private void WriteFaults(Utf8JsonWriter json)
    {
        json.WriteStartArray("faults");
        foreach (var fault in box.Faults)
        {
            json.WriteStartObject();
            json.WriteString("fault", FaultCatalogue.Of(fault.Kind).Name);
            json.WriteString("target", fault.Target);
            if (fault.Value is { } value)
                json.WriteNumber("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static ControlReply Written(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return new ControlReply.Data(output.WrittenMemory);
    }
}
