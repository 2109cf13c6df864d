namespace Appliance.Hardware;

// Memory health, NVLink, fabric and events.
internal sealed unsafe partial class NvmlInterop
{
    private delegate* unmanaged<NvmlDevice, int, int, int, ulong*, NvmlReturn> _nvmlDeviceGetMemoryErrorCounter;
    private delegate* unmanaged<NvmlDevice, int, int, ulong*, NvmlReturn> _nvmlDeviceGetTotalEccErrors;
    private delegate* unmanaged<NvmlDevice, nvmlEccSramErrorStatus_v1_t*, NvmlReturn> _nvmlDeviceGetSramEccErrorStatus;
    private delegate* unmanaged<NvmlDevice, uint*, uint*, uint*, uint*, NvmlReturn> _nvmlDeviceGetRemappedRows;
    private delegate* unmanaged<NvmlDevice, nvmlRemappedRowsInfo_v2_t*, NvmlReturn> _nvmlDeviceGetRemappedRows_v2;
    private delegate* unmanaged<NvmlDevice, nvmlRowRemapperHistogramValues_t*, NvmlReturn> _nvmlDeviceGetRowRemapperHistogram;
    private delegate* unmanaged<NvmlDevice, nvmlRepairStatus_v1_t*, NvmlReturn> _nvmlDeviceGetRepairStatus;
    private delegate* unmanaged<NvmlDevice, nvmlUnrepairableMemoryStatus_v1_t*, NvmlReturn> _nvmlDeviceGetUnrepairableMemoryFlag_v1;
    private delegate* unmanaged<NvmlDevice, uint, uint*, NvmlReturn> _nvmlDeviceGetNvLinkState;
    private delegate* unmanaged<NvmlDevice, uint, int, ulong*, NvmlReturn> _nvmlDeviceGetNvLinkErrorCounter;
    private delegate* unmanaged<NvmlDevice, uint, nvmlPciInfo_t*, NvmlReturn> _nvmlDeviceGetNvLinkRemotePciInfo_v2;
    private delegate* unmanaged<NvmlDevice, uint, int*, NvmlReturn> _nvmlDeviceGetNvLinkRemoteDeviceType;
    private delegate* unmanaged<NvmlDevice, nvmlNvLinkInfo_v2_t*, NvmlReturn> _nvmlDeviceGetNvLinkInfo;
    private delegate* unmanaged<NvmlDevice, nvmlGpuFabricInfo_v3_t*, NvmlReturn> _nvmlDeviceGetGpuFabricInfoV;
    private delegate* unmanaged<nint*, NvmlReturn> _nvmlEventSetCreate;
    private delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn> _nvmlDeviceGetSupportedEventTypes;
    private delegate* unmanaged<NvmlDevice, ulong, nint, NvmlReturn> _nvmlDeviceRegisterEvents;
    private delegate* unmanaged<nint, nvmlEventData_t*, uint, NvmlReturn> _nvmlEventSetWait_v2;
    private delegate* unmanaged<nint, NvmlReturn> _nvmlEventSetFree;
    private delegate* unmanaged<nvmlSystemEventSetCreateRequest_v1_t*, NvmlReturn> _nvmlSystemEventSetCreate;
    private delegate* unmanaged<nvmlSystemRegisterEventRequest_v1_t*, NvmlReturn> _nvmlSystemRegisterEvents;
    private delegate* unmanaged<nvmlSystemEventSetWaitRequest_v1_t*, NvmlReturn> _nvmlSystemEventSetWait;
    private delegate* unmanaged<nvmlSystemEventSetCreateRequest_v1_t*, NvmlReturn> _nvmlSystemEventSetFree;
    private delegate* unmanaged<NvmlDevice, nvmlGpmSupport_t*, NvmlReturn> _nvmlGpmQueryDeviceSupport;
    private delegate* unmanaged<nint*, NvmlReturn> _nvmlGpmSampleAlloc;
    private delegate* unmanaged<nint, NvmlReturn> _nvmlGpmSampleFree;
    private delegate* unmanaged<NvmlDevice, nint, NvmlReturn> _nvmlGpmSampleGet;
    private delegate* unmanaged<nvmlGpmMetricsGet_t*, NvmlReturn> _nvmlGpmMetricsGet;

