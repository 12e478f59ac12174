using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Reports;

/// <summary>Addresses of what a reader may want to see next. None is signed: whoever follows one signs in.</summary>
public static class Links
{
    /// <summary>A page about a vulnerability; null for an id without a known public page.</summary>
    public static string? Vulnerability(string id) =>
        !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || id.Length > 60 ? null
        : id.StartsWith("CVE-", StringComparison.Ordinal) ? $"https://www.cve.org/CVERecord?id={id}"
        : id.StartsWith("GHSA-", StringComparison.Ordinal) ? $"https://github.com/advisories/{id}"
        : null;

    /// <summary>The repository in the ECR console.</summary>
    public static string Repository(string account, string region, string repository) =>
        $"https://{Console(region)}/ecr/repositories/private/{account}/{Escaped(repository)}?region={region}";

    /// <summary>The Inspector console of the region.</summary>
    public static string Inspector(string region) => $"https://{Console(region)}/inspector/v2/home?region={region}";

    /// <summary>An object in the S3 console.</summary>
    public static string S3Object(string region, string bucket, string key) =>
        $"https://{Console(region)}/s3/object/{bucket}?region={region}&prefix={Escaped(key)}";

    /// <summary>How long a proposed waiver lasts.</summary>
    private const int WaiverDays = 30;

    /// <summary>
    /// A waiver for the policy document. Who pastes it fills in the rest: the policy takes no empty text.
    /// </summary>
    /// <param name="from">It ends <see cref="WaiverDays"/> days later.</param>
    public static string Waiver(string vulnerability, string? package, string repository, DateTimeOffset from) =>
        $$"""
            {
              "id": "{{WaiverId(vulnerability, package, repository)}}",
              "vulnerability": {{Glob(vulnerability)}},{{(package is null ? "" : $"\n  \"package\": {Glob(package)},")}}
              "repositories": [{{Glob(repository)}}],
              "reason": "", // Why can this not be exploited here?
              "owner": "", // Who answers for it?
              "approvedBy": "", // Who approved it?
              "expires": "{{from.UtcDateTime.AddDays(WaiverDays).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}}"
            }
            """;

    /// <summary>Different for each vulnerability, package and repository.</summary>
    private static string WaiverId(string vulnerability, string? package, string repository)
    {
        const int longest = PolicyReader.MaxIdLength;
        var hash = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{vulnerability}\n{package}\n{repository}"))
        )[..8];
        var words = $"W-{vulnerability}-{repository}"
            .Replace('/', '-')
            .Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            .Take(longest - hash.Length - 1);
        return $"{string.Concat(words)}-{hash}";
    }

    /// <summary>A glob that matches the name. What no glob may hold is matched by '?'.</summary>
    private static string Glob(string name)
    {
        var glob = string.Concat(
            name.Take(Images.Glob.MaxLength)
                .Select(c =>
                    char.IsControl(c) || char.IsWhiteSpace(c) || "[]{}!".Contains(c, StringComparison.Ordinal) ? '?' : c
                )
        );
        return $"\"{JsonEncodedText.Encode(name.Length > glob.Length ? glob[..^1] + "*" : glob)}\"";
    }

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static string Console(string region) =>
        RepositoryId.PartitionOf(region) switch
        {
            "aws-cn" => $"{region}.console.amazonaws.cn",
            "aws-us-gov" => $"{region}.console.amazonaws-us-gov.com",
            _ => $"{region}.console.aws.amazon.com",
        };
}
