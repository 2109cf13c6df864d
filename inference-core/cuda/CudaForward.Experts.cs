using InferenceCore.Engine;

namespace InferenceCore.Cuda;

// A layer with experts: who visits whom, then two products over all visited experts at once.
internal sealed partial class CudaForward
{
    // ROUTING_BLOCKS of experts.cu: the thread blocks that norm and score one row.
    private const int RoutingBlocks = 8;
    private const int VisitThreads = 288;

    private Added VisitExperts(CudaLayer layer, int rows, Added add)
    {
        var (moe, buffers, products) = (Config.Moe!, _step.Experts!, _kernels.Products);
        var together = rows <= ExpertBuffers.TogetherRows;
        var tile = ExpertBuffers.TileFor(rows, moe);
        var slots = rows * buffers.SlotsPerRow;
        ChooseExperts(layer, rows, tile, together, add);
        if (!together)
        {
            _kernels.Gather.Launch(_stream, slots, 128, 0, true, new KernelArguments().Add(_step.Hidden).Add(_step.Room)
                .Add(buffers.Inputs).Add(buffers.Room).Add(buffers.Place).Add(buffers.SlotsPerRow).Add(Config.HiddenWidth));
        }

        var kernel = products.Experts(tile);
        var gateUp = ExpertProduct(layer.GateUp, buffers.GateUpSplit, buffers.GateUpSegments, together ? _step.Hidden : buffers.Inputs);
        gateUp.Room = together ? _step.Room : buffers.Room;
        gateUp.TileStride = together ? 0 : (ulong)tile * 128;
        gateUp.SureEach = together ? 1 : ProductKernels.TilesOf(rows, tile);
        gateUp.SureExpert = moe.Experts;
        gateUp.SureTiles = moe.SharedExperts * gateUp.SureEach;
        kernel.Launch(_stream, _device.Multiprocessors, gateUp);
        var parts = new Parts { First = buffers.Results, Stride = (ulong)buffers.Stride, Columns = layer.GateUp.Outputs };
        Activate(parts, buffers.Inner, buffers.Room, moe.ExpertWidth, slots, buffers.GateUpSegments, buffers.Place);

        var down = ExpertProduct(layer.FeedForwardDown, buffers.DownSplit, buffers.DownSegments, buffers.Inner);
        down.Room = buffers.Room;
        down.TileStride = (ulong)tile * 128;
        down.Routed = 1;
        kernel.Launch(_stream, _device.Multiprocessors, down);
        return new Added(new Parts { First = buffers.Results, Stride = (ulong)buffers.Stride, Columns = layer.FeedForwardDown.Outputs }, true);
    }

    private void ChooseExperts(CudaLayer layer, int rows, int tile, bool together, Added add)
    {
        var (moe, buffers) = (Config.Moe!, _step.Experts!);
        var route = new RouteCall
        {
            Scores = buffers.Scores,
            Bias = _weights.At(layer.RouterBias),
            Rows = rows,
            Experts = moe.Experts,
            Shared = moe.SharedExperts,
            PerToken = moe.ExpertsPerToken,
            Rule = moe.Router.Rule switch
            {
                RouterRule.SoftmaxGreedy => 0,
                RouterRule.SoftmaxGroupLimited => 1,
                RouterRule.SigmoidBiased => 2,
                _ => throw new System.Diagnostics.UnreachableException(),
            },
            Groups = moe.Router.Groups,
            GroupsPerToken = moe.Router.GroupsPerToken,
            Normalize = moe.Router.NormalizeWeights ? 1 : 0,
            Factor = moe.Router.ScalingFactor,
            Tile = tile,
            Together = together ? 1 : 0,
            SlotExpert = buffers.SlotExpert,
            SlotWeights = buffers.SlotWeights,
            Place = buffers.Place,
            Slots = buffers.Slots,
            TileExpert = buffers.TileExpert,
            TileCount = buffers.TileCount,
            Done = buffers.Done,
        };
        if (together)
        {
            // Every row's norm is made by several thread blocks, so what the residual becomes goes elsewhere.
            var norm = NormOf(layer.FeedForwardNorm, add) with
            {
                ResidualOut = _residual == _step.Residual ? _step.OtherResidual : _step.Residual,
                Output = _step.Hidden,
                Room = _step.Room,
            };
            _residual = norm.ResidualOut;
            var visit = new VisitCall { Norm = norm, Route = route, Weights = _weights.At(layer.Router) };
            var kernel = Config.HiddenWidth <= 2048 && moe.Experts <= 64 ? _kernels.VisitSmall : _kernels.VisitLarge;
            kernel.Launch(_stream, new Extent(RoutingBlocks, rows), VisitThreads, 0, true, new KernelArguments().Add(visit));
            return;
        }

        Norm(rows, layer.FeedForwardNorm, add, null, _step.Hidden, _step.Room, true);
        _kernels.ScoreExperts.Launch(_stream, new Extent((moe.Experts + 7) / 8, (rows + 7) / 8), 256, 0, true, new KernelArguments()
            .Add(buffers.Plain).Add(_weights.At(layer.Router)).Add(buffers.Scores).Add(rows).Add(Config.HiddenWidth).Add(moe.Experts));
        _kernels.ChooseExperts.Launch(_stream, (rows + 7) / 8, 256, 0, true, new KernelArguments().Add(route));
        _kernels.PlaceRows.Launch(_stream, 1, 1024, 0, true, new KernelArguments().Add(route));
    }

    private Product ExpertProduct(CudaMatrix matrix, Split split, int segments, ulong inputs) => new()
    {
        Weights = _weights.Of(matrix),
        Inputs = inputs,
        Parts = _step.Experts!.Results,
        Stride = (ulong)_step.Experts.Stride,
        Outputs = matrix.Outputs,
        Blocks = matrix.Blocks,
        Split = split,
        Segments = segments,
        ExpertTiles = _step.Experts.TileCount,
        TileExpert = _step.Experts.TileExpert,
        Slots = _step.Experts.Slots,
    };
}
