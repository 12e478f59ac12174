using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Policy.VexFacts;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>What statements of OpenVEX documents excuse.</summary>
public sealed class VexTests
{
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
        var verdict = Decide(PolicyOf(Statement(says)));

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
        Assert.Equal(Status.Blocked, Decide(PolicyOf(Statement(says))).Status);

    [Fact]
    public void Another_name_of_the_vulnerability_is_the_same_vulnerability()
    {
        Assert.Equal(Status.Approved, Decide(PolicyOf(Statement()), Facts.Finding("GHSA-1")).Status);
        Assert.Equal(Status.Blocked, Decide(PolicyOf(Statement()), Facts.Finding("CVE-2026-0002")).Status);
    }

    [Fact]
    public void A_statement_is_about_one_digest_in_one_repository_of_one_registry()
    {
        var policy = PolicyOf(Statement());

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
        Assert.Equal(Status.Approved, Decide(PolicyOf(Statement(product: purl))).Status);

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
            Decide(PolicyOf(Statement(packages: $$"""{ "@id": "{{purl}}" }"""))).Status
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
                PolicyOf(Statement(packages: $$"""{ "identifiers": { "purl": "{{purl}}" } }""")),
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
            Decide(PolicyOf(Statement(packages: string.Join(',', packages))), Twice).Status
        );
        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Decide(PolicyOf([.. packages.Select(package => Statement(packages: package))]), Twice).Status
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

        Assert.Equal(Status.Approved, Decide(PolicyOf(both), Twice).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(
                PolicyOf([
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

        Assert.Equal(Status.Approved, Decide(PolicyOf(Statement(product: product))).Status);
        Assert.Contains(
            "which of the two is meant cannot be told",
            Problem(Statement(product: product.Replace("?arch=amd64", "?arch=arm64", StringComparison.Ordinal))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_the_scanner_does_not_give_is_not_excused()
    {
        var policy = PolicyOf(Statement(packages: """{ "@id": "pkg:deb/debian/openssl@3.0.1" }"""));

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

        Assert.Equal(excused ? Status.Approved : Status.Blocked, Decide(PolicyOf(one, other)).Status);
        Assert.Equal(excused ? Status.Approved : Status.Blocked, Decide(PolicyOf(other, one)).Status);
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

        Assert.Equal(Status.Approved, Decide(PolicyOf(excuse)).Status);
        Assert.Equal(Status.Blocked, Decide(PolicyOf(excuse, retraction)).Status);
        Assert.Equal(Status.Blocked, Decide(PolicyOf(retraction, excuse)).Status);
        Assert.Equal(
            Status.Approved,
            Decide(
                PolicyOf(excuse, Statement(Affected, vulnerability: "GHSA-2", aliases: "", at: "2026-11-03T00:00:00Z"))
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

        Assert.Equal(Status.Blocked, Decide(PolicyOf([.. tied, Statement()])).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(PolicyOf([Statement(vulnerability: "SNYK-1", aliases: ""), tied[1]])).Status
        );
    }

    [Fact]
    public void An_excuse_is_taken_back_by_the_package_s_name_whatever_its_version() =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                PolicyOf(
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
    public void What_others_say_of_their_products_in_prose_is_passed_over() =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                PolicyOf(
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
        var policy = PolicyOf(Statement()) with { Waivers = [Facts.Waiver()] };

        Assert.NotNull(Assert.Single(Decide(policy).Waived).Vex);
        Assert.Equal(Decide(policy).StaleAt, Decide(policy).ValidUntil);
        Assert.Null(Assert.Single(Decide(policy, image: Facts.Image(2)).Waived).Vex);
    }

    [Fact]
    public void A_list_of_no_packages_excuses_none_and_takes_back_all()
    {
        Assert.Equal(Status.Blocked, Decide(PolicyOf(Statement(packages: ""))).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(PolicyOf(Statement(), Statement(Affected, at: "2026-11-02T00:00:00Z", packages: ""))).Status
        );
    }

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
                PolicyOf(Statement(packages: $$"""{ "@id": "{{purl}}" }""")),
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
                PolicyOf(
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
}
