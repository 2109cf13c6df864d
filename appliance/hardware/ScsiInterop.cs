using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>The one SCSI command we send: LOG SENSE, by the kernel's generic ioctl (scsi/sg.h). The kernel lets whoever may read the disk send it.</summary>
internal static partial class ScsiInterop
{
    private const nuint SG_IO = 0x2285;
    private const int SG_DXFER_FROM_DEV = -3;
    private const byte LOG_SENSE = 0x4D;
    private const byte CumulativeValues = 0x40;
    private const uint TimeoutMs = 5000;
    private const int SenseLength = 32;

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct sg_io_hdr_t
    {
        internal int interface_id;
        internal int dxfer_direction;
        internal byte cmd_len;
        internal byte mx_sb_len;
        internal ushort iovec_count;
        internal uint dxfer_len;
        internal void* dxferp;
        internal byte* cmdp;
        internal byte* sbp;
        internal uint timeout;
        internal uint flags;
        internal int pack_id;
        internal void* usr_ptr;
        internal byte status;
        internal byte masked_status;
        internal byte msg_status;
        internal byte sb_len_wr;
        internal ushort host_status;
        internal ushort driver_status;
        internal int resid;
        internal uint duration;
        internal uint info;
    }

    /// <returns>The bytes of the page; 0 where the disk may not be opened, or has no such page.</returns>
    internal static unsafe int ReadLog(string device, byte page, Span<byte> into)
    {
        var fd = LibcInterop.open(device, LibcInterop.O_RDONLY | LibcInterop.O_CLOEXEC | LibcInterop.O_NONBLOCK, 0);
        if (fd < 0)
            return 0;
        var command = stackalloc byte[10] { LOG_SENSE, 0, (byte)(CumulativeValues | page), 0, 0, 0, 0, (byte)(into.Length >> 8), (byte)into.Length, 0 };
        var sense = stackalloc byte[SenseLength];
        into.Clear();
        fixed (byte* to = into)
        {
            var asked = new sg_io_hdr_t
            {
                interface_id = 'S',
                dxfer_direction = SG_DXFER_FROM_DEV,
                cmd_len = 10,
                cmdp = command,
                dxferp = to,
                dxfer_len = (uint)into.Length,
                sbp = sense,
                mx_sb_len = SenseLength,
                timeout = TimeoutMs,
            };
            var result = ioctl(fd, SG_IO, &asked);
            _ = LibcInterop.close(fd);
            return result == 0 && asked is { status: 0, host_status: 0 } ? into.Length - Math.Max(0, asked.resid) : 0;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(int fd, nuint request, sg_io_hdr_t* asked);
}
