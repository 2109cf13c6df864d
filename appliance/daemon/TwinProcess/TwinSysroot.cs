using System.Globalization;
using Appliance.Hardware;
using Appliance.Model;
using Appliance.Twin;

namespace Appliance.Daemon.TwinProcess;

/// <summary>
/// The twin as the kernel would show it: hwmon chips, GPU folders and digital lines as files below one root. Values are overwritten in
/// place, so that readers may keep files open; what software writes is noticed by the file's stamp or content. A restarted twin takes
/// up the files that are there, with the duties that stand in them.
/// </summary>
internal sealed class TwinSysroot : IDisposable
{
    private const string NoAnswer = "ENODATA";

    private readonly BoxTwin _twin;
    private readonly Board _board;
    private readonly string _root;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly TwinFile[] _sensors;
    private readonly RotorFiles[] _fans;
    private readonly RotorFiles[] _pumps;
    private readonly TwinFile[] _lines;
    private readonly RotorFiles[] _valves;
    private readonly GpuFiles[] _gpus;
    private readonly TwinFile _parked;
    private readonly TwinFile _powerOff;

    public TwinSysroot(BoxTwin twin, Board board, string root)
    {
        _twin = twin;
        _board = board;
        _root = root;
        _sensors = new TwinFile[board.Sensors.Count];
        _fans = new RotorFiles[board.Fans.Count];
        _pumps = new RotorFiles[board.Pumps.Count];
        _valves = new RotorFiles[board.Valves.Count];
        NumberChips(first: 2);
        OpenChips();
        _lines = [.. board.Lines.Select(line => TwinFile.At(TwinGpioDriver.PathOf(root, line.GpioChip, line.Offset)))];
        _gpus = [.. Enumerable.Range(0, board.Gpus.Count).Select(i => new GpuFiles(root, i))];
        _parked = TwinFile.At(Path.Combine(root, "twin", "engine_parked"));
        _powerOff = TwinFile.At(Path.Combine(root, "twin", "power_off"));
        TakeUp();
    }

    /// <summary>True: nothing that software writes arrives any more (the host has panicked).</summary>
    public bool HostIsDead { get; set; }

    /// <summary>What software has written since the last time goes into the physics.</summary>
    public void Pull()
    {
        if (HostIsDead)
            return;
        for (var i = 0; i < _fans.Length; i++)
        {
            if (_fans[i].Enable?.TakeWritten() is { } enable)
                _twin.WriteFanEnable(i, (int)Math.Clamp(enable, 0, 9));
            if (_fans[i].Pwm.TakeWritten() is { } pwm)
                _twin.WriteFan(i, (byte)Math.Clamp(pwm, 0, 255));
        }

        for (var i = 0; i < _pumps.Length; i++)
        {
            if (_pumps[i].Enable?.TakeWritten() is { } enable)
                _twin.WritePumpEnable(i, (int)Math.Clamp(enable, 0, 9));
            if (_pumps[i].Pwm.TakeWritten() is { } pwm)
                _twin.WritePump(i, (byte)Math.Clamp(pwm, 0, 255));
        }

        for (var i = 0; i < _valves.Length; i++)
        {
            if (_valves[i].Pwm.TakeWritten() is { } pwm)
                _twin.WriteValve(i, (byte)Math.Clamp(pwm, 0, 255));
        }

        for (var i = 0; i < _gpus.Length; i++)
        {
            if (_gpus[i].Limit.TakeWritten() is { } milliwatts)
                _twin.WriteGpuLimit(i, milliwatts / 1000.0);
            if (_gpus[i].Clock.TakeWritten() is { } held)
                _twin.WriteGpuClock(i, held != 0);
        }

        for (var i = 0; i < _lines.Length; i++)
        {
            if (_board.Lines[i].Output && _lines[i].TakeWritten() is { } level)
                _twin.WriteLine(i, level != 0);
        }

        if (_parked.TakeWritten() is { } parked)
            _twin.EngineParked = parked != 0;
        if (_powerOff.TakeWritten() is { } off)
            SetPower(off == 0);
    }

