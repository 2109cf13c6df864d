using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>The people of a machine and their roles. May ask a directory server: never on the loop's thread.</summary>
public static class Accounts
{
    /// <summary>The group that the programs of a box share; no person belongs to it.</summary>
    private const string ProgramGroup = "appliance";

    /// <summary>Of this process.</summary>
    public static uint OwnUid => AccountsInterop.geteuid();

    public static bool IsRoot => OwnUid == 0;

    /// <summary>Null where the machine knows no user of this name.</summary>
    public static uint? UidOf(string name) => AccountsInterop.TryUser(name, out var uid, out _) ? uid : null;

    /// <summary>Root may do everything; programs of the box may look; others what their groups say.</summary>
    public static (Role Role, string Name) RoleOf(uint uid)
    {
        if (uid == 0)
            return (Role.Admin, "root");
        if (!AccountsInterop.TryUser(uid, out var name, out var gid))
            return (Role.None, $"uid {uid}");
        var groups = AccountsInterop.GroupsOf(name, gid);
        var role = RoleTable.Of(groups);
        return (role == Role.None && groups.Contains(ProgramGroup) ? Role.Viewer : role, name);
    }

    /// <summary>Of a person who gave a name and a password: by groups alone, root too.</summary>
    public static Role RoleOfPerson(string name) => AccountsInterop.TryUser(name, out _, out var gid) ? RoleTable.Of(AccountsInterop.GroupsOf(name, gid)) : Role.None;
}
