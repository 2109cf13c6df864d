using System.Buffers.Binary;
using System.Net.Sockets;

namespace Appliance.Hardware;

/// <summary>Who is at the other end of a Unix socket, as the kernel says (<c>SO_PEERCRED</c>); nobody can forge it.</summary>
public readonly record struct SocketPeer(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    public static SocketPeer Of(Socket socket)
    {
        Span<byte> ucred = stackalloc byte[12];
        return socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred) == ucred.Length
            ? new(
                BinaryPrimitives.ReadInt32LittleEndian(ucred),
                BinaryPrimitives.ReadUInt32LittleEndian(ucred[4..]),
                BinaryPrimitives.ReadUInt32LittleEndian(ucred[8..]))
            : throw new SocketException((int)SocketError.ProtocolOption);
    }

    /// <summary>The user's name if the machine knows it, else <c>uid 1000</c>.</summary>
    public string Who => AccountsInterop.TryUser(Uid, out var name, out _) ? name : $"uid {Uid}";
}