    /// <summary>Sensors, tachometers, duties as the chips hold them, lines.</summary>
    public void Push()
    {
        for (var i = 0; i < _sensors.Length; i++)
            _sensors[i].Show(_twin.SensorRaw(i));
        for (var i = 0; i < _fans.Length; i++)
            _fans[i].Show(_twin.Fan(i));
        for (var i = 0; i < _pumps.Length; i++)
            _pumps[i].Show(_twin.Pump(i));
        for (var i = 0; i < _valves.Length; i++)
            _valves[i].Show(_twin.ValveOutput(i));
        for (var i = 0; i < _lines.Length; i++)
            _lines[i].Show(_twin.Line(i) is { } level ? level ? 1 : 0 : null);
    }

    public void PushGpus()
    {
        for (var i = 0; i < _gpus.Length; i++)
            _gpus[i].Show(_twin.Gpu(i));
    }

    /// <summary>The kernel gives every chip another number: old files go dead, new ones appear elsewhere.</summary>
    public void Renumber()
    {
        var old = _numbers.Values.Select(Folder).ToArray();
        foreach (var file in _sensors.Concat(_fans.SelectMany(r => r.All)).Concat(_pumps.SelectMany(r => r.All)).Concat(_valves.SelectMany(r => r.All)))
            file.Kill();
        foreach (var folder in old)
        {
            using (var name = SysfsFile.TryOpen(Path.Combine(folder, "name"), write: true, out _))
                name?.Empty();
            Directory.Delete(folder, recursive: true);
        }

        NumberChips(_numbers.Values.Max() + 1);
        OpenChips();
        Push();
    }

    private void SetPower(bool on)
    {
        if (on)
            _twin.PowerOn();
        else
            _twin.PowerOff();
    }

    private string Folder(int number) => Path.Combine(_root, "sys", "class", "hwmon", "hwmon" + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A chip that a former twin left keeps its number; the others get the next free ones.</summary>
    private void NumberChips(int first)
    {
        _numbers.Clear();
        foreach (var (directory, name) in HwmonTree.Enumerate(_root))
            _numbers.TryAdd(name, int.Parse(Path.GetFileName(directory)["hwmon".Length..], CultureInfo.InvariantCulture));
        var chips = _board.Fans.Select(f => f.Chip).Concat(_board.Pumps.Select(p => p.Chip)).Concat(_board.Sensors.Select(s => s.Chip))
            .Concat(_board.Valves.Select(v => v.Chip));
        foreach (var chip in chips.Distinct(StringComparer.Ordinal))
        {
            if (_numbers.ContainsKey(chip))
                continue;
            while (_numbers.ContainsValue(first))
                first++;
            _numbers.Add(chip, first);
        }
    }

    private void OpenChips()
    {
        for (var i = 0; i < _sensors.Length; i++)
            _sensors[i] = TwinFile.At(Path.Combine(Folder(_numbers[_board.Sensors[i].Chip]), _board.Sensors[i].Attribute + "_input"));
        for (var i = 0; i < _fans.Length; i++)
            _fans[i] = new(Folder(_numbers[_board.Fans[i].Chip]), _board.Fans[i].Chip, _board.Fans[i].Channel);
        for (var i = 0; i < _pumps.Length; i++)
            _pumps[i] = new(Folder(_numbers[_board.Pumps[i].Chip]), _board.Pumps[i].Chip, _board.Pumps[i].Channel);

        for (var i = 0; i < _valves.Length; i++)
            _valves[i] = new(Folder(_numbers[_board.Valves[i].Chip]), _board.Valves[i].Chip, _board.Valves[i].Channel);

        // The name comes last: a reader that finds the chip finds its files too.
        foreach (var (chip, number) in _numbers)
        {
            using var name = SysfsFile.Create(Path.Combine(Folder(number), "name"));
            _ = name.TryWriteText(System.Text.Encoding.ASCII.GetBytes(chip + "\n"));
        }
    }

    /// <summary>Duties, limits and lines that a former twin's files hold go into the new physics, as if they had just been written.</summary>
    private void TakeUp()
    {
        Pull();
        Push();
        PushGpus();
    }

    public void Dispose()
    {
        foreach (var file in _sensors.Concat(_fans.SelectMany(r => r.All)).Concat(_pumps.SelectMany(r => r.All))
            .Concat(_valves.SelectMany(r => r.All)).Concat(_lines).Concat(_gpus.SelectMany(g => g.All)).Append(_parked).Append(_powerOff))
            file.Dispose();
    }

    /// <summary>One PWM output and its tachometer.</summary>
    private sealed class RotorFiles
    {
        private readonly TwinFile _tach;

        public RotorFiles(string folder, string chip, int channel)
        {
            Pwm = TwinFile.At(Path.Combine(folder, $"pwm{channel}"));
            if (PwmDriver.For(chip).Manual is not null)
                Enable = TwinFile.At(Path.Combine(folder, $"pwm{channel}_enable"));
            _tach = TwinFile.At(Path.Combine(folder, $"fan{channel}_input"));
        }

        public TwinFile Pwm { get; }

        public TwinFile? Enable { get; }

        public IEnumerable<TwinFile> All => Enable is null ? [Pwm, _tach] : [Pwm, Enable, _tach];

        public void Show(TwinRotor rotor)
        {
            Pwm.Show(rotor.Pwm);
            Enable?.Show(rotor.Enable);
            _tach.Show(rotor.Rpm is { } rpm ? (long)Math.Round(rpm) : null);
        }
    }

    private sealed class GpuFiles
    {
        private readonly TwinFile[] _values;

        public GpuFiles(string root, int index)
        {
            var folder = TwinGpuFiles.FolderOf(root, index);
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "name"), "NVIDIA H100 80GB HBM3\n");
            var named = new Twin.GpuHealthState(index);
            File.WriteAllText(Path.Combine(folder, "uuid"), named.Uuid + "\n");
            File.WriteAllText(Path.Combine(folder, "pci_bus_id"), $"00000000:{named.PciBus:X2}:00.0\n");
            _values = [.. TwinGpuFiles.Files.Select(file => TwinFile.At(Path.Combine(folder, file)))];
        }

