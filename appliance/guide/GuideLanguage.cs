namespace Appliance.Guide;

/// <summary>Which of the guide's languages a question is asked in.</summary>
public static class GuideLanguage
{
    /// <returns><c>zh</c> as soon as one Chinese character is in it, <c>en</c> otherwise.</returns>
    public static string Of(string question) => question.Any(c => c is >= '\u4e00' and <= '\u9fff') ? "zh" : "en";
}
