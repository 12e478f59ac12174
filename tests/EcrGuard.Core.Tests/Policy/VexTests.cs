using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>
/// OpenVEX documents: what they excuse, what they do not, and that one with an error excuses nothing.
/// </summary>
public sealed class VexTests
{
    private const string Url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api";
    private const string NotAffected =
        "\"status\": \"not_affected\", \"justification\": \"vulnerable_code_not_present\"";
    private const string Affected = "\"status\": \"affected\", \"action_statement\": \"Update openssl.\"";

    private static readonly string Product = Purl(Facts.Digest(1));

    private static string Purl(Digest digest, string url = Url, string name = "api") =>
        $"pkg:oci/{name}@{digest}?repository_url={url}";

    private static string Statement(
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

    private static VexFile Document(
        string name = "a.json",
        string id = "https://example.com/vex/1",
        int version = 1,
        params string[] statements
    ) =>
        new(
            name,
            Encoding.UTF8.GetBytes(
                $$"""
                { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "{{id}}", "author": "team-pay", "timestamp": "2026-11-01T09:00:00.647787998+01:00", "version": {{version}},
                  "statements": [ {{string.Join(", ", statements)}} ] }
                """
            )
        );

    private const string Host = "709825985650.dkr.ecr.us-east-1.amazonaws.com";

    /// <summary>What a vendor says of its own registry, beside what it says of ours.</summary>
    [Theory]
    [InlineData($"pkg:oci/agent?repository_url={Host}/vendor/agent&tag=7.1")]
    [InlineData($"pkg:docker/vendor/agent@7.1?repository_url={Host}")]
    [InlineData($"pkg:docker/{Host}/vendor/agent@7.1")]
    [InlineData($"{Host}/vendor/agent:7.1")]
    [InlineData($"https://{Host}/vendor/agent:7.1")]
    public void What_is_said_of_another_accounts_registry_is_passed_over_whatever_its_form(string product)
    {
        var file = Document(statements: [Statement(), Statement(vulnerability: "CVE-2", product: product)]);
        // Where the account is not known, the registry of AWS Marketplace is nobody's.
        foreach (var account in new[] { null, "123456789012" })
        {
            var reading = PolicyReader.Read(null, [file], Facts.Now, account);
            Assert.Empty(reading.Problems);
            Assert.Single(reading.Policy!.Vex);
        }
        // Any other may be ours then, and in its own deployment it is.
        Assert.NotEmpty(PolicyReader.Read(null, [file], Facts.Now, "709825985650").Problems);
        var other = product.Replace("709825985650", "111122223333", StringComparison.Ordinal);
        var another = Document(statements: [Statement(), Statement(vulnerability: "CVE-2", product: other)]);
        Assert.Empty(PolicyReader.Read(null, [another], Facts.Now, "123456789012").Problems);
        Assert.NotEmpty(Read(another).Problems);
    }

    private static PolicyReading Read(params VexFile[] files) => PolicyReader.Read(null, files, Facts.Now);

    private static PolicyDocument Policy(params string[] statements)
    {
        var reading = Read(Document(statements: statements));
        Assert.Empty(reading.Problems);
        return reading.Policy!;
    }

    private static Verdict Decide(PolicyDocument policy, Finding? finding = null, ImageFacts? image = null) =>
        Facts.Decide(image ?? Facts.Image(1), Facts.Scan(finding ?? Facts.Finding()), policy);

    private static string Problem(params string[] statements) =>
        Assert.Single(Read(Document(statements: statements)).Problems).ToString("policy.jsonc");

    [Theory]
    [InlineData(NotAffected, "not_affected, vulnerable_code_not_present")]
    [InlineData(
        NotAffected + ", \"impact_statement\": \"We do\\nnot call it.\"",
        "not_affected, vulnerable_code_not_present"
    )]
    [InlineData("\"status\": \"fixed\"", "fixed")]
    public void What_is_not_affected_or_fixed_is_excused_with_its_own_line_and_stays_in_the_counts(
        string says,
        string told
    )
    {
        var verdict = Decide(Policy(Statement(says)));

        Assert.Equal(Status.Approved, verdict.Status);
        Assert.Equal(
            new WaivedFinding("https://example.com/vex/1", "CVE-2026-0001", "openssl", RuleEffect.Block, told),
            Assert.Single(verdict.Waived)
        );
        Assert.Equal($"VEX https://example.com/vex/1: {told}", verdict.Waived[0].By());
        Assert.Equal(new FindingCounts(Critical: 1), verdict.Counts);
        Assert.Contains(
            "found 1 finding, and none blocks, with the VEX document https://example.com/vex/1.",
            verdict.Reasons[0].Sentence,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Affected)]
    [InlineData("\"status\": \"under_investigation\"")]
    public void What_is_affected_or_under_investigation_is_not_excused(string says) =>
        Assert.Equal(Status.Blocked, Decide(Policy(Statement(says))).Status);

    [Fact]
    public void Another_name_of_the_vulnerability_is_the_same_vulnerability()
    {
        Assert.Equal(Status.Approved, Decide(Policy(Statement()), Facts.Finding("GHSA-1")).Status);
        Assert.Equal(Status.Blocked, Decide(Policy(Statement()), Facts.Finding("CVE-2026-0002")).Status);
    }

    [Fact]
    public void A_statement_is_about_one_digest_in_one_repository_of_one_registry()
    {
        var policy = Policy(Statement());

        Assert.Equal(Status.Blocked, Decide(policy, image: Facts.Image(2)).Status);
        Assert.Equal(Status.Blocked, Decide(policy, image: Facts.Image(1).In("web/api")).Status);
        var elsewhere = Facts.Image(1);
        Assert.Equal(
            Status.Blocked,
            Decide(
                policy,
                image: elsewhere with
                {
                    Id = elsewhere.Id with { Repository = elsewhere.Id.Repository with { Account = "210987654321" } },
                }
            ).Status
        );
        Assert.Equal(
            Status.Blocked,
            Decide(
                policy,
                image: elsewhere with
                {
                    Id = elsewhere.Id with { Repository = elsewhere.Id.Repository with { Region = "us-east-1" } },
                }
            ).Status
        );
    }

    [Theory]
    [InlineData(
        "pkg:oci/api@sha256%3A0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com%2Fpay%2Fapi&arch=amd64&tag=1.0"
    )]
    [InlineData(
        "pkg:OCI/api@sha256:0000000000000000000000000000000000000000000000000000000000000001?repository_url=123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com/pay/api#/"
    )]
    public void A_package_URL_may_be_written_in_more_than_one_way(string purl) =>
        Assert.Equal(Status.Approved, Decide(Policy(Statement(product: purl))).Status);

    [Theory]
    [InlineData("pkg:deb/debian/openssl", true)]
    [InlineData("pkg:deb/debian/openssl@3.0.1?arch=amd64", true)]
    [InlineData("pkg:rpm/amzn/openssl@3.0.1?epoch=0", true)]
    [InlineData("pkg:rpm/amzn/openssl@3.0.1?epoch=1", false)]
    [InlineData("pkg:deb/debian/openssl@3.0.0", false)]
    [InlineData("pkg:deb/debian/libssl3@3.0.1", false)]
    [InlineData("pkg:npm/openssl@3.0.1", false)]
    public void A_statement_about_packages_excuses_these_in_these_versions(string purl, bool excused) =>
        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(Policy(Statement(packages: $$"""{ "@id": "{{purl}}" }"""))).Status
        );

