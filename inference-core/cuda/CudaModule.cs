using System.Runtime.InteropServices.Marshalling;

namespace InferenceCore.Cuda;

/// <summary>Loaded device code.</summary>
internal sealed unsafe class CudaModule : IDisposable
{
    private nint _handle;

    /// <param name="device">Into whose context it is loaded.</param>
    /// <param name="cubin">As the compiler wrote it for this device's architecture.</param>
    public CudaModule(CudaDevice device, ReadOnlySpan<byte> cubin)
    {
        Device = device;
        nint handle;
        fixed (byte* image = cubin)
            device.Driver.Check("cuModuleLoadData", device.Driver.cuModuleLoadData(&handle, image), () => $"code for {device.Architecture} on {device.Name}");
        _handle = handle;
    }

    public CudaDevice Device { get; }

    /// <summary>A kernel by its name, which <c>extern "C"</c> leaves as it stands.</summary>
    public CudaKernel Kernel(string name)
    {
        var text = Utf8StringMarshaller.ConvertToUnmanaged(name);
        try
        {
            nint function;
            Device.Driver.Check("cuModuleGetFunction", Device.Driver.cuModuleGetFunction(&function, _handle, text), () => name);
            return new CudaKernel(Device, name, function);
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    /// <summary>A variable at file scope.</summary>
    public (ulong Pointer, long Bytes) Global(string name)
    {
        var text = Utf8StringMarshaller.ConvertToUnmanaged(name);
        try
        {
            ulong pointer;
            nuint bytes;
            Device.Driver.Check("cuModuleGetGlobal", Device.Driver.cuModuleGetGlobal_v2(&pointer, &bytes, _handle, text), () => name);
            return (pointer, (long)bytes);
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        var handle = _handle;
        _handle = 0;
        Device.Driver.Check("cuModuleUnload", Device.Driver.cuModuleUnload(handle));
    }
}
