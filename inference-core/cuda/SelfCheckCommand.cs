using System.CommandLine;
using InferenceCore.Engine;

namespace InferenceCore.Cuda;

/// <summary><c>inference-core selfcheck</c>: not for people who serve; the test on the box shows with it that flipped weights are found.</summary>
internal static class SelfCheckCommand
{
    /// <summary>What is asked for.</summary>
    private static readonly TimeSpan FoundWithin = TimeSpan.FromSeconds(10);

    public static Command Create(TimeProvider time)
    {
        var model = EngineOptions.Model();
        var device = EngineOptions.Gpu();
        var flips = EngineOptions.Number("--flips", "Bits to flip, one at a time, and again spread over a period.", 1, 1_000_000, 1000);
        var seed = EngineOptions.Number("--seed", "Same seed, same bits.", 0, int.MaxValue, 1);
        var random = new Option<bool>("--random-weights") { Description = "Weights made on the device; the model directory needs no more than config.json." };
        var command = new Command("selfcheck", "Flip bits of the weights on a GPU and see that each is found.") { model, device, flips, seed, random };
        command.Hidden = true;
        command.SetAction(parsed => CommandEdge.Run(() =>
        {
            using var forward = CudaForward.Load(parsed.GetValue(model)!, EngineOptions.Ordinal(parsed.GetValue(device)!), new ForwardOptions
            {
                MaxTokens = 64,
                MaxLogits = 1,
                MaxSequences = 1,
                CacheBlocks = 1,
                RandomWeights = parsed.GetValue(random),
                Time = time,
            });
            return Run(forward, new SelfCheck(forward, time, new Random(parsed.GetValue(seed))), parsed.GetValue(flips));
        }));
        return command;
    }

    private static int Run(CudaForward forward, SelfCheck check, int flips)
    {
        var pass = check.MeasurePass();
        Console.WriteLine($"device                    {forward.Device.Name}");
        Console.WriteLine($"weights_bytes             {forward.Weights.Bytes}");
        Console.WriteLine($"pass_ms                   {pass.TotalMilliseconds:0.###}");
        Console.WriteLine($"pass_gb_s                 {forward.Weights.Bytes / pass.TotalSeconds / 1e9:0.#}");
        Console.WriteLine($"paced_gb_s                {forward.Weights.Bytes / WeightGuard.Period.TotalSeconds / 1e9:0.###}");
        // All of it, as if none ran while the host is busy between steps.
        Console.WriteLine($"share_of_device_percent   {100 * pass / WeightGuard.Period:0.####}");
        var found = check.OneByOne(flips);
        Console.WriteLine($"one_by_one_found          {found} of {flips}");
        var (foundPaced, slowest) = check.AtItsPace(flips);
        Console.WriteLine($"paced_found               {foundPaced} of {flips}");
        Console.WriteLine($"paced_slowest_s           {slowest.TotalSeconds:0.###}");
        Console.WriteLine($"doubts                    {forward.Guard.Doubts}");
        var left = forward.Guard.Sweep().Count;
        Console.WriteLine($"left_changed              {left}");
        return found == flips && foundPaced == flips && slowest <= FoundWithin && left == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
