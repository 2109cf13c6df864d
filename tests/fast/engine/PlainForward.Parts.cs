using InferenceCore.Engine;

namespace FastTests.Engine;

// Rotation, experts and arithmetic.
internal sealed partial class PlainForward
{
    private ModelConfig Config => golden.Config;

    private double[] Rotate(double[] row, int position)
    {
        var pairs = row.Length / 2;
        var interleaved = Config.Rope.Interleaved ^ (mutation == Mutation.PairingOfTheOtherFamily);
        var result = new double[row.Length];
        for (var i = 0; i < pairs; i++)
        {
            var (first, second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + pairs);
            var angle = position * Frequency(i, row.Length);
            var (cosine, sine) = (Math.Cos(angle) * Amplitude(), Math.Sin(angle) * Amplitude());
            result[first] = (row[first] * cosine) - (row[second] * sine);
            result[second] = (row[second] * cosine) + (row[first] * sine);
        }

        return result;
    }

    private double Frequency(int pair, int width)
    {
        var frequency = Math.Pow(Config.Rope.Theta, -2.0 * pair / width);
        switch (Config.Rope.Scaling)
        {
            case RopeScaling.Llama3 s when mutation != Mutation.Llama3ScalingOmitted:
                var wavelength = 2 * Math.PI / frequency;
                var longest = s.OriginalPositions / s.LowFrequencyFactor;
                var shortest = s.OriginalPositions / s.HighFrequencyFactor;
                if (wavelength < shortest)
                    return frequency;
                if (wavelength > longest || mutation == Mutation.Llama3SmoothingOmitted)
                    return frequency / s.Factor;
                var smooth = ((s.OriginalPositions / wavelength) - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor);
                return ((1 - smooth) * frequency / s.Factor) + (smooth * frequency);
            case RopeScaling.Yarn s:
                return frequency * (1 - Stretch(s, pair, width)) + (frequency / s.Factor * Stretch(s, pair, width));
            default:
                return frequency;
        }
    }

    private double Stretch(RopeScaling.Yarn s, int pair, int width)
    {
        double PairOf(double turns) => width * Math.Log(s.OriginalPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(Config.Rope.Theta));
        var (low, high) = (PairOf(s.BetaFast), PairOf(s.BetaSlow));
        if (mutation != Mutation.YarnRampNotRounded)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        var ramp = Math.Clamp((pair - low) / (high - low), 0, 1);
        return mutation switch
        {
            Mutation.YarnRampOmitted => 1,
            Mutation.YarnRampTheOtherWay => 1 - ramp,
            _ => ramp,
        };
    }

    private double Amplitude()
    {
        if (Config.Rope.Scaling is not RopeScaling.Yarn { Mscale: { } mscale, MscaleAllDim: { } all } s)
            return 1;
        var (a, b) = ((0.1 * mscale * Math.Log(s.Factor)) + 1, (0.1 * all * Math.Log(s.Factor)) + 1);
        return mutation == Mutation.MscaleOnCosineToo ? a : a / b;
    }

    private double[] Experts(MoeConfig moe, double[] h, string prefix)
    {
        var scores = Multiply(Read(prefix + "gate.weight", moe.Experts, Config.HiddenWidth), h);
        var sigmoid = moe.Router.Rule == RouterRule.SigmoidBiased;
        if (sigmoid && mutation != Mutation.RouterSoftmaxForSigmoid)
            scores = [.. scores.Select(s => 1 / (1 + Math.Exp(-s)))];
        else
            Softmax(scores);

        var choice = (double[])scores.Clone();
        if (sigmoid && mutation != Mutation.RouterBiasIgnored)
        {
            var bias = Vector(prefix + "gate.e_score_correction_bias", moe.Experts);
            choice = [.. scores.Zip(bias, (s, b) => s + b)];
        }

        var size = moe.Experts / moe.Router.Groups;
        var groups = Enumerable.Range(0, moe.Router.Groups)
            .OrderByDescending(g => choice[(g * size)..((g + 1) * size)].OrderDescending()
                .Take(sigmoid && mutation != Mutation.RouterGroupsByBestExpert ? 2 : 1).Sum())
            .Take(mutation == Mutation.RouterGroupsIgnored ? moe.Router.Groups : moe.Router.GroupsPerToken).ToHashSet();
        var picks = Enumerable.Range(0, moe.Experts).Where(e => groups.Contains(e / size)).OrderByDescending(e => choice[e]).Take(moe.ExpertsPerToken).ToArray();

        var weights = picks.Select(e => mutation == Mutation.RouterBiasInWeights ? choice[e] : scores[e]).ToArray();
        if ((moe.Router.NormalizeWeights && mutation != Mutation.RouterWeightsNotNormalized) || mutation == Mutation.RouterWeightsNormalized)
            weights = [.. weights.Select(w => w / weights.Sum())];
        if (mutation != Mutation.RouterFactorOmitted)
            weights = [.. weights.Select(w => w * moe.Router.ScalingFactor)];

        var result = new double[h.Length];
        for (var k = 0; k < picks.Length; k++)
            AddTo(result, Dense(h, moe.ExpertWidth, false, $"{prefix}experts.{picks[k]}."), weights[k]);
        if (moe.SharedExperts > 0 && mutation != Mutation.SharedExpertsOmitted)
            AddTo(result, Dense(h, moe.SharedExperts * moe.ExpertWidth, false, prefix + "shared_experts."), 1);
        return result;
    }

    private double[] Dense(double[] h, int width, bool bias, string prefix)
    {
        bias &= mutation != Mutation.DenseBiasOmitted;
        var gate = Project([h], prefix + "gate_proj", width, bias)[0];
        var up = Project([h], prefix + "up_proj", width, bias)[0];
        if (mutation == Mutation.GateAndUpExchanged)
            (gate, up) = (up, gate);
        var inner = gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u).ToArray();
        return Project([inner], prefix + "down_proj", Config.HiddenWidth, bias)[0];
    }

    private double[][] Project(double[][] rows, string name, int outputs, bool bias)
    {
        var weight = Read(name + ".weight", outputs, rows[0].Length);
        var add = bias && (mutation != Mutation.AttentionBiasOmitted || !name.Contains("self_attn", StringComparison.Ordinal))
            ? Vector(name + ".bias", outputs)
            : new double[outputs];
        return [.. rows.Select(row => Multiply(weight, row).Zip(add, (y, b) => y + b).ToArray())];
    }

    private double[] Norm(double[] row, double[] weight)
    {
        var scale = 1 / Math.Sqrt((row.Sum(v => v * v) / row.Length) + Config.NormEpsilon);
        return [.. row.Select((v, i) => v * scale * weight[i])];
    }

    private static void Softmax(double[] scores)
    {
        var max = scores.Max();
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Math.Exp(scores[i] - max);
        var sum = scores.Sum();
        for (var i = 0; i < scores.Length; i++)
            scores[i] /= sum;
    }

    private static double[] Multiply(double[][] weight, double[] x)
    {
        var y = new double[weight.Length];
        for (var r = 0; r < y.Length; r++)
            y[r] = Dot(weight[r], x);
        return y;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static void AddTo(double[] target, double[] other, double factor)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] += factor * other[i];
    }

    private static double[][] Slice(double[][] rows, int start, int width) => [.. rows.Select(row => row[start..(start + width)])];

    private static double[][] Rows(int rows, int width) => [.. Enumerable.Range(0, rows).Select(_ => new double[width])];

    private double[] Vector(string name, int length) => golden.Tensor(name, 1, length)[0];

    private double[][] Read(string name, int rows, int columns) => golden.Tensor(name, rows, columns);
}