    [Theory]
    [InlineData("pkg:maven/org.apache.logging.log4j/log4j-core@2.4", "JAR", "org.apache.logging.log4j:log4j-core")]
    [InlineData("pkg:npm/%40babel/traverse@2.4", "NODEPKG", "@babel/traverse")]
    [InlineData("pkg:golang/golang.org/x/crypto@2.4", "GOBINARY", "golang.org/x/crypto")]
    [InlineData("pkg:composer/guzzlehttp/guzzle@2.4", "COMPOSER", "guzzlehttp/guzzle")]
    public void Packages_are_named_as_scanners_name_them(string purl, string manager, string package) =>
        Assert.Equal(
            Status.Approved,
            Decide(
                Policy(Statement(packages: $$"""{ "identifiers": { "purl": "{{purl}}" } }""")),
                Facts.Finding(package: package) with
                {
                    PackageManager = manager,
                    Occurrences = [new("2.4", null, null, null)],
                }
            ).Status
        );

    /// <summary>Installed as 1 and as 2.</summary>
    private static readonly Finding Twice = Facts.Finding() with
    {
        Occurrences = [new("1", null, "/a", null), new("2", null, "/b", null)],
    };

    [Theory]
    [InlineData(true, "1", "2")]
    [InlineData(true, "1", "2", "3")]
    [InlineData(false, "1")]
    [InlineData(false, "1", "3")]
    public void Every_place_is_to_be_excused_by_some_package_of_a_statement(bool excused, params string[] versions)
    {
        var packages = versions.Select(version => $$"""{ "@id": "pkg:deb/debian/openssl@{{version}}" }""").ToList();

        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(Policy(Statement(packages: string.Join(',', packages))), Twice).Status
        );
        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(Policy([.. packages.Select(package => Statement(packages: package))]), Twice).Status
        );
    }

    [Fact]
    public void Places_may_be_excused_in_different_ways_and_an_excuse_is_taken_back_for_all_of_them()
    {
        string[] both =
        [
            Statement("\"status\": \"fixed\"", packages: """{ "@id": "pkg:deb/debian/openssl@1" }"""),
            Statement(packages: """{ "@id": "pkg:deb/debian/openssl@2" }"""),
        ];

        Assert.Equal(Status.Approved, Decide(Policy(both), Twice).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(
                Policy([
                    .. both,
                    Statement(
                        Affected,
                        at: "2026-11-02T09:00:00Z",
                        packages: """{ "@id": "pkg:deb/debian/openssl@1" }"""
                    ),
                ]),
                Twice
            ).Status
        );
    }

    [Fact]
    public void Two_spellings_of_one_image_are_one_image()
    {
        var other = $"PKG:oci/api@{Facts.Digest(1)}?arch=amd64&repository_url={Url}".Replace(
            "sha256:",
            "sha256%3A",
            StringComparison.Ordinal
        );
        var product = $"{Product}&arch=amd64\", \"identifiers\": {{ \"purl\": \"{other}\" }}, \"supplier\": \"us";

        Assert.Equal(Status.Approved, Decide(Policy(Statement(product: product))).Status);
        Assert.Contains(
            "which of the two is meant cannot be told",
            Problem(Statement(product: product.Replace("?arch=amd64", "?arch=arm64", StringComparison.Ordinal))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_package_URL_that_is_none_is_one_error() =>
        Assert.Contains(
            "it must be a package URL, 'pkg:type",
            Problem(Statement(packages: """{ "@id": "pkg:npm/a@" }""")),
            StringComparison.Ordinal
        );

    [Fact]
    public void What_the_scanner_does_not_give_is_not_excused()
    {
        var policy = Policy(Statement(packages: """{ "@id": "pkg:deb/debian/openssl@3.0.1" }"""));

        Assert.Equal(Status.Approved, Decide(policy).Status);
        Assert.Equal(Status.Blocked, Decide(policy, Facts.Finding() with { PackageManager = null }).Status);
        Assert.Equal(Status.Blocked, Decide(policy, Facts.Finding(package: null)).Status);
        Assert.Equal(Status.Blocked, Decide(policy, Facts.Finding() with { Occurrences = [] }).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(
                policy,
                Facts.Finding() with
                {
                    Occurrences = [new("3.0.1", null, null, null), new("3.0.0", null, "/opt", null)],
                }
            ).Status
        );
        Assert.Equal(
            Status.Blocked,
            Decide(policy, Facts.Finding() with { Occurrences = [new(null, null, null, null)] }).Status
        );
    }

    [Theory]
    [InlineData(Affected, NotAffected, true)]
    [InlineData(NotAffected, Affected, false)]
    [InlineData(NotAffected, "\"status\": \"under_investigation\"", false)]
    public void The_newest_statement_counts_wherever_it_stands(string earlier, string later, bool excused)
    {
        var (one, other) = (
            Statement(earlier, at: "2026-11-02T00:00:00Z"),
            Statement(later, at: "2026-11-02T00:00:00.0000001Z")
        );

        Assert.Equal(excused ? Status.Approved : Status.Blocked, Decide(Policy(one, other)).Status);
        Assert.Equal(excused ? Status.Approved : Status.Blocked, Decide(Policy(other, one)).Status);
        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(Read(Document("a.json", "x:1", 1, other), Document("b.json", "x:2", 1, one)).Policy!).Status
        );
    }

    [Theory]
    [InlineData("GHSA-1", "")]
    [InlineData("CVE-2026-0001", "")]
    [InlineData("SNYK-1", "\"GHSA-1\"")]
    public void An_excuse_is_taken_back_under_any_name_of_the_vulnerability(string name, string aliases)
    {
        var excuse = Statement(
            "\"status\": \"fixed\"",
            vulnerability: "GHSA-1",
            aliases: "\"CVE-2026-0001\"",
            at: "2026-11-02T00:00:00Z"
        );
        var retraction = Statement(Affected, vulnerability: name, aliases: aliases, at: "2026-11-03T00:00:00Z");

        Assert.Equal(Status.Approved, Decide(Policy(excuse)).Status);
        Assert.Equal(Status.Blocked, Decide(Policy(excuse, retraction)).Status);
        Assert.Equal(Status.Blocked, Decide(Policy(retraction, excuse)).Status);
        Assert.Equal(
            Status.Approved,
            Decide(
                Policy(excuse, Statement(Affected, vulnerability: "GHSA-2", aliases: "", at: "2026-11-03T00:00:00Z"))
            ).Status
        );
    }

    [Fact]
    public void Names_that_a_third_statement_ties_together_take_an_excuse_back_and_never_widen_one()
    {
        string[] tied =
        [
            Statement(Affected, vulnerability: "SNYK-1", aliases: "", at: "2026-11-03T00:00:00Z"),
            Statement("\"status\": \"fixed\"", Purl(Facts.Digest(2)), "CVE-2026-0001", aliases: "\"SNYK-1\""),
        ];

        Assert.Equal(Status.Blocked, Decide(Policy([.. tied, Statement()])).Status);
        Assert.Equal(Status.Blocked, Decide(Policy([Statement(vulnerability: "SNYK-1", aliases: ""), tied[1]])).Status);
    }

    [Fact]
    public void An_excuse_is_taken_back_by_the_package_s_name_whatever_its_version() =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                Policy(
                    Statement(packages: """{ "@id": "pkg:deb/debian/openssl@3.0.1" }"""),
                    Statement(
                        Affected,
                        at: "2026-11-02T00:00:00Z",
                        packages: """{ "@id": "pkg:apk/alpine/openssl@9" }"""
                    )
                )
            ).Status
        );

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
                + "not meant. ($)",
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

        Assert.StartsWith("a.json:4:81: error: Of CVE-2026-0001 in pay/api@sha256:", problem, StringComparison.Ordinal);
        Assert.Contains(
            "this says fixed, and a.json, line 2, column 19, says not_affected as of the same moment. "
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
            "this says affected, and a.json, line 2, column 19, says fixed",
            Problem(Statement("\"status\": \"fixed\""), Statement(Affected, vulnerability: "GHSA-1", aliases: "")),
            StringComparison.Ordinal
        );

    [Fact]
    public void What_others_say_of_their_products_in_prose_is_passed_over() =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                Policy(
                    Statement(
                        "\"status\": \"not_affected\", \"impact_statement\": \"We do not call it.\"",
                        "https://example.com/products/api"
                    )
                )
            ).Status
        );

    [Fact]
    public void A_waiver_beside_a_statement_is_not_needed_and_one_without_it_is_as_before()
    {
        var policy = Policy(Statement()) with { Waivers = [Facts.Waiver()] };

        Assert.NotNull(Assert.Single(Decide(policy).Waived).Vex);
        Assert.Equal(Decide(policy).StaleAt, Decide(policy).ValidUntil);
        Assert.Null(Assert.Single(Decide(policy, image: Facts.Image(2)).Waived).Vex);
    }

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
            Decide(Policy(Statement(product: purl, packages: """{ "@id": "pkg:generic/x" }"""))).Status
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

    private static VexFile Raw(
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

    /// <summary>
    /// Issue 10: vendors write for all their customers, and what they say of others is nobody's mistake here.
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

        Assert.Equal(Status.Approved, Decide(Policy(statement)).Status);
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

    [Fact]
    public void A_list_of_no_packages_excuses_none_and_takes_back_all()
    {
        Assert.Equal(Status.Blocked, Decide(Policy(Statement(packages: ""))).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(Policy(Statement(), Statement(Affected, at: "2026-11-02T00:00:00Z", packages: ""))).Status
        );
    }

    [Theory]
    [InlineData("2026-11-01t09:00:00z")]
    [InlineData("2026-11-01 09:00:00+00:00")]
    [InlineData("2026-11-01T09:00:00.1-06:00")]
    [InlineData("2026-11-01T09:00:00.123456789Z")]
    public void Every_form_of_a_moment_that_RFC_3339_allows_is_read(string at) =>
        Assert.Equal(Status.Approved, Decide(Policy(Statement(at: at))).Status);

    [Theory]
    [InlineData(
        "pkg:golang/go.opentelemetry.io/otel/sdk@v1.38.0",
        "GO",
        "go.opentelemetry.io/otel/sdk",
        "v1.38.0",
        true
    )]
    [InlineData(
        "pkg:golang/go.opentelemetry.io/otel/sdk@1.38.0",
        "GOBINARY",
        "go.opentelemetry.io/otel/sdk",
        "v1.38.0",
        true
    )]
    [InlineData(
        "pkg:golang/go.opentelemetry.io/otel/sdk@v1.38.0",
        "GOMOD",
        "go.opentelemetry.io/otel/sdk",
        "1.38.0",
        true
    )]
    [InlineData("pkg:golang/github.com/masterminds/sprig@v3.0.0", "GO", "github.com/Masterminds/sprig", "v3.0.0", true)]
    [InlineData(
        "pkg:golang/go.opentelemetry.io/otel/sdk@v1.38.0",
        "GO",
        "go.opentelemetry.io/otel/sdk",
        "v1.38.1",
        false
    )]
    [InlineData(
        "pkg:golang/go.opentelemetry.io/otel/sdk@v1.38.0",
        "NPM",
        "go.opentelemetry.io/otel/sdk",
        "v1.38.0",
        false
    )]
    [InlineData("pkg:pypi/zope-interface@5.0", "PYTHON", "Zope.Interface", "5.0", true)]
    [InlineData("pkg:pypi/typing_extensions@5.0", "PYTHONPKG", "typing-extensions", "5.0", true)]
    [InlineData("pkg:PyPI/A.-_b@5.0", "PIP", "a-b", "5.0", true)]
    [InlineData("pkg:pypi/ab@5.0", "PIP", "a-b", "5.0", false)]
    [InlineData("pkg:generic/openssl@1.1", "GENERIC", "openssl", "1.1", true)]
    [InlineData("pkg:generic/openssl@1.1", "OS", "openssl", "1.1", false)]
    [InlineData("pkg:nuget/newtonsoft.json@13.0.1", "NUGET", "Newtonsoft.Json", "13.0.1", true)]
    [InlineData("pkg:npm/@babel/traverse@7.0.0", "NODEPKG", "@babel/traverse", "7.0.0", true)]
    [InlineData("pkg:npm/Babel@7.0.0", "NPM", "babel", "7.0.0", false)]
    [InlineData("pkg:deb/debian/openssl@0:3.0.1?arch=&distro=bookworm", "OS", "openssl", "3.0.1", true)]
    [InlineData("pkg:deb/debian/openssl@1:3.0.1", "OS", "openssl", "3.0.1", false)]
    [InlineData("pkg:deb/debian/openssl@v3.0.1", "OS", "openssl", "3.0.1", false)]
    public void Packages_are_compared_by_what_their_names_and_managers_mean(
        string purl,
        string manager,
        string package,
        string version,
        bool excused
    ) =>
        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(
                Policy(Statement(packages: $$"""{ "@id": "{{purl}}" }""")),
                Facts.Finding(package: package) with
                {
                    PackageManager = manager,
                    Occurrences = [new(version, null, null, null)],
                }
            ).Status
        );

    [Fact]
    public void An_excuse_is_taken_back_under_whatever_spelling_of_the_package()
    {
        var finding = Facts.Finding(package: "zope.interface") with
        {
            PackageManager = "PYTHON",
            Occurrences = [new("5.0", null, null, null)],
        };

        Assert.Equal(
            Status.Blocked,
            Decide(
                Policy(
                    Statement(),
                    Statement(
                        Affected,
                        at: "2026-11-02T00:00:00Z",
                        packages: """{ "@id": "pkg:pypi/Zope-Interface" }"""
                    )
                ),
                finding
            ).Status
        );
    }

    /// <summary>
    /// Issue 10: a document that is wrong must neither excuse anything nor keep the functions from starting.
    /// </summary>
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
        // What it takes back is taken back all the same.
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

    /// <summary>A document whose format is not known may still take back what another excuses.</summary>
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
        // Two of one version: neither.
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
            ["policy.jsonc:1:1", "a.json:4:"],
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
