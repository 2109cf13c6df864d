using InferenceCore.Engine;

namespace FastTests.Engine;

/// <summary>
/// The forward pass a second time, straight from the papers: double precision, whole sequence at once, keys and values made for every head
/// (nothing absorbed), no cache, no kernels. It shares with the engine only the reader of files. Made wrong on purpose by a
/// <see cref="Mutation"/>, it shows which mistakes the golden logits catch.
/// </summary>
internal sealed partial class PlainForward(GoldenModel golden, Mutation mutation)
{
    public float[][] Logits(int[] tokens)
    {
        var embedding = Read("model.embed_tokens.weight", Config.Vocabulary, Config.HiddenWidth);
        var x = tokens.Select(t => embedding[t].ToArray()).ToArray();
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            Residual(x, prefix + "input_layernorm.weight", h => Config.Attention switch
            {
                AttentionConfig.Grouped g => Grouped(g, h, prefix + "self_attn."),
                AttentionConfig.Latent l => Latent(l, h, prefix + "self_attn."),
                _ => throw new InvalidOperationException(),
            });
            Residual(x, prefix + "post_attention_layernorm.weight", h => Config.Moe is { } moe && moe.AppliesTo(layer)
                ? [.. h.Select(row => Experts(moe, row, prefix + "mlp."))]
                : [.. h.Select(row => Dense(row, Config.DenseWidth, Config.BiasOnDense, prefix + "mlp."))]);
        }

        var head = Config.TiedEmbeddings ? embedding : Read("lm_head.weight", Config.Vocabulary, Config.HiddenWidth);
        var norm = Vector("model.norm.weight", Config.HiddenWidth);
        return [.. x.Select(row => Multiply(head, mutation == Mutation.FinalNormOmitted ? row : Norm(row, norm)).Select(v => (float)v).ToArray())];
    }

    private void Residual(double[][] x, string normName, Func<double[][], double[][]> part)
    {
        var weight = Vector(normName, Config.HiddenWidth);
        var after = mutation == Mutation.NormAfterInsteadOfBefore;
        var added = part(after ? x : [.. x.Select(row => Norm(row, weight))]);
        for (var t = 0; t < x.Length; t++)
        {
            var row = after ? Norm(added[t], weight) : added[t];
            for (var i = 0; i < row.Length; i++)
                x[t][i] += row[i];
        }
    }

    private double[][] Grouped(AttentionConfig.Grouped a, double[][] h, string prefix)
    {
        var q = Project(h, prefix + "q_proj", a.Heads * a.HeadWidth, a.BiasOnQueryKeyValue);
        var k = Project(h, prefix + "k_proj", a.KeyValueHeads * a.HeadWidth, a.BiasOnQueryKeyValue);
        var v = Project(h, prefix + "v_proj", a.KeyValueHeads * a.HeadWidth, a.BiasOnQueryKeyValue);
        var outputs = Rows(h.Length, a.Heads * a.HeadWidth);
        for (var head = 0; head < a.Heads; head++)
        {
            var shared = mutation == Mutation.KeyHeadsInterleaved ? head % a.KeyValueHeads : head / (a.Heads / a.KeyValueHeads);
            var queries = Slice(q, head * a.HeadWidth, a.HeadWidth).Select(Rotate).ToArray();
            var keys = Slice(k, shared * a.HeadWidth, a.HeadWidth).Select(Rotate).ToArray();
            Attend(queries, keys, Slice(v, shared * a.HeadWidth, a.HeadWidth), 1 / Math.Sqrt(a.HeadWidth), outputs, head * a.HeadWidth);
        }

        return Project(outputs, prefix + "o_proj", Config.HiddenWidth, a.BiasOnOutput);
    }

    private double[][] Latent(AttentionConfig.Latent a, double[][] h, string prefix)
    {
        var width = a.PlainWidth + a.RopeWidth;
        var q = a.QueryRank is { } rank
            ? Project(QueryNormed(Project(h, prefix + "q_a_proj", rank, a.Bias), prefix, rank), prefix + "q_b_proj", a.Heads * width, false)
            : Project(h, prefix + "q_proj", a.Heads * width, false);
        var down = Project(h, prefix + "kv_a_proj_with_mqa", a.LatentWidth + a.RopeWidth, a.Bias);
        var norm = Vector(prefix + "kv_a_layernorm.weight", a.LatentWidth);
        if (mutation == Mutation.LatentNormOverRotatedKey)
            down = [.. down.Select(row => Norm(row, [.. norm, .. Enumerable.Repeat(1.0, a.RopeWidth)]))];
        var latents = Slice(down, 0, a.LatentWidth);
        if (mutation is not (Mutation.LatentNormOmitted or Mutation.LatentNormOverRotatedKey))
            latents = [.. latents.Select(row => Norm(row, norm))];
        var rotatedKeys = Slice(down, a.LatentWidth, a.RopeWidth).Select(Rotate).ToArray();
        var up = Project(latents, prefix + "kv_b_proj", a.Heads * (a.PlainWidth + a.ValueWidth), false);

        var outputs = Rows(h.Length, a.Heads * a.ValueWidth);
        for (var head = 0; head < a.Heads; head++)
        {
            var queries = Slice(q, head * width, width)
                .Select((row, t) => (double[])[.. row[..a.PlainWidth], .. Rotate(row[a.PlainWidth..], t)]).ToArray();
            var start = head * (a.PlainWidth + a.ValueWidth);
            var exchanged = mutation == Mutation.KeyAndValueRowsExchanged;
            var keys = Slice(up, exchanged ? start + a.ValueWidth : start, a.PlainWidth)
                .Select((row, t) => (double[])[.. row, .. rotatedKeys[t]]).ToArray();
            var values = Slice(up, exchanged ? start : start + a.PlainWidth, a.ValueWidth);
            Attend(queries, keys, values, LatentScale(a), outputs, head * a.ValueWidth);
        }

        return Project(outputs, prefix + "o_proj", Config.HiddenWidth, a.Bias);
    }

    private double[][] QueryNormed(double[][] rows, string prefix, int rank) => mutation == Mutation.QueryNormOmitted
        ? rows
        : [.. rows.Select(row => Norm(row, Vector(prefix + "q_a_layernorm.weight", rank)))];

    private double LatentScale(AttentionConfig.Latent a)
    {
        var scale = 1 / Math.Sqrt(a.PlainWidth + a.RopeWidth);
        if (Config.Rope.Scaling is not RopeScaling.Yarn { MscaleAllDim: { } all } yarn)
            return scale;
        var mscale = (0.1 * all * Math.Log(yarn.Factor)) + 1;
        return mutation switch
        {
            Mutation.MscaleOmitted => scale,
            Mutation.MscaleNotSquared => scale * mscale,
            _ => scale * mscale * mscale,
        };
    }

    private void Attend(double[][] queries, double[][] keys, double[][] values, double scale, double[][] outputs, int offset)
    {
        for (var t = 0; t < queries.Length; t++)
        {
            var count = mutation == Mutation.NotCausal ? queries.Length : t + 1;
            var scores = new double[count];
            for (var s = 0; s < count; s++)
                scores[s] = Dot(queries[t], keys[s]) * scale;
            Softmax(scores);
            for (var s = 0; s < count; s++)
            {
                for (var i = 0; i < values[s].Length; i++)
                    outputs[t][offset + i] += scores[s] * values[s][i];
            }
        }
    }
}
