using Bench;

// Benchmarks, each figure beside its limit. What is printed is what was measured in this run, on this machine.
switch (args is [] ? "power-on" : args[0])
{
    case "power-on":
        return PowerOn.Run();
    default:
        Console.Error.WriteLine($"bench: there is no benchmark \"{args[0]}\"; there are: power-on.");
        return 64;
}
