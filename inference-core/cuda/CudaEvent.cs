namespace InferenceCore.Cuda;

/// <summary>A moment in a stream that others can wait for or measure from.</summary>
internal sealed unsafe class CudaEvent : IDisposable
{
    private readonly CudaInterop _driver;
    private nint _handle;

    /// <param name="device">Whose.</param>
    /// <param name="timing">It is to be measured with, which makes it dearer.</param>
    /// <param name="blocking">Whoever waits for it on the host sleeps instead of spinning.</param>
    public CudaEvent(CudaDevice device, bool timing = false, bool blocking = false)
    {
        _driver = device.Driver;
        var flags = (timing ? CUevent_flags.CU_EVENT_DEFAULT : CUevent_flags.CU_EVENT_DISABLE_TIMING)
            | (blocking ? CUevent_flags.CU_EVENT_BLOCKING_SYNC : CUevent_flags.CU_EVENT_DEFAULT);
        nint handle;
        _driver.Check("cuEventCreate", _driver.cuEventCreate(&handle, flags));
        _handle = handle;
    }

    public nint Handle => _handle;

    /// <summary>Stands for what is queued in <paramref name="stream"/> so far.</summary>
    public void Record(CudaStream stream) => _driver.Check("cuEventRecord", _driver.cuEventRecord(_handle, stream.Handle));

    /// <summary>True: it has come to pass, or was never recorded.</summary>
    public bool IsDone()
    {
        var result = _driver.cuEventQuery(_handle);
        if (result == CudaResult.NotReady)
            return false;
        _driver.Check("cuEventQuery", result);
        return true;
    }

    public void Synchronize() => _driver.Check("cuEventSynchronize", _driver.cuEventSynchronize(_handle));

    /// <summary>From <paramref name="start"/> to this one; both were made for timing, and both have come to pass.</summary>
    public TimeSpan Since(CudaEvent start)
    {
        float milliseconds;
        _driver.Check("cuEventElapsedTime", _driver.cuEventElapsedTime(&milliseconds, start._handle, _handle));
        return TimeSpan.FromMilliseconds((double)milliseconds);
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;
        var handle = _handle;
        _handle = 0;
        _driver.Check("cuEventDestroy", _driver.cuEventDestroy_v2(handle));
    }
}
