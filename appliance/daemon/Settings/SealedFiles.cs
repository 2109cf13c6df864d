using System.Security.Cryptography;
using System.Text;

namespace Appliance.Daemon.Settings;

/// <summary>
/// Private keys in a backup: AES-256-GCM under a key that PBKDF2-SHA-256 makes of a passphrase, 600 000 rounds (OWASP's figure for it). Layout:
/// salt (16), nonce (12), tag (16), ciphertext.
/// </summary>
internal static class SealedFiles
{
    public const string FileName = "keys.sealed";

    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int Head = SaltBytes + NonceBytes + TagBytes;
    private const int Rounds = 600_000;

    public static byte[] Seal(ReadOnlySpan<byte> plain, string passphrase)
    {
        var box = new byte[Head + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, SaltBytes + NonceBytes));
        using var aes = new AesGcm(Key(passphrase, box.AsSpan(0, SaltBytes)), TagBytes);
        aes.Encrypt(box.AsSpan(SaltBytes, NonceBytes), plain, box.AsSpan(Head), box.AsSpan(SaltBytes + NonceBytes, TagBytes));
        return box;
    }

    /// <returns>Null for a wrong passphrase or a changed box: nobody can tell which.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> box, string passphrase)
    {
        if (box.Length < Head)
            return null;
        var plain = new byte[box.Length - Head];
        try
        {
            using var aes = new AesGcm(Key(passphrase, box[..SaltBytes]), TagBytes);
            aes.Decrypt(box.Slice(SaltBytes, NonceBytes), box[Head..], box.Slice(SaltBytes + NonceBytes, TagBytes), plain);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Key(string passphrase, ReadOnlySpan<byte> salt) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, Rounds, HashAlgorithmName.SHA256, 32);
}
