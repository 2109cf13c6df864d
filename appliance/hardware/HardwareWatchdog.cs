using Microsoft.Win32.SafeHandles;

namespace Appliance.Hardware;

/// <summary>
/// The machine's own watchdog: a timer in the chip set that resets the machine when nobody has fed it for <see cref="Timeout"/>. Fed by
/// completed ticks of the cooling loop and by nothing else, so that a machine that no longer cools itself starts anew, whatever else
/// on it still runs. A daemon that dies leaves it running: the restarted one takes it over in time, or the machine resets.
/// </summary>
public sealed class HardwareWatchdog(string path) : IDisposable
{
    public const string Device = "/dev/watchdog";

    /// <summary>Longer than systemd takes to notice, end and restart a daemon in its worst case, shorter than a cold plate takes to boil.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan _feedEvery = TimeSpan.FromSeconds(1);

    // A tick that wrote between the goodbye and the close would take the goodbye back.
    private readonly Lock _gate = new();

    private SafeFileHandle? _device;
    private TimeSpan _at = TimeSpan.MinValue;
    private bool _disarmed;

    /// <summary>True while the timer runs and we feed it.</summary>
    public bool IsArmed => _device is not null;

    /// <summary>After every completed tick. Looks for the device once a second as long as there is none; allocates nothing once it is open.</summary>
    public void TickDone(TimeSpan now)
    {
        lock (_gate)
        {
            if (_disarmed || (_at != TimeSpan.MinValue && now - _at < _feedEvery))
                return;
            _at = now;
            if (_device is null)
                Open();
            else
                Write((byte)'\n');
        }
    }

    /// <summary>
    /// A stop on purpose: the timer ends, unless the driver was told never to let it (nowayout). Said as soon as the stop is known:
    /// a daemon that systemd then kills because it took too long would leave a timer behind that resets a box stopped on purpose.
    /// </summary>
    public void Disarm()
    {
        lock (_gate)
        {
            _disarmed = true;
            if (_device is null)
                return;
            Write((byte)'V');
            _device.Dispose();
            _device = null;
        }
    }

    /// <summary>Without <see cref="Disarm"/> the timer goes on: only who stops on purpose may end it.</summary>
    public void Dispose() => _device?.Dispose();

    private void Open()
    {
        var fd = LibcInterop.open(path, LibcInterop.O_WRONLY | LibcInterop.O_CLOEXEC, 0);
        if (fd < 0)
            return;
        var seconds = (int)Timeout.TotalSeconds;
        _ = LibcInterop.ioctl(fd, LibcInterop.WDIOC_SETTIMEOUT, ref seconds); // a driver with one fixed time keeps it
        _device = new(fd, ownsHandle: true);
        Write((byte)'\n');
    }

    private unsafe void Write(byte value) => _ = LibcInterop.write((int)_device!.DangerousGetHandle(), &value, 1);
}
