using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary><c>POST /v1/completions</c>: text or tokens in, text out.</summary>
internal sealed class CompletionEndpoint(Api api)
{
    /// <summary>OpenAI's default for this endpoint.</summary>
    private const int DefaultMaxTokens = 16;

    public async Task HandleAsync(HttpContext context)
    {
        var body = await RequestFields.ReadAsync(context);
        var model = api.ModelFor(body);
        var fields = GenerationFields.Of(body, model, api.MaxChoices, Api.ClientOf(context));
        var echo = body.Flag("echo", false);
        var logprobs = body.Integer("logprobs", 0, 20);
        var asked = body.Integer("max_tokens", echo ? 0 : 1, int.MaxValue) ?? DefaultMaxTokens;
        var choosing = fields.Candidates > fields.Choices;
        var requests = PromptFields.Of(body, model, api).Select(prompt => new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = fields.WithLeast(api.RoomFor(model, prompt.Count, asked, "prompt")),
            Sampling = fields.Sampling,
            Choices = fields.Candidates,
            Stop = fields.Stop,
            IgnoreEnd = fields.IgnoreEnd,
            KeepSpecial = fields.KeepSpecial,
            // Which answers are likeliest is told by their tokens' log probabilities.
            Logprobs = choosing ? logprobs ?? 0 : logprobs,
            PromptLogprobs = echo ? logprobs : null,
            Client = fields.Client,
        }).ToArray();

