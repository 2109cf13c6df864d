using InferenceCore.Scheduling;
using InferenceCore.Tokenization;

namespace InferenceCore.Gateway;

/// <summary><c>POST /tokenize</c> and <c>/detokenize</c>, in vLLM's shapes.</summary>
internal sealed class TokenizeEndpoint(Api api, ChatEndpoint chat)
{
    public async Task TokenizeAsync(HttpContext context)
    {
        var body = await RequestFields.ReadAsync(context);
        var model = api.ModelFor(body);
        var tokenizer = TokenizerOf(model);
        List<int> tokens;
        if (body.Text("prompt") is { } prompt)
        {
            tokens = tokenizer.Encode(prompt, body.Flag("add_special_tokens", true));
        }
        else if (body.Element("messages") is not null)
        {
            var rendered = chat.Render(model, ChatMessages.Of(body), body.Flag("add_generation_prompt", true));
            tokens = tokenizer.Encode(rendered.Text, body.Flag("add_special_tokens", false), rendered.Guarded);
        }
        else
        {
            throw new ApiException(400, "Missing required parameter: 'prompt' (or 'messages').", "prompt", "missing_required_parameter");
        }
        var withText = body.Flag("return_token_strs", false);
        await ApiJson.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", tokens.Count);
            json.WriteNumber("max_model_len", model.ContextLength);
            json.WriteStartArray("tokens");
            foreach (var token in tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
            if (withText)
            {
                json.WriteStartArray("token_strs");
                foreach (var token in tokens)
                    json.WriteStringValue(TokenText.Of(tokenizer, token));
                json.WriteEndArray();
            }
            json.WriteEndObject();
        });
    }

    public async Task DetokenizeAsync(HttpContext context)
    {
        var body = await RequestFields.ReadAsync(context);
        var model = api.ModelFor(body);
        var tokenizer = TokenizerOf(model);
        var list = body.Element("tokens") ?? throw new ApiException(400, "Missing required parameter: 'tokens'.", "tokens", "missing_required_parameter");
        var text = tokenizer.Decode(PromptFields.TokensOf(list, Math.Max(model.Vocabulary, tokenizer.Size), "tokens"));
        await ApiJson.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt", text);
            json.WriteEndObject();
        });
    }

    private static TextTokenizer TokenizerOf(ServedModel model) =>
        model.Tokenizer ?? throw ApiException.Unsupported("model", $"The model '{model.Name}' has no tokenizer.");
}
