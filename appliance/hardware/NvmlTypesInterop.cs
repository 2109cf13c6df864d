using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Appliance.Hardware;

// Structures, versions and constants of nvml.h (API 13) on Linux x86-64. A versioned structure says its size and version in its first
// word (sizeof | version << 24); an older driver that does not know it answers ARGUMENT_VERSION_MISMATCH.
internal sealed unsafe partial class NvmlInterop
{
    internal const int NVML_TEMPERATURE_GPU = 0;
    internal const int NVML_CLOCK_SM = 1;
    internal const int NVML_PSTATE_0 = 0;
    internal const int NVML_CLOCK_MEM = 2;
    internal const int NVML_MEMORY_ERROR_TYPE_CORRECTED = 0;
    internal const int NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1;
    internal const int NVML_VOLATILE_ECC = 0;
    internal const int NVML_AGGREGATE_ECC = 1;
    internal const uint NVML_GPM_METRIC_GRAPHICS_UTIL = 1;
    internal const uint NVML_GPM_METRIC_ANY_TENSOR_UTIL = 5;
    internal const uint NVML_GPM_METRIC_DRAM_BW_UTIL = 10;
    internal const uint NVML_GPM_METRIC_PCIE_TX_PER_SEC = 20;
    internal const uint NVML_GPM_METRIC_PCIE_RX_PER_SEC = 21;

    internal const int NVML_P2P_CAPS_INDEX_READ = 0;
    internal const int NVML_P2P_CAPS_INDEX_NVLINK = 2;
    internal const int NVML_NVLINK_ERROR_DL_CRC_DATA = 3;
    internal const int NVML_NVLINK_ERROR_DL_ECC_DATA = 4;
    internal const uint NVML_AFFINITY_SCOPE_NODE = 0;

    internal const uint NVML_FI_DEV_PERF_POLICY_POWER = 74;
    internal const uint NVML_FI_DEV_PERF_POLICY_THERMAL = 75;
    internal const uint NVML_FI_DEV_MEMORY_TEMP = 82;
    internal const uint NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION = 83;
    internal const uint NVML_FI_DEV_NVLINK_LINK_COUNT = 91;
    internal const uint NVML_FI_DEV_PCIE_REPLAY_COUNTER = 94;
    internal const uint NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER = 95;
    internal const uint NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX = 138;
    internal const uint NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX = 139;
    internal const uint NVML_FI_DEV_REMAPPED_COR = 142;
    internal const uint NVML_FI_DEV_REMAPPED_UNC = 143;
    internal const uint NVML_FI_DEV_REMAPPED_PENDING = 144;
    internal const uint NVML_FI_DEV_REMAPPED_FAILURE = 145;
    internal const uint NVML_FI_DEV_NVSWITCH_CONNECTED_LINK_COUNT = 147;
    internal const uint NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY = 161;
    internal const uint NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY = 162;
    internal const uint NVML_FI_DEV_NVLINK_ERROR_DL_CRC = 163;
    internal const uint NVML_FI_DEV_NVLINK_GET_SPEED = 164;
    internal const uint NVML_FI_DEV_NVLINK_GET_STATE = 165;
    internal const uint NVML_FI_DEV_NVLINK_GET_VERSION = 166;
    internal const uint NVML_FI_DEV_PCIE_L0_TO_RECOVERY_COUNTER = 169;
    internal const uint NVML_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS = 173;
    internal const uint NVML_FI_DEV_PCIE_COUNT_NAKS_RECEIVED = 174;
    internal const uint NVML_FI_DEV_PCIE_COUNT_RECEIVER_ERROR = 175;
    internal const uint NVML_FI_DEV_PCIE_COUNT_BAD_TLP = 176;
    internal const uint NVML_FI_DEV_PCIE_COUNT_NAKS_SENT = 177;
    internal const uint NVML_FI_DEV_PCIE_COUNT_BAD_DLLP = 178;
    internal const uint NVML_FI_DEV_PCIE_COUNT_NON_FATAL_ERROR = 179;
    internal const uint NVML_FI_DEV_PCIE_COUNT_FATAL_ERROR = 180;
    internal const uint NVML_FI_DEV_PCIE_COUNT_UNSUPPORTED_REQ = 181;
    internal const uint NVML_FI_DEV_PCIE_COUNT_LCRC_ERROR = 182;
    internal const uint NVML_FI_DEV_PCIE_COUNT_LANE_ERROR = 183;
    internal const uint NVML_FI_DEV_POWER_AVERAGE = 185;
    internal const uint NVML_FI_DEV_POWER_INSTANT = 186;
    internal const uint NVML_FI_DEV_POWER_CURRENT_LIMIT = 190;
    internal const uint NVML_FI_DEV_TEMPERATURE_SHUTDOWN_TLIMIT = 193;
    internal const uint NVML_FI_DEV_TEMPERATURE_SLOWDOWN_TLIMIT = 194;
    internal const uint NVML_FI_DEV_TEMPERATURE_MEM_MAX_TLIMIT = 195;
    internal const uint NVML_FI_DEV_TEMPERATURE_GPU_MAX_TLIMIT = 196;
    internal const uint NVML_FI_DEV_PCIE_COUNT_TX_BYTES = 197;
    internal const uint NVML_FI_DEV_PCIE_COUNT_RX_BYTES = 198;
    internal const uint NVML_FI_DEV_GET_GPU_RECOVERY_ACTION = 230;
    internal const uint NVML_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN = 269;
    internal const uint NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN = 270;
    internal const uint NVML_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN = 271;

