namespace Appliance.Model;

/// <param name="Call">The function, or <c>field 230</c> of nvmlDeviceGetFieldValues.</param>
/// <param name="Code">nvmlReturn_t by name, e.g. <c>NoPermission</c>, <c>FunctionNotFound</c>, <c>GpuIsLost</c>.</param>
public sealed record NvmlRefusal(string Call, string Code);
