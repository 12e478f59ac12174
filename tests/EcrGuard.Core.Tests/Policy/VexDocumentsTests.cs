using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Policy.VexFacts;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>Several OpenVEX documents together. A document with an error excuses nothing.</summary>
public sealed class VexDocumentsTests
{
    /// <summary>What a vendor says about its own registry, beside what it says about ours.</summary>
    [Theory]
    [InlineData($"pkg:oci/agent?repository_url={Host}/vendor/agent&tag=7.1")]
    [InlineData($"pkg:docker/vendor/agent@7.1?repository_url={Host}")]
    [InlineData($"pkg:docker/{Host}/vendor/agent@7.1")]
    [InlineData($"{Host}/vendor/agent:7.1")]
    [InlineData($"https://{Host}/vendor/agent:7.1")]
    public void What_is_said_of_another_accounts_registry_is_passed_over_whatever_its_form(string product)
    {
        var file = Document(statements: [Statement(), Statement(vulnerability: "CVE-2", product: product)]);
        // If the account is not known, the registry of AWS Marketplace belongs to nobody here.
        foreach (var account in new[] { null, "123456789012" })
        {
            var reading = PolicyReader.Read(null, [file], Facts.Now, account);
            Assert.Empty(reading.Problems);
            Assert.Single(reading.Policy!.Vex);
        }
        // In its own deployment that registry is ours. Any other registry may be ours if the account is not known.
        Assert.NotEmpty(PolicyReader.Read(null, [file], Facts.Now, "709825985650").Problems);
        var other = product.Replace("709825985650", "111122223333", StringComparison.Ordinal);
        var another = Document(statements: [Statement(), Statement(vulnerability: "CVE-2", product: other)]);
        Assert.Empty(PolicyReader.Read(null, [another], Facts.Now, "123456789012").Problems);
        Assert.NotEmpty(Read(another).Problems);
    }

    [Fact]
    public void Of_the_versions_of_a_document_the_highest_counts()
    {
        var reading = Read(
            Document("a.json", "x:1", 2, Statement(Affected, at: "2026-10-01T00:00:00Z")),
            Document("b.json", "x:1", 1, Statement())
        );

        Assert.Equal(Status.Blocked, Decide(reading.Policy!).Status);
        Assert.Equal(
            "b.json:1:1: error: The document 'x:1' is also a.json, in the same version; one of the two is "
                + "not meant.",
            Assert
                .Single(
                    Read(Document("a.json", "x:1", 1, Statement()), Document("b.json", "x:1", 1, Statement())).Problems
                )
                .ToString("policy.jsonc")
        );
    }

    [Fact]
    public void Statements_of_one_moment_that_contradict_each_other_are_an_error()
    {
        var problem = Problem(Statement(), Statement("\"status\": \"fixed\""));

        Assert.StartsWith("a.json:5:81: error: Of CVE-2026-0001 in pay/api@sha256:", problem, StringComparison.Ordinal);
        Assert.Contains(
            "this says fixed, and a.json, line 3, column 19, says not_affected as of the same moment. "
                + "($.statements[1])",
            problem,
            StringComparison.Ordinal
        );
        Assert.Empty(
            Read(
                Document(
                    statements:
                    [
                        Statement(packages: """{ "@id": "pkg:deb/debian/a" }"""),
                        Statement(Affected, packages: """{ "@id": "pkg:deb/debian/b" }"""),
                    ]
                )
            ).Problems
        );
    }

    [Fact]
    public void Statements_of_one_moment_contradict_each_other_under_different_names_too() =>
        Assert.Contains(
            "this says affected, and a.json, line 3, column 19, says fixed",
            Problem(Statement("\"status\": \"fixed\""), Statement(Affected, vulnerability: "GHSA-1", aliases: "")),
            StringComparison.Ordinal
        );

    /// <summary>Issue 10: a wrong document must neither excuse anything nor keep the functions from starting.</summary>
    [Fact]
    public void One_document_that_is_wrong_excuses_nothing_and_the_others_do()
    {
        var wrong = Document(
            "b.json",
            "x:2",
            1,
            Statement(vulnerability: "CVE-2026-0002", aliases: ""),
            Statement(
                "\"status\": \"affected\"",
                vulnerability: "CVE-2026-0003",
                aliases: "",
                at: "2026-11-02T00:00:00Z"
            )
        );
        var reading = Read(
            Document("a.json", "x:1", 1, Statement(), Statement(vulnerability: "CVE-2026-0003", aliases: "")),
            wrong,
            new VexFile("c.json", new byte[1024 * 1024 + 1]),
            new VexFile("d.json", "{"u8.ToArray())
        );

        Assert.Equal(["b.json", "c.json", "d.json"], reading.Problems.Select(problem => problem.File));
        Assert.Equal(reading.Problems, reading.Policy!.VexProblems);
        Assert.Equal(Status.Approved, Decide(reading.Policy).Status);
        Assert.Equal(Status.Blocked, Decide(reading.Policy, Facts.Finding("CVE-2026-0002")).Status);
        // What the document takes back is still taken back.
        Assert.Equal(Status.Blocked, Decide(reading.Policy, Facts.Finding("CVE-2026-0003")).Status);
    }

