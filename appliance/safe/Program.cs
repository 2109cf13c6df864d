using Appliance.Hardware;
using Appliance.Model;

// appliance-safe: writes the safe state and nothing else. Run by ExecStopPost= and by the bmc-agent's heartbeat watchdog when the daemon
// is dead, hung or was never started, so it depends on nothing of the daemon's: no configuration, no socket, no lock.

var sysRoot = "/";
string? boardFile = null;
var rotorsOnly = false;
for (var i = 0; i < args.Length; i++)
{
    var value = i + 1 < args.Length ? args[i + 1] : null;
    switch (args[i])
    {
        case "--run-dir" when value is not null:
            sysRoot = RunPaths.Twin(value).SysRoot;
            i++;
            break;
        case "--root" when value is not null:
            sysRoot = value;
            i++;
            break;
        case "--board" when value is not null:
            boardFile = value;
            i++;
            break;
        case "--rotors-only":
            rotorsOnly = true; // before a start: the driver of the GPUs may hang, and a start must not wait for it
            break;
        default:
            Console.Error.WriteLine(
                $"appliance-safe: \"{args[i]}\" is not understood; usage: appliance-safe [--run-dir DIR | --root DIR] [--board FILE] [--rotors-only]");
            return 64;
    }
}

// A board file that cannot be read is no reason not to cool.
Board? board = null;
var fault = "";
if (boardFile is not null)
{
    try
    {
        board = BoardCatalogue.Load(boardFile);
    }
    catch (FormatException e)
    {
        fault = $"; FAILED {e.Message}";
    }
}

// A probe outlives its daemon for a moment and carries out what it was told last, a GPU's old limit for one.
var settle = TimeSpan.FromMilliseconds(300);
var report = rotorsOnly ? SafeState.WriteRotors(sysRoot, board) : SafeState.Write(sysRoot, board, TimeSpan.FromSeconds(3), settle);
Console.WriteLine($"appliance-safe: {report}{fault}");
return report.IsGood && fault.Length == 0 ? 0 : 1;
