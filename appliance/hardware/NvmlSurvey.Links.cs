using System.Globalization;
using System.Text;
using Appliance.Model;

namespace Appliance.Hardware;

// NVLink, the fabric, neighbours.
internal sealed unsafe partial class NvmlSurvey
{
    private readonly NvmlFields _links = new(
        NvmlInterop.NVML_FI_DEV_NVLINK_LINK_COUNT,
        NvmlInterop.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, NvmlInterop.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX);

    private readonly NvmlFields _toSwitch = new(NvmlInterop.NVML_FI_DEV_NVSWITCH_CONNECTED_LINK_COUNT);

    private NvmlFields? _linkStates;
    private NvmlFields? _linkErrors;
    private NvlinkHealth[] _linkDetail = [];

    /// <summary>As many links as the GPU says it has, not as many as the header's macro: beyond them every call is INVALID_ARGUMENT.</summary>
    private bool ReadNvlinks()
    {
        _links.Scope(1, NvmlInterop.AllLinks);
        _links.Scope(2, NvmlInterop.AllLinks);
        Fields(_links);
        if (_links[0] is not (> 0 and <= 64 and var count))
        {
            _health = _health with { Nvlinks = _links[0] is null ? null : new() { At = Now, Fitted = (int?)_links[0] } };
            return false;
        }

        if (_linkDetail.Length != count)
        {
            _linkStates = NvmlFields.PerLink((int)count, NvmlInterop.NVML_FI_DEV_NVLINK_GET_STATE);
            _linkErrors = NvmlFields.PerLink((int)count,
                NvmlInterop.NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY, NvmlInterop.NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY, NvmlInterop.NVML_FI_DEV_NVLINK_ERROR_DL_CRC);
            _linkDetail = [.. Enumerable.Range(0, (int)count).Select(link => new NvlinkHealth { Link = link })];
        }

        Fields(_linkStates!);
        for (var i = 0; i < _linkDetail.Length; i++)
            _linkDetail[i] = _linkDetail[i] with { Up = _linkStates![i] is { } state ? state == 1 : StateOf((uint)i) };
        if (_linkDetail.All(l => l.Up is null))
        {
            _health = _health with { Nvlinks = null }; // a machine whose board has them but does not use them: one GPU alone, a virtual machine
            return false;
        }

        var (sent, received) = (_links[1], _links[2]);
        _health = _health with
        {
            Nvlinks = (_health.Nvlinks ?? new()) with { Fitted = (int)count, SentKib = sent, ReceivedKib = received, Links = [.. _linkDetail], At = Now },
        };
        return true;
    }

    /// <summary>To the driver the three counters of one link are one question, and the next link's another: 0.9 ms a link on an H100.</summary>
    private bool ReadNvlinkErrors()
    {
        if (_health.Nvlinks is not { } nvlinks)
            return false;
        Fields(_linkErrors!);
        for (var i = 0; i < _linkDetail.Length; i++)
            _linkDetail[i] = _linkDetail[i] with { Replays = _linkErrors![i * 3], Recoveries = _linkErrors[i * 3 + 1], CrcErrors = _linkErrors[i * 3 + 2] };
        return Carry(nvlinks);
    }

    private bool? StateOf(uint link)
    {
        uint isActive;
        return Ok(_nvml.nvmlDeviceGetNvLinkState(_device, link, &isActive)) ? isActive != 0 : null;
    }

    /// <summary>Null links are those of a machine that does not use them.</summary>
    private bool ReadNvlinkCounters()
    {
        if (_health.Nvlinks is not { } nvlinks)
            return false;
        for (var i = 0; i < _linkDetail.Length; i++)
        {
            ulong crc, ecc;
            _linkDetail[i] = _linkDetail[i] with
            {
                CrcData = Ok(_nvml.nvmlDeviceGetNvLinkErrorCounter(_device, (uint)i, NvmlInterop.NVML_NVLINK_ERROR_DL_CRC_DATA, &crc)) ? (long)crc : null,
                EccData = Ok(_nvml.nvmlDeviceGetNvLinkErrorCounter(_device, (uint)i, NvmlInterop.NVML_NVLINK_ERROR_DL_ECC_DATA, &ecc)) ? (long)ecc : null,
            };
        }

        return Carry(nvlinks);
    }