    /// <summary>scopeId of the throughput fields: the sum of all links.</summary>
    internal const uint AllLinks = uint.MaxValue;

    internal const ulong nvmlEventTypeXidCriticalError = 0x8;
    internal const ulong nvmlSystemEventTypeGpuDriverUnbind = 0x1;
    internal const ulong nvmlSystemEventTypeGpuDriverBind = 0x2;

    internal const uint nvmlTemperature_v1 = 0x0100000C;
    internal const uint nvmlMarginTemperature_v1 = 0x01000008;
    internal const uint nvmlMemory_v2 = 0x02000028;
    internal const uint nvmlEccSramErrorStatus_v1 = 0x01000068;
    internal const uint nvmlRepairStatus_v1 = 0x0100000C;
    internal const uint nvmlGpuFabricInfo_v2 = 0x02000024;
    internal const uint nvmlGpuFabricInfo_v3 = 0x03000028;
    internal const uint nvmlPlatformInfo_v2 = 0x0200002C;
    internal const uint nvmlNvLinkInfo_v2 = 0x0200064C;
    internal const uint nvmlSystemEventSetCreateRequest_v1 = 0x01000010;
    internal const uint nvmlSystemRegisterEventRequest_v1 = 0x01000018;
    internal const uint nvmlSystemEventSetWaitRequest_v1 = 0x01000020;
    internal const uint NVML_GPM_METRICS_GET_VERSION = 1;
    internal const uint NVML_GPM_SUPPORT_VERSION = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMemory_v2_t
    {
        internal uint version;
        internal ulong total;
        internal ulong reserved;
        internal ulong free;
        internal ulong used;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMemory_t
    {
        internal ulong total;
        internal ulong free;
        internal ulong used;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlTemperature_t
    {
        internal uint version;
        internal int sensorType;
        internal int temperature;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlMarginTemperature_t
    {
        internal uint version;
        internal int marginTemperature;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlUtilization_t
    {
        internal uint gpu;
        internal uint memory;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlPciInfo_t
    {
        internal fixed byte busIdLegacy[16];
        internal uint domain;
        internal uint bus;
        internal uint device;
        internal uint pciDeviceId;
        internal uint pciSubSystemId;
        internal fixed byte busId[32];
    }

    /// <summary>nvmlFieldValue_t: the return code of each field is its own; the call says SUCCESS all the same.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlFieldValue_t
    {
        internal uint fieldId;
        internal uint scopeId;
        internal long timestamp;
        internal long latencyUsec;

        /// <summary>nvmlValueType_t: 0 double, 1 unsigned int, 2 unsigned long, 3 unsigned long long, 4 signed long long, 5 signed int, 6 unsigned short.</summary>
        internal int valueType;

        internal NvmlReturn nvmlReturn;
        internal ulong value;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlThermalSensor_t
    {
        internal int controller;
        internal int defaultMinTemp;
        internal int defaultMaxTemp;
        internal int currentTemp;
        internal int target;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlGpuThermalSettings_t
    {
        internal uint count;
        internal nvmlThermalSensor_t sensor0;
        internal nvmlThermalSensor_t sensor1;
        internal nvmlThermalSensor_t sensor2;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlEccSramErrorStatus_v1_t
    {
        internal uint version;
        internal ulong aggregateUncParity;
        internal ulong aggregateUncSecDed;
        internal ulong aggregateCor;
        internal ulong volatileUncParity;
        internal ulong volatileUncSecDed;
        internal ulong volatileCor;
        internal ulong aggregateUncBucketL2;
        internal ulong aggregateUncBucketSm;
        internal ulong aggregateUncBucketPcie;
        internal ulong aggregateUncBucketMcu;
        internal ulong aggregateUncBucketOther;
        internal uint bThresholdExceeded;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlRemappedRowsInfo_v2_t
    {
        internal uint corrActiveRemaps;
        internal uint corrInactiveRemaps;
        internal uint uncActiveRemaps;
        internal uint uncInactiveRemaps;
        internal uint bPending;
        internal uint bFailureOccurred;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlRowRemapperHistogramValues_t
    {
        internal uint max;
        internal uint high;
        internal uint partial;
        internal uint low;
        internal uint none;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlRepairStatus_v1_t
    {
        internal uint version;
        internal uint bChannelRepairPending;
        internal uint bTpcRepairPending;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlUnrepairableMemoryStatus_v1_t
    {
        internal uint bUnrepairableMemory;
    }

    /// <summary>Version 2 is the same without the summary and 36 bytes long.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlGpuFabricInfo_v3_t
    {
        internal uint version;
        internal fixed byte clusterUuid[16];
        internal NvmlReturn status;
        internal uint cliqueId;
        internal uint state;
        internal uint healthMask;
        internal byte healthSummary;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlPlatformInfo_v2_t
    {
        internal uint version;
        internal fixed byte ibGuid[16];
        internal fixed byte chassisSerialNumber[16];
        internal byte slotNumber;
        internal byte trayIndex;
        internal byte hostId;
        internal byte peerType;
        internal byte moduleId;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlNvlinkFirmwareVersion_t
    {
        internal byte ucodeType;
        internal uint major;
        internal uint minor;
        internal uint subMinor;
    }

    [InlineArray(100)]
    internal struct nvmlNvlinkFirmwareVersions
    {
        private nvmlNvlinkFirmwareVersion_t _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlNvLinkInfo_v2_t
    {
        internal uint version;
        internal uint isNvleEnabled;
        internal nvmlNvlinkFirmwareVersions firmwareVersion;
        internal uint numValidEntries;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlEventData_t
    {
        internal NvmlDevice device;
        internal ulong eventType;
        internal ulong eventData;
        internal uint gpuInstanceId;
        internal uint computeInstanceId;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlSystemEventSetCreateRequest_v1_t
    {
        internal uint version;
        internal nint set;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlSystemRegisterEventRequest_v1_t
    {
        internal uint version;
        internal ulong eventTypes;
        internal nint set;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlSystemEventData_v1_t
    {
        internal ulong eventType;
        internal uint gpuId;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlSystemEventSetWaitRequest_v1_t
    {
        internal uint version;
        internal uint timeoutms;
        internal nint set;
        internal nvmlSystemEventData_v1_t* data;
        internal uint dataSize;
        internal uint numEvent;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlGpmSupport_t
    {
        internal uint version;
        internal uint isSupportedDevice;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlGpmMetric_t
    {
        internal uint metricId;
        internal NvmlReturn nvmlReturn;
        internal double value;
        internal nint shortName;
        internal nint longName;
        internal nint unit;
    }

    [InlineArray(333)]
    internal struct nvmlGpmMetrics
    {
        private nvmlGpmMetric_t _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct nvmlGpmMetricsGet_t
    {
        internal uint version;
        internal uint numMetrics;
        internal nint sample1;
        internal nint sample2;
        internal nvmlGpmMetrics metrics;
    }
}
