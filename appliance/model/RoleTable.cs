namespace Appliance.Model;

/// <summary>
/// Who may do what on a box, once: the control socket, the console and the panel ask here. Roles are Linux groups, so that people are managed
/// with the tools of the machine, and an action that is not listed may be done by nobody.
/// </summary>
public static class RoleTable
{
    /// <summary>Each action with the least role that may do it. Verbs of the control socket, and what the console does beside it.</summary>
    public static IReadOnlyDictionary<string, Role> Needed { get; } = new Dictionary<string, Role>
    {
        ["status"] = Role.Viewer,
        ["thermal"] = Role.Viewer,
        ["gpus"] = Role.Viewer,
        ["fabric"] = Role.Viewer,
        ["alarms"] = Role.Viewer,

        ["acknowledge"] = Role.Operator,
        ["reset"] = Role.Operator,
        ["dump"] = Role.Operator,
        ["inject"] = Role.Operator,
        ["drive"] = Role.Operator,
        ["service"] = Role.Operator,
        ["locate"] = Role.Operator,

        ["commission"] = Role.Admin,
        ["settings"] = Role.Admin,
        ["reboot"] = Role.Admin,
        ["power-off"] = Role.Admin,
    };

    /// <summary>What may be asked of a box that nobody has claimed yet: setup needs to see that it is well.</summary>
    public static IReadOnlyList<string> Unclaimed { get; } = ["status"];

    /// <summary>The groups of people, least first.</summary>
    public static IReadOnlyList<string> Groups { get; } = [.. new[] { Role.Viewer, Role.Operator, Role.Admin }.Select(GroupOf)];

    public static string GroupOf(Role role) => role switch
    {
        Role.Viewer => "appliance-viewer",
        Role.Operator => "appliance-operator",
        Role.Admin => "appliance-admin",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Only viewer, operator and admin are groups."),
    };

    /// <summary>The highest role that somebody in these groups has.</summary>
    public static Role Of(IEnumerable<string> groups)
    {
        var role = Role.None;
        foreach (var group in groups)
        {
            var at = Groups.ToList().IndexOf(group);
            if (at >= 0 && (Role)(at + 1) > role)
                role = (Role)(at + 1);
        }

        return role;
    }

    public static bool May(Role role, string action) => role != Role.None && Needed.TryGetValue(action, out var needed) && role >= needed;

    /// <summary>One line for whoever was refused, with the group that would be right; null when nothing is refused.</summary>
    /// <param name="who">The user's name.</param>
    public static string? Refusal(Role role, string action, string who)
    {
        if (May(role, action))
            return null;
        if (!Needed.TryGetValue(action, out var needed))
            return $"{action} is not in the table of what people may do, and so nobody may.";
        var has = role == Role.None ? $"{who} is in none of the groups {string.Join(", ", Groups)}" : $"{who} is in {GroupOf(role)}";
        return $"{action} needs the group {GroupOf(needed)}; {has}. As root: adduser {who} {GroupOf(needed)}, then log in again.";
    }
}
