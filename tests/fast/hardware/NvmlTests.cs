using Appliance.Hardware;

namespace FastTests.Hardware;

/// <summary>What of the binding can be judged without a library: layouts, types of field values, masks, names.</summary>
public sealed class NvmlTests
{
    /// <summary>Sizes of nvml.h, API 13, as gcc has them on x86-64.</summary>
    [Theory]
    [InlineData("nvmlFieldValue_t", 40)]
    [InlineData("nvmlPciInfo_t", 68)]
    [InlineData("nvmlMemory_v2_t", 40)]
    [InlineData("nvmlTemperature_t", 12)]
    [InlineData("nvmlMarginTemperature_t", 8)]
    [InlineData("nvmlGpuThermalSettings_t", 64)]
    [InlineData("nvmlEccSramErrorStatus_v1_t", 104)]
    [InlineData("nvmlRemappedRowsInfo_v2_t", 24)]
    [InlineData("nvmlRowRemapperHistogramValues_t", 20)]
    [InlineData("nvmlRepairStatus_v1_t", 12)]
    [InlineData("nvmlUnrepairableMemoryStatus_v1_t", 4)]
    [InlineData("nvmlGpuFabricInfo_v3_t", 40)]
    [InlineData("nvmlPlatformInfo_v2_t", 44)]
    [InlineData("nvmlNvLinkInfo_v2_t", 1612)]
    [InlineData("nvmlEventData_t", 32)]
    [InlineData("nvmlSystemEventSetCreateRequest_v1_t", 16)]
    [InlineData("nvmlSystemRegisterEventRequest_v1_t", 24)]
    [InlineData("nvmlSystemEventSetWaitRequest_v1_t", 32)]
    public void A_structure_has_the_size_of_nvml_h(string type, int size)
    {
        var row = Nvml.Layout().Single(l => l.Type == type);
        Assert.Equal(size, row.Size);
        Assert.Equal(size, row.Wanted);
    }

    [Fact]
    public unsafe void Fields_lie_where_nvml_h_has_them()
    {
        NvmlInterop.nvmlGpuFabricInfo_v3_t fabric;
        Assert.Equal((20, 24, 28, 32, 36), (
            (int)((byte*)&fabric.status - (byte*)&fabric), (int)((byte*)&fabric.cliqueId - (byte*)&fabric), (int)((byte*)&fabric.state - (byte*)&fabric),
            (int)((byte*)&fabric.healthMask - (byte*)&fabric), (int)(&fabric.healthSummary - (byte*)&fabric)));
        NvmlInterop.nvmlFieldValue_t field;
        Assert.Equal((24, 28, 32), (
            (int)((byte*)&field.valueType - (byte*)&field), (int)((byte*)&field.nvmlReturn - (byte*)&field), (int)((byte*)&field.value - (byte*)&field)));
        NvmlInterop.nvmlEccSramErrorStatus_v1_t sram;
        Assert.Equal(96, (int)((byte*)&sram.bThresholdExceeded - (byte*)&sram));
        NvmlInterop.nvmlEventData_t happened;
        Assert.Equal((8, 16, 24), (
            (int)((byte*)&happened.eventType - (byte*)&happened), (int)((byte*)&happened.eventData - (byte*)&happened),
            (int)((byte*)&happened.gpuInstanceId - (byte*)&happened)));
    }

    [Theory]
    [InlineData(1, 0xFFFF_FFFF_0000_0012, 18)]
    [InlineData(3, 3_583_192UL, 3_583_192)]
    [InlineData(5, 0x0000_0000_FFFF_FFFE, -2)]
    [InlineData(4, 0xFFFF_FFFF_FFFF_FFF8, -8)]
    [InlineData(6, 0xFFFF_0007, 7)]
    public void A_field_is_read_by_its_type(int type, ulong raw, long value) => Assert.Equal(value, NvmlFields.ValueOf(type, raw));

    [Theory]
    [InlineData(0, 0x7FF8_0000_0000_0000)] // NaN
    [InlineData(3, ulong.MaxValue)]
    [InlineData(7, 1UL)] // a type of a newer header
    public void What_cannot_be_said_is_absent(int type, ulong raw) => Assert.Null(NvmlFields.ValueOf(type, raw));

    [Fact]
    public void The_health_mask_is_fields_of_two_bits_and_not_a_number_that_should_be_zero()
    {
        var healthy = NvmlFabric.Decode(new() { state = 3, healthMask = 0b10_0001_10_10_10_10 }, hasSummary: true);
        Assert.Equal((false, false, false, false, false), (healthy.DegradedBandwidth, healthy.RouteRecovery, healthy.RouteUnhealthy,
            healthy.AccessTimeoutRecovery, healthy.PartitionAssigned));
        Assert.Equal(1, healthy.IncorrectConfiguration);
        var ill = NvmlFabric.Decode(new() { state = 3, healthMask = 0b01 | 0b01 << 4 | 5 << 8 }, hasSummary: true);
        Assert.Equal((true, null, true, 5), (ill.DegradedBandwidth, ill.RouteRecovery, ill.RouteUnhealthy, ill.IncorrectConfiguration));
        Assert.Null(NvmlFabric.Decode(new() { state = 3 }, hasSummary: true).ClusterUuid);
    }

    [Theory]
    [InlineData("00000000:1B:00.0", "0000:1b:00.0")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_bus_id_is_the_kernels_name_too(string? nvml, string? kernel) => Assert.Equal(kernel, PciErrors.KernelName(nvml));

    [Fact]
    public void A_set_of_processors_is_written_as_the_kernel_writes_it()
    {
        Assert.Equal("0-55,112-167", NvmlSurvey.CpuList([(1UL << 56) - 1, 0xFFFF_0000_0000_0000, 0x0000_00FF_FFFF_FFFF]));
        Assert.Equal("0,2,191", NvmlSurvey.CpuList([0b101, 0, 1UL << 63]));
        Assert.Null(NvmlSurvey.CpuList([0, 0]));
    }

    [Fact]
    public void A_refusal_is_named_by_the_function()
    {
        Assert.Equal("nvmlDeviceGetSerial", NvmlSurvey.NameOf("_nvml.nvmlDeviceGetSerial(_device, &x)"));
        Assert.Equal("field 230", NvmlSurvey.NameOf("field 230"));
    }
}
