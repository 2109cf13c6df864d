namespace InferenceCore.Cuda;

/// <summary>A recorded piece of work that one call starts: the launches of a whole step cost the host as much as one.</summary>
internal sealed unsafe class CudaGraph : IDisposable
{
    private readonly CudaInterop _driver;
    private nint _executable;

    private CudaGraph(CudaInterop driver, nint executable)
    {
        _driver = driver;
        _executable = executable;
    }

    /// <summary>Records what <paramref name="record"/> queues in <paramref name="stream"/>; nothing of it runs.</summary>
    public static CudaGraph Capture(CudaStream stream, Action record)
    {
        var driver = stream.Device.Driver;
        nint graph = 0;
        // Only calls of this thread can spoil the recording: other threads load weights and take memory meanwhile.
        driver.Check("cuStreamBeginCapture", driver.cuStreamBeginCapture_v2(stream.Handle, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        try
        {
            record();
        }
        catch
        {
            // The stream must not go on recording; what the recording itself says about that adds nothing to the fault that is under way.
            _ = driver.cuStreamEndCapture(stream.Handle, &graph);
            if (graph != 0)
                _ = driver.cuGraphDestroy(graph);
            throw;
        }

        driver.Check("cuStreamEndCapture", driver.cuStreamEndCapture(stream.Handle, &graph));
        try
        {
            nint executable;
            driver.Check("cuGraphInstantiate", driver.cuGraphInstantiateWithFlags(&executable, graph, 0));
            var made = new CudaGraph(driver, executable);
            // Otherwise the first launch would pay for bringing it to the device.
            driver.Check("cuGraphUpload", driver.cuGraphUpload(executable, stream.Handle));
            return made;
        }
        finally
        {
            _ = driver.cuGraphDestroy(graph);
        }
    }

    public void Launch(CudaStream stream) => _driver.Check("cuGraphLaunch", _driver.cuGraphLaunch(_executable, stream.Handle));

    public void Dispose()
    {
        if (_executable == 0)
            return;
        var executable = _executable;
        _executable = 0;
        _driver.Check("cuGraphExecDestroy", _driver.cuGraphExecDestroy(executable));
    }
}
