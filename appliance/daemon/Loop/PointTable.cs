using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Appliance.Bus;
using Appliance.Model;

namespace Appliance.Daemon.Loop;

/// <summary>
/// The retained points: which there are ($description) and when one is published: when it moved by more than its resolution, when its
/// quality changed, and in any case within its time to live.
/// </summary>
internal sealed class PointTable
{
    private const double TtlS = 10;

    private readonly List<Point> _points = [];
    private readonly Dictionary<string, Point> _byId = new(StringComparer.Ordinal);

    public PointTable(Board board)
    {
        Add("thermal/coolant_supply_c", "Cel", 0, 100, 0.1);
        Add("thermal/coolant_return_c", "Cel", 0, 100, 0.1);
        Add("thermal/flow_l_min", "L/min", 0, 30, 0.1);
        Add("thermal/ambient_c", "Cel", -20, 60, 0.2);
        Add("thermal/humidity_percent", "%", 0, 100, 1);
        Add("thermal/dew_point_c", "Cel", -40, 60, 0.5);
        Add("thermal/level_percent", "%", 0, 100, 1);
        Add("thermal/heat_w", "W", 0, board.Gpus.Count * board.Gpus.MaxW, 50);
        Add("thermal/capacity_w", "W", 0, null, 100);
        foreach (var rotor in board.Fans.Select(f => (f.Name, f.MaxRpm)).Concat(board.Pumps.Select(p => (p.Name, p.MaxRpm))))
        {
            Add($"thermal/{rotor.Name}_duty_percent", "%", 0, 100, 1);
            Add($"thermal/{rotor.Name}_rpm", "/min", 0, rotor.MaxRpm, rotor.MaxRpm / 50);
        }

        for (var i = 0; i < board.Gpus.Count; i++)
        {
            Add($"gpu/{i}/power_w", "W", 0, board.Gpus.MaxW, 10);
            Add($"gpu/{i}/power_limit_w", "W", board.Gpus.MinLimitW, board.Gpus.MaxW, 1);
            Add($"gpu/{i}/temperature_c", "Cel", 0, 120, 1);
            Add($"gpu/{i}/memory_temperature_c", "Cel", 0, 120, 1);
            Add($"gpu/{i}/margin_k", "K", -20, 90, 1);
            Add($"gpu/{i}/utilization_percent", "%", 0, 100, 5);
            Add($"gpu/{i}/memory_used_mib", "MiB", 0, null, 256);
        }

        Add("power/gpus_w", "W", 0, null, 50);
        Add("power/fans_w", "W", 0, null, 5);
        Add("power/pumps_w", "W", 0, null, 5);
        Add("power/total_w", "W", 0, null, 50);
        Add("power/withheld_wh", "Wh", 0, null, 0.1);
    }

    public NodeDescription Describe(string version)
    {
        var points = _points.Select(p => new PointDescription(p.Id, p.Unit, "number", p.Min, p.Max, TtlS)).ToArray();
        var text = new StringBuilder();
        foreach (var p in points)
            text.Append(CultureInfo.InvariantCulture, $"{p.Id}|{p.Unit}|{p.Type}|{p.Min}|{p.Max}|{p.TtlS}\n");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
        return new(hash, version, points);
    }

    public void Set(ThermalFrame frame, Moment now, BusSession bus, BusTopics topics)
    {
        Set("thermal/coolant_supply_c", frame.CoolantSupplyC, now, bus, topics);
        Set("thermal/coolant_return_c", frame.CoolantReturnC, now, bus, topics);
        Set("thermal/flow_l_min", frame.FlowLMin, now, bus, topics);
        Set("thermal/ambient_c", frame.AmbientC, now, bus, topics);
        Set("thermal/humidity_percent", frame.HumidityPercent, now, bus, topics);
        Set("thermal/dew_point_c", frame.DewPointC, now, bus, topics);
        Set("thermal/level_percent", frame.LevelPercent, now, bus, topics);
        Set("thermal/heat_w", frame.HeatW, now, bus, topics);
        Set("thermal/capacity_w", frame.CapacityW, now, bus, topics);
        foreach (var rotor in frame.Fans.Concat(frame.Pumps))
        {
            Set($"thermal/{rotor.Name}_duty_percent", rotor.DutyPercent, now, bus, topics);
            Set($"thermal/{rotor.Name}_rpm", rotor.Rpm, now, bus, topics);
        }
    }

    public void Set(GpuFrame frame, Moment now, BusSession bus, BusTopics topics)
    {
        var gpu = $"gpu/{frame.Index}";
        Set($"{gpu}/power_w", frame.PowerW, now, bus, topics);
        Set($"{gpu}/power_limit_w", frame.PowerLimitW, now, bus, topics);
        Set($"{gpu}/temperature_c", frame.TemperatureC, now, bus, topics);
        Set($"{gpu}/memory_temperature_c", frame.MemoryTemperatureC, now, bus, topics);
        Set($"{gpu}/margin_k", frame.MarginK, now, bus, topics);
        Set($"{gpu}/utilization_percent", frame.UtilizationPercent, now, bus, topics);
        Set($"{gpu}/memory_used_mib", frame.MemoryUsedMib, now, bus, topics);
    }

    public void Set(PowerFrame frame, Moment now, BusSession bus, BusTopics topics)
    {
        Set("power/gpus_w", frame.GpusW, now, bus, topics);
        Set("power/fans_w", frame.FansW, now, bus, topics);
        Set("power/pumps_w", frame.PumpsW, now, bus, topics);
        Set("power/total_w", frame.TotalW, now, bus, topics);
        Set("power/withheld_wh", frame.WithheldWh, now, bus, topics);
    }

    private void Add(string id, string unit, double? min, double? max, double resolution)
    {
        var point = new Point(id, unit, min, max, resolution);
        _points.Add(point);
        _byId.Add(id, point);
    }

    private void Set(string id, double? value, Moment now, BusSession bus, BusTopics topics)
    {
        var point = _byId[id];
        if (!point.IsDue(value, now.Uptime))
            return;
        point.Publish(value, now.Uptime);
        var slash = id.LastIndexOf('/');
        bus.Publish(
            topics.Point(id[..slash], id[(slash + 1)..]),
            new PointState(value, value is null ? Quality.Absent : Quality.Good, now.Utc, TtlS),
            ModelJson.Default.PointState, retain: true, qos: 1);
    }

    private sealed class Point(string id, string unit, double? min, double? max, double resolution)
    {
        private double? _value;
        private TimeSpan? _at;

        public string Id => id;

        public string Unit => unit;

        public double? Min => min;

        public double? Max => max;

        public bool IsDue(double? value, TimeSpan now)
        {
            if (_at is not { } at || now - at >= TimeSpan.FromSeconds(TtlS / 2) || value is null != _value is null)
                return true;
            return value is { } v && _value is { } held && Math.Abs(v - held) >= resolution;
        }

        public void Publish(double? value, TimeSpan now)
        {
            _value = value;
            _at = now;
        }
    }
}
