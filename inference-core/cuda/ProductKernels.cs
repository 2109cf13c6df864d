namespace InferenceCore.Cuda;

/// <summary>
/// The kernels of gemm.cu, and which of them multiplies how many rows. Which one it is changes the time and no bit of the result.
/// </summary>
internal sealed class ProductKernels
{
    public const int Threads = 384;

    /// <summary>Rows that one tile may have; above this whole outputs are made by one thread block.</summary>
    public const int MostSplitRows = 128;

    /// <summary>Fewer whole outputs than this leave multiprocessors without work.</summary>
    private const int EnoughBlocks = 112;

    /// <summary>From here on wide tiles, which read less, are filled well enough.</summary>
    private const int WideRows = 768;

    // Runs that gemm_short has stages for: the less it takes, the earlier it may begin beside the kernels in front of it.
    private const int ShortRun = 4;

    private readonly ProductKernel _short;
    private readonly Dictionary<int, ProductKernel> _split = [];
    private readonly Dictionary<int, ProductKernel> _splitGated = [];
    private readonly Dictionary<int, ProductKernel> _full = [];
    private readonly Dictionary<int, ProductKernel> _gated = [];
    private readonly Dictionary<int, ProductKernel> _experts = [];

    /// <summary>Slabs of inputs that a thread block of gemm_normed keeps.</summary>
    private const int OwnSlabs = 64;

    /// <summary>Slabs of its run that a thread block of gemm_combined keeps.</summary>
    private const int OwnRun = 16;

    public ProductKernels(CudaStream stream, CudaModule module)
    {
        Normed = new ProductKernel(stream, module, "gemm_normed", 8);
        NormedGated = new ProductKernel(stream, module, "gemm_normed_gated", 8);
        Combined = new ProductKernel(stream, module, "gemm_combined", 8);
        _short = new ProductKernel(stream, module, "gemm_short", 8);
        foreach (var rows in new[] { 8, 16, 32, 64, MostSplitRows })
        {
            _split[rows] = new ProductKernel(stream, module, $"gemm_split_{rows}", rows);
            _splitGated[rows] = new ProductKernel(stream, module, $"gemm_split_gated_{rows}", rows);
            _experts[rows] = new ProductKernel(stream, module, $"gemm_experts_{rows}", rows);
        }

        foreach (var rows in new[] { 128, 192 })
        {
            _full[rows] = new ProductKernel(stream, module, $"gemm_full_{rows}", rows);
            _gated[rows] = new ProductKernel(stream, module, $"gemm_gated_{rows}", rows);
        }
    }

    public IEnumerable<ProductKernel> All => [Normed, NormedGated, Combined, _short, .. _split.Values, .. _splitGated.Values, .. _full.Values, .. _gated.Values, .. _experts.Values];

    /// <summary>Whether a matrix is multiplied run by run, its result left in segments.</summary>
    public static bool IsSplit(CudaMatrix matrix, int rows) => rows <= MostSplitRows || matrix.Blocks * TilesOf(rows, MostSplitRows) < EnoughBlocks;

    /// <summary>Whether one row of so many columns is normed by every thread block that multiplies it.</summary>
    public static bool IsNormed(int rows, int columns) => rows == 1 && columns % CudaMatrix.SlabInputs == 0 && columns <= OwnSlabs * CudaMatrix.SlabInputs;

    /// <summary>The least tile that holds so many rows, at most <see cref="MostSplitRows"/>.</summary>
    public static int TileFor(int rows) => rows <= 8 ? 8 : rows <= 16 ? 16 : rows <= 32 ? 32 : rows <= 64 ? 64 : MostSplitRows;

    public static int TilesOf(int rows, int tile) => (rows + tile - 1) / tile;

    /// <summary>float32 that the result of a product needs, its segments included.</summary>
    public static long ResultFloats(CudaMatrix matrix, int rows)
    {
        var tile = IsSplit(matrix, rows) ? TileFor(rows) : WideTile(rows);
        return (long)(IsSplit(matrix, rows) ? matrix.MostSegments : 1) * TilesOf(rows, tile) * tile * matrix.Outputs;
    }

    /// <summary>A norm and a product of one row: one kernel less to wait for.</summary>
    public ProductKernel Normed { get; }

    /// <summary>The same with gates: see <see cref="GatesItself"/>.</summary>
    public ProductKernel NormedGated { get; }

    /// <summary>A product of one row that merges the splits of attention itself.</summary>
    public ProductKernel Combined { get; }

    /// <summary>Whether a matrix' inputs may be merged by every thread block that multiplies them.</summary>
    public static bool CanCombine(CudaMatrix matrix) => matrix.Split.Run <= OwnRun && matrix.Inputs % CudaMatrix.SlabInputs == 0;

    public ProductKernel Split(CudaMatrix matrix, int rows) => rows <= 8 && matrix.Split.Run <= ShortRun ? _short : _split[TileFor(rows)];

    /// <summary>
    /// Whether a product that is split makes the gates of its result itself. A block of outputs then has two segments at most, of neighbours, and all
    /// rows are in one tile, so that as many thread blocks as the device has multiprocessors run side by side.
    /// </summary>
    public static bool GatesItself(CudaMatrix matrix, int rows) => rows <= MostSplitRows && matrix.Split.Run >= matrix.Depth;

    public ProductKernel SplitGated(int rows) => _splitGated[TileFor(rows)];

    public ProductKernel Full(int rows) => _full[WideTile(rows)];

    public ProductKernel Gated(int rows) => _gated[WideTile(rows)];

    public ProductKernel Experts(int tile) => _experts[tile];

    private static int WideTile(int rows) => rows >= WideRows ? 192 : 128;
}
