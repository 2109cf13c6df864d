using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>One sensor of the board: raw hwmon number times the board's scale. Out-of-range values are the estimator's business.</summary>
public sealed class SensorInput
{
    private readonly HwmonAttribute _input;
    private readonly HwmonAttribute _fault;

    public SensorInput(HwmonTree tree, BoardSensor sensor)
    {
        Sensor = sensor;
        var chip = tree.Chip(sensor.Chip);
        _input = chip.Attribute($"{sensor.Attribute}_input");
        _fault = chip.Attribute($"{sensor.Attribute}_fault");
    }

    public BoardSensor Sensor { get; }

    /// <summary>Absent when the chip does not answer (an open NTC reads ENODATA) or says itself that the channel is faulty.</summary>
    public Reading<double> Read(TimeSpan now)
    {
        if (!_input.TryRead(out var raw).IsOk)
            return Reading<double>.Absent;
        return _fault.Exists && _fault.TryRead(out var fault).IsOk && fault == 1
            ? Reading<double>.Absent
            : Reading<double>.Good(raw * Sensor.Scale, now);
    }
}
