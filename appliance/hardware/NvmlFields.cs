namespace Appliance.Hardware;

/// <summary>
/// A set of field values read by one nvmlDeviceGetFieldValues. The call's own SUCCESS says nothing about the fields: a field has a value
/// only where its own nvmlReturn is SUCCESS, and its type says how the eight bytes are meant. A field that this GPU does not support is left
/// out of the call and asked for again now and then: to the driver each field is a question of its own.
/// </summary>
internal sealed unsafe class NvmlFields
{
    private static readonly TimeSpan _askAgainAfter = TimeSpan.FromMinutes(10);

    private readonly NvmlInterop.nvmlFieldValue_t[] _values;
    private readonly NvmlInterop.nvmlFieldValue_t[] _asked;
    private readonly uint[] _scopes;
    private readonly TimeSpan?[] _unsupportedAt;
    private readonly bool[] _answered;

    public NvmlFields(params ReadOnlySpan<uint> ids)
    {
        _values = new NvmlInterop.nvmlFieldValue_t[ids.Length];
        _asked = new NvmlInterop.nvmlFieldValue_t[ids.Length];
        _scopes = new uint[ids.Length];
        _unsupportedAt = new TimeSpan?[ids.Length];
        _answered = new bool[ids.Length];
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

    /// <summary>Another GPU, or the same after a reset: what was not supported is asked for again.</summary>
    public void Forget() => Array.Clear(_unsupportedAt);

    /// <returns>The call's own code; where it is not SUCCESS, no field has a value.</returns>
    public NvmlReturn Read(NvmlInterop nvml, NvmlDevice device, TimeSpan now)
    {
        var count = 0;
        for (var i = 0; i < _values.Length; i++)
        {
            if (!IsSkipped(i, now))
                _asked[count++] = new() { fieldId = _values[i].fieldId, scopeId = _scopes[i], nvmlReturn = NvmlReturn.Unknown };
        }

        var status = NvmlReturn.Success;
        if (count > 0)
        {
            fixed (NvmlInterop.nvmlFieldValue_t* asked = _asked)
                status = nvml.nvmlDeviceGetFieldValues(device, count, asked);
        }

        Take(status, now);
        return status;
    }

    private void Take(NvmlReturn status, TimeSpan now)
    {
        var next = 0;
        for (var i = 0; i < _values.Length; i++)
        {
            if (IsSkipped(i, now))
            {
                _values[i].nvmlReturn = NvmlReturn.NotSupported;
                continue;
            }

            var id = _values[i].fieldId;
            _values[i] = _asked[next++];
            _values[i].fieldId = id;
            if (status != NvmlReturn.Success)
                _values[i].nvmlReturn = status;
            else
                Note(i, _values[i].nvmlReturn, now);
        }
    }

    private bool IsSkipped(int index, TimeSpan now) => _unsupportedAt[index] is { } at && now - at < _askAgainAfter;

    /// <summary>What was answered once is asked for always: a driver that says NOT_SUPPORTED in passing must not cost the value for minutes.</summary>
    private void Note(int index, NvmlReturn status, TimeSpan now)
    {
        _answered[index] |= status == NvmlReturn.Success;
        _unsupportedAt[index] = status == NvmlReturn.NotSupported && !_answered[index] ? now : null;
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
