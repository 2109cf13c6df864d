using System.Runtime.InteropServices;
using Appliance.Hardware;

namespace Appliance.NvmlTwin;

/// <summary>nvmlErrorString: texts that live as long as the process.</summary>
internal static unsafe class ErrorTexts
{
    private static readonly Dictionary<NvmlReturn, nint> _texts = Enum.GetValues<NvmlReturn>().Distinct()
        .ToDictionary(code => code, code => Marshal.StringToCoTaskMemUTF8(Say(code)));

    public static byte* Of(NvmlReturn code) => (byte*)(_texts.TryGetValue(code, out var text) ? text : _texts[NvmlReturn.Unknown]);

    private static string Say(NvmlReturn code) => code switch
    {
        NvmlReturn.Success => "Success",
        NvmlReturn.Uninitialized => "Uninitialized",
        NvmlReturn.InvalidArgument => "Invalid Argument",
        NvmlReturn.NotSupported => "Not Supported",
        NvmlReturn.NoPermission => "Insufficient Permissions",
        NvmlReturn.NotFound => "Not Found",
        NvmlReturn.DriverNotLoaded => "Driver Not Loaded",
        NvmlReturn.FunctionNotFound => "Function Not Found",
        NvmlReturn.GpuIsLost => "GPU is lost",
        NvmlReturn.ResetRequired => "GPU requires reset",
        NvmlReturn.LibRmVersionMismatch => "Driver/library version mismatch",
        NvmlReturn.ArgumentVersionMismatch => "Argument version mismatch",
        _ => code.ToString(),
    };
}
