using System.Security.Cryptography;
using System.Text;
using InferenceCore.Gateway;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Gateway;

public sealed class ApiKeysTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Only_whole_keys_that_are_listed_open()
    {
        Write("sk-box-one", "sk-box-two");
        var keys = new ApiKeys(_file, _time);
        Assert.True(keys.Knows("Bearer sk-box-two"));
        Assert.True(keys.Knows("bearer sk-box-one"));
        foreach (var wrong in (string?[])[null, "", "Bearer ", "Bearer sk-box-tw", "sk-box-two", "Basic sk-box-two", $"Bearer {Hash("sk-box-two")}"])
            Assert.False(keys.Knows(wrong), wrong);
    }

    [Fact]
    public void A_replaced_file_counts_within_a_second_and_a_broken_one_lets_nobody_in()
    {
        Write("sk-box-one");
        var keys = new ApiKeys(_file, _time);
        Assert.True(keys.Knows("Bearer sk-box-one"));
        Write("sk-box-two", "sk-box-three");
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.False(keys.Knows("Bearer sk-box-one"));
        Assert.True(keys.Knows("Bearer sk-box-two"));
        File.WriteAllText(_file, "{ \"keys\": [ { \"sha256\": 7 } ] }");
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.False(keys.Knows("Bearer sk-box-two"));
    }

    private void Write(params string[] keys) =>
        File.WriteAllText(_file, $"{{ \"keys\": [ {string.Join(", ", keys.Select(k => $"{{ \"name\": \"n\", \"sha256\": \"{Hash(k)}\" }}"))} ] }}");

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
