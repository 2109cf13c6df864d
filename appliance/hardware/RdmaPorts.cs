using System.Globalization;
using Appliance.Model;

namespace Appliance.Hardware;

/// <summary>
/// The ports below <c>/sys/class/infiniband</c>. What names a device is read when it appears, the state with every look, the twenty counters of a
/// port with every third: they are judged by minutes.
/// </summary>
internal sealed class RdmaPorts(string sysRoot)
{
    private const int BytesPerWord = 4; // port_xmit_data and port_rcv_data count words
    private const int CountEvery = 3;

    private readonly string _root = Path.Combine(sysRoot, "sys", "class", "infiniband");
    private readonly Dictionary<string, RdmaPortHealth> _known = new(StringComparer.Ordinal);
    private int _looks;

    public IReadOnlyList<RdmaPortHealth> Read(TimeSpan now)
    {
        var isCounting = _looks++ % CountEvery == 0;
        var ports = new List<RdmaPortHealth>();
        foreach (var device in KernelText.Entries(_root))
        {
            var folder = Path.Combine(_root, device);
            foreach (var port in KernelText.Entries(Path.Combine(folder, "ports")))
            {
                if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    ports.Add(ReadPort(device, folder, number, isCounting, now));
            }
        }

        foreach (var gone in _known.Keys.Where(k => !ports.Any(p => k == Key(p.Device, p.Port))).ToArray())
            _known.Remove(gone); // another card may come under the same name
        return ports;
    }

    private static string Key(string device, int port) => string.Create(CultureInfo.InvariantCulture, $"{device}/{port}");

    private RdmaPortHealth ReadPort(string device, string folder, int number, bool isCounting, TimeSpan now)
    {
        var (key, path) = (Key(device, number), Path.Combine(folder, "ports", number.ToString(CultureInfo.InvariantCulture)));
        var isNew = !_known.TryGetValue(key, out var port);
        if (isNew)
            port = Name(device, folder, number, path);
        var rate = KernelText.Read(Path.Combine(path, "rate"));
        port = port! with
        {
            At = now,
            State = Word(KernelText.Read(Path.Combine(path, "state"))),
            PhysState = Word(KernelText.Read(Path.Combine(path, "phys_state"))),
            RateGbS = RateOf(rate),
            RateText = TextOf(rate),
        };
        return _known[key] = isNew || isCounting ? Counted(port, folder, path) : port;
    }

    private static RdmaPortHealth Counted(RdmaPortHealth port, string folder, string path)
    {
        long? Counter(string name) => KernelText.Number(Path.Combine(path, "counters", name));
        long? Hardware(string name) => KernelText.Number(Path.Combine(path, "hw_counters", name));
        return port with
        {
            Lid = Hex(KernelText.Read(Path.Combine(path, "lid"))),
            SmLid = Hex(KernelText.Read(Path.Combine(path, "sm_lid"))),
            SymbolErrors = Counter("symbol_error"),
            LinkErrorRecoveries = Counter("link_error_recovery"),
            LinkDowned = Counter("link_downed"),
            ReceiveErrors = Counter("port_rcv_errors"),
            TransmitDiscards = Counter("port_xmit_discards"),
            TransmitWait = Counter("port_xmit_wait"),
            LocalLinkIntegrityErrors = Counter("local_link_integrity_errors"),
            ExcessiveBufferOverruns = Counter("excessive_buffer_overrun_errors"),
            RnrNakRetryErrors = Hardware("rnr_nak_retry_err"),
            LocalAckTimeoutErrors = Hardware("local_ack_timeout_err"),
            OutOfSequence = Hardware("out_of_sequence"),
            PacketSequenceErrors = Hardware("packet_seq_err"),
            RoceSlowRestarts = Hardware("roce_slow_restart"),
            CarrierChanges = port.NetDevice is { } net
                ? KernelText.Number(Path.Combine(folder, "device", "net", net, "carrier_changes")) : null,
            SentBytes = Counter("port_xmit_data") * BytesPerWord,
            ReceivedBytes = Counter("port_rcv_data") * BytesPerWord,
        };
    }

    private static RdmaPortHealth Name(string device, string folder, int number, string port) => new()
    {
        Device = device,
        Port = number,
        HcaType = KernelText.Read(Path.Combine(folder, "hca_type")),
        BoardId = KernelText.Read(Path.Combine(folder, "board_id")),
        FirmwareVersion = KernelText.Read(Path.Combine(folder, "fw_ver")),
        NodeGuid = KernelText.Read(Path.Combine(folder, "node_guid")),
        LinkLayer = KernelText.Read(Path.Combine(port, "link_layer")),
        PciBusId = KernelText.Lines(Path.Combine(folder, "device", "uevent"))
            .FirstOrDefault(l => l.StartsWith("PCI_SLOT_NAME=", StringComparison.Ordinal))?["PCI_SLOT_NAME=".Length..],
        NumaNode = KernelText.Number(Path.Combine(folder, "device", "numa_node")) is >= 0 and var node ? (int)node : null,
        NetDevice = KernelText.Entries(Path.Combine(folder, "device", "net")) is [var net, ..] ? net : null,
    };

    /// <summary><c>4: ACTIVE</c> is ACTIVE.</summary>
    internal static string? Word(string? text) => text is null ? null : text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    /// <summary><c>400 Gb/sec (4X NDR)</c> is 400.</summary>
    internal static double? RateOf(string? text) =>
        text?.Split(' ')[0] is { } number && double.TryParse(number, CultureInfo.InvariantCulture, out var rate) ? rate : null;

    internal static string? TextOf(string? text) =>
        text?.IndexOf('(', StringComparison.Ordinal) is >= 0 and var begin ? text[(begin + 1)..].TrimEnd(')') : null;

    private static int? Hex(string? text) =>
        text?.StartsWith("0x", StringComparison.Ordinal) == true && int.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : null;
}
