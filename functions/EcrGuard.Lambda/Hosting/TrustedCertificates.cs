using System.Runtime.InteropServices;

namespace EcrGuard.Lambda.Hosting;

/// <summary>
/// The certificates that a function trusts. .NET reads OpenSSL's file and every file in OpenSSL's folder before the
/// first call over TLS. Amazon Linux has the same certificates in all of them, so it would read each two or three
/// times: most of what TLS adds to a cold start.
/// </summary>
internal static partial class TrustedCertificates
{
    /// <summary>All of them, in Amazon Linux (package ca-certificates).</summary>
    private const string All = "/etc/pki/tls/cert.pem";

    /// <summary>A folder that does not exist.</summary>
    private const string Nowhere = "/nowhere";

    /// <summary>
    /// Has them read once, from the file. Elsewhere, and where somebody has chosen already, nothing changes. To be
    /// called before the first call over TLS.
    /// </summary>
    public static void ReadOnce()
    {
        if (!File.Exists(All) || Chosen("SSL_CERT_FILE") || Chosen("SSL_CERT_DIR"))
            return;
        _ = Set("SSL_CERT_FILE", All, overwrite: 1);
        _ = Set("SSL_CERT_DIR", Nowhere, overwrite: 1);
    }

    private static bool Chosen(string variable) => Environment.GetEnvironmentVariable(variable) is not null;

    // .NET asks the C library for these two. Environment.SetEnvironmentVariable changes only a copy of its own.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
