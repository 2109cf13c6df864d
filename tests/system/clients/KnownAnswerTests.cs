using System.Text.RegularExpressions;

namespace SystemTests.Clients;

/// <summary>The real worker is asked what it must know before anybody else may ask it.</summary>
public sealed class KnownAnswerTests
{
    private static readonly string Model = Path.Combine(Programs.Root, "tests", "golden", "logits", "llama3");

    [Fact]
    public async Task A_worker_of_any_model_answers_the_field_guides_question_and_the_guide_itself_is_asked_once()
    {
        using (var gateway = new Gateway(["--model", Model]))
        {
            await gateway.ReadyAsync();
            Says(gateway, "known answer: no known answer is recorded; field guide: ([0-9]+) of \\1 tokens as recorded");
        }

        using var guide = new Gateway();
        await guide.ReadyAsync();
        Says(guide, "known answer: ([0-9]+) of \\1 tokens as recorded; field guide not asked: it is the model served");
    }

    /// <summary>Ready is answered over HTTP, the log comes through a pipe: either may be first.</summary>
    private static void Says(Gateway gateway, string pattern) =>
        Wait.Until(pattern, TimeSpan.FromSeconds(5), () => Regex.IsMatch(gateway.Log, pattern), () => gateway.Log);

    [Fact]
    public async Task A_worker_beside_a_damaged_guide_is_not_believed()
    {
        var folder = Directory.CreateTempSubdirectory("damaged-guide-").FullName;
        try
        {
            var program = Path.Combine(folder, "inference-core");
            File.Copy(Programs.PathOf("inference-core"), program);
            var guide = Path.Combine(folder, "models", "field-guide");
            Directory.CreateDirectory(guide);
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Programs.Folder, "models", "field-guide")))
                File.Copy(file, Path.Combine(guide, Path.GetFileName(file)));
            using (var weights = new FileStream(Path.Combine(guide, "model.safetensors"), FileMode.Open))
            {
                weights.Position = weights.Length / 2;
                weights.Write(Enumerable.Range(0, 100_000).Select(i => (byte)(i * 89)).ToArray());
            }

            using var gateway = new Gateway(["--model", Model], program: program);
            Wait.Until("it is said why", TimeSpan.FromSeconds(20), () => gateway.Log.Contains($"the field guide's model ({guide}) does not answer as it must", StringComparison.Ordinal), () => gateway.Log);
            await gateway.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.NotEqual(0, gateway.Process.ExitCode);
            Assert.DoesNotContain("ready after", gateway.Log);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
