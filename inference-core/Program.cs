using System.CommandLine;
using InferenceCore;
using InferenceCore.Cuda;
using InferenceCore.Engine;
using InferenceCore.Gateway;
using InferenceCore.Worker;

// The wiring diagram of inference-core: one command per verb, and each verb constructs what it needs.
var root = new RootCommand("Serves language models in Hugging Face layout on this machine.")
{
    ServeCommand.Create(TimeProvider.System),
    GenerateCommand.Create(),
    LogitsCommand.Create(),
    BenchCommand.Create(TimeProvider.System),
    SynthCommand.Create(),
    VerifyCommand.Create(TokenizerCheck.Describe),
    WorkerCommand.Create(TimeProvider.System),
    SelfCheckCommand.Create(TimeProvider.System),
    ProductsCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    var fault = parsed.CommandResult.Command == root && parsed.UnmatchedTokens is [var word, ..]
        ? $"'{word}' is no verb; verbs are {string.Join(", ", root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}"
        : parsed.Errors[0].Message;
    Console.Error.WriteLine($"inference-core: {fault} (inference-core --help lists verbs and options)");
    return ExitCode.Usage;
}

return await parsed.InvokeAsync();
