using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Appliance.Daemon.Bundle;

/// <summary>
/// Strikes secrets out of text that somebody else wrote: first what is known to be one, letter for letter, then what is named like one, then
/// what looks like one. The second line of defence: the first is that only what <see cref="BundlePlan"/> lists is read at all. Strikes
/// rather too much than too little; GPU identifiers, PCI addresses and the words of the product stay. Pure; safe for any thread.
/// </summary>
internal sealed partial class Scrubber
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Struck = "[struck out]";

    /// <summary>Shorter than this a known secret would strike ordinary words.</summary>
    public const int ShortestKnown = 6;

    /// <summary>Letters and digits change places in a random text more often than this, per character; in words and names they do not.</summary>
    private const double RandomChanges = 0.30;

    /// <summary>Per expression and text; what cannot be scrubbed in time does not go along.</summary>
    private const int LimitMs = 3000;

    private readonly string[] _known;
    private readonly SearchValues<string> _search;

    /// <param name="known">Secrets of this box; each is also struck as JSON and as a URL would write it.</param>
    public Scrubber(IEnumerable<string> known)
    {
        _known = [.. known.Where(s => s.Length >= ShortestKnown).SelectMany(Written).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
        _search = SearchValues.Create(_known, StringComparison.Ordinal);
    }

    /// <returns>The text, and how many places were struck.</returns>
    /// <exception cref="RegexMatchTimeoutException">It takes too long, and is not known to be clean.</exception>
    public (string Text, int Count) Scrub(string text)
    {
        var count = 0;
        text = StrikeKnown(text, ref count);
        text = Strike(PemBlock(), text, _ => Struck, ref count);
        text = Strike(ConfigFault(), text, m => $"{m.Groups[1].Value}{Struck}{m.Groups[2].Value}", ref count);
        text = Strike(Url(), text, StruckUrl, ref count);
        text = Strike(UserAtHost(), text, m => $"{Struck}@{m.Groups[1].Value}", ref count);
        text = Strike(Authorization(), text, m => $"{m.Groups[1].Value}{Struck}", ref count);
        text = Strike(QuotedName(), text, m => IsCount(m) ? m.Value : $"{m.Groups["lead"].Value}{Quote(m)}{Struck}{Quote(m)}", ref count);
        text = Strike(PlainName(), text, m => IsCount(m) ? m.Value : $"{m.Groups["lead"].Value}{Struck}", ref count);
        text = Strike(Shape(), text, _ => Struck, ref count);
        text = Strike(Candidate(), text, m => IsRandom(m.Value) ? Struck : m.Value, ref count);
        return (text, count);
    }

    private static IEnumerable<string> Written(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return System.Text.Json.JsonEncodedText.Encode(secret).ToString();
    }

    private string StrikeKnown(string text, ref int count)
    {
        if (_known.Length == 0)
            return text;
        var rest = text.AsSpan();
        var at = rest.IndexOfAny(_search);
        if (at < 0)
            return text;
        var result = new StringBuilder(text.Length);
        for (; at >= 0; at = rest.IndexOfAny(_search))
        {
            result.Append(rest[..at]).Append(Struck);
            rest = rest[at..];
            foreach (var secret in _known)
            {
                if (!rest.StartsWith(secret, StringComparison.Ordinal))
                    continue;
                rest = rest[secret.Length..];
                break;
            }

            count++;
        }

        return result.Append(rest).ToString();
    }

    private static string Strike(Regex regex, string text, Func<Match, string> replacement, ref int count)
    {
        var struck = 0;
        text = regex.Replace(text, match =>
        {
            var now = replacement(match);
            if (!string.Equals(now, match.Value, StringComparison.Ordinal))
                struck++;
            return now;
        });
        count += struck;
        return text;
    }

    /// <summary>Credentials never stay; a path stays only where it leads to this machine, because web hooks carry their secret in it.</summary>
    private static string StruckUrl(Match match)
    {
        var (scheme, host, rest) = (match.Groups["scheme"].Value, match.Groups["host"].Value, match.Groups["rest"].Value);
        var user = match.Groups["user"].Length > 0 ? $"{Struck}@" : "";
        var local = host.Length == 0 || LocalHost().IsMatch(host);
        var query = rest.IndexOfAny(['?', '#']);
        var path = query < 0 ? rest : rest[..query];
        var kept = local ? path : path.Length > 1 ? $"/{Struck}" : path;
        return $"{scheme}://{user}{host}{kept}{(query < 0 || (!local && path.Length > 1) ? "" : $"?{Struck}")}";
    }

    /// <summary>This product counts tokens; a number behind such a name is no secret.</summary>
    private static bool IsCount(Match match) =>
        match.Groups["name"].Value.Contains("token", StringComparison.OrdinalIgnoreCase) && Number().IsMatch(match.Groups["value"].Value.Trim(' ', ',', '"'));

    /// <summary>A bare value gets quotes, so that what was JSON stays JSON.</summary>
    private static string Quote(Match match) => match.Groups["q"] is { Success: true } quote ? quote.Value : match.Value.StartsWith('\'') ? "'" : "\"";

    private static bool IsRandom(string text)
    {
        if (Identifier().IsMatch(text))
            return false;
        if (Hexadecimal().IsMatch(text))
            return true;
        var (changes, digits, letters) = (0, 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (Kind(text[i]) == 2)
                digits++;
            else if (Kind(text[i]) != 3)
                letters++;
            if (i > 0 && Kind(text[i]) != 3 && Kind(text[i - 1]) != 3 && Kind(text[i]) != Kind(text[i - 1]))
                changes++;
        }

        // Long letters-only texts of both cases are base64 as well; numbers alone are serial numbers, counters, addresses.
        return letters > 0 && (digits > 0 || text.Length >= 32) && changes >= RandomChanges * text.Length;
    }

    private static int Kind(char c) => char.IsAsciiLetterLower(c) ? 0 : char.IsAsciiLetterUpper(c) ? 1 : char.IsAsciiDigit(c) ? 2 : 3;

    /// <summary>A private key in PEM, whole or cut off; certificates are public.</summary>
    [GeneratedRegex(@"-----BEGIN (?!CERTIFICATE-----)[A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z)", RegexOptions.Singleline, LimitMs)]
    private static partial Regex PemBlock();

    /// <summary>The line about a bad configuration repeats what somebody typed there.</summary>
    [GeneratedRegex(@"(:\d+: [\w.]+ is ).*?(; (?:it must|known|did you mean))", RegexOptions.None, LimitMs)]
    private static partial Regex ConfigFault();

    [GeneratedRegex(@"(?<scheme>\b[a-zA-Z][a-zA-Z0-9+.\-]{0,20})://(?<user>[^\s/?#""'<>\\]*@)?(?<host>[^\s/?#""'<>@\\,;)]*)(?<rest>[^\s""'<>\\]*)", RegexOptions.None, LimitMs)]
    private static partial Regex Url();

    [GeneratedRegex(@"^(localhost|127\.[0-9.]+|\[::1\])(:\d+)?$", RegexOptions.None, LimitMs)]
    private static partial Regex LocalHost();

    /// <summary>user:password@host without a scheme.</summary>
    [GeneratedRegex(@"(?<![\w@/])[A-Za-z0-9._\-]{1,64}:[^\s:/@""']{3,256}@([A-Za-z0-9][\w.\-]*)", RegexOptions.None, LimitMs)]
    private static partial Regex UserAtHost();

    [GeneratedRegex(@"((?:authorization|proxy-authorization|x-api-key|x-auth-token|cookie|set-cookie)\\?[""']?\s*[:=]\s*|\b(?:bearer|basic|digest)\s+(?=[\w\-+/=.~]{6}))[^\r\n""']+", RegexOptions.IgnoreCase, LimitMs)]
    private static partial Regex Authorization();

    private const string SecretName =
        @"passw|passphrase|\bpass\b|\bpwd|secret|(?<!first_|last_|per_|cached_|max_|next_)token(?!s|iz|_id|_count|_s\b)|access_tokens|api[_\-. ]?key|access[_\-]?key|private[_\-]?key|"
        + @"encryption[_\-]?key|license[_\-]?key|credential|webhook|community\b|\botp\b|\bpin\b|\bpsk\b|口令|密码|密钥|令牌";

    /// <summary>As it stands, or as JSON in JSON (in JSON…) writes it.</summary>
    private const string AnyQuote = @"(?:\\*(?:[""']|u0022|u0027))";

    /// <summary>"name": "value" as in JSON, also inside a quoted string.</summary>
    [GeneratedRegex(@"(?<lead>" + AnyQuote + @"(?<name>[\w.\- ]{0,48}(?:" + SecretName + @")[\w.\- ]{0,48})" + AnyQuote + @"\s*[:=]\s*)(?:(?<q>" + AnyQuote + @")(?<value>(?:(?!\k<q>)(?:\\.|[^\r\n]))*)\k<q>|(?<value>[^\s,}\]""']+))", RegexOptions.IgnoreCase, LimitMs)]
    private static partial Regex QuotedName();

    /// <summary>name=value, name: value, --name value, "the password is value": to the end of the line, for a passphrase has blanks.</summary>
    [GeneratedRegex(@"(?<lead>(?<name>(?:" + SecretName + @")[\w.\-]{0,64})(?:\s*(?:[:=：]|=>|\s(?:is|was)\s|是|为)\s*|(?<=--[\w\-]{1,64})\s+))(?!\s*\[struck out\])(?<value>[^\s][^\r\n]*)", RegexOptions.IgnoreCase, LimitMs)]
    private static partial Regex PlainName();

    /// <summary>Tokens that say by their first letters what they are, password hashes, JSON web tokens.</summary>
    [GeneratedRegex(@"\b(?:sk-[\w\-]{8,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w\-]{12,}|xox[abeprs]-[\w\-]{8,}|AKIA[A-Z0-9]{12,}|ASIA[A-Z0-9]{12,}|AIza[\w\-]{20,}|hf_\w{12,}|npm_\w{20,}|nvapi-[\w\-]{12,}|dop_v1_\w{20,}|SG\.[\w\-]{10,}\.[\w\-]{10,}|eyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?)|\$(?:1|2[aby]|5|6|7|y|gy|argon2\w*)\$[^\s""':,]{8,}", RegexOptions.None, LimitMs)]
    private static partial Regex Shape();

    [GeneratedRegex(@"[A-Za-z0-9+/_=\-]{20,}", RegexOptions.None, LimitMs)]
    private static partial Regex Candidate();

    [GeneratedRegex(@"^(?:[A-Z]{2,4}-)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", RegexOptions.None, LimitMs)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^[0-9a-fA-F]{32,}$", RegexOptions.None, LimitMs)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^[\d.,]{1,8}(?:[ ,;)].*)?$", RegexOptions.None, LimitMs)]
    private static partial Regex Number();
}