    private void LoadHealth()
    {
        _nvmlDeviceGetMemoryErrorCounter = (delegate* unmanaged<NvmlDevice, int, int, int, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetMemoryErrorCounter");
        _nvmlDeviceGetTotalEccErrors = (delegate* unmanaged<NvmlDevice, int, int, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetTotalEccErrors");
        _nvmlDeviceGetSramEccErrorStatus = (delegate* unmanaged<NvmlDevice, nvmlEccSramErrorStatus_v1_t*, NvmlReturn>)Symbol("nvmlDeviceGetSramEccErrorStatus");
        _nvmlDeviceGetRemappedRows = (delegate* unmanaged<NvmlDevice, uint*, uint*, uint*, uint*, NvmlReturn>)Symbol("nvmlDeviceGetRemappedRows");
        _nvmlDeviceGetRemappedRows_v2 = (delegate* unmanaged<NvmlDevice, nvmlRemappedRowsInfo_v2_t*, NvmlReturn>)Symbol("nvmlDeviceGetRemappedRows_v2");
        _nvmlDeviceGetRowRemapperHistogram = (delegate* unmanaged<NvmlDevice, nvmlRowRemapperHistogramValues_t*, NvmlReturn>)Symbol("nvmlDeviceGetRowRemapperHistogram");
        _nvmlDeviceGetRepairStatus = (delegate* unmanaged<NvmlDevice, nvmlRepairStatus_v1_t*, NvmlReturn>)Symbol("nvmlDeviceGetRepairStatus");
        _nvmlDeviceGetUnrepairableMemoryFlag_v1 = (delegate* unmanaged<NvmlDevice, nvmlUnrepairableMemoryStatus_v1_t*, NvmlReturn>)Symbol("nvmlDeviceGetUnrepairableMemoryFlag_v1");
        _nvmlDeviceGetNvLinkState = (delegate* unmanaged<NvmlDevice, uint, uint*, NvmlReturn>)Symbol("nvmlDeviceGetNvLinkState");
        _nvmlDeviceGetNvLinkErrorCounter = (delegate* unmanaged<NvmlDevice, uint, int, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetNvLinkErrorCounter");
        _nvmlDeviceGetNvLinkRemotePciInfo_v2 = (delegate* unmanaged<NvmlDevice, uint, nvmlPciInfo_t*, NvmlReturn>)Symbol("nvmlDeviceGetNvLinkRemotePciInfo_v2");
        _nvmlDeviceGetNvLinkRemoteDeviceType = (delegate* unmanaged<NvmlDevice, uint, int*, NvmlReturn>)Symbol("nvmlDeviceGetNvLinkRemoteDeviceType");
        _nvmlDeviceGetNvLinkInfo = (delegate* unmanaged<NvmlDevice, nvmlNvLinkInfo_v2_t*, NvmlReturn>)Symbol("nvmlDeviceGetNvLinkInfo");
        _nvmlDeviceGetGpuFabricInfoV = (delegate* unmanaged<NvmlDevice, nvmlGpuFabricInfo_v3_t*, NvmlReturn>)Symbol("nvmlDeviceGetGpuFabricInfoV");
        _nvmlEventSetCreate = (delegate* unmanaged<nint*, NvmlReturn>)Symbol("nvmlEventSetCreate");
        _nvmlDeviceGetSupportedEventTypes = (delegate* unmanaged<NvmlDevice, ulong*, NvmlReturn>)Symbol("nvmlDeviceGetSupportedEventTypes");
        _nvmlDeviceRegisterEvents = (delegate* unmanaged<NvmlDevice, ulong, nint, NvmlReturn>)Symbol("nvmlDeviceRegisterEvents");
        _nvmlEventSetWait_v2 = (delegate* unmanaged<nint, nvmlEventData_t*, uint, NvmlReturn>)Symbol("nvmlEventSetWait_v2");
        _nvmlEventSetFree = (delegate* unmanaged<nint, NvmlReturn>)Symbol("nvmlEventSetFree");
        _nvmlSystemEventSetCreate = (delegate* unmanaged<nvmlSystemEventSetCreateRequest_v1_t*, NvmlReturn>)Symbol("nvmlSystemEventSetCreate");
        _nvmlSystemRegisterEvents = (delegate* unmanaged<nvmlSystemRegisterEventRequest_v1_t*, NvmlReturn>)Symbol("nvmlSystemRegisterEvents");
        _nvmlSystemEventSetWait = (delegate* unmanaged<nvmlSystemEventSetWaitRequest_v1_t*, NvmlReturn>)Symbol("nvmlSystemEventSetWait");
        _nvmlSystemEventSetFree = (delegate* unmanaged<nvmlSystemEventSetCreateRequest_v1_t*, NvmlReturn>)Symbol("nvmlSystemEventSetFree");
        _nvmlGpmQueryDeviceSupport = (delegate* unmanaged<NvmlDevice, nvmlGpmSupport_t*, NvmlReturn>)Symbol("nvmlGpmQueryDeviceSupport");
        _nvmlGpmSampleAlloc = (delegate* unmanaged<nint*, NvmlReturn>)Symbol("nvmlGpmSampleAlloc");
        _nvmlGpmSampleFree = (delegate* unmanaged<nint, NvmlReturn>)Symbol("nvmlGpmSampleFree");
        _nvmlGpmSampleGet = (delegate* unmanaged<NvmlDevice, nint, NvmlReturn>)Symbol("nvmlGpmSampleGet");
        _nvmlGpmMetricsGet = (delegate* unmanaged<nvmlGpmMetricsGet_t*, NvmlReturn>)Symbol("nvmlGpmMetricsGet");
    }

    internal NvmlReturn nvmlDeviceGetMemoryErrorCounter(NvmlDevice device, int errorType, int counterType, int locationType, ulong* count) =>
        _nvmlDeviceGetMemoryErrorCounter is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetMemoryErrorCounter(device, errorType, counterType, locationType, count));

    internal NvmlReturn nvmlDeviceGetTotalEccErrors(NvmlDevice device, int errorType, int counterType, ulong* eccCounts) =>
        _nvmlDeviceGetTotalEccErrors is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetTotalEccErrors(device, errorType, counterType, eccCounts));

    /// <summary>Needs root.</summary>
    internal NvmlReturn nvmlDeviceGetSramEccErrorStatus(NvmlDevice device, nvmlEccSramErrorStatus_v1_t* status) =>
        _nvmlDeviceGetSramEccErrorStatus is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetSramEccErrorStatus(device, status));

