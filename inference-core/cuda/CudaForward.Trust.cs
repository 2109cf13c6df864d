using InferenceCore.Engine;

namespace InferenceCore.Cuda;

// What shows that the engine is still the one that was loaded.
internal sealed partial class CudaForward
{
    public string Arithmetic { get; }

    /// <summary>For the check of the guard itself.</summary>
    public WeightGuard Guard => _guard;

    public CudaWeights Weights => _weights;

    public CudaStream Stream => _stream;

    public void Watch()
    {
        _stream.Synchronize();
        RequireSound();
        if (!_guard.Queue())
            return;
        _stream.Synchronize();
        RequireSound();
    }

    /// <summary>What was summed up beside the last steps is as it was; the stream has been waited for.</summary>
    private void RequireSound()
    {
        var faults = _guard.Check();
        if (faults.Count > 0)
            throw Changed(faults);
    }

    private EngineChanged Changed(IReadOnlyList<WeightFault> faults)
    {
        var (first, layout) = (faults[0], _weights.Layout);
        var more = faults.Count > 1 ? $", and {faults.Count - 1} pieces more" : "";
        return new EngineChanged(
            $"found weights changed on {_device.Name} ({_device.Uuid}): {WeightMap.Describe(layout, first.Offset, first.Bytes)}, "
            + $"in {ByteText.Of(first.Bytes)} at byte {first.Offset}{more}", faults);
    }
}
