using System.CommandLine;

namespace InferenceCore.Gateway;

/// <summary>The options of <c>serve</c> that set <see cref="ServeLimits"/>.</summary>
internal sealed class ServeLimitOptions
{
    private readonly Option<long?> _maxRunning = Number("--max-running", "Requests running at once; inference_core.max_running if left out.", 1, 256);
    private readonly Option<long?> _maxWaiting = Number("--max-waiting", "Requests waiting before 503; inference_core.max_waiting if left out.", 0, 10_000);
    private readonly Option<long?> _prefillChunk = Number("--prefill-chunk", "Prompt tokens computed in one step beside the answers.", 1, 8192);
    private readonly Option<long?> _cacheTokens = Number(
        "--cache-tokens", "Tokens that caches may hold together; a quarter of memory if left out, and what the weights leave on a GPU.", 64, 1L << 30);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_maxRunning, _maxWaiting, _prefillChunk, _cacheTokens])
            command.Add(option);
    }

    public ServeLimits Of(ParseResult parsed) => new(
        (int?)parsed.GetValue(_maxRunning), (int?)parsed.GetValue(_maxWaiting), (int?)parsed.GetValue(_prefillChunk), parsed.GetValue(_cacheTokens));

    private static Option<long?> Number(string name, string description, long least, long most)
    {
        var option = new Option<long?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && long.TryParse(result.Tokens[0].Value, out var value) && (value < least || value > most))
                result.AddError($"{name}: {value} is out of range; right would be {least}..{most}");
        });
        return option;
    }
}
