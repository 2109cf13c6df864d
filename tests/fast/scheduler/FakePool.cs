using InferenceCore.Engine;

namespace FastTests.Scheduling;

/// <summary>Blocks that are nothing but indices, as on a device, and a record of the copies between them.</summary>
internal sealed class FakePool(int limit, string? gpu = null) : KvPool(limit)
{
    public List<(int From, int To, int Tokens)> Copies { get; } = [];

    public int Made { get; private set; }

    public override long BlockBytes => 1 << 20;

    public override string? Gpu => gpu;

    public override void CopyTokens(KvBlock from, KvBlock to, int tokens) => Copies.Add((from.Index, to.Index, tokens));

    protected override KvBlock TryMake(int index)
    {
        Assert.Equal(Made++, index);
        return new KvBlock(index);
    }
}
