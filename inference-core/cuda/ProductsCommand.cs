using System.CommandLine;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary><c>inference-core products</c>: not for people who serve; shows what invariance over the row count costs.</summary>
internal static class ProductsCommand
{
    public static Command Create()
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Gpu();
        var rows = new Option<int[]>("--rows")
        {
            Description = "Row counts, separated by commas.",
            DefaultValueFactory = _ => [1, 8, 16, 32, 64, 128, 512, 2048],
            CustomParser = result => EngineOptions.Numbers(result, "row count", "numbers separated by commas, like 1,64"),
        };
        var command = new Command("products", "Time the products of a step beside cuBLASLt's, with weights made on the GPU.") { model, device, rows };
        command.Hidden = true;
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            var counts = parsed.GetValue(rows)!;
            if (counts.Any(r => r is < 1 or > 8192))
                throw new EngineException("--rows: right would be 1..8192");
            using var forward = CudaForward.Load(parsed.GetValue(model)!, EngineOptions.Ordinal(parsed.GetValue(device)!), new ForwardOptions
            {
                MaxTokens = counts.Max(),
                MaxLogits = counts.Max(),
                MaxSequences = 1,
                CacheBlocks = 1,
                RandomWeights = true,
            });
            Console.WriteLine($"{"rows",6} {"ours ms",10} {"cublasLt ms",12} {"ratio",7}");
            foreach (var count in counts)
            {
                var times = forward.CompareProducts(count, CudaLibraries.OfThisMachine());
                Console.WriteLine($"{count,6} {times.Ours.TotalMilliseconds,10:0.000} {times.Library.TotalMilliseconds,12:0.000} {times.Ours / times.Library,7:0.000}");
            }

            var spilled = string.Join(", ", forward.SpilledProducts().Select(k => $"{k.Kernel} {k.Bytes} bytes"));
            return spilled.Length == 0 ? ExitCode.Done : throw new EngineException($"registers of a thread lie in memory: {spilled}; right would be none");
        }));
        return command;
    }
}
