namespace InferenceCore.Engine;

/// <summary>
/// Takes kv_b_proj apart. Its rows are, per head, W_UK [n, c] and then W_UV [v, c]. With k = W_UK·latent the score q·k equals
/// (W_UKᵀ·q)·latent, so attention can run on the latents themselves and neither keys nor values are ever made ("absorbed").
/// </summary>
internal static class LatentUp
{
    public static unsafe (Matrix[] KeyUp, Matrix[] ValueUp) Split(Matrix kvB, AttentionConfig.Latent a)
    {
        var keyUp = new Matrix[a.Heads];
        var valueUp = new Matrix[a.Heads];
        var size = Matrix.SizeOf(kvB.Type);
        for (var head = 0; head < a.Heads; head++)
        {
            var firstRow = head * (a.PlainWidth + a.ValueWidth);
            var key = new Matrix(new NativeBuffer((long)a.LatentWidth * a.PlainWidth * size), kvB.Type, a.LatentWidth, a.PlainWidth);
            for (var n = 0; n < a.PlainWidth; n++)
            {
                for (var c = 0; c < a.LatentWidth; c++)
                    Set(key, c, n, kvB.At(firstRow + n, c));
            }

            var value = new Matrix(new NativeBuffer((long)a.ValueWidth * a.LatentWidth * size), kvB.Type, a.ValueWidth, a.LatentWidth);
            Buffer.MemoryCopy(kvB.Row(firstRow + a.PlainWidth), value.Row(0), value.Bytes, value.Bytes);
            keyUp[head] = key;
            valueUp[head] = value;
        }

        return (keyUp, valueUp);
    }

    private static unsafe void Set(Matrix matrix, int row, int column, float value)
    {
        if (matrix.Type == WeightType.Float32)
            ((float*)matrix.Row(row))[column] = value;
        else
            ((ushort*)matrix.Row(row))[BFloat16.Place(column, matrix.Columns)] = BFloat16.FromFloat(value);
    }
}
