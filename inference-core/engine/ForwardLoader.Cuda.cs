using InferenceCore.Cuda;

namespace InferenceCore.Engine;

// The GPUs of the loader.
internal static partial class ForwardLoader
{
    static partial void LoadOnCuda(string directory, int ordinal, ForwardOptions options, ref IForward? forward)
    {
        try
        {
            forward = CudaForward.Load(directory, ordinal, options);
        }
        catch (CudaException e)
        {
            throw new EngineException(e.Message, e);
        }
    }
}
