using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace InferenceCore.Cuda;

/// <summary>The engine's kernels, compiled for one device (or taken from the cache of compiled code) and loaded.</summary>
internal sealed class KernelSet : IDisposable
{
    private static readonly string[] _sources = ["gemm.cu", "layer.cu", "attention.cu", "latent.cu", "experts.cu", "weights.cu"];

    private readonly Dictionary<string, CudaModule> _modules;

    public KernelSet(CudaStream stream, CudaLibraries libraries)
    {
        var device = stream.Device;
        var compiler = new Lazy<KernelCompiler>(() => new KernelCompiler(NvrtcInterop.Load(libraries)));
        var codes = new byte[_sources.Length][];
        InParallel(i => codes[i] = KernelCache.Of(device, compiler).Get(KernelSource.Embedded(_sources[i])));
        Mark = MarkOf(codes);
        _modules = _sources.Zip(codes).ToDictionary(s => s.First, s => new CudaModule(device, s.Second), StringComparer.Ordinal);

        Products = new ProductKernels(stream, _modules["gemm.cu"]);
        Attention = _modules["attention.cu"];
        Embed = Layer("embed");
        Norm = Layer("rms_norm");
        NormWide = Layer("rms_norm_wide");
        Activate = Layer("activate");
        Rotate = Layer("rotate");
        RopeTable = Layer("rope_table");
        PickBest = Layer("pick_best");
        CombineHeads = Attention.Kernel("combine_heads");
        LatentNorm = Latent("latent_norm");
        AbsorbShared = stream.Read<int>(_modules["latent.cu"].Global("absorb_shared").Pointer);
        Absorb = Latent("absorb").WithShared(AbsorbShared);
        Raise = Latent("raise");
        VisitSmall = Experts("visit_small");
        VisitLarge = Experts("visit_large");
        ScoreExperts = Experts("score_experts");
        ChooseExperts = Experts("choose_experts");
        PlaceRows = Experts("place_rows");
        Gather = Experts("gather");
        PackRows = Weights("pack_rows");
        ToFloats = Weights("to_floats");
        ToBFloat16 = Weights("to_bf16s");
        FillBFloat16 = Weights("fill_bf16");
        FillFloats = Weights("fill_floats");
        Checksum = Weights("checksum");
        ChecksumPieces = Weights("checksum_pieces");
    }

    public ProductKernels Products { get; }

    public CudaModule Attention { get; }

    public CudaKernel Embed { get; }

    public CudaKernel Norm { get; }

    /// <summary>The same for rows that want more than 512 threads.</summary>
    public CudaKernel NormWide { get; }

    public CudaKernel Activate { get; }

    public CudaKernel Rotate { get; }

    public CudaKernel RopeTable { get; }

    public CudaKernel PickBest { get; }

    public CudaKernel CombineHeads { get; }

    public CudaKernel LatentNorm { get; }

    public CudaKernel Absorb { get; }

    /// <summary>Dynamic shared memory of <see cref="Absorb"/>, bytes.</summary>
    public int AbsorbShared { get; }

    public CudaKernel Raise { get; }

    /// <summary>Norm, scores, choice and tiles of few rows of up to 2048 columns with up to 64 experts.</summary>
    public CudaKernel VisitSmall { get; }

    /// <summary>The same for up to 8192 columns and 256 experts.</summary>
    public CudaKernel VisitLarge { get; }

    public CudaKernel ScoreExperts { get; }

    public CudaKernel ChooseExperts { get; }

    public CudaKernel PlaceRows { get; }

    public CudaKernel Gather { get; }

    public CudaKernel PackRows { get; }

    public CudaKernel ToFloats { get; }

    public CudaKernel ToBFloat16 { get; }

    public CudaKernel FillBFloat16 { get; }

    public CudaKernel FillFloats { get; }

    public CudaKernel Checksum { get; }

    public CudaKernel ChecksumPieces { get; }

    /// <summary>Changes whenever any of the compiled code does: source, options or compiler.</summary>
    public string Mark { get; }

    public void Dispose()
    {
        foreach (var module in _modules.Values)
            module.Dispose();
    }

    private static void InParallel(Action<int> compile)
    {
        try
        {
            Parallel.For(0, _sources.Length, compile);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static string MarkOf(byte[][] codes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var code in codes)
            hash.AppendData(SHA256.HashData(code));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private CudaKernel Layer(string name) => _modules["layer.cu"].Kernel(name);

    private CudaKernel Latent(string name) => _modules["latent.cu"].Kernel(name);

    private CudaKernel Experts(string name) => _modules["experts.cu"].Kernel(name);

    private CudaKernel Weights(string name) => _modules["weights.cu"].Kernel(name);
}
