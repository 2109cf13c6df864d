using Appliance.Hardware;
using Appliance.Model;

namespace Appliance.Daemon.Control;

/// <summary>
/// Decides who may ask what of a control socket: by the user the kernel names, by that user's groups, and by whether the box has been claimed.
/// Root and the daemon's own user may do everything; programs of the box may look.
/// </summary>
/// <param name="claimFile">There once setup has claimed the box; null where nothing needs claiming (the twin).</param>
internal sealed class Doorkeeper(string? claimFile)
{
    private readonly uint _own = Accounts.OwnUid;

    /// <summary>One line for the one who asks; null when it is allowed.</summary>
    public string? Refusal(SocketPeer peer, string verb)
    {
        if (claimFile is not null && !File.Exists(claimFile) && !RoleTable.Unclaimed.Contains(verb))
            return $"this box has not been claimed yet, and until then answers {string.Join(", ", RoleTable.Unclaimed)} only; claim it as root: appliance setup";
        var (role, who) = RoleOf(peer.Uid);
        return RoleTable.Refusal(role, verb, who);
    }

    /// <summary>May ask a directory server: never on the loop's thread.</summary>
    public (Role Role, string Who) RoleOf(uint uid) => uid == _own ? (Role.Admin, Environment.UserName) : Accounts.RoleOf(uid);
}
