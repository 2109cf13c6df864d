namespace InferenceCore.Cuda;

/// <summary>CUresult: those that somebody here tells apart. The driver itself has names and texts for all of them.</summary>
internal enum CudaResult
{
    Success = 0,
    OutOfMemory = 2,
    NotReady = 600,
}
