using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Appliance.Twin;

namespace Appliance.Daemon.Simulation;

/// <summary>The fault table as data, docs/thermal/fault-table.json. <see cref="FaultTable"/> is the source, the file a copy of it for whoever does not read C#.</summary>
public static class FaultTableFile
{
    /// <summary>Where the file stands below the repository's root.</summary>
    public const string Path = "docs/thermal/fault-table.json";

    /// <summary>What writes it again.</summary>
    public const string Command = "./build.sh bench thermal-fault-table";

    private static readonly JsonWriterOptions _options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <returns>The whole file, with its last line's end.</returns>
    public static string Text()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, _options))
        {
            json.WriteStartObject();
            json.WriteString("source", "appliance/daemon/Simulation/FaultTable.cs");
            json.WriteString("written_by", Command);
            json.WriteString("fields", "docs/thermal/README.md");
            json.WriteNumber("strikes_at_s", FaultTable.StrikesAtS);
            json.WriteStartArray("rows");
            foreach (var row in FaultTable.Rows)
                Row(json, row);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Row(Utf8JsonWriter json, FaultRow row)
    {
        json.WriteStartObject();
        json.WriteString("row", row.Id);
        json.WriteString("what", row.What);
        json.WriteStartArray("faults");
        foreach (var fault in row.Faults)
            Fault(json, fault);
        json.WriteEndArray();
        json.WriteString("cooling", row.Cooling);
        json.WriteNumber("load_w", row.LoadW);
        json.WriteString("required_state", Name(row.Required));
        json.WriteString("required_state_rule", Rule(row.Required));
        Optional(json, "deadline_s", row.DeadlineS < FaultTable.Never ? row.DeadlineS : null);
        if (row.ChangeoverS is { } changeover)
            json.WriteNumber("changeover_s_max", changeover);
        json.WriteNumber("die_c_max", row.MaxDieC);
        json.WriteNumber("coolant_c_max", row.MaxSupplyC);
        json.WriteString("coolant_rule", row.Unattended ? "hottest_slug" : "fixed");
        json.WriteNumber("dew_margin_k_min", row.DewMarginK);
        Optional(json, "withheld_wh_max", row.TripAllowed ? null : row.WithheldWhMax);
        json.WriteString("withheld_rule", row.TripAllowed ? "free" : "beyond_forced");
        json.WriteString("nuisance_rule", row.TripAllowed ? "trip_is_the_answer" : "no_trip");
        json.WriteEndObject();
    }

    /// <summary>As in a scenario file, so that it can be pasted into one.</summary>
    private static void Fault(Utf8JsonWriter json, ScenarioFault fault)
    {
        json.WriteStartObject();
        json.WriteNumber("t_s", fault.AtS);
        if (fault.UntilS is { } until)
            json.WriteNumber("until_s", until);
        json.WriteString("kind", FaultCatalogue.Of(fault.Fault.Kind).Name);
        if (fault.Fault.Target.Length > 0)
            json.WriteString("target", fault.Fault.Target);
        if (fault.Fault.Value is { } value)
            json.WriteNumber("value", value);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static string Name(RequiredState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    private static string Rule(RequiredState state) => state switch
    {
        RequiredState.Hold => "the GPUs go on working; nothing is parked or switched off",
        RequiredState.Limited => "GPU power may be limited as far as withheld_wh_max allows",
        RequiredState.NearIdle => $"all GPUs together at most {FaultScore.NearIdleW:0} W, or off, within the deadline",
        RequiredState.Off => "GPUs without power within the deadline, and without power at the end",
        RequiredState.Isolated => "GPUs without power and no flow within the deadline, and without power at the end",
        RequiredState.GpuHeldBack => "the GPU of the fault at or below its lowest limit within the deadline",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
