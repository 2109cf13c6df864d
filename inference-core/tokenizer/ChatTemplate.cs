using System.Text;
using System.Text.RegularExpressions;

namespace InferenceCore.Tokenization;

/// <summary>
/// The chat formats of the families we serve, as code. <see cref="Recognise"/> reads the family and its variants off the model's
/// own Jinja template; the goldens under tests/golden/templates are made from the real templates. Tools are not rendered.
/// </summary>
internal abstract partial record ChatTemplate
{
    private ChatTemplate()
    {
    }

    /// <summary>One line for logs.</summary>
    public abstract string Name { get; }

    /// <summary>The model's answers may hold reasoning up to <c>&lt;/think&gt;</c>.</summary>
    public virtual bool Reasons => false;

    /// <summary>The family whose template this is.</summary>
    /// <returns>Null when the model has no chat template, or one that is none of ours: better no chat than a wrong one.</returns>
    public static ChatTemplate? Recognise(TokenizerConfig config)
    {
        if (config.ChatTemplate is not { } jinja)
            return null;
        var begin = config.BosToken ?? "";
        var end = config.EosToken ?? "";
        if (jinja.Contains("<｜User｜>", StringComparison.Ordinal))
            return RecogniseDeepSeek3(jinja, begin, end);
        if (jinja.Contains("'User: ' + message['content']", StringComparison.Ordinal))
            return new DeepSeek2(begin, end);
        if (jinja.Contains("<|im_start|>", StringComparison.Ordinal))
            return jinja.Contains("enable_thinking", StringComparison.Ordinal) ? null : new Qwen2(DefaultSystemOf(jinja));
        if (jinja.Contains("<|start_header_id|>", StringComparison.Ordinal))
            return RecogniseLlama3(jinja, begin);
        return null;
    }

