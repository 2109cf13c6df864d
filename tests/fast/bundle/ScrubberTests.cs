using Appliance.Daemon.Bundle;

namespace FastTests.Bundle;

public sealed class ScrubberTests
{
    [Theory]
    [InlineData("password=hunter2", "hunter2")]
    [InlineData("Password: correct horse battery staple", "horse")]
    [InlineData("the password is plum tree", "plum")]
    [InlineData("{\"api_key\":\"abc def\",\"node\":\"box1\"}", "abc def")]
    [InlineData("{\"a\":\"{\\\"token\\\":\\\"q1w2e3\\\"}\"}", "q1w2e3")]
    [InlineData("{\"text\":\"{\\u0022api_key\\u0022:\\u0022ab cd\\u0022}\"}", "ab cd")]
    [InlineData("client_secret: 'x y'", "x y")]
    [InlineData("--password opensesame", "opensesame")]
    [InlineData("MQTT_PASSWORD=opensesame", "opensesame")]
    [InlineData("Authorization: Bearer abcdef", "abcdef")]
    [InlineData("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz")]
    [InlineData("Cookie: session=deadbeef", "deadbeef")]
    [InlineData("GET https://ann:s3cr3t@example.com/x", "s3cr3t")]
    [InlineData("GET https://ann:p@ss@example.com/x", "p@ss")]
    [InlineData("mqtt://bob:hunter2@broker:1883", "hunter2")]
    [InlineData("POST https://hooks.slack.com/services/T00/B00/abcd", "abcd")]
    [InlineData("POST https://oapi.dingtalk.com/robot/send?access_token=77aa", "77aa")]
    [InlineData("http://127.0.0.1:8000/api/events?text=hush", "hush")]
    [InlineData("admin:S3cret!x@10.0.0.5", "S3cret!x")]
    [InlineData("key sk-live-12345678", "sk-live-12345678")]
    [InlineData("uses ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN", "eyJzdWIi")]
    [InlineData("root:$6$salt$NkLmQ3kf8sl2:19000", "NkLmQ3kf8sl2")]
    [InlineData("value 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081")]
    [InlineData("blob kJ8Zx1QmVt7yR3sLw0PbN5cD2eFgHi4A==", "kJ8Zx1Qm")]
    [InlineData("密码：紫丁香", "紫丁香")]
    [InlineData("/etc/a.json:3: daemon.setpoint_c is \"plum\"; it must be a number in 15..45", "plum")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----", "MHcCAQ")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMHcCAQ and the file ends", "MHcCAQ")]
    public void What_is_named_or_shaped_like_a_secret_is_struck(string text, string secret)
    {
        var (clean, count) = new Scrubber([]).Scrub(text);
        Assert.DoesNotContain(secret, clean, StringComparison.Ordinal);
        Assert.Contains(Scrubber.Struck, clean, StringComparison.Ordinal);
        Assert.True(count > 0);
    }

    [Theory]
    [InlineData("fan3 stalled: 0 rpm at 62 % since 2026-11-25T23:59:01.123Z")]
    [InlineData("NVRM: Xid (PCI:0000:1b:00): 79, pid=1234, GPU has fallen off the bus.")]
    [InlineData("GPU-5fd4f087-86f3-7a43-b711-4771313afc50 serial 1654923012345")]
    [InlineData("\"tokens_per_second\":33.1,\"max_tokens\":128,\"completion_tokens\":17,\"first_token\":0.5")]
    [InlineData("{\"first_token_s\":0.25,\"token\":3,\"node\":\"box1\"}")]
    [InlineData("appliance_coolant_supply_celsius{node=\"box1\"} 38.1")]
    [InlineData("model DeepSeek-R1-Distill-Qwen-7B-Instruct-2024 on cuda:0-7")]
    [InlineData("http://127.0.0.1:8080/v1 answers; see /var/lib/appliance/models/field-guide")]
    [InlineData("link 16.0 GT/s PCIe x16 of 32.0 GT/s PCIe x16, 00:11:22:33:44:55")]
    [InlineData("-----BEGIN CERTIFICATE-----")]
    [InlineData("start_to_first_token_s 0.37, DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL 12345")]
    [InlineData("ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67:89")]
    public void What_support_needs_stays_letter_for_letter(string text) => Assert.Equal((text, 0), new Scrubber([]).Scrub(text));

    [Fact]
    public void A_known_secret_is_struck_wherever_and_however_it_is_written()
    {
        var clean = new Scrubber(["p\"ss wörd", "longer-p\"ss wörd"]).Scrub("a p\"ss wörd b p%22ss%20w%C3%B6rd c p\\u0022ss w\\u00F6rd d longer-p\"ss wörd").Text;
        Assert.Equal($"a {Scrubber.Struck} b {Scrubber.Struck} c {Scrubber.Struck} d {Scrubber.Struck}", clean);
    }

    [Fact]
    public void A_json_line_with_a_struck_value_is_still_json()
    {
        var clean = new Scrubber([]).Scrub("{\"password\":\"a\\\"b\",\"pin\":1234,\"api_key\":null,\"node\":\"box1\"}").Text;
        Assert.Contains("\"node\":\"box1\"}", clean, StringComparison.Ordinal);
        Assert.DoesNotContain("1234", clean, StringComparison.Ordinal);
    }

    [Fact]
    public void Scrubbing_twice_changes_nothing_more()
    {
        var scrubber = new Scrubber(["hunter22"]);
        var once = scrubber.Scrub("password: hunter22\nhttps://a:b@c.example/x?y=z\n\"token\":\"q\"").Text;
        Assert.Equal(once, scrubber.Scrub(once).Text);
    }

    [Fact]
    public void A_configuration_keeps_the_keys_it_has_and_nothing_else()
    {
        var digest = ConfigDigest.Of("""
            // comment-secret
            { "node": "box7", "daemon": { "setpoint_c": "value-secret", "frame_hz": 2, "hook": "nested-secret" }, "cloud": { "key": "section-secret" } }
            """u8.ToArray());
        Assert.Contains("\"node\": \"box7\"", digest, StringComparison.Ordinal);
        Assert.Contains("\"daemon.frame_hz\": 2", digest, StringComparison.Ordinal);
        Assert.Contains("daemon.setpoint_c", digest, StringComparison.Ordinal);
        Assert.Contains("\"keys_that_do_not_exist\": 2", digest, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", digest, StringComparison.Ordinal);
    }
}
