using System.Text;
using System.Text.Json;
using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal sealed class ChatEndpoint(Api api)
{
    public async Task HandleAsync(HttpContext context)
    {
        var body = await RequestFields.ReadAsync(context);
        var model = api.ModelFor(body);
        var fields = GenerationFields.Of(body, model, api.MaxChoices, Api.ClientOf(context));
        var rendered = Render(model, ChatMessages.Of(body), body.Flag("add_generation_prompt", true));
        api.CheckLength(model, rendered.Text, "messages");
        var prompt = model.Tokenizer!.Encode(rendered.Text, addSpecial: false, rendered.Guarded);
        if (fields.Candidates != fields.Choices)
            throw ApiException.Unsupported("best_of", "'best_of' belongs to /v1/completions; use 'n'.");
        var asked = body.Integer("max_completion_tokens", 1, int.MaxValue) ?? body.Integer("max_tokens", 1, int.MaxValue);
        var generation = api.Submit(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = fields.WithLeast(api.RoomFor(model, prompt.Count, asked, "messages")),
            Sampling = fields.Sampling,
            Choices = fields.Choices,
            Stop = fields.Stop,
            IgnoreEnd = fields.IgnoreEnd,
            KeepSpecial = fields.KeepSpecial,
            Logprobs = LogprobsOf(body),
            Client = fields.Client,
        });
        using var gone = context.RequestAborted.Register(generation.Cancel);
        var answer = new Answer(api, model, fields, generation, rendered.OpensReasoning);
        try
        {
            if (fields.Stream)
                await answer.StreamAsync(context);
            else
                await answer.WriteAsync(context);
        }
        finally
        {
            generation.Cancel();
        }
    }

    /// <summary>The conversation as the model's template writes it.</summary>
    public RenderedChat Render(ServedModel model, IReadOnlyList<ChatMessage> messages, bool openAnswer)
    {
        if (model.Tokenizer is null || model.Chat is null)
        {
            throw new ApiException(400, model.Tokenizer is null
                ? $"The model '{model.Name}' has no tokenizer; use /v1/completions with token ids."
                : $"The model '{model.Name}' has no chat template this server knows; use /v1/completions.", "messages", "unsupported_value");
        }
        return model.Chat.Render(messages, openAnswer, DateOnly.FromDateTime(api.Time.GetUtcNow().UtcDateTime));
    }

    private static int? LogprobsOf(RequestFields body)
    {
        var top = body.Integer("top_logprobs", 0, 20);
        if (body.Flag("logprobs", false))
            return top ?? 0;
        if (top > 0)
            throw ApiException.Invalid("top_logprobs", "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.");
        return null;
    }

    /// <summary>One response being written.</summary>
    private sealed class Answer(Api api, ServedModel model, GenerationFields fields, Generation generation, bool opensReasoning)
    {
        private readonly string _id = Api.NewId("chatcmpl");
        private readonly long _created = api.UnixNow;
        private readonly Usage _usage = new();
        private readonly ReasoningSplitter[] _splitters =
            [.. Enumerable.Range(0, fields.Choices).Select(_ => new ReasoningSplitter(opensReasoning, model.Chat!.Reasons))];

        public async Task WriteAsync(HttpContext context)
        {
            var choices = Enumerable.Range(0, fields.Choices).Select(_ => new Choice()).ToArray();
            await foreach (var piece in generation.Pieces.ReadAllAsync(context.RequestAborted))
            {
                Failures.Check(piece);
                var choice = choices[piece.Choice];
                var (reasoning, content) = _splitters[piece.Choice].Append(piece.Text, piece.Finish is not null);
                choice.Reasoning.Append(reasoning);
                choice.Content.Append(content);
                choice.Tokens.AddRange(piece.Tokens);
                choice.Logprobs.AddRange(piece.Logprobs ?? []);
                choice.Finish = piece.Finish ?? choice.Finish;
                _usage.Add(piece);
            }
            _usage.AddPrompt(generation);
            await ApiJson.WriteAsync(context, json => Write(json, choices));
        }

        public async Task StreamAsync(HttpContext context)
        {
            var events = new EventStream(context);
            // Nothing is sent before the first piece, so that what fails until then still gets its status code.
            var pieces = generation.Pieces;
            await Failures.CheckFirstAsync(pieces, p => p, context.RequestAborted);
            events.Start();
            for (var i = 0; i < fields.Choices; i++)
                WriteChunk(events, i, json => WriteDelta(json, "assistant", "", ""), null, null);
            while (await pieces.WaitToReadAsync(context.RequestAborted))
            {
                while (pieces.TryRead(out var piece))
                {
                    if (Failures.IsUnfinished(piece))
                    {
                        await Failures.EndStreamAsync(events, piece);
                        return;
                    }
                    WritePiece(events, piece);
                }
                await events.FlushAsync();
            }
            if (fields.StreamUsage)
            {
                _usage.AddPrompt(generation);
                events.Write(json =>
                {
                    WriteHead(json, "chat.completion.chunk");
                    json.WriteStartArray("choices");
                    json.WriteEndArray();
                    _usage.Write(json);
                    json.WriteEndObject();
                });
            }
            events.WriteDone();
            await events.FlushAsync();
        }

        private void WritePiece(EventStream events, Piece piece)
        {
            _usage.Add(piece);
            var (reasoning, content) = _splitters[piece.Choice].Append(piece.Text, piece.Finish is not null);
            if (reasoning.Length > 0)
                WriteChunk(events, piece.Choice, json => WriteDelta(json, null, null, reasoning), content.Length > 0 ? null : piece, null);
            if (content.Length > 0 || (reasoning.Length == 0 && (piece.Logprobs is { Count: > 0 } || fields.ReturnTokens)))
                WriteChunk(events, piece.Choice, json => WriteDelta(json, null, content, ""), piece, null);
            if (piece.Finish is { } finish)
                WriteChunk(events, piece.Choice, _ => { }, null, finish);
        }

        private void WriteChunk(EventStream events, int choice, Action<Utf8JsonWriter> delta, Piece? piece, FinishReason? finish) => events.Write(json =>
        {
            WriteHead(json, "chat.completion.chunk");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", choice);
            json.WriteStartObject("delta");
            delta(json);
            json.WriteEndObject();
            TokenText.WriteChat(json, model.Tokenizer, piece?.Logprobs);
            json.WriteString("finish_reason", finish is { } reason ? Failures.NameOf(reason) : null);
            if (fields.ReturnTokens && piece is not null)
                WriteTokens(json, piece.Tokens);
            json.WriteEndObject();
            json.WriteEndArray();
            if (fields.StreamUsage)
                json.WriteNull("usage");
            json.WriteEndObject();
        });

        private static void WriteDelta(Utf8JsonWriter json, string? role, string? content, string reasoning)
        {
            if (role is not null)
                json.WriteString("role", role);
            if (content is not null)
                json.WriteString("content", content);
            if (reasoning.Length > 0)
                json.WriteString("reasoning_content", reasoning);
        }

        private void Write(Utf8JsonWriter json, Choice[] choices)
        {
            WriteHead(json, "chat.completion");
            json.WriteStartArray("choices");
            for (var i = 0; i < choices.Length; i++)
            {
                var choice = choices[i];
                json.WriteStartObject();
                json.WriteNumber("index", i);
                json.WriteStartObject("message");
                json.WriteString("role", "assistant");
                json.WriteString("content", choice.Content.ToString());
                if (choice.Reasoning.Length > 0)
                    json.WriteString("reasoning_content", choice.Reasoning.ToString());
                json.WriteNull("refusal");
                json.WriteEndObject();
                TokenText.WriteChat(json, model.Tokenizer, generation.Request.Logprobs is null ? null : choice.Logprobs);
                json.WriteString("finish_reason", Failures.NameOf(choice.Finish));
                if (fields.ReturnTokens)
                    WriteTokens(json, choice.Tokens);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            _usage.Write(json);
            json.WriteEndObject();
        }

        private void WriteHead(Utf8JsonWriter json, string kind)
        {
            json.WriteStartObject();
            json.WriteString("id", _id);
            json.WriteString("object", kind);
            json.WriteNumber("created", _created);
            json.WriteString("model", model.Name);
            json.WriteString("system_fingerprint", Fingerprint.Of(model));
        }

        private static void WriteTokens(Utf8JsonWriter json, IReadOnlyList<int> tokens)
        {
            json.WriteStartArray("token_ids");
            foreach (var token in tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
        }

        private sealed class Choice
        {
            public StringBuilder Reasoning { get; } = new();

            public StringBuilder Content { get; } = new();

            public List<int> Tokens { get; } = [];

            public List<TokenLogprob> Logprobs { get; } = [];

            public FinishReason Finish { get; set; } = FinishReason.Failed;
        }
    }
}
