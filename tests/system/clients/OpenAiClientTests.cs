using System.ClientModel;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace SystemTests.Clients;

/// <summary>The gateway with the clients that customers point at it, unmodified: npm's openai and NuGet's OpenAI.</summary>
public sealed class OpenAiClientTests(Gateway gateway) : IClassFixture<Gateway>
{
    private static readonly string Folder = Path.Combine(Programs.Root, "tests/system/clients");

    private OpenAIClient Client => new(new ApiKeyCredential("none"), new OpenAIClientOptions
    {
        Endpoint = new Uri(gateway.Url + "/v1"),
        RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(maxRetries: 0),
    });

    [Fact]
    public async Task The_npm_client_finds_everything_as_OpenAI_has_it()
    {
        await gateway.ReadyAsync();
        if (!Directory.Exists(Path.Combine(Folder, "node_modules/openai")))
        {
            var installed = Programs.Run("npm", ["ci", "--prefix", Folder, "--no-audit", "--no-fund"], TimeSpan.FromMinutes(2));
            Assert.True(installed.ExitCode == 0, $"npm ci in {Folder} failed:\n{installed.Output}\n{installed.Error}");
        }
        var run = Programs.Run("node", [Path.Combine(Folder, "client.mjs"), gateway.Url], TimeSpan.FromMinutes(2));
        var checks = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Empty(checks.Where(c => !c.GetProperty("ok").GetBoolean()).Select(c => c.GetRawText()));
        Assert.Equal(12, checks.Length);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task The_NuGet_client_chats_and_streams_the_same_answer()
    {
        await gateway.ReadyAsync();
        var chat = Client.GetChatClient("field-guide");
        var options = new ChatCompletionOptions { Temperature = 0, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
        ChatMessage[] messages = [new SystemChatMessage(""), new UserChatMessage("What is the setpoint?")];
        var answer = (await chat.CompleteChatAsync(messages[1..], options)).Value;
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(answer.Usage.TotalTokenCount, answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount);
        Assert.All(answer.ContentTokenLogProbabilities, t => Assert.Equal(2, t.TopLogProbabilities.Count));

        var text = "";
        ChatTokenUsage? usage = null;
        await foreach (var update in chat.CompleteChatStreamingAsync(messages[1..], new ChatCompletionOptions { Temperature = 0 }))
        {
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            usage = update.Usage ?? usage;
        }
        Assert.Equal(answer.Content[0].Text, text);
        Assert.Equal(answer.Usage.OutputTokenCount, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task The_NuGet_client_lists_the_model_and_reports_errors_as_it_does_OpenAIs()
    {
        await gateway.ReadyAsync();
        var models = (await Client.GetOpenAIModelClient().GetModelsAsync()).Value;
        Assert.Equal("field-guide", Assert.Single(models).Id);
        var missing = await Assert.ThrowsAsync<ClientResultException>(() => Client.GetChatClient("none").CompleteChatAsync(new UserChatMessage("x")));
        Assert.Equal(404, missing.Status);
        Assert.Contains("model_not_found", missing.Message);
    }
}
