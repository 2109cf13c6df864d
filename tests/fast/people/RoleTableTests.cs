using Appliance.Daemon.Control;
using Appliance.Daemon.Loop;
using Appliance.Model;

namespace FastTests.People;

public sealed class RoleTableTests
{
    [Theory]
    [InlineData("status", Role.Viewer)]
    [InlineData("alarms", Role.Viewer)]
    [InlineData("acknowledge", Role.Operator)]
    [InlineData("reset", Role.Operator)]
    [InlineData("dump", Role.Operator)]
    [InlineData("commission", Role.Admin)]
    [InlineData("power-off", Role.Admin)]
    public void Each_action_needs_its_role_and_more_is_enough(string action, Role needed)
    {
        foreach (var role in Enum.GetValues<Role>())
            Assert.Equal(role >= needed, RoleTable.May(role, action));
    }

    [Fact]
    public void Nobody_in_no_group_may_do_anything_and_nobody_may_do_what_is_not_listed()
    {
        Assert.All(RoleTable.Needed.Keys, action => Assert.False(RoleTable.May(Role.None, action)));
        Assert.False(RoleTable.May(Role.Admin, "format-disk"));
        Assert.Contains("nobody may", RoleTable.Refusal(Role.Admin, "format-disk", "ann"), StringComparison.Ordinal);
        Assert.All(RoleTable.Needed.Values, role => Assert.NotEqual(Role.None, role));
    }

    [Fact]
    public void A_refusal_is_one_line_that_names_the_group_which_would_be_right()
    {
        Assert.Null(RoleTable.Refusal(Role.Operator, "acknowledge", "ann"));
        var line = RoleTable.Refusal(Role.Viewer, "acknowledge", "ann")!;
        Assert.StartsWith("acknowledge needs the group appliance-operator; ann is in appliance-viewer.", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.Contains("ann is in none of the groups appliance-viewer, appliance-operator, appliance-admin", RoleTable.Refusal(Role.None, "status", "ann"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_highest_group_counts()
    {
        Assert.Equal(Role.Admin, RoleTable.Of(["users", "appliance-admin", "appliance-viewer"]));
        Assert.Equal(Role.None, RoleTable.Of(["users", "appliance", "appliance-adminx"]));
    }

    [Fact]
    public void Every_verb_of_the_control_socket_is_in_the_table()
    {
        // The verbs are closures over a state that the names do not need.
        var verbs = new DaemonVerbs((DaemonState)null!, "", TimeProvider.System).Table.Keys;
        Assert.Empty(verbs.Except(RoleTable.Needed.Keys));
    }

    [Fact]
    public void Until_it_is_claimed_a_box_tells_its_status_and_nothing_else()
    {
        var claim = Path.Combine(Path.GetTempPath(), $"claim-{Environment.ProcessId}.json");
        var door = new Doorkeeper(claim);
        Assert.Null(door.Refusal(new(1, 0, 0), "status"));
        Assert.Contains("appliance setup", door.Refusal(new(1, 0, 0), "alarms"), StringComparison.Ordinal);
        File.WriteAllText(claim, "{}");
        try
        {
            Assert.Null(door.Refusal(new(1, 0, 0), "alarms"));
        }
        finally
        {
            File.Delete(claim);
        }
    }

    [Fact]
    public void Users_are_known_by_the_machine_and_strangers_may_do_nothing()
    {
        var door = new Doorkeeper(claimFile: null);
        Assert.Equal((Role.Admin, "root"), door.RoleOf(0));
        Assert.Equal(Role.None, door.RoleOf(4_000_000_001).Role);
        Assert.Contains("uid 4000000001 is in none of the groups", door.Refusal(new(1, 4_000_000_001, 0), "status"), StringComparison.Ordinal);
        Assert.Equal((Role.None, "daemon"), door.RoleOf(1)); // uid 1 is "daemon" on every Debian
    }
}
