using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws;

/// <summary>
/// Reads a Signature Version 4 header. It checks that a request is signed, and for which service. It does not check the
/// signature itself, since any credentials are accepted here.
/// </summary>
internal static class SignatureV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256 ";

    /// <summary>The access key id that a request is signed with; null if there is none.</summary>
    public static string? AccessKey(IHeaderDictionary headers) =>
        headers.Authorization.ToString().Split("Credential=") is [_, var credential] ? credential.Split('/')[0] : null;

    /// <summary>The region in the credential scope; null if there is none.</summary>
    public static string? Region(IHeaderDictionary headers) =>
        headers.Authorization.ToString().Split("Credential=") is [_, var credential]
            ? credential.Split('/').ElementAtOrDefault(2)
            : null;

    /// <summary>The service in the credential scope; null if the request is not fully signed.</summary>
    public static string? SignedFor(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString();
        if (!authorization.StartsWith(Algorithm, StringComparison.Ordinal) || !headers.ContainsKey("x-amz-date"))
        {
            return null;
        }

        var parts = authorization[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries);
        return
            Part("Credential=")?.Split('/') is [not "", { Length: 8 }, not "", var service, "aws4_request"]
            && Part("SignedHeaders=") is { } signed
            && signed.Split(';').Contains("host")
            && Part("Signature=") is { Length: 64 } signature
            && signature.All(char.IsAsciiHexDigit)
            ? service
            : null;

        string? Part(string name) =>
            parts.FirstOrDefault(p => p.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
    }
}
