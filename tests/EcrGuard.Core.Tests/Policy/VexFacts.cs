using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>What the tests of OpenVEX documents share.</summary>
internal static class VexFacts
{
    public const string Url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api";
    public const string NotAffected =
        "\"status\": \"not_affected\", \"justification\": \"vulnerable_code_not_present\"";
    public const string Affected = "\"status\": \"affected\", \"action_statement\": \"Update openssl.\"";

    public static readonly string Product = Purl(Facts.Digest(1));

    public static string Purl(Digest digest, string url = Url, string name = "api") =>
        $"pkg:oci/{name}@{digest}?repository_url={url}";

    public static string Statement(
        string says = NotAffected,
        string? product = null,
        string vulnerability = "CVE-2026-0001",
        string? at = null,
        string? packages = null,
        string aliases = "\"GHSA-1\"",
        string more = ""
    ) =>
        $$"""
            { "vulnerability": { "name": "{{vulnerability}}", "aliases": [{{aliases}}] },
              "products": [ { "@id": "{{product ?? Product}}"{{(
                packages is null ? "" : $", \"subcomponents\": [{packages}]"
            )}} } ],
              {{(at is null ? "" : $"\"timestamp\": \"{at}\",")}} {{says}} {{more}} }
            """;

    public static VexFile Document(
        string name = "a.json",
        string id = "https://example.com/vex/1",
        int version = 1,
        params string[] statements
    ) =>
        new(
            name,
            Encoding.UTF8.GetBytes(
                $$"""
                { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "{{id}}", "author": "team-pay",
                  "timestamp": "2026-11-01T09:00:00.647787998+01:00", "version": {{version}},
                  "statements": [ {{string.Join(", ", statements)}} ] }
                """
            )
        );

    public const string Host = "709825985650.dkr.ecr.us-east-1.amazonaws.com";

    public static PolicyReading Read(params VexFile[] files) => PolicyReader.Read(null, files, Facts.Now);

    public static PolicyDocument PolicyOf(params string[] statements)
    {
        var reading = Read(Document(statements: statements));
        Assert.Empty(reading.Problems);
        return reading.Policy!;
    }

    public static Verdict Decide(PolicyDocument policy, Finding? finding = null, ImageFacts? image = null) =>
        Facts.Decide(image ?? Facts.Image(1), Facts.Scan(finding ?? Facts.Finding()), policy);

    public static string Problem(params string[] statements) =>
        Assert.Single(Read(Document(statements: statements)).Problems).ToString("policy.jsonc");

    public static VexFile Raw(
        string statements,
        string name = "a.json",
        string document =
            "\"@id\": \"x:1\", \"author\": \"vendor\", \"timestamp\": \"2026-11-01T09:00:00Z\", \"version\": 1"
    ) =>
        new(
            name,
            Encoding.UTF8.GetBytes(
                $$"""{ "@context": "https://openvex.dev/ns/v0.2.0", {{document}}, "statements": {{statements}} }"""
            )
        );
}
