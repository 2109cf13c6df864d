namespace Appliance.Health.KernelLog;

/// <summary>PCI addresses come in five spellings (NVML, driver, kernel); here they are <c>0000:1b:00</c>.</summary>
public static class PciAddress
{
    public static string Short(string address)
    {
        var text = address.Trim().ToLowerInvariant();
        var dot = text.IndexOf('.');
        if (dot >= 0)
            text = text[..dot];
        var parts = text.Split(':');
        return parts.Length switch
        {
            3 => $"{parts[0].TrimStart('0').PadLeft(4, '0')}:{parts[1].PadLeft(2, '0')}:{parts[2].PadLeft(2, '0')}",
            2 => $"0000:{parts[0].PadLeft(2, '0')}:{parts[1].PadLeft(2, '0')}",
            _ => text,
        };
    }
}
