using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using InferenceCore.Scheduling;

namespace InferenceCore.Gateway;

/// <summary><c>system_fingerprint</c>: while it stays the same, so do the answers to the same seed. Program version, model and device go into it.</summary>
internal static class Fingerprint
{
    private static readonly ConditionalWeakTable<ServedModel, string> Known = [];

    public static string Of(ServedModel model) => Known.GetValue(model, static m =>
    {
        var version = typeof(Fingerprint).Assembly.GetName().Version;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{version}/{m.Name}/{m.WeightsMark}"));
        return "fp_" + Convert.ToHexStringLower(hash.AsSpan(0, 5));
    });
}
