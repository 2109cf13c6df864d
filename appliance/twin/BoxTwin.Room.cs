using Appliance.Model;

namespace Appliance.Twin;

public sealed partial class BoxTwin
{
    /// <summary>Relative humidity at which the dehumidifier is rated; drier air gives it less.</summary>
    private const double RatedPercent = 60;

    private readonly int _dehumidifier;
    private readonly int _humidifier;
    private double _addedGPerM3;
    private double _addedPercent;

    /// <summary>What the kernel does with the lines of a process that is gone: a (de)humidifier is off.</summary>
    public void ReleaseLines()
    {
        for (var i = 0; i < _driven.Length; i++)
        {
            if (_board.Lines[i] is { SwitchesMoisture: true } line && !KeepsLevel(i))
                _driven[i] = line.ActiveLow;
        }
    }

    private double RoomRhPercent => RoomHumidityPercent + _humidityJump + _addedPercent;

    /// <summary>
    /// Water that the devices have brought into the room's air or taken out of it, in excess of what the room has by itself; air exchange with outside
    /// takes that away: V·dx/dt = humidifier − dehumidifier·min(1, RH/60) − n·V·x.
    /// </summary>
    private void AdvanceRoom(double dt)
    {
        if (_dehumidifier < 0 && _humidifier < 0)
            return;
        var saturated = HumidAir.SaturationGPerM3(AmbientC);
        var own = Math.Clamp(RoomHumidityPercent + _humidityJump, 0, 100) / 100 * saturated;
        var grams = (Runs(_humidifier) ? Parameters.HumidifierGPerH : 0)
            - (Runs(_dehumidifier) ? Parameters.DehumidifierGPerH * Math.Clamp(RoomRhPercent / RatedPercent, 0, 1) : 0);
        _addedGPerM3 += (grams / Parameters.RoomM3 - Parameters.RoomChangesPerH * _addedGPerM3) * dt / 3600;
        _addedGPerM3 = Math.Clamp(_addedGPerM3, -own, saturated - own);
        _addedPercent = 100 * _addedGPerM3 / saturated;
    }

    private int LineOf(string kind) => IndexOf(_board.Lines, l => l.SwitchesMoisture && l.Kind == kind);
}
