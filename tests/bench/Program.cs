using Bench;

// Benchmarks, each figure beside its limit. What is printed is what was measured in this run, on this machine.
switch (args is [] ? "power-on" : args[0])
{
    case "power-on":
        return PowerOn.Run();
    case "guide":
        return GuideBench.Run();
    case "probe":
        return ProbeCost.Run();
    case "loop":
        return LoopLateness.Run(args[1..]);
    case "mutate":
        return Mutation.Run(args[1..]);
    case "kernel-log":
        return await KernelLog.RunAsync(TimeProvider.System);
    case var thermal when ThermalVerbs.Names.Contains(thermal):
        return ThermalVerbs.Run(thermal, args.Length > 1 && int.TryParse(args[1], out var plants) ? plants : null, [.. args.Skip(2)]);
    default:
        Console.Error.WriteLine($"bench: there is no benchmark \"{args[0]}\"; there are: power-on, guide, probe, loop, mutate, kernel-log, {string.Join(", ", ThermalVerbs.Names)}.");
        return 64;
}