    /// <summary>NOT_SUPPORTED with MIG.</summary>
    internal NvmlReturn nvmlDeviceGetRemappedRows(NvmlDevice device, uint* corrRows, uint* uncRows, uint* isPending, uint* failureOccurred) =>
        _nvmlDeviceGetRemappedRows is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetRemappedRows(device, corrRows, uncRows, isPending, failureOccurred));

    internal NvmlReturn nvmlDeviceGetRemappedRows_v2(NvmlDevice device, nvmlRemappedRowsInfo_v2_t* info) =>
        _nvmlDeviceGetRemappedRows_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetRemappedRows_v2(device, info));

    internal NvmlReturn nvmlDeviceGetRowRemapperHistogram(NvmlDevice device, nvmlRowRemapperHistogramValues_t* values) =>
        _nvmlDeviceGetRowRemapperHistogram is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetRowRemapperHistogram(device, values));

    internal NvmlReturn nvmlDeviceGetRepairStatus(NvmlDevice device, nvmlRepairStatus_v1_t* repairStatus) =>
        _nvmlDeviceGetRepairStatus is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetRepairStatus(device, repairStatus));

    internal NvmlReturn nvmlDeviceGetUnrepairableMemoryFlag_v1(NvmlDevice device, nvmlUnrepairableMemoryStatus_v1_t* unrepairableMemoryStatus) =>
        _nvmlDeviceGetUnrepairableMemoryFlag_v1 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetUnrepairableMemoryFlag_v1(device, unrepairableMemoryStatus));

    internal NvmlReturn nvmlDeviceGetNvLinkState(NvmlDevice device, uint link, uint* isActive) =>
        _nvmlDeviceGetNvLinkState is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNvLinkState(device, link, isActive));

    internal NvmlReturn nvmlDeviceGetNvLinkErrorCounter(NvmlDevice device, uint link, int counter, ulong* counterValue) =>
        _nvmlDeviceGetNvLinkErrorCounter is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNvLinkErrorCounter(device, link, counter, counterValue));

    internal NvmlReturn nvmlDeviceGetNvLinkRemotePciInfo_v2(NvmlDevice device, uint link, nvmlPciInfo_t* pci) =>
        _nvmlDeviceGetNvLinkRemotePciInfo_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNvLinkRemotePciInfo_v2(device, link, pci));

    internal NvmlReturn nvmlDeviceGetNvLinkRemoteDeviceType(NvmlDevice device, uint link, int* deviceType) =>
        _nvmlDeviceGetNvLinkRemoteDeviceType is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNvLinkRemoteDeviceType(device, link, deviceType));

    internal NvmlReturn nvmlDeviceGetNvLinkInfo(NvmlDevice device, nvmlNvLinkInfo_v2_t* info) =>
        _nvmlDeviceGetNvLinkInfo is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetNvLinkInfo(device, info));

    /// <summary>Takes version 2 or 3 in the same buffer.</summary>
    internal NvmlReturn nvmlDeviceGetGpuFabricInfoV(NvmlDevice device, nvmlGpuFabricInfo_v3_t* gpuFabricInfo) =>
        _nvmlDeviceGetGpuFabricInfoV is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetGpuFabricInfoV(device, gpuFabricInfo));

    internal NvmlReturn nvmlEventSetCreate(nint* set) =>
        _nvmlEventSetCreate is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlEventSetCreate(set));

    internal NvmlReturn nvmlDeviceGetSupportedEventTypes(NvmlDevice device, ulong* eventTypes) =>
        _nvmlDeviceGetSupportedEventTypes is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceGetSupportedEventTypes(device, eventTypes));

    internal NvmlReturn nvmlDeviceRegisterEvents(NvmlDevice device, ulong eventTypes, nint set) =>
        _nvmlDeviceRegisterEvents is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlDeviceRegisterEvents(device, eventTypes, set));

    /// <summary>Blocks for the whole timeout: on a thread of its own.</summary>
    internal NvmlReturn nvmlEventSetWait_v2(nint set, nvmlEventData_t* data, uint timeoutms) =>
        _nvmlEventSetWait_v2 is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlEventSetWait_v2(set, data, timeoutms));

    internal NvmlReturn nvmlEventSetFree(nint set) =>
        _nvmlEventSetFree is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlEventSetFree(set));

    internal NvmlReturn nvmlSystemEventSetCreate(nvmlSystemEventSetCreateRequest_v1_t* request) =>
        _nvmlSystemEventSetCreate is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemEventSetCreate(request));

    internal NvmlReturn nvmlSystemRegisterEvents(nvmlSystemRegisterEventRequest_v1_t* request) =>
        _nvmlSystemRegisterEvents is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemRegisterEvents(request));

    internal NvmlReturn nvmlSystemEventSetWait(nvmlSystemEventSetWaitRequest_v1_t* request) =>
        _nvmlSystemEventSetWait is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemEventSetWait(request));

    internal NvmlReturn nvmlSystemEventSetFree(nvmlSystemEventSetCreateRequest_v1_t* request) =>
        _nvmlSystemEventSetFree is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlSystemEventSetFree(request));

    /// <summary>Asked for only when profiling metrics are switched on: sampling keeps an idle GPU awake.</summary>
    internal NvmlReturn nvmlGpmQueryDeviceSupport(NvmlDevice device, nvmlGpmSupport_t* gpmSupport) =>
        _nvmlGpmQueryDeviceSupport is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlGpmQueryDeviceSupport(device, gpmSupport));

    internal NvmlReturn nvmlGpmSampleAlloc(nint* gpmSample) =>
        _nvmlGpmSampleAlloc is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlGpmSampleAlloc(gpmSample));

    internal NvmlReturn nvmlGpmSampleFree(nint gpmSample) =>
        _nvmlGpmSampleFree is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlGpmSampleFree(gpmSample));

    internal NvmlReturn nvmlGpmSampleGet(NvmlDevice device, nint gpmSample) =>
        _nvmlGpmSampleGet is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlGpmSampleGet(device, gpmSample));

    internal NvmlReturn nvmlGpmMetricsGet(nvmlGpmMetricsGet_t* metricsGet) =>
        _nvmlGpmMetricsGet is null ? NvmlReturn.FunctionNotFound : Counted(_nvmlGpmMetricsGet(metricsGet));
}
