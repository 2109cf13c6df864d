using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SystemTests;

/// <summary>One request over a Unix socket of the box: a JSON object a line each way.</summary>
internal static class ControlSocket
{
    /// <returns>The answer's <c>data</c>.</returns>
    public static JsonElement Ask(string path, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        using var stream = new NetworkStream(socket);
        stream.Write(Encoding.UTF8.GetBytes(request + "\n"));
        using var reader = new StreamReader(stream);
        var line = reader.ReadLine() ?? throw new IOException($"{path} closed without an answer.");
        var answer = JsonDocument.Parse(line).RootElement;
        return answer.GetProperty("ok").GetBoolean()
            ? answer.GetProperty("data")
            : throw new IOException($"{path}: {answer.GetProperty("error").GetString()}");
    }
}