        var generations = new List<Generation>(requests.Length);
        try
        {
            foreach (var request in requests)
                generations.Add(api.Submit(request));
            using var gone = context.RequestAborted.Register(() => generations.ForEach(g => g.Cancel()));
            var answer = new Answer(api, model, fields, generations, echo, logprobs is not null);
            if (fields.Stream)
                await answer.StreamAsync(context);
            else
                await answer.WriteAsync(context);
        }
        finally
        {
            generations.ForEach(g => g.Cancel());
        }
    }

    private sealed class Answer(Api api, ServedModel model, GenerationFields fields, List<Generation> generations, bool echo, bool withLogprobs)
    {
        private readonly string _id = Api.NewId("cmpl");
        private readonly long _created = api.UnixNow;
        private readonly Usage _usage = new();
        private readonly int[] _offsets = new int[generations.Count * fields.Choices];
        private readonly bool[] _begun = new bool[generations.Count * fields.Choices];

        public async Task WriteAsync(HttpContext context)
        {
            var choices = new List<Choice>(_offsets.Length);
            for (var g = 0; g < generations.Count; g++)
            {
                var candidates = Enumerable.Range(0, fields.Candidates).Select(_ => new Choice()).ToArray();
                await foreach (var piece in generations[g].Pieces.ReadAllAsync(context.RequestAborted))
                {
                    Failures.Check(piece);
                    var choice = candidates[piece.Choice];
                    choice.Text.Append(piece.Text);
                    choice.Tokens.AddRange(piece.Tokens);
                    choice.Logprobs.AddRange(LogprobsOf(piece));
                    choice.Finish = piece.Finish ?? choice.Finish;
                    _usage.Add(piece);
                }
                _usage.AddPrompt(generations[g]);
                choices.AddRange(Best(candidates));
            }
            await ApiJson.WriteAsync(context, json =>
            {
                WriteHead(json);
                json.WriteStartArray("choices");
                for (var i = 0; i < choices.Count; i++)
                    WriteChoice(json, i, choices[i].Text.ToString(), choices[i].Tokens, choices[i].Logprobs, choices[i].Finish);
                json.WriteEndArray();
                _usage.Write(json);
                json.WriteEndObject();
            });
        }

        public async Task StreamAsync(HttpContext context)
        {
            var events = new EventStream(context);
            var pieces = Merge(context.RequestAborted);
            await Failures.CheckFirstAsync(pieces, p => p.Piece, context.RequestAborted);
            events.Start();
            while (await pieces.WaitToReadAsync(context.RequestAborted))
            {
                while (pieces.TryRead(out var next))
                {
                    if (Failures.IsUnfinished(next.Piece))
                    {
                        await Failures.EndStreamAsync(events, next.Piece);
                        return;
                    }
                    _usage.Add(next.Piece);
                    WriteChunk(events, (next.Generation * fields.Choices) + next.Piece.Choice, next.Piece);
                }
                await events.FlushAsync();
            }
            if (fields.StreamUsage)
                WriteUsage(events);
            events.WriteDone();
            await events.FlushAsync();
        }

        /// <summary>OpenAI's best_of: the highest log probability per token, of equal ones the first.</summary>
        private IEnumerable<Choice> Best(Choice[] candidates) => candidates.Length == fields.Choices
            ? candidates
            : candidates.OrderByDescending(c => c.Logprobs.Count == 0 ? 0 : c.Logprobs.Average(l => l.Logprob!.Logprob)).Take(fields.Choices);

        /// <summary>The pieces of all prompts in the order they come.</summary>
        private ChannelReader<(int Generation, Piece Piece)> Merge(CancellationToken cancel)
        {
            var merged = Channel.CreateBounded<(int, Piece)>(new BoundedChannelOptions(256) { SingleReader = true });
            _ = PumpAll();
            return merged.Reader;

            async Task PumpAll()
            {
                try
                {
                    await Task.WhenAll(generations.Select(async (generation, index) =>
                    {
                        await foreach (var piece in generation.Pieces.ReadAllAsync(cancel))
                            await merged.Writer.WriteAsync((index, piece), cancel);
                    }));
                    merged.Writer.Complete();
                }
                catch (OperationCanceledException e)
                {
                    merged.Writer.Complete(e);
                }
            }
        }

        private void WriteChunk(EventStream events, int index, Piece piece) => events.Write(json =>
        {
            WriteHead(json);
            json.WriteStartArray("choices");
            WriteChoice(json, index, piece.Text, piece.Tokens, LogprobsOf(piece), piece.Finish);
            json.WriteEndArray();
            if (fields.StreamUsage)
                json.WriteNull("usage");
            json.WriteEndObject();
        });

        private void WriteUsage(EventStream events)
        {
            generations.ForEach(_usage.AddPrompt);
            events.Write(json =>
            {
                WriteHead(json);
                json.WriteStartArray("choices");
                json.WriteEndArray();
                _usage.Write(json);
                json.WriteEndObject();
            });
        }

        private void WriteChoice(
            Utf8JsonWriter json, int index, string text, IReadOnlyList<int> tokens, List<(int Token, TokenLogprob? Logprob)> logprobs, FinishReason? finish)
        {
            var generation = generations[index / fields.Choices];
            if (echo && !_begun[index])
            {
                text = PromptText(generation) + text;
                logprobs.InsertRange(0, PromptLogprobs(generation));
            }
            _begun[index] = true;
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteString("text", text);
            TokenText.WriteCompletion(json, model.Tokenizer, withLogprobs ? logprobs : null, ref _offsets[index]);
            json.WriteString("finish_reason", finish is { } reason ? Failures.NameOf(reason) : null);
            if (fields.ReturnTokens)
            {
                json.WriteStartArray("token_ids");
                foreach (var token in tokens)
                    json.WriteNumberValue(token);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }

        private string PromptText(Generation generation) => model.Tokenizer?.Decode(generation.Request.Prompt, skipSpecial: !fields.KeepSpecial) ?? "";

        private static IEnumerable<(int, TokenLogprob?)> PromptLogprobs(Generation generation)
        {
            if (generation.Request.PromptLogprobs is null)
                yield break;
            yield return (generation.Request.Prompt[0], null);
            foreach (var logprob in generation.PromptLogprobs)
                yield return (logprob.Token, logprob);
        }

        private static List<(int Token, TokenLogprob? Logprob)> LogprobsOf(Piece piece) => [.. (piece.Logprobs ?? []).Select(l => (l.Token, (TokenLogprob?)l))];

        private void WriteHead(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("id", _id);
            json.WriteString("object", "text_completion");
            json.WriteNumber("created", _created);
            json.WriteString("model", model.Name);
            json.WriteString("system_fingerprint", Fingerprint.Of(model));
        }

        private sealed class Choice
        {
            public StringBuilder Text { get; } = new();

            public List<int> Tokens { get; } = [];

            public List<(int Token, TokenLogprob? Logprob)> Logprobs { get; } = [];

            public FinishReason Finish { get; set; } = FinishReason.Failed;
        }
    }
}
