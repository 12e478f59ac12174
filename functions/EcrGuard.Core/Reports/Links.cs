using System.Globalization;
using System.Text.Json;
using EcrGuard.Core.Images;

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

    /// <summary>A waiver for the policy document, with places to fill in.</summary>
    /// <param name="from">It ends <see cref="WaiverDays"/> days later.</param>
    public static string Waiver(string vulnerability, string? package, string repository, DateTimeOffset from) =>
        $$"""
            {
              "id": {{Json(
                "W-" + string.Concat(vulnerability.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(60))
            )}},
              "vulnerability": {{Json(vulnerability)}},{{(package is null ? "" : $"\n  \"package\": {Json(package)},")}}
              "repositories": [{{Json(repository)}}],
              "reason": "why this cannot be exploited here",
              "owner": "who answers for it",
              "approvedBy": "who approved it",
              "expires": "{{from.UtcDateTime.AddDays(WaiverDays).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}}"
            }
            """;

    private static string Json(string text) =>
        JsonEncodedText.Encode(Phrase.Clip(text, 200)) is var safe ? $"\"{safe}\"" : "";

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static string Console(string region) =>
        RepositoryId.PartitionOf(region) switch
        {
            "aws-cn" => $"{region}.console.amazonaws.cn",
            "aws-us-gov" => $"{region}.console.amazonaws-us-gov.com",
            _ => $"{region}.console.aws.amazon.com",
        };
}
