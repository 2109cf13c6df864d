namespace Appliance.Hardware;

// Who a GPU is and how it is set up.
internal sealed unsafe partial class NvmlInterop
{
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetName;
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetUUID;
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetSerial;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetModuleId;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetMinorNumber;
    private delegate* unmanaged<NvmlDevice, nvmlPciInfo_t*, NvmlReturn> _nvmlDeviceGetPciInfo_v3;
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetVbiosVersion;
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetInforomImageVersion;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetInforomConfigurationChecksum;
    private delegate* unmanaged<NvmlDevice, NvmlReturn> _nvmlDeviceValidateInforom;
    private delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn> _nvmlDeviceGetBoardPartNumber;
    private delegate* unmanaged<NvmlDevice, byte*, NvmlReturn> _nvmlDeviceGetGspFirmwareVersion;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetGspFirmwareMode;
    private delegate* unmanaged<NvmlDevice, nvmlPlatformInfo_v2_t*, NvmlReturn> _nvmlDeviceGetPlatformInfo;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetPersistenceMode;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetMigMode;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn> _nvmlDeviceGetEccMode;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetComputeMode;
    private delegate* unmanaged<NvmlDevice, uint, ulong*, uint, NvmlReturn> _nvmlDeviceGetCpuAffinityWithinScope;
    private delegate* unmanaged<NvmlDevice, uint*, NvmlReturn> _nvmlDeviceGetNumaNodeId;
    private delegate* unmanaged<NvmlDevice, NvmlDevice, int, int*, NvmlReturn> _nvmlDeviceGetP2PStatus;
    private delegate* unmanaged<NvmlDevice, NvmlDevice, int*, NvmlReturn> _nvmlDeviceGetTopologyCommonAncestor;

    private void LoadIdentity()
    {
        _nvmlDeviceGetName = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetName");
        _nvmlDeviceGetUUID = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetUUID");
        _nvmlDeviceGetSerial = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetSerial");
        _nvmlDeviceGetModuleId = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetModuleId");
        _nvmlDeviceGetMinorNumber = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMinorNumber");
        _nvmlDeviceGetPciInfo_v3 = (delegate* unmanaged<NvmlDevice, nvmlPciInfo_t*, NvmlReturn>)Symbol("nvmlDeviceGetPciInfo_v3");
        _nvmlDeviceGetVbiosVersion = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetVbiosVersion");
        _nvmlDeviceGetInforomImageVersion = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetInforomImageVersion");
        _nvmlDeviceGetInforomConfigurationChecksum = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetInforomConfigurationChecksum");
        _nvmlDeviceValidateInforom = (delegate* unmanaged<NvmlDevice, NvmlReturn>)Symbol("nvmlDeviceValidateInforom");
        _nvmlDeviceGetBoardPartNumber = (delegate* unmanaged<NvmlDevice, byte*, uint, NvmlReturn>)Symbol("nvmlDeviceGetBoardPartNumber");
        _nvmlDeviceGetGspFirmwareVersion = (delegate* unmanaged<NvmlDevice, byte*, NvmlReturn>)Symbol("nvmlDeviceGetGspFirmwareVersion");
        _nvmlDeviceGetGspFirmwareMode = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetGspFirmwareMode");
        _nvmlDeviceGetPlatformInfo = (delegate* unmanaged<NvmlDevice, nvmlPlatformInfo_v2_t*, NvmlReturn>)Symbol("nvmlDeviceGetPlatformInfo");
        _nvmlDeviceGetPersistenceMode = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetPersistenceMode");
        _nvmlDeviceGetMigMode = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetMigMode");
        _nvmlDeviceGetEccMode = (delegate* unmanaged<NvmlDevice, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetEccMode");
        _nvmlDeviceGetComputeMode = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetComputeMode");
        _nvmlDeviceGetCpuAffinityWithinScope = (delegate* unmanaged<NvmlDevice, uint, ulong*, uint, NvmlReturn>)Symbol("nvmlDeviceGetCpuAffinityWithinScope");
        _nvmlDeviceGetNumaNodeId = (delegate* unmanaged<NvmlDevice, uint*, NvmlReturn>)Symbol("nvmlDeviceGetNumaNodeId");
        _nvmlDeviceGetP2PStatus = (delegate* unmanaged<NvmlDevice, NvmlDevice, int, int*, NvmlReturn>)Symbol("nvmlDeviceGetP2PStatus");
        _nvmlDeviceGetTopologyCommonAncestor = (delegate* unmanaged<NvmlDevice, NvmlDevice, int*, NvmlReturn>)Symbol("nvmlDeviceGetTopologyCommonAncestor");
    }

    internal NvmlReturn nvmlDeviceGetName(NvmlDevice device, byte* name, uint length) =>
        _nvmlDeviceGetName is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetName(device, name, length));

