namespace Appliance.Daemon.Probe;

/// <summary>What the daemon tells its probe on the command line.</summary>
/// <param name="Gpus">GPUs the board has.</param>
/// <param name="SysRoot"><c>/</c>, or the twin's tree.</param>
/// <param name="LockDirectory">Where the lock is that keeps a second probe from being started beside one that hangs.</param>
/// <param name="ReadEvery">Between two reads of one GPU for the cooling loop.</param>
/// <param name="Library">Another libnvidia-ml than the system's: the twin's.</param>
/// <param name="Whole">A GPU's health is told whole with every look, the reading of the moment laid over it: for records of a board.</param>
/// <param name="SlotsFile">Where it is kept which GPU sits where; null takes the driver's numbers.</param>
internal sealed record ProbeOptions(int Gpus, string SysRoot, string LockDirectory, TimeSpan ReadEvery, string? Library, bool Whole = false, string? SlotsFile = null);