    private bool ReadNvlinkEnds()
    {
        if (_health.Nvlinks is not { } nvlinks)
            return false;
        Fields(_toSwitch);
        nvlinks = nvlinks with { ToSwitch = (int?)_toSwitch[0] };
        var fields = NvmlFields.PerLink(_linkDetail.Length, NvmlInterop.NVML_FI_DEV_NVLINK_GET_VERSION, NvmlInterop.NVML_FI_DEV_NVLINK_GET_SPEED);
        Fields(fields);
        for (var i = 0; i < _linkDetail.Length; i++)
        {
            int type;
            NvmlInterop.nvmlPciInfo_t pci;
            _linkDetail[i] = _linkDetail[i] with
            {
                Version = (int?)fields[i * 2],
                SpeedMbS = (int?)fields[i * 2 + 1],
                RemoteType = Ok(_nvml.nvmlDeviceGetNvLinkRemoteDeviceType(_device, (uint)i, &type)) ? type : null,
                RemotePci = Ok(_nvml.nvmlDeviceGetNvLinkRemotePciInfo_v2(_device, (uint)i, &pci)) ? Nvml.Text(pci.busId, 32) : null,
            };
        }

        return Carry(nvlinks);
    }

    private bool Carry(GpuNvlinks nvlinks)
    {
        _health = _health with { Nvlinks = nvlinks with { Links = [.. _linkDetail] } };
        return true;
    }

    private bool ReadFabric()
    {
        var info = new NvmlInterop.nvmlGpuFabricInfo_v3_t { version = NvmlInterop.nvmlGpuFabricInfo_v3 };
        var status = _nvml.nvmlDeviceGetGpuFabricInfoV(_device, &info);
        var hasSummary = status != NvmlReturn.ArgumentVersionMismatch;
        if (!hasSummary)
        {
            info = new() { version = NvmlInterop.nvmlGpuFabricInfo_v2 };
            status = _nvml.nvmlDeviceGetGpuFabricInfoV(_device, &info);
        }

        _health = _health with
        {
            Fabric = Ok(status, nameof(_nvml.nvmlDeviceGetGpuFabricInfoV)) && info.state != 0
                ? NvmlFabric.Decode(info, hasSummary) with { At = Now }
                : null,
        };
        return _health.Fabric is not null;
    }

    private bool ReadTopology()
    {
        const int Words = 16;
        uint node;
        var cpus = stackalloc ulong[Words];
        var isAffinityKnown = Ok(_nvml.nvmlDeviceGetCpuAffinityWithinScope(_device, Words, cpus, NvmlInterop.NVML_AFFINITY_SCOPE_NODE));
        var count = _count;
        var (read, nvlink) = (new int?[count], new int?[count]);
        for (var other = 0; other < count; other++)
        {
            if (other == _index || _source.Handle(other, out var peer) != NvmlReturn.Success)
                continue;
            int state;
            if (Ok(_nvml.nvmlDeviceGetP2PStatus(_device, peer, NvmlInterop.NVML_P2P_CAPS_INDEX_READ, &state)))
                read[other] = state;
            if (Ok(_nvml.nvmlDeviceGetP2PStatus(_device, peer, NvmlInterop.NVML_P2P_CAPS_INDEX_NVLINK, &state)))
                nvlink[other] = state;
        }

        _health = _health with
        {
            Topology = new()
            {
                NumaNode = Ok(_nvml.nvmlDeviceGetNumaNodeId(_device, &node)) ? (int)node : PciErrors.NumaNode(_sysRoot, _health.Identity?.PciBusId),
                CpuAffinity = isAffinityKnown ? CpuList(new(cpus, Words)) : null,
                P2pRead = read,
                P2pNvlink = nvlink,
                At = Now,
            },
        };
        return true;
    }

    /// <summary>As the kernel writes it: <c>0-55,112-167</c>; null for an empty set.</summary>
    internal static string? CpuList(ReadOnlySpan<ulong> words)
    {
        var text = new StringBuilder();
        var first = -1;
        for (var cpu = 0; cpu <= words.Length * 64; cpu++)
        {
            var isIn = cpu < words.Length * 64 && (words[cpu / 64] >> (cpu % 64) & 1) != 0;
            if (isIn && first < 0)
                first = cpu;
            if (isIn || first < 0)
                continue;
            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}");
            if (cpu - 1 > first)
                text.Append(CultureInfo.InvariantCulture, $"-{cpu - 1}");
            first = -1;
        }

        return text.Length > 0 ? text.ToString() : null;
    }
}
