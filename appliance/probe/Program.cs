using Appliance.Hardware;
using Appliance.Probe;

// appliance-probe: sits in the GPU driver for the daemon, which starts it and talks to it over standard input and output. A program of its
// own because of what it does not hold: beside the driver's library, which it must load, there is no console, no network, no configuration.

Footprint.BeginSmall();
if (ProbeOptions.Parse(args, out var fault) is not { } options)
{
    Console.Error.WriteLine($"appliance-probe: {fault} is missing or not understood; usage, by the daemon: appliance-probe {ProbeOptions.Usage}");
    return 64;
}

return ProbeProcess.Run(options, Console.OpenStandardInput(), Console.OpenStandardOutput(), TimeProvider.System);
