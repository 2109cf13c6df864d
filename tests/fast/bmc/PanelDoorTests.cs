using System.Text;
using BmcAgent;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Bmc;

public sealed class PanelDoorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _asked = [];
    private bool _claimed = true;

    [Fact]
    public async Task People_of_the_machine_with_a_role_get_in_and_are_asked_once_in_five_minutes()
    {
        var door = Door();
        Assert.True((await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None)).IsOpen);
        Assert.True((await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None)).IsOpen);
        Assert.Single(_asked);
        _time.Advance(PanelDoor.KnownFor);
        Assert.True((await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None)).IsOpen);
        Assert.Equal(2, _asked.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer x")]
    [InlineData("Basic !!!")]
    [InlineData("Basic YW5u")] // no colon
    [InlineData("Basic YW5uOg==")] // no password
    [InlineData("Basic YW5uOmEKYg==")] // a line break, which the helper's protocol has a meaning for
    public async Task What_is_no_name_and_password_is_not_asked_about(string? header)
    {
        Assert.Equal(401, (await Door().CheckAsync(header, "10.0.0.1", CancellationToken.None)).Status);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_a_name_from_an_address_for_half_an_hour_even_for_the_right_one()
    {
        var door = Door();
        for (var i = 0; i < PanelDoor.MostFailures; i++)
            Assert.Equal(401, (await door.CheckAsync(Basic("ann", $"wrong{i}"), "10.0.0.1", CancellationToken.None)).Status);
        var locked = await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None);
        Assert.Equal((429, PanelDoor.MostFailures), (locked.Status, _asked.Count));
        Assert.True((await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.2", CancellationToken.None)).IsOpen);
        _time.Advance(PanelDoor.LockedFor);
        Assert.True((await door.CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None)).IsOpen);
    }

    [Fact]
    public async Task A_flood_of_names_costs_no_memory_and_opens_nothing()
    {
        var door = Door();
        for (var i = 0; i < 3000; i++)
            Assert.Equal(401, (await door.CheckAsync(Basic($"user{i}", "x"), "10.0.0.1", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_box_that_nobody_has_claimed_lets_nobody_in()
    {
        _claimed = false;
        var answer = await Door().CheckAsync(Basic("ann", "right:pass"), "10.0.0.1", CancellationToken.None);
        Assert.Equal(503, answer.Status);
        Assert.Contains("appliance setup", answer.Line, StringComparison.Ordinal);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task A_helper_that_is_not_there_lets_nobody_in() =>
        Assert.Null(await LoginClient.AskAsync(Path.Combine(Path.GetTempPath(), "no-such.sock"), "ann", "x", CancellationToken.None));

    private PanelDoor Door() => new(
        (name, password, _) =>
        {
            _asked.Add(name);
            return Task.FromResult(password == "right:pass" ? "viewer" : null);
        },
        () => _claimed, _time);

    private static string Basic(string name, string password) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"))}";
}