    internal NvmlReturn nvmlDeviceGetUUID(NvmlDevice device, byte* uuid, uint length) =>
        _nvmlDeviceGetUUID is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetUUID(device, uuid, length));

    internal NvmlReturn nvmlDeviceGetSerial(NvmlDevice device, byte* serial, uint length) =>
        _nvmlDeviceGetSerial is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetSerial(device, serial, length));

    internal NvmlReturn nvmlDeviceGetModuleId(NvmlDevice device, uint* moduleId) =>
        _nvmlDeviceGetModuleId is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetModuleId(device, moduleId));

    internal NvmlReturn nvmlDeviceGetMinorNumber(NvmlDevice device, uint* minorNumber) =>
        _nvmlDeviceGetMinorNumber is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMinorNumber(device, minorNumber));

    internal NvmlReturn nvmlDeviceGetPciInfo_v3(NvmlDevice device, nvmlPciInfo_t* pci) =>
        _nvmlDeviceGetPciInfo_v3 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPciInfo_v3(device, pci));

    internal NvmlReturn nvmlDeviceGetVbiosVersion(NvmlDevice device, byte* version, uint length) =>
        _nvmlDeviceGetVbiosVersion is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetVbiosVersion(device, version, length));

    internal NvmlReturn nvmlDeviceGetInforomImageVersion(NvmlDevice device, byte* version, uint length) =>
        _nvmlDeviceGetInforomImageVersion is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetInforomImageVersion(device, version, length));

    internal NvmlReturn nvmlDeviceGetInforomConfigurationChecksum(NvmlDevice device, uint* checksum) =>
        _nvmlDeviceGetInforomConfigurationChecksum is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetInforomConfigurationChecksum(device, checksum));

    /// <summary>Reads the whole InfoROM: asked once per GPU and minute group, never at 10 Hz.</summary>
    internal NvmlReturn nvmlDeviceValidateInforom(NvmlDevice device) =>
        _nvmlDeviceValidateInforom is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceValidateInforom(device));

    internal NvmlReturn nvmlDeviceGetBoardPartNumber(NvmlDevice device, byte* partNumber, uint length) =>
        _nvmlDeviceGetBoardPartNumber is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetBoardPartNumber(device, partNumber, length));

    /// <summary>The buffer must hold NVML_GSP_FIRMWARE_VERSION_BUF_SIZE (64) bytes.</summary>
    internal NvmlReturn nvmlDeviceGetGspFirmwareVersion(NvmlDevice device, byte* version) =>
        _nvmlDeviceGetGspFirmwareVersion is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetGspFirmwareVersion(device, version));

    internal NvmlReturn nvmlDeviceGetGspFirmwareMode(NvmlDevice device, uint* isEnabled, uint* defaultMode) =>
        _nvmlDeviceGetGspFirmwareMode is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetGspFirmwareMode(device, isEnabled, defaultMode));

    internal NvmlReturn nvmlDeviceGetPlatformInfo(NvmlDevice device, nvmlPlatformInfo_v2_t* platformInfo) =>
        _nvmlDeviceGetPlatformInfo is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPlatformInfo(device, platformInfo));

    internal NvmlReturn nvmlDeviceGetPersistenceMode(NvmlDevice device, uint* mode) =>
        _nvmlDeviceGetPersistenceMode is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetPersistenceMode(device, mode));

    internal NvmlReturn nvmlDeviceGetMigMode(NvmlDevice device, uint* currentMode, uint* pendingMode) =>
        _nvmlDeviceGetMigMode is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMigMode(device, currentMode, pendingMode));

    internal NvmlReturn nvmlDeviceGetEccMode(NvmlDevice device, uint* current, uint* pending) =>
        _nvmlDeviceGetEccMode is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetEccMode(device, current, pending));

    internal NvmlReturn nvmlDeviceGetComputeMode(NvmlDevice device, uint* mode) =>
        _nvmlDeviceGetComputeMode is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetComputeMode(device, mode));

    /// <summary>C's unsigned long: 8 bytes here.</summary>
    internal NvmlReturn nvmlDeviceGetCpuAffinityWithinScope(NvmlDevice device, uint cpuSetSize, ulong* cpuSet, uint scope) =>
        _nvmlDeviceGetCpuAffinityWithinScope is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetCpuAffinityWithinScope(device, cpuSetSize, cpuSet, scope));

    internal NvmlReturn nvmlDeviceGetNumaNodeId(NvmlDevice device, uint* node) =>
        _nvmlDeviceGetNumaNodeId is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNumaNodeId(device, node));

    internal NvmlReturn nvmlDeviceGetP2PStatus(NvmlDevice device1, NvmlDevice device2, int p2pIndex, int* p2pStatus) =>
        _nvmlDeviceGetP2PStatus is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetP2PStatus(device1, device2, p2pIndex, p2pStatus));

    internal NvmlReturn nvmlDeviceGetTopologyCommonAncestor(NvmlDevice device1, NvmlDevice device2, int* pathInfo) =>
        _nvmlDeviceGetTopologyCommonAncestor is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetTopologyCommonAncestor(device1, device2, pathInfo));
}
