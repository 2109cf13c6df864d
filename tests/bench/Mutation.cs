using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Bench;

/// <summary>
/// Would the tests notice? Faults drawn by seed are put into thermal/ one at a time, and the tests that judge it run against each: the fast ones,
/// the stories, then steps, the loop, the fault table on the nominal plant and a sample of the campaign. A mutant that nothing notices is printed.
/// </summary>
internal static class Mutation
{
    private const double MustPercent = 85;
    private const int Workers = 2;
    private const string Assembly = "Appliance.Thermal.dll";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private static readonly (string Project, string Dll, string[] Filter)[] _judges =
    [
        ("tests/fast", "FastTests.dll", ["-namespace", "FastTests.Thermal"]),
        ("tests/simulation", "SimulationTests.dll", ["-namespace", "SimulationTests.Stories"]),
        ("tests/simulation", "SimulationTests.dll", ["-class", "SimulationTests.LearningTests", "-class", "SimulationTests.LoopTests", "-class", "SimulationTests.StepTests", "-class", "SimulationTests.PlateTests"]),
        ("tests/simulation", "SimulationTests.dll", ["-class", "SimulationTests.FaultTableTests", "-class", "SimulationTests.CampaignTests"]),
    ];

    /// <param name="arguments">How many, the seed they are drawn by, and how many of the judges; all of them unless somebody looks for what the first ones miss.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var count = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 60;
        var seed = arguments.Count > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 1;
        var judges = _judges[..(arguments.Count > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : _judges.Length)];
        var root = BenchBox.Root();
        foreach (var project in _judges.Select(j => j.Project).Distinct())
            Build(root, project);
        var sources = Sources(root);
        var places = Mutant.All(sources);
        var sample = places.ToArray();
        new Random(seed).Shuffle(sample);
        var compilation = Compilation(root, sources);
        var drawn = new Queue<Mutant>(sample);
        var taken = 0;
        var unchanged = Emit(compilation) ?? throw new InvalidOperationException("thermal/ does not compile.");
        var survived = new List<Mutant>();
        var done = 0;
        Parallel.For(0, Workers, worker =>
        {
            // Below the root, because the tests look for the boards' files above themselves.
            var folder = Path.Combine(root, "artifacts", "mutants", worker.ToString(CultureInfo.InvariantCulture));
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            try
            {
                foreach (var project in _judges.Select(j => j.Project).Distinct())
                    Copy(Output(root, project), Path.Combine(folder, project));
                if (Judge(judges, folder, root, unchanged) is { } broken)
                    throw new InvalidOperationException($"{broken} fails without any mutant; its verdicts would mean nothing.");
                while (Next() is { } next)
                {
                    var killer = Judge(judges, folder, root, next.Image);
                    lock (drawn)
                    {
                        done++;
                        var m = next.Mutant;
                        if (killer is null)
                            survived.Add(m);
                        Console.WriteLine($"{done,4} {(killer is null ? "SURVIVED" : "killed  ")} {Path.GetFileName(sources[m.File].FilePath)}:{m.Line} {m.Kind}: {m.Was} -> {m.Is}{(killer is null ? "" : $"   [{killer}]")}");
                    }
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        var score = 100.0 * (taken - survived.Count) / Math.Max(taken, 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{taken - survived.Count} of {taken} killed: {score:0.0} % (must {MustPercent:0} %); drawn by seed {seed} from {places.Count} places in {sources.Count} files"));
        return score >= MustPercent ? 0 : 1;

        // In the order of the seed, leaving out what does not compile.
        (Mutant Mutant, byte[] Image)? Next()
        {
            lock (drawn)
            {
                while (taken < count && drawn.TryDequeue(out var mutant))
                {
                    if (Emit(compilation, sources, mutant) is not { } image)
                        continue;
                    taken++;
                    return (mutant, image);
                }

                return null;
            }
        }
    }

    private static List<SyntaxTree> Sources(string root) =>
        [.. Directory.EnumerateFiles(Path.Combine(root, "thermal"), "*.cs").Order(StringComparer.Ordinal).Select(f => Parse(f))];

    private static SyntaxTree Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file), new CSharpParseOptions(LanguageVersion.Preview), file);

    /// <summary>The assembly as it is built, with what the build adds to the sources.</summary>
    private static CSharpCompilation Compilation(string root, List<SyntaxTree> sources)
    {
        var added = Directory.EnumerateFiles(Path.Combine(root, "thermal/obj/Release"), "*.cs", SearchOption.AllDirectories).Select(Parse);
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal));
        return CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(Assembly), [.. sources, .. added],
            [.. platform.Append(Path.Combine(AppContext.BaseDirectory, "Appliance.Model.dll")).Select(p => MetadataReference.CreateFromFile(p))],
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <returns>Null for what does not compile.</returns>
    private static byte[]? Emit(CSharpCompilation compilation, List<SyntaxTree> sources, Mutant mutant)
    {
        var tree = sources[mutant.File];
        var changed = tree.WithRootAndOptions(tree.GetRoot().ReplaceNode(mutant.Place, mutant.Instead), tree.Options);
        return Emit(compilation.ReplaceSyntaxTree(tree, changed));
    }

    private static byte[]? Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        return compilation.Emit(image).Success ? image.ToArray() : null;
    }

    /// <returns>Who noticed; null for nobody.</returns>
    private static string? Judge((string Project, string Dll, string[] Filter)[] judges, string folder, string root, byte[] image)
    {
        foreach (var (project, dll, filter) in judges)
        {
            var at = Path.Combine(folder, project);
            File.WriteAllBytes(Path.Combine(at, Assembly), image);
            using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(at, dll), "-noLogo", "-noColor", "-stopOnFail", .. filter])
            {
                WorkingDirectory = root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (!process.WaitForExit(_patience))
            {
                process.Kill();
                return "never ended";
            }

            if (process.ExitCode != 0)
                return string.Join(' ', filter.Where(f => f[0] != '-').Select(f => f.Split('.')[^1]));
        }

        return null;
    }

    private static void Build(string root, string project)
    {
        using var build = Process.Start("dotnet", ["build", Path.Combine(root, project), "-c", "Release", "-v", "q"]);
        build.WaitForExit();
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"{project} does not build.");
    }

    private static string Output(string root, string project) => Path.Combine(root, project, "bin/Release/net10.0/linux-x64");

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
