using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SystemTests;

/// <summary>The published programs (Native AOT), and how to run one to its end.</summary>
internal static class Programs
{
    public static string Root { get; } = FindRoot();

    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("APPLIANCE_BIN_DIR") ?? Path.Combine(Root, "artifacts");

    public static string PathOf(string program)
    {
        var path = Path.Combine(Folder, program);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there; run ./build.sh build first.");
    }

    /// <summary>Runs a program to its end. Killed, and a failure, after <paramref name="limit"/> (20 s by default).</summary>
    public static Outcome Run(string program, IEnumerable<string> arguments, TimeSpan? limit = null, IDictionary<string, string>? environment = null, string input = "")
    {
        var start = new ProcessStartInfo(program.Contains('/') || !File.Exists(Path.Combine(Folder, program)) ? program : PathOf(program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(limit ?? TimeSpan.FromSeconds(20)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time.\n{output.Result}\n{error.Result}");
        }
        return new Outcome(process.ExitCode, output.Result, error.Result);
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "appliance.sln")))
                return folder;
        }
        throw new InvalidOperationException($"No appliance.sln above {here}.");
    }
}

/// <param name="Error">Standard error, where one-line messages for people go.</param>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public string ErrorLine => Error.Trim();
}
