using System.Text;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Policy.VexFacts;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>What is an error in an OpenVEX document, and what is skipped.</summary>
public sealed class VexProblemsTests
{
    [Fact]
    public void A_package_URL_that_is_none_is_one_error() =>
        Assert.Contains(
            "it must be a package URL, 'pkg:type",
            Problem(Statement(packages: """{ "@id": "pkg:npm/a@" }""")),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(
        "pkg:oci/api@sha256:01?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "its version 'sha256:01' is no digest"
    )]
    [InlineData(
        "pkg:oci/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=https://123456789012.DKR.ECR.eu-central-1.amazonaws.com/pay/api",
        "is 'https://123456789012.DKR.ECR.eu-central-1.amazonaws.com/pay/api', which is no repository of ECR's"
    )]
    [InlineData(
        "PKG:oci/api@sha256:00?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "its version 'sha256:00' is no digest"
    )]
    [InlineData(
        "pkg:oci/api?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "without a digest it is every image of the repository"
    )]
    [InlineData(
        "pkg:oci/web@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "its name must be the last part"
    )]
    [InlineData(
        "pkg:oci/pay/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "its name must be the last part"
    )]
    [InlineData(
        "pkg:oci/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "its qualifier repository_url is '123456789012.dkr.ecr.eu-central-1.amazonaws.com', which is no repository"
    )]
    [InlineData(
        "pkg:oci/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api#usr/lib",
        "its subpath names a part of the image"
    )]
    [InlineData(
        "pkg:docker/pay/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "its type is 'docker'"
    )]
    [InlineData(
        "pkg:oci/123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api@sha256:0000000000000000000000000000000000000000000000000000000000000001",
        "it does not say in 'repository_url'"
    )]
    [InlineData(
        "pkg:oci/?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api",
        "it must be a package URL"
    )]
    public void Half_an_image_is_an_error(string purl, string why)
    {
        var problem = Problem(Statement(product: purl));

        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.EndsWith(
            "($.statements[0].products[0].@id)".Replace(".@id", "['@id']", StringComparison.Ordinal),
            problem,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "pkg:oci/debian@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=docker.io/library/debian"
    )]
    [InlineData("pkg:oci/debian?repository_url=ghcr.io/library/debian")]
    [InlineData(
        "pkg:oci/ecr@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=ghcr.io/dkr/ecr"
    )]
    [InlineData(
        "pkg:oci/debian@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=ghcr.io/library/debian#usr/lib"
    )]
    [InlineData("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7")]
    [InlineData("https://example.com/products/api")]
    [InlineData("pkg:oci/api@sha256:0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("pkg:docker/library/nginx@1.27?repository_url=docker.io")]
    [InlineData("pkg:oci/x@1?repository_url=https://dkr-ecr.example.com/x")]
    [InlineData("pkg:oci/x@1?repository_url=mydkrsecret.example.com/x")]
    [InlineData("pkg:oci/x@1?repository_url=1234.dkr.ecr.eu-central-1.amazonaws.com/x")]
    [InlineData("pkg:oci/x@1?repository_url=dkr.ecr.eu-central-1.amazonaws.com/x")]
    [InlineData("pkg:oci/x@1?repository_url=123456789012.dkr.ecr.eu-central-1.example.com/x")]
    [InlineData("https://mydkrsecret.example.com/123456789012")]
    [InlineData("pkg:oci")]
    [InlineData("pkg:oci/api@?a=b")]
    [InlineData("cpe:2.3:a:wolfi:git:2.39.0:*:*:*:*:*:*:*")]
    [InlineData("openssl")]
    [InlineData(" ")]
    public void Products_elsewhere_are_passed_over(string purl) =>
        Assert.Equal(
            Status.Blocked,
            Decide(PolicyOf(Statement(product: purl, packages: """{ "@id": "pkg:generic/x" }"""))).Status
        );

    [Theory]
    [InlineData(
        "\"status\": \"not_affected\"",
        "The statement says not_affected without a 'justification'; it must be component_not_present, "
    )]
    [InlineData(
        "\"status\": \"not_affected\", \"impact_statement\": \"We do not call it.\"",
        "without a 'justification', for which an 'impact_statement' does not stand; it must be "
    )]
    [InlineData(
        "\"status\": \"not_affected\", \"justification\": \"vulnerable_code_not_presnt\"",
        "Found 'vulnerable_code_not_presnt'; it must be component_not_present, "
    )]
    [InlineData(NotAffected + ", \"impact_statement\": \" \"", "Found ' '; it must be a text that says something.")]
    [InlineData("\"status\": \"affected\"", "without an 'action_statement'")]
    [InlineData(
        "\"status\": \"fixed\", \"justification\": \"component_not_present\"",
        "a 'justification' goes with not_affected only"
    )]
    [InlineData(
        "\"status\": \"Fixed\"",
        "Found 'Fixed'; it must be not_affected, affected, fixed or under_investigation."
    )]
    [InlineData("\"status\": \"fixed\", \"statuses\": 1", "The key 'statuses' is unknown; did you mean 'status'?")]
    [InlineData("\"status\": \"fixed\", \"status\": \"fixed\"", "The key 'status' is already at")]
    [InlineData("\"status\": \"fixed\", \"timestamp\": \"2026-11-01\"", "it must be a moment")]
    [InlineData("\"status\": \"fixed\", \"timestamp\": \"2026-11-01T09:00:00\"", "it must be a moment")]
    [InlineData("\"status\": \"fixed\", \"timestamp\": \"2026-11-20T00:00:00Z\"", "which is in the future")]
    [InlineData("\"status\": \"fixed\",", "cannot be read as JSON")]
    public void A_malformed_statement_is_an_error_with_its_place(string says, string message) =>
        Assert.Contains(message, Problem(Statement(says)), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        "{ \"@id\": \"pkg:deb/debian/openssl\", \"identifiers\": { \"purl\": \"pkg:deb/debian/openssl@3\" } }",
        "which of the two is meant cannot be told"
    )]
    [InlineData(
        "{ \"@id\": \"pkg:conan/openssl\" }",
        "Found 'pkg:conan/openssl'; it must be a package URL of a type that scanners report: alpm, apk, "
    )]
    [InlineData("{ \"@id\": \"openssl\" }", "The subcomponent has no package URL")]
    [InlineData(
        "{ \"@id\": \"pkg:golang/google.golang.org/genproto#googleapis/api\" }",
        "Found 'pkg:golang/google.golang.org/genproto#googleapis/api'; its subpath names a part of the package"
    )]
    [InlineData(
        "{ \"identifiers\": { \"purl\": \"pkg:golang/golang.org/x/crypto@2.4?arch=arm64#ssh\" } }",
        "its subpath names a part of the package"
    )]
    [InlineData(
        "{ \"id\": \"pkg:deb/debian/openssl\", \"@id\": \"pkg:deb/debian/openssl\" }",
        "The key 'id' is unknown"
    )]
    public void A_package_that_cannot_be_told_is_an_error(string package, string message) =>
        Assert.Contains(message, Problem(Statement(packages: package)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "bomFormat": "CycloneDX", "specVersion": "1.5" }""", "it is CycloneDX")]
    [InlineData("""{ "spdxVersion": "SPDX-2.3" }""", "it is SPDX")]
    [InlineData("""{ "document": { "csaf_version": "2.0" }, "vulnerabilities": [] }""", "it is CSAF")]
    [InlineData("""{ "_type": "https://in-toto.io/Statement/v0.1", "predicate": {} }""", "it is an in-toto statement")]
    [InlineData("""{ "payloadType": "application/vnd.in-toto+json", "payload": "" }""", "it is a signed envelope")]
    [InlineData("""{ "@context": "https://schema.org" }""", "its '@context' is 'https://schema.org'")]
    [InlineData("{}", "it has neither an '@context' of")]
    [InlineData("[]", "it is a list")]
    [InlineData("null", "it is null")]
    [InlineData("""{ "@context": "https://openvex.dev/ns/v0.2.0" }""", null)]
    [InlineData("""{ "statements": [] }""", null)]
    [InlineData("{", null)]
    public void A_document_of_another_format_is_known_for_what_it_is(string text, string? why)
    {
        var said = new VexFile("a.json", Encoding.UTF8.GetBytes(text)).WhyNoOpenVex();

        Assert.Equal(why is null, said is null);
        Assert.StartsWith(why ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_document_of_another_format_about_an_image_of_ECR_that_alone_is_told() =>
        Assert.Equal(
            "The document is no OpenVEX document: it is CycloneDX.",
            Assert
                .Single(
                    Read(
                        new VexFile(
                            "a.json",
                            Encoding.UTF8.GetBytes($$"""{ "bomFormat": "CycloneDX", "ref": "{{Product}}" }""")
                        )
                    ).Problems
                )
                .Message
        );

    [Fact]
    public void A_hash_and_a_digest_that_disagree_are_an_error()
    {
        static VexFile With(string hash) =>
            Document(
                statements: Statement(
                    product: $"{Product}\", \"hashes\": {{ \"sha-256\": \"{hash}\", \"md5\": \"1\" }}, \"supplier\": "
                        + "\"us"
                )
            );

        Assert.Empty(Read(With(Facts.Digest(1).Hex)).Problems);
        Assert.Contains(
            "the two must agree",
            Assert.Single(Read(With(Facts.Digest(2).Hex)).Problems).Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>
    /// Issue 10: vendors write for all their customers, and what they say about other customers is not an error here.
    /// </summary>
    [Theory]
    [InlineData("[]")]
    [InlineData("[ { \"products\": [] } ]")]
    [InlineData("[ { \"vulnerability\": \"CVE-1\", \"status\": \"fixed\" } ]")]
    [InlineData(
        "[ { \"vulnerability\": \"CVE-1\", \"products\": [ \"pkg:apk/wolfi/git@2.39.0-r1\" ], \"status\": "
            + "\"not_affected\", \"surprise\": 1 } ]"
    )]
    [InlineData("[ { \"products\": [ { \"hashes\": { \"sha-512\": \"00\" } } ] } ]")]
    [InlineData(
        "[ { \"products\": [ { \"identifiers\": { \"cpe23\": \"cpe:2.3:a:b:c:1:*:*:*:*:*:*:*\", \"swid\": 1 "
            + "} } ], \"timestamp\": \"yesterday\" } ]"
    )]
    [InlineData(
        "[ { \"products\": [ { \"@id\": \"pkg:apk/wolfi/product@1.23.0-r1?arch=armv7\", \"identifiers\": { "
            + "\"purl\": \"pkg:maven/org.apache.logging.log4j/log4j-core@2.4\" }, \"subcomponents\": [] } ], "
            + "\"status\": \"fixed\" } ]"
    )]
    [InlineData(
        "[ { \"products\": [ { \"@id\": \"https://ghcr.io/dkr/ecr\" }, 1, null, \"x\" ], \"status_notes\": \"Not our ECR image under dkr.\" } ]"
    )]
    [InlineData("[ 1 ]")]
    [InlineData("null")]
    public void A_document_that_says_nothing_of_images_of_ECR_is_passed_over_in_whatever_form(string statements)
    {
        Assert.Empty(Read(Raw(statements)).Problems);
        Assert.Empty(Read(Raw(statements, document: "\"version\": \"1.0\", \"extension\": {}")).Problems);
        Assert.Empty(Read(new VexFile("a.json", "[]"u8.ToArray()), new VexFile("b.json", "[]"u8.ToArray())).Problems);
        Assert.Equal(
            Status.Approved,
            Decide(Read(Raw(statements), Document("b.json", "x:2", 1, Statement())).Policy!).Status
        );
    }

    [Fact]
    public void Of_a_statement_about_several_products_those_that_are_images_of_ECR_are_read()
    {
        var statement = Statement()
            .Replace(
                "\"products\": [",
                "\"products\": [ \"x\", { \"@id\": \"pkg:npm/a\", \"subcomponents\": {} }, { \"hashes\": 1 },",
                StringComparison.Ordinal
            );

        Assert.Equal(Status.Approved, Decide(PolicyOf(statement)).Status);
    }

    [Theory]
    [InlineData(
        "{ \"@id\": "
            + "\"123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api@sha256:0000000000000000000000000000000000000000000000000000000000000001\" "
            + "}",
        "The product is an image of ECR without a package URL"
    )]
    [InlineData("\"123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api\"", "it must be an object")]
    [InlineData(
        "{ \"@id\": "
            + "\"pkg:oci/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api\", "
            + "\"identifiers\": { \"purl\": \"pkg:npm/a\" } }",
        "which of the two is meant cannot be told"
    )]
    public void An_image_of_ECR_in_a_form_that_is_not_read_is_an_error(string product, string message)
    {
        var problems = Read(
            Raw(
                "[ { \"vulnerability\": { \"name\": \"CVE-2026-0001\" }, \"status\": \"fixed\", "
                    + $"\"products\": [ {product} ] }} ]"
            )
        ).Problems;

        Assert.Contains(problems, problem => problem.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"@id\": \"x:1\", \"author\": \"us\", \"version\": 1", "The key 'timestamp' is missing.")]
    [InlineData(
        "\"@id\": \"x:1\", \"timestamp\": \"2026-11-01T09:00:00Z\", \"version\": 1",
        "The key 'author' is missing."
    )]
    public void Of_a_document_about_images_of_ECR_what_its_statements_rest_on_is_required(
        string document,
        string message
    ) => Assert.Equal(message, Assert.Single(Read(Raw($"[ {Statement()} ]", document: document)).Problems).Message);

    [Theory]
    [InlineData("2026-11-01t09:00:00z")]
    [InlineData("2026-11-01 09:00:00+00:00")]
    [InlineData("2026-11-01T09:00:00.1-06:00")]
    [InlineData("2026-11-01T09:00:00.123456789Z")]
    public void Every_form_of_a_moment_that_RFC_3339_allows_is_read(string at) =>
        Assert.Equal(Status.Approved, Decide(PolicyOf(Statement(at: at))).Status);
}
