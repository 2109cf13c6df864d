namespace Appliance.Daemon.Setup;

/// <summary>What a password of an administrator must be (GB/T 22239 §8.1.4.1 a, and what guessing programs try first). Pure.</summary>
internal static class PasswordPolicy
{
    public const int ShortestLength = 12;
    private const int LongestLength = 128;
    private const int ClassesWanted = 3;
    private const int LongestRun = 4;

    /// <summary>Beginnings of nearly every guessed password; a longer one that holds one of them is still refused.</summary>
    private static readonly string[] Guessed =
        ["password", "passw0rd", "p@ssw", "qwerty", "asdfgh", "zxcvbn", "letmein", "welcome", "admin", "appliance", "changeme", "iloveyou", "123456", "abcdef", "1q2w3e", "huawei", "nvidia", "root123"];

    /// <summary>One line saying what would be right; null for a good password.</summary>
    /// <param name="names">Must not be in it: the user's name, the box'.</param>
    public static string? Fault(string password, params string[] names)
    {
        if (password.Length < ShortestLength)
            return $"a password has {ShortestLength} characters or more; this one has {password.Length}.";
        if (password.Length > LongestLength)
            return $"a password has {LongestLength} characters at most.";
        if (password.Any(char.IsControl) || password.Contains(':'))
            return "a password holds no control characters and no colon.";
        var classes = (password.Any(char.IsLower) ? 1 : 0) + (password.Any(char.IsUpper) ? 1 : 0) + (password.Any(char.IsDigit) ? 1 : 0) + (password.Any(c => !char.IsLetterOrDigit(c)) ? 1 : 0);
        if (classes < ClassesWanted)
            return $"a password mixes {ClassesWanted} of: small letters, capitals, digits, signs.";
        if (names.FirstOrDefault(n => n.Length >= 3 && password.Contains(n, StringComparison.OrdinalIgnoreCase)) is { } name)
            return $"a password does not hold the name {name}.";
        if (Guessed.FirstOrDefault(g => password.Contains(g, StringComparison.OrdinalIgnoreCase)) is { } guess)
            return $"\"{guess}\" is what guessing programs try first.";
        if (HasRun(password))
            return $"a password has no run of more than {LongestRun} equal or neighbouring characters (aaaaa, 12345).";
        return null;
    }

    private static bool HasRun(string text)
    {
        foreach (var step in (int[])[0, 1, -1])
        {
            var run = 1;
            for (var i = 1; i < text.Length; i++)
            {
                run = text[i] - text[i - 1] == step ? run + 1 : 1;
                if (run > LongestRun)
                    return true;
            }
        }

        return false;
    }
}
