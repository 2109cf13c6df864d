namespace InferenceCore.Cuda;

/// <summary>
/// A call into one of NVIDIA's libraries failed, or a library is not there. The message is one line: the call, the error's name and text, and the
/// figures that explain it.
/// </summary>
internal sealed class CudaException(string message, CudaResult result = default) : Exception(message)
{
    /// <summary>The driver's; <see cref="CudaResult.Success"/> if it was not the driver that failed.</summary>
    public CudaResult Result { get; } = result;

    /// <summary>The device has no memory left: who asked may give something up and go on.</summary>
    public bool IsOutOfMemory => Result == CudaResult.OutOfMemory;
}
