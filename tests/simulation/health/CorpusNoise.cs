namespace SimulationTests.Health;

/// <summary>
/// What healthy boxes write and count, and what has raised false alarms elsewhere: programs that crash, corrected errors, counters that
/// begin anew. Rates are per day and box.
/// </summary>
internal static class CorpusNoise
{
    private const double DaySeconds = 86_400;

    public static void Make(CorpusBox box, double seconds)
    {
        var random = box.Random;
        bool Happens(double perDay) => random.NextDouble() < perDay * box.NoiseScale * seconds / DaySeconds;
        bool HappensRarely(double perDay) => random.NextDouble() < perDay * seconds / DaySeconds;
        var gpu = random.Next(8);
        if (Happens(2)) // solo: one program, one core
            box.Xid(gpu, 13, $"Graphics SM Warp Exception on (GPC {random.Next(8)}, TPC {random.Next(9)}, SM {random.Next(2)}): Out Of Range Address", $"pid={random.Next(1000, 4_000_000)}, name=python3", withEvent: true);
        if (Happens(4))
            box.Xid(gpu, 43, "Ch 00000008", $"pid={random.Next(1000, 4_000_000)}, name=python3", withEvent: true);
        if (Happens(30))
            box.Log($"pcieport 0000:15:01.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)");
        if (Happens(10))
            box.Log("EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x3f offset:0x0 grain:32 syndrome:0x0)");
        if (Happens(10))
            box.DimmCorrected++;
        if (Happens(20))
            box.Log($"nvidia-nvswitch{random.Next(4)}: SXid (PCI:0000:85:00.0): 22013, Non-fatal, Link {random.Next(64)} Minion Link DLREQ Interrupt");
        if (Happens(20))
            box.Log($"mlx5_core 0000:18:00.0: mlx5_cmd_out_err:803:(pid 11): ACCESS_REG(0x805) op_mod(0x1) failed, status bad operation(0x2)");
        if (Happens(6))
            box.Gpus[gpu].Corrected++;
        if (Happens(40))
            box.Gpus[gpu].PcieReplays++;
        if (Happens(20))
            box.Gpus[gpu].L0 += random.Next(1, 40);
        if (Happens(4))
            box.Gpus[gpu].Links[random.Next(18)].Replays++;
        if (Happens(50))
            box.Ports[gpu].Receive++;
        if (Happens(50))
            box.Ports[gpu].Discards += random.Next(1, 30);
        if (HappensRarely(24))
            box.ServerErrors++; // a lone 503
        if (HappensRarely(20))
            box.ClockOffsetUs += random.Next(-60, 60);
        if (HappensRarely(100)) // between runs
            (box.Gpus[gpu].GpuPercent, box.Gpus[gpu].PowerW, box.Gpus[gpu].ClockMhz) = (0, 120, 1980);
        if (HappensRarely(2000) && !box.Gpus[gpu].IsLoaded)
            (box.Gpus[gpu].GpuPercent, box.Gpus[gpu].PowerW, box.Gpus[gpu].ClockMhz) = (98, 450, 1755);
    }
}
