namespace Appliance.Hardware;

/// <summary>
/// A set of field values read by one nvmlDeviceGetFieldValues. The call's own SUCCESS says nothing about the fields: a field has a value
/// only where its own nvmlReturn is SUCCESS, and its type says how the eight bytes are meant.
/// </summary>
internal sealed unsafe class NvmlFields
{
    private readonly NvmlInterop.nvmlFieldValue_t[] _values;
    private readonly uint[] _scopes;

    public NvmlFields(params ReadOnlySpan<uint> ids)
    {
        _values = new NvmlInterop.nvmlFieldValue_t[ids.Length];
        _scopes = new uint[ids.Length];
        for (var i = 0; i < ids.Length; i++)
            _values[i].fieldId = ids[i];
    }

    public int Count => _values.Length;

    /// <summary>The same fields for each of <paramref name="scopes"/> links, links together.</summary>
    public static NvmlFields PerLink(int links, params ReadOnlySpan<uint> ids)
    {
        var all = new uint[links * ids.Length];
        for (var i = 0; i < all.Length; i++)
            all[i] = ids[i % ids.Length];
        var fields = new NvmlFields(all);
        for (var i = 0; i < all.Length; i++)
            fields._scopes[i] = (uint)(i / ids.Length);
        return fields;
    }

    public void Scope(int index, uint scope) => _scopes[index] = scope;

    public NvmlReturn Read(NvmlInterop nvml, NvmlDevice device)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            ref var value = ref _values[i];
            value = new() { fieldId = value.fieldId, scopeId = _scopes[i], nvmlReturn = NvmlReturn.Unknown };
        }

        fixed (NvmlInterop.nvmlFieldValue_t* values = _values)
            return nvml.nvmlDeviceGetFieldValues(device, _values.Length, values);
    }

    public uint Id(int index) => _values[index].fieldId;

    public NvmlReturn Status(int index) => _values[index].nvmlReturn;

    /// <summary>Null where the field's own return code is not SUCCESS.</summary>
    public long? this[int index]
    {
        get
        {
            ref var field = ref _values[index];
            return field.nvmlReturn == NvmlReturn.Success ? ValueOf(field.valueType, field.value) : null;
        }
    }

    internal static long? ValueOf(int type, ulong value) => type switch
    {
        0 => double.IsFinite(BitConverter.UInt64BitsToDouble(value)) ? (long)BitConverter.UInt64BitsToDouble(value) : null,
        1 => (uint)value,
        2 or 3 => value <= long.MaxValue ? (long)value : null,
        4 => (long)value,
        5 => (int)value,
        6 => (ushort)value,
        _ => null, // a type newer than this program
    };
}
