namespace Appliance.Thermal;

/// <summary>A dehumidifier or humidifier: runs or does not, and since when.</summary>
internal struct MoistureDevice
{
    public bool On;

    /// <summary>Since the last switch, s; from 0 at a start, so that a daemon that restarts does not start a compressor that has just stopped.</summary>
    public double SinceS;

    public void Switch(bool on)
    {
        if (on == On)
            return;
        (On, SinceS) = (on, 0);
    }
}
