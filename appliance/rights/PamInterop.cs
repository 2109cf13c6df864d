using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Appliance.Rights;

/// <summary>
/// The calls of libpam that ask whether somebody is who he says he is. The machine's own stack decides how (files, LDAP, a token, a lock after
/// failures): a service file of its own, <c>/etc/pam.d/appliance</c>.
/// </summary>
internal static unsafe partial class PamInterop
{
    private const string Library = "libpam.so.0";
    private const int PAM_SUCCESS = 0;
    private const int PAM_CONV_ERR = 19;
    private const int PAM_PROMPT_ECHO_OFF = 1;
    private const int PAM_PROMPT_ECHO_ON = 2;
    private const int PAM_SILENT = 0x8000;
    private const int PAM_DISALLOW_NULL_AUTHTOK = 0x0001;

    [StructLayout(LayoutKind.Sequential)]
    private struct pam_message
    {
        internal int msg_style;
        internal byte* msg;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct pam_response
    {
        internal byte* resp;
        internal int resp_retcode;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct pam_conv
    {
        internal delegate* unmanaged[Cdecl]<int, pam_message**, pam_response**, void*, int> conv;
        internal void* appdata_ptr;
    }

    /// <param name="directory">Where the service file lies; null for the machine's.</param>
    /// <returns>Null when the password is right and the account may be used, else libpam's words.</returns>
    internal static string? Refusal(string service, string user, string password, string? directory)
    {
        var secret = Encoding.UTF8.GetBytes(password + '\0');
        try
        {
            fixed (byte* start = secret)
            {
                var conversation = new pam_conv { conv = &Converse, appdata_ptr = start };
                var status = pam_start_confdir(service, user, &conversation, directory, out var handle);
                if (status != PAM_SUCCESS)
                    return $"PAM does not start (error {status})";
                status = pam_authenticate(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
                if (status == PAM_SUCCESS)
                    status = pam_acct_mgmt(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
                var words = status == PAM_SUCCESS ? null : Marshal.PtrToStringUTF8((nint)pam_strerror(handle, status));
                _ = pam_end(handle, status);
                return status == PAM_SUCCESS ? null : words ?? $"PAM error {status}";
            }
        }
        finally
        {
            Array.Clear(secret);
        }
    }

    /// <summary>Every hidden question is answered with the password; a visible one is none that we know.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Converse(int count, pam_message** messages, pam_response** responses, void* password)
    {
        // libpam frees both with free(3): they must come from its heap.
        var answers = (pam_response*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(pam_response));
        for (var i = 0; i < count; i++)
        {
            switch (messages[i]->msg_style)
            {
                case PAM_PROMPT_ECHO_OFF:
                    var secret = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)password);
                    answers[i].resp = (byte*)NativeMemory.AllocZeroed((nuint)secret.Length + 1);
                    secret.CopyTo(new(answers[i].resp, secret.Length));
                    break;
                case PAM_PROMPT_ECHO_ON:
                    NativeMemory.Free(answers);
                    return PAM_CONV_ERR;
            }
        }

        *responses = answers;
        return PAM_SUCCESS;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int pam_start_confdir(string service, string user, pam_conv* conversation, string? directory, out nint handle);

    [LibraryImport(Library)]
    private static partial int pam_authenticate(nint handle, int flags);

    [LibraryImport(Library)]
    private static partial int pam_acct_mgmt(nint handle, int flags);

    [LibraryImport(Library)]
    private static partial int pam_end(nint handle, int status);

    [LibraryImport(Library)]
    private static partial byte* pam_strerror(nint handle, int status);
}
