using System.Runtime.InteropServices;
using System.Text;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>How the exports write their answers.</summary>
internal static unsafe class Answers
{
    /// <summary>A C string into the caller's buffer; too small is INSUFFICIENT_SIZE, as NVML says it.</summary>
    public static NvmlReturn Text(string text, byte* buffer, uint length)
    {
        if (buffer is null)
            return NvmlReturn.InvalidArgument;
        if (length <= text.Length)
            return NvmlReturn.InsufficientSize;
        var count = Encoding.ASCII.GetBytes(text, new Span<byte>(buffer, (int)length));
        buffer[count] = 0;
        return NvmlReturn.Success;
    }

    public static NvmlReturn Text(nint device, string function, byte* buffer, uint length, Func<TwinGpu, string> text) =>
        TwinDriver.Enter(device, function, out var gpu) is not NvmlReturn.Success and var status ? status : Text(text(gpu), buffer, length);

    public static NvmlReturn Number(nint device, string function, uint* number, Func<TwinGpu, long> value)
    {
        var status = TwinDriver.Enter(device, function, out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (number is null)
            return NvmlReturn.InvalidArgument;
        *number = (uint)value(gpu);
        return NvmlReturn.Success;
    }

    public static NvmlReturn Number(nint device, string function, ulong* number, Func<TwinGpu, long> value)
    {
        var status = TwinDriver.Enter(device, function, out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (number is null)
            return NvmlReturn.InvalidArgument;
        *number = (ulong)value(gpu);
        return NvmlReturn.Success;
    }

    public static NvmlReturn Pair(nint device, string function, uint* first, uint* second, Func<TwinGpu, (long, long)> values)
    {
        var status = TwinDriver.Enter(device, function, out var gpu);
        if (status != NvmlReturn.Success)
            return status;
        if (first is null || second is null)
            return NvmlReturn.InvalidArgument;
        var (one, two) = values(gpu);
        (*first, *second) = ((uint)one, (uint)two);
        return NvmlReturn.Success;
    }

    /// <summary>A link that the GPU does not have is INVALID_ARGUMENT, whatever the header's macro says.</summary>
    public static NvmlReturn Link(nint device, string function, uint link, out TwinGpu gpu)
    {
        var status = TwinDriver.Enter(device, function, out gpu);
        return status != NvmlReturn.Success ? status : link < TwinDriver.Links ? NvmlReturn.Success : NvmlReturn.InvalidArgument;
    }

    public static string? Text(byte* text) => Marshal.PtrToStringUTF8((nint)text);
}
