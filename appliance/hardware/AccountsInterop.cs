using System.Runtime.InteropServices;

namespace Appliance.Hardware;

/// <summary>Users and groups as the machine knows them (files, LDAP, SSSD: whatever nsswitch.conf says); the calls of libc that ask it.</summary>
internal static unsafe partial class AccountsInterop
{
    private const int ERANGE = 34;
    private const int MaxBuffer = 1024 * 1024;
    private const int MaxGroups = 65536;

    [StructLayout(LayoutKind.Sequential)]
    private struct passwd_t
    {
        internal byte* pw_name;
        internal byte* pw_passwd;
        internal uint pw_uid;
        internal uint pw_gid;
        internal byte* pw_gecos;
        internal byte* pw_dir;
        internal byte* pw_shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct group_t
    {
        internal byte* gr_name;
        internal byte* gr_passwd;
        internal uint gr_gid;
        internal byte** gr_mem;
    }

    /// <returns>False when there is no such user.</returns>
    internal static bool TryUser(uint uid, out string name, out uint gid)
    {
        (name, gid) = ("", 0);
        for (var size = 4096; size <= MaxBuffer; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                passwd_t entry;
                passwd_t* found;
                var error = getpwuid_r(uid, &entry, start, (nuint)size, &found);
                if (error == ERANGE)
                    continue;
                if (error != 0 || found is null)
                    return false;
                (name, gid) = (Marshal.PtrToStringUTF8((nint)entry.pw_name)!, entry.pw_gid);
                return true;
            }
        }

        return false;
    }

    /// <returns>False when there is no such user.</returns>
    internal static bool TryUser(string name, out uint uid, out uint gid)
    {
        (uid, gid) = (0, 0);
        for (var size = 4096; size <= MaxBuffer; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                passwd_t entry;
                passwd_t* found;
                var error = getpwnam_r(name, &entry, start, (nuint)size, &found);
                if (error == ERANGE)
                    continue;
                if (error != 0 || found is null)
                    return false;
                (uid, gid) = (entry.pw_uid, entry.pw_gid);
                return true;
            }
        }

        return false;
    }

    /// <summary>All groups of a user, the primary one among them, by name; a group without a name is left out.</summary>
    internal static IReadOnlyList<string> GroupsOf(string user, uint gid)
    {
        var count = 64;
        while (true)
        {
            var ids = new uint[count];
            int done;
            fixed (uint* start = ids)
                done = getgrouplist(user, gid, start, ref count);
            if (done >= 0)
                return [.. ids.Take(count).Select(NameOfGroup).OfType<string>()];
            if (count is <= 0 or > MaxGroups || count <= ids.Length)
                return [];
        }
    }

    private static string? NameOfGroup(uint gid)
    {
        for (var size = 4096; size <= MaxBuffer; size *= 4)
        {
            var buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                group_t entry;
                group_t* found;
                var error = getgrgid_r(gid, &entry, start, (nuint)size, &found);
                if (error == ERANGE)
                    continue;
                return error != 0 || found is null ? null : Marshal.PtrToStringUTF8((nint)entry.gr_name);
            }
        }

        return null;
    }

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint uid, passwd_t* entry, byte* buffer, nuint size, passwd_t** result);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getpwnam_r(string name, passwd_t* entry, byte* buffer, nuint size, passwd_t** result);

    [LibraryImport("libc")]
    private static partial int getgrgid_r(uint gid, group_t* entry, byte* buffer, nuint size, group_t** result);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getgrouplist(string user, uint gid, uint* groups, ref int count);

    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
