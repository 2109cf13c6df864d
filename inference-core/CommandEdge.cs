using InferenceCore.Cuda;
using InferenceCore.Engine;

namespace InferenceCore;

/// <summary>The edge of a verb: what people can cause becomes one line on stderr and an exit code.</summary>
internal static class CommandEdge
{
    public static int Run(Func<int> verb)
    {
        try
        {
            return verb();
        }
        catch (Exception e) when (e is EngineException or CudaException or EngineChanged or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"inference-core: {e.Message}");
            return ExitCode.Failed;
        }
    }
}
