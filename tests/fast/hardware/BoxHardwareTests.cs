using Appliance.Hardware;
using Appliance.Model;

namespace FastTests.Hardware;

public sealed class BoxHardwareTests
{
    [Fact]
    public void A_machine_with_none_of_the_boards_hardware_reads_absent_everywhere_and_breaks_nothing()
    {
        var root = Directory.CreateTempSubdirectory("bare-");
        try
        {
            // Real drivers (NVML, the kernel's GPIO), chips 90 and up, so that nothing a build machine may have is touched.
            var board = BoardCatalogue.Load("hgx-h100-8");
            board = board with { Lines = [.. board.Lines.Select(line => line with { GpioChip = line.GpioChip + 90 })] };
            using var hardware = new BoxHardware(board, root.FullName, simulated: false, new GpuPoller(new Nvml(), board.Gpus.Count, TimeSpan.FromMilliseconds(100), TimeProvider.System));
            var sample = new HardwareSample(board);

            hardware.Read(sample, TimeSpan.FromSeconds(1));

            Assert.All(sample.Sensors, sensor => Assert.False(sensor.HasValue));
            Assert.All(sample.Lines, line => Assert.False(line.HasValue));
            Assert.All(sample.Gpus, gpu => Assert.False(gpu.PowerW.HasValue));
            Assert.All(sample.Fans.Concat(sample.Pumps), rotor => Assert.False(rotor.Duty.HasValue || rotor.Rpm.HasValue));
            Assert.All(hardware.Fans, fan => Assert.Equal(RotorWriteState.Gone, fan.Write(Duty.Full, default, TimeSpan.FromSeconds(1)).State));
            Assert.False(hardware.WriteLine(board.Lines.ToList().FindIndex(line => line.Output), true, TimeSpan.FromSeconds(1)));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
