namespace InferenceCore.Engine;

/// <summary>A file of token ids, one sequence a line: what a command line is too short for.</summary>
internal static class TokensFile
{
    public const int SequenceLimit = 1024;

    /// <exception cref="EngineException">The file cannot be read, or holds something else; the message names the line.</exception>
    public static List<int[]> Read(string path)
    {
        var sequences = new List<int[]>();
        foreach (var (index, line) in Lines(path).Index())
        {
            if (line.Length == 0)
                continue;
            var ids = new List<int>();
            if (EngineOptions.ParseNumbers(line, ids) is { } wrong)
                throw new EngineException($"{path}: line {index + 1}: '{wrong}' is not a token id; right would be numbers separated by commas, like 1,2,3");
            if (ids.Count == 0)
                throw new EngineException($"{path}: line {index + 1} names no token; right would be numbers separated by commas, like 1,2,3");
            if (sequences.Count == SequenceLimit)
                throw new EngineException($"{path}: holds more than {SequenceLimit} sequences, the most that are computed side by side");
            sequences.Add([.. ids]);
        }

        return sequences.Count > 0 ? sequences : throw new EngineException($"{path}: holds no tokens; right would be one sequence a line, like 1,2,3");
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path}: cannot be read ({e.Message})", e);
        }
    }
}