    /// <summary>Renders a conversation of at least one message.</summary>
    /// <param name="openAnswer">End with what makes the model answer.</param>
    /// <param name="today">For templates that tell the model the date.</param>
    public abstract RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today);

    private static DeepSeek3? RecogniseDeepSeek3(string jinja, string begin, string end)
    {
        // V3.1 and later choose between thinking and not by a variable; their history format differs.
        if (Regex.IsMatch(jinja, @"\bthinking\b"))
            return null;
        return new DeepSeek3(begin, end)
        {
            JoinsSystemMessages = !jinja.Contains("set ns.system_prompt = message['content']", StringComparison.Ordinal),
            DropsPastReasoning = jinja.Contains("</think>", StringComparison.Ordinal),
            OpensReasoning = jinja.Contains(@"<think>\n", StringComparison.Ordinal),
        };
    }

    private static ChatTemplate RecogniseLlama3(string jinja, string begin)
    {
        if (!jinja.Contains("Cutting Knowledge Date", StringComparison.Ordinal))
            return new Llama3(begin, jinja.Contains("add_generation_prompt", StringComparison.Ordinal));
        return new Llama31(begin, jinja.Contains("strftime_now", StringComparison.Ordinal));
    }

    /// <summary>The system message a Qwen template puts in when the conversation has none.</summary>
    private static string? DefaultSystemOf(string jinja)
    {
        var match = QwenSystem().Match(jinja);
        return match.Success ? match.Groups[1].Value.Replace(@"\n", "\n", StringComparison.Ordinal) : null;
    }

    [GeneratedRegex(@"<\|im_start\|>system\\n([^'""<{]+)<\|im_end\|>")]
    private static partial Regex QwenSystem();

    /// <summary>DeepSeek-V2 chat: plain words as markers.</summary>
    public sealed record DeepSeek2(string Begin, string End) : ChatTemplate
    {
        public override string Name => "deepseek-v2";

        public override RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today)
        {
            var text = new PromptWriter().Control(Begin);
            foreach (var (role, content) in messages)
            {
                _ = role switch
                {
                    ChatRole.User => text.Control("User: ").Written(content).Control("\n\n"),
                    ChatRole.Assistant => text.Control("Assistant: ").Written(content).Control(End),
                    ChatRole.System => text.Written(content).Control("\n\n"),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            }
            return (openAnswer ? text.Control("Assistant:") : text).Done();
        }
    }

    /// <summary>DeepSeek-V3, R1 and the R1 distillations.</summary>
    public sealed record DeepSeek3(string Begin, string End) : ChatTemplate
    {
        /// <summary>Several system messages are joined by an empty line; otherwise the last one counts.</summary>
        public bool JoinsSystemMessages { get; init; }

        /// <summary>What the model thought in earlier turns is not shown to it again.</summary>
        public bool DropsPastReasoning { get; init; }

        /// <summary>The answer is opened with <c>&lt;think&gt;</c> and a line break.</summary>
        public bool OpensReasoning { get; init; }

        public override string Name => OpensReasoning ? "deepseek-r1" : "deepseek-v3";

        public override bool Reasons => DropsPastReasoning || OpensReasoning;

        public override RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today)
        {
            var system = messages.Where(m => m.Role == ChatRole.System).Select(m => m.Content).ToArray();
            var text = new PromptWriter().Control(Begin);
            text.Written(JoinsSystemMessages ? string.Join("\n\n", system) : system.LastOrDefault() ?? "");
            foreach (var (role, content) in messages)
            {
                if (role == ChatRole.User)
                    text.Control("<｜User｜>").Written(content);
                if (role == ChatRole.Assistant)
                    text.Control("<｜Assistant｜>").Written(DropsPastReasoning ? AfterThinking(content) : content).Control(End);
            }
            if (!openAnswer)
                return text.Done();
            return text.Control(OpensReasoning ? "<｜Assistant｜><think>\n" : "<｜Assistant｜>").Done(OpensReasoning);
        }

        private static string AfterThinking(string content)
        {
            var end = content.LastIndexOf("</think>", StringComparison.Ordinal);
            return end < 0 ? content : content[(end + "</think>".Length)..];
        }
    }

    /// <summary>Qwen2 and Qwen2.5: ChatML.</summary>
    public sealed record Qwen2(string? DefaultSystem) : ChatTemplate
    {
        public override string Name => "qwen2";

        public override RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today)
        {
            var text = new PromptWriter();
            if (messages[0].Role != ChatRole.System && DefaultSystem is { } system)
                text.Control($"<|im_start|>system\n{system}<|im_end|>\n");
            foreach (var (role, content) in messages)
                text.Control($"<|im_start|>{NameOf(role)}\n").Written(content).Control("<|im_end|>\n");
            return (openAnswer ? text.Control("<|im_start|>assistant\n") : text).Done();
        }
    }

    /// <summary>Llama 3, whose first template opens the answer unasked.</summary>
    public sealed record Llama3(string Begin, bool OpensOnRequest) : ChatTemplate
    {
        public override string Name => "llama-3";

        public override RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today)
        {
            var text = new PromptWriter().Control(Begin);
            foreach (var (role, content) in messages)
                Turn(text, NameOf(role), content);
            return (openAnswer || !OpensOnRequest ? text.Control(AnswerHeader) : text).Done();
        }
    }

    /// <summary>Llama 3.1 to 3.3: a system message with dates always comes first.</summary>
    /// <param name="KnowsToday">The template asks for today's date (3.2, 3.3); 3.1 lives in July 2024.</param>
    public sealed record Llama31(string Begin, bool KnowsToday) : ChatTemplate
    {
        public override string Name => "llama-3.1";

        public override RenderedChat Render(IReadOnlyList<ChatMessage> messages, bool openAnswer, DateOnly today)
        {
            var hasSystem = messages[0].Role == ChatRole.System;
            var date = KnowsToday ? today.ToString("dd MMM yyyy") : "26 Jul 2024";
            var text = new PromptWriter().Control(Begin);
            text.Control($"{HeaderOf("system")}Cutting Knowledge Date: December 2023\nToday Date: {date}\n\n");
            text.Written(hasSystem ? messages[0].Content.Trim() : "").Control("<|eot_id|>");
            foreach (var (role, content) in messages.Skip(hasSystem ? 1 : 0))
                Turn(text, NameOf(role), content);
            return (openAnswer ? text.Control(AnswerHeader) : text).Done();
        }
    }

    private const string AnswerHeader = "<|start_header_id|>assistant<|end_header_id|>\n\n";

    private static string HeaderOf(string role) => $"<|start_header_id|>{role}<|end_header_id|>\n\n";

    private static void Turn(PromptWriter text, string role, string content) =>
        text.Control(HeaderOf(role)).Written(content.Trim()).Control("<|eot_id|>");

    private static string NameOf(ChatRole role) => role switch
    {
        ChatRole.System => "system",
        ChatRole.User => "user",
        ChatRole.Assistant => "assistant",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Builds the text and remembers which parts of it people wrote.</summary>
    private sealed class PromptWriter
    {
        private readonly StringBuilder text = new();
        private readonly List<Range> guarded = [];

        public PromptWriter Control(string part)
        {
            text.Append(part);
            return this;
        }

        public PromptWriter Written(string part)
        {
            if (part.Length > 0)
                guarded.Add(text.Length..(text.Length + part.Length));
            text.Append(part);
            return this;
        }

        public RenderedChat Done(bool opensReasoning = false) => new(text.ToString(), guarded, opensReasoning);
    }
}
