using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>The one NVMe command we send: Get Log Page, by the kernel's admin passthrough (linux/nvme_ioctl.h).</summary>
internal static partial class NvmeInterop
{
    private const uint NVME_IOCTL_ADMIN_CMD = 0xC0484E41;
    private const byte nvme_admin_get_log_page = 0x02;
    private const uint AllNamespaces = 0xFFFFFFFF;
    private const uint TimeoutMs = 5000;

    [StructLayout(LayoutKind.Sequential)]
    private struct nvme_passthru_cmd
    {
        internal byte opcode;
        internal byte flags;
        internal ushort rsvd1;
        internal uint nsid;
        internal uint cdw2;
        internal uint cdw3;
        internal ulong metadata;
        internal ulong addr;
        internal uint metadata_len;
        internal uint data_len;
        internal uint cdw10;
        internal uint cdw11;
        internal uint cdw12;
        internal uint cdw13;
        internal uint cdw14;
        internal uint cdw15;
        internal uint timeout_ms;
        internal uint result;
    }

    /// <returns>False where it may not be opened or the device refuses.</returns>
    internal static unsafe bool ReadLog(string device, byte log, Span<byte> page)
    {
        var fd = LibcInterop.open(device, LibcInterop.O_RDONLY | LibcInterop.O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        fixed (byte* to = page)
        {
            var command = new nvme_passthru_cmd
            {
                opcode = nvme_admin_get_log_page,
                nsid = AllNamespaces,
                addr = (ulong)to,
                data_len = (uint)page.Length,
                cdw10 = log | ((uint)(page.Length / 4 - 1) << 16),
                timeout_ms = TimeoutMs,
            };
            var status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
            _ = LibcInterop.close(fd);
            return status == 0;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(int fd, nuint request, nvme_passthru_cmd* command);
}