    [Theory]
    [InlineData("\"status\": \"unsure\"", null)]
    [InlineData(Affected, "yesterday")]
    public void What_a_wrong_document_may_take_back_is_taken_back(string says, string? at) =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                Read(
                    Document("a.json", "x:1", 1, Statement(at: "2026-11-02T00:00:00Z")),
                    Document("b.json", "x:2", 1, Statement(says, at: at ?? "2026-11-03T00:00:00Z"))
                ).Policy!
            ).Status
        );

    /// <summary>A document in an unknown format may still take back what another one excuses.</summary>
    [Theory]
    [InlineData("\"http://openvex.dev/ns\"")]
    [InlineData("[\"https://openvex.dev/ns/v0.2.0\"]")]
    public void What_a_document_of_an_unknown_context_takes_back_is_taken_back(string context)
    {
        var later = Statement(Affected, at: "2026-11-03T00:00:00Z");
        var text = Encoding
            .UTF8.GetString(Document("b.json", "x:2", 1, later).Utf8.Span)
            .Replace("\"https://openvex.dev/ns/v0.2.0\"", context, StringComparison.Ordinal);
        var reading = Read(
            Document("a.json", "x:1", 1, Statement(at: "2026-11-02T00:00:00Z")),
            new VexFile("b.json", Encoding.UTF8.GetBytes(text))
        );

        Assert.Equal("b.json", Assert.Single(reading.Problems).File);
        Assert.Equal(Status.Blocked, Decide(reading.Policy!).Status);
    }

    /// <summary>A vendor's bill of materials names the vendor's registry, and is about none of our images.</summary>
    [Fact]
    public void A_document_of_another_format_about_another_accounts_registry_is_passed_over() =>
        Assert.Empty(
            PolicyReader
                .Read(
                    null,
                    [
                        new VexFile(
                            "a.json",
                            Encoding.UTF8.GetBytes($$"""{ "bomFormat": "CycloneDX", "ref": "{{Host}}/vendor/agent" }""")
                        ),
                    ],
                    Facts.Now,
                    "123456789012"
                )
                .Problems
        );

    [Fact]
    public void An_older_version_does_not_speak_for_a_newer_one_that_is_wrong_or_silent()
    {
        var old = Document("a.json", "x:1", 1, Statement());

        Assert.Equal(
            Status.Blocked,
            Decide(Read(old, Document("b.json", "x:1", 2, Statement("\"status\": \"unsure\""))).Policy!).Status
        );
        Assert.Equal(Status.Blocked, Decide(Read(old, Document("b.json", "x:1", 2)).Policy!).Status);
        Assert.Equal(
            Status.Approved,
            Decide(
                Read(
                    Document("a.json", "x:1", 3, Statement()),
                    Document("b.json", "x:1", 2, Statement("\"status\": \"unsure\""))
                ).Policy!
            ).Status
        );
        // If two documents have the same version, neither counts.
        Assert.Equal(Status.Blocked, Decide(Read(old, Document("b.json", "x:1", 1, Statement())).Policy!).Status);
    }

    [Fact]
    public void Errors_of_the_policy_and_of_the_documents_are_told_together()
    {
        var reading = PolicyReader.Read(
            "{}"u8.ToArray(),
            [Document("a.json", "x:1", 1, Statement("\"status\": 1"))],
            Facts.Now
        );

        Assert.Null(reading.Policy);
        Assert.Equal(
            ["policy.jsonc:1:1", "a.json:5:"],
            reading.Problems.Select(p => p.ToString("policy.jsonc")).Zip([16, 9], (text, length) => text[..length])
        );
    }

    [Fact]
    public void The_version_is_the_hash_of_the_policy_and_the_documents_one_after_the_other()
    {
        var document = Document(statements: Statement());
        byte[] policy = [.. "{ \"version\": 1 }"u8];

        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData([.. policy, .. document.Utf8.Span])),
            PolicyReader.Read(policy, [document], Facts.Now).Policy!.Version
        );
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData([.. "{\"version\":1}"u8, .. document.Utf8.Span])),
            Read(document).Policy!.Version
        );
        Assert.NotEqual(
            Read(document).Policy!.Version,
            Read(Document(statements: Statement(Affected))).Policy!.Version
        );
        Assert.Equal(
            PolicyReader.Read(policy, Facts.Now).Policy!.Version,
            PolicyReader.Read(policy, [], Facts.Now).Policy!.Version
        );
    }
}