        /// <summary>The last of the files: those that software writes.</summary>
        public TwinFile Limit => _values[^2];

        public TwinFile Clock => _values[^1];

        public IEnumerable<TwinFile> All => _values;

        public void Show(Twin.TwinGpu gpu)
        {
            ReadOnlySpan<double> shown =
            [
                gpu.PowerW * 1000, gpu.TemperatureC, gpu.MemoryTemperatureC, gpu.MarginK, gpu.SmClockMhz, gpu.UtilizationPercent,
                gpu.MemoryUsedMib, gpu.MemoryTotalMib, gpu.ClocksEventReasons, gpu.Lost ? 1 : 0, gpu.Hung ? 1 : 0, gpu.PowerLimitW * 1000,
                gpu.LowestClock ? 1 : 0,
            ];
            for (var i = 0; i < shown.Length; i++)
                _values[i].Show((long)Math.Round(shown[i]));
        }
    }

    /// <summary>A file that both sides may write. Ours are remembered by content and stamp; anything else in it came from software.</summary>
    private sealed class TwinFile : IDisposable
    {
        private readonly SysfsFile _file;
        private long? _shown;
        private bool _silent;
        private DateTime _stamp;

        private TwinFile(SysfsFile file) => _file = file;

        public static TwinFile At(string path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new(SysfsFile.Create(path));
        }

        /// <summary>Writes only what changed; null is a device that answers with an error.</summary>
        public void Show(long? value)
        {
            if (value == _shown && _silent == value is null && value is not null)
                return;
            if (value is null && _silent && !WasWritten())
                return;
            _silent = value is null;
            _shown = value;
            _ = value is { } number ? _file.TryWrite(number) : _file.TryWriteText(System.Text.Encoding.ASCII.GetBytes(NoAnswer + "\n"));
            _stamp = _file.WrittenAt;
        }

        /// <summary>What software wrote since the last look or show; null when it did not.</summary>
        public long? TakeWritten()
        {
            var stamp = _file.WrittenAt;
            var status = _file.TryRead(out var value);
            var written = status.IsOk && (stamp != _stamp || value != _shown);
            _stamp = stamp;
            if (!written)
                return null;
            _shown = value; // so that Show writes when the chip holds something else
            _silent = false;
            return value;
        }

        private bool WasWritten() => _file.WrittenAt != _stamp;

        public void Kill()
        {
            _file.Empty();
            _file.Dispose();
        }

        public void Dispose() => _file.Dispose();
    }
}
