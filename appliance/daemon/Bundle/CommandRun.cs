using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Appliance.Daemon.Bundle;

/// <summary>What a command of the machine prints. One that hangs (a driver that does not answer) is left behind.</summary>
internal static class CommandRun
{
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <param name="folders">Where the program may be; PATH is not asked, for it is whoever called us who sets it.</param>
    /// <exception cref="BundleGapException">It is not installed, or ended with an error and without a word.</exception>
    public static async Task<string> ReadAsync(IReadOnlyList<string> folders, string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var path = folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists)
            ?? throw new BundleGapException($"{program} is not installed");
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C";
        start.Environment["SYSTEMD_COLORS"] = "0";
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = ReadAsync(process.StandardOutput, cancel);
            var error = ReadAsync(process.StandardError, cancel);
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            var (text, complaint) = (await output.ConfigureAwait(false), await error.ConfigureAwait(false));
            return text.Length > 0 ? text
                : throw new BundleGapException(complaint.Length > 0 ? $"{program}: {FirstLine(complaint)}" : $"{program} printed nothing (exit code {process.ExitCode})");
        }
        catch (Win32Exception e)
        {
            throw new BundleGapException($"{path}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            process?.Kill(entireProcessTree: true);
            throw;
        }
        finally
        {
            process?.Dispose();
        }
    }

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[0].Trim();

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var chunk = new char[16 * 1024];
        while (await reader.ReadAsync(chunk, cancel).ConfigureAwait(false) is var read and > 0)
        {
            if (text.Length < MaxBytes)
                text.Append(chunk, 0, read);
        }

        return text.ToString();
    }
}
