using System.Runtime.CompilerServices;
using System.Text;

namespace Appliance.Hardware;

/// <summary>
/// NVML as a source of GPUs. Initialised by whichever poll thread comes first; what the library lacks or refuses is absent, and a
/// driver that is not there yet is tried again (each poll thread asks every two seconds).
/// </summary>
public sealed class Nvml : IGpuSource
{
    private readonly Lock _gate = new();
    private bool _initialised;

    /// <summary>Why the last initialisation failed; null when it worked.</summary>
    public string? Fault { get; private set; }

    public string? DriverVersion { get; private set; }

    public string? LibraryVersion { get; private set; }

    public int Count { get; private set; }

    public IGpuDevice? Open(int index, out bool lost)
    {
        lost = false;
        if (!Initialise())
            return null;
        var status = NvmlInterop.nvmlDeviceGetHandleByIndex_v2((uint)index, out var handle);
        lost = status is NvmlReturn.InvalidArgument or NvmlReturn.NotFound or NvmlReturn.GpuIsLost or NvmlReturn.GpuNotFound;
        return status == NvmlReturn.Success ? new NvmlGpu(handle) : null;
    }

    /// <summary>True when the library answers.</summary>
    public bool Initialise()
    {
        lock (_gate)
        {
            if (_initialised)
                return true;
            var status = Guard(NvmlInterop.nvmlInit_v2);
            if (status != NvmlReturn.Success)
            {
                Fault = status == NvmlReturn.LibraryNotFound
                    ? $"{NvmlInterop.Library} is not installed"
                    : $"nvmlInit_v2 said {status}";
                return false;
            }

            CheckLayout();
            Count = NvmlInterop.nvmlDeviceGetCount_v2(out var count) == NvmlReturn.Success ? (int)count : 0;
            DriverVersion = DriverText();
            LibraryVersion = LibraryText();
            Fault = null;
            return _initialised = true;
        }
    }

    /// <summary>Missing library or symbol as a return code, as the library itself would say it.</summary>
    internal static NvmlReturn Guard(Func<NvmlReturn> call)
    {
        try
        {
            return call();
        }
        catch (DllNotFoundException)
        {
            return NvmlReturn.LibraryNotFound;
        }
        catch (EntryPointNotFoundException)
        {
            return NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>The struct sizes nvml.h gives on x86-64; a mismatch would corrupt memory, so it ends the process at once.</summary>
    internal static void CheckLayout()
    {
        Expect(Unsafe.SizeOf<NvmlInterop.nvmlFieldValue_t>(), 40, nameof(NvmlInterop.nvmlFieldValue_t));
        Expect(Unsafe.SizeOf<NvmlInterop.nvmlPciInfo_t>(), 68, nameof(NvmlInterop.nvmlPciInfo_t));
        Expect(Unsafe.SizeOf<NvmlInterop.nvmlMemory_v2_t>(), (int)(NvmlInterop.nvmlMemory_v2 & 0xFFFFFF), "nvmlMemory_v2_t");
        Expect(Unsafe.SizeOf<NvmlInterop.nvmlTemperature_t>(), (int)(NvmlInterop.nvmlTemperature_v1 & 0xFFFFFF), "nvmlTemperature_t");
        Expect(Unsafe.SizeOf<NvmlInterop.nvmlMarginTemperature_t>(), (int)(NvmlInterop.nvmlMarginTemperature_v1 & 0xFFFFFF), "nvmlMarginTemperature_t");

        static void Expect(int size, int wanted, string type)
        {
            if (size != wanted)
                throw new InvalidOperationException($"{type} is {size} bytes here and {wanted} in nvml.h.");
        }
    }

    private static unsafe string? DriverText()
    {
        var buffer = stackalloc byte[96];
        return NvmlInterop.nvmlSystemGetDriverVersion(buffer, 96) == NvmlReturn.Success ? Text(buffer, 96) : null;
    }

    private static unsafe string? LibraryText()
    {
        var buffer = stackalloc byte[96];
        return NvmlInterop.nvmlSystemGetNVMLVersion(buffer, 96) == NvmlReturn.Success ? Text(buffer, 96) : null;
    }

    internal static unsafe string Text(byte* buffer, int length)
    {
        var span = new ReadOnlySpan<byte>(buffer, length);
        var end = span.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? span : span[..end]);
    }
}
