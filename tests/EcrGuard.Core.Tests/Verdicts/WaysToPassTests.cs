using EcrGuard.Core.Images;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class WaysToPassTests
{
    [Fact]
    public void The_shortest_way_names_each_package_once_and_what_has_no_fix()
    {
        var unfixed = Facts.Finding("CVE-3", package: "zlib") with { Occurrences = [], Fix = FixAvailability.No };
        var verdict = Decide(Facts.Scan(Facts.Finding("CVE-1"), Facts.Finding("CVE-2"), unfixed));
        Assert.Equal(
            [
                "Update openssl 3.0.1 → 3.0.2.",
                "No fixed version is named for CVE-3: remove the package, or ask for a waiver.",
            ],
            verdict.ToPass
        );
    }

    [Fact]
    public void Of_several_fixed_versions_the_highest_is_wanted_and_each_installed_version_has_its_own()
    {
        static Finding In(string vulnerability, params IReadOnlyList<PackageOccurrence> places) =>
            Facts.Finding(vulnerability) with
            {
                Occurrences = places,
            };

        Assert.Equal(
            ["Update openssl 3.0.1 → the highest of 3.0.8, 3.0.9."],
            Decide(
                Facts.Scan(
                    In("CVE-1", new PackageOccurrence("3.0.1", "3.0.9", null, null)),
                    In("CVE-2", new PackageOccurrence("3.0.1", "3.0.8", null, null))
                )
            ).ToPass
        );
        Assert.Equal(
            ["Update openssl 1.0, 0.9 → 1.1, 2.0 → 2.3."],
            Decide(
                Facts.Scan(
                    In(
                        "CVE-1",
                        new("1.0", "1.1", "/a", null),
                        new("0.9", "1.1", "/b", null),
                        new("2.0", "2.3", "/c", null)
                    )
                )
            ).ToPass
        );
    }

    [Fact]
    public void A_place_without_a_fixed_version_is_said_beside_those_that_have_one()
    {
        var partial = Facts.Finding(package: "log4j") with
        {
            Fix = FixAvailability.Partial,
            Occurrences =
            [
                new("1.0", "1.1", "/a.jar", null),
                new("0.9", null, "/b.jar", null),
                new("0.8", null, "/c.jar", null),
            ],
        };
        var verdict = Decide(Facts.Scan(partial));

        Assert.Equal(
            [
                "Update log4j 1.0 → 1.1.",
                "No fixed version is named for CVE-2026-0001 in log4j 0.9 at /b.jar and 1 more place: remove "
                    + "the package, or ask for a waiver.",
            ],
            verdict.ToPass
        );
        Assert.Contains(
            "and 2 more places: fixed in 1.1, but not in every place; rule",
            verdict.Reasons[0].Sentence,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_fix_is_named_even_where_the_package_is_not() =>
        Assert.Equal(
            ["Update the unnamed package with CVE-2026-0001 3.0.1 → 3.0.2."],
            Decide(Facts.Scan(Facts.Finding(package: null))).ToPass
        );

    [Theory]
    [InlineData(null, null, "(OS): fixed")]
    [InlineData(
        "/app/package-lock.json",
        "sha256:1567e7ea90b67fc95ccdeeec39bdc3045098dee7e0c604975b957a9f8c0e9616",
        "(OS) at /app/package-lock.json: fixed"
    )]
    [InlineData(
        null,
        "sha256:1567e7ea90b67fc95ccdeeec39bdc3045098dee7e0c604975b957a9f8c0e9616",
        "(OS) in layer sha256:1567e7ea90b6…: fixed"
    )]
    public void A_reason_says_where_in_the_image_the_package_is(string? path, string? layer, string says)
    {
        var reason = Decide(
            Facts.Scan(Facts.Finding() with { Occurrences = [new PackageOccurrence("3.0.1", "3.0.2", path, layer)] })
        ).Reasons[0];
        Assert.Contains(says, reason.Sentence, StringComparison.Ordinal);
        Assert.Equal(("3.0.1", "3.0.2", path, layer), (reason.Installed, reason.FixedIn, reason.Path, reason.Layer));
    }

    [Fact]
    public void Names_of_strangers_are_clipped_where_sentences_are_made()
    {
        var long500 = new string('x', 500) + "\n";
        var finding = Facts.Finding(package: long500) with
        {
            Occurrences = [new PackageOccurrence(long500, long500, long500, long500)],
        };
        var verdict = Decide(Facts.Scan(finding));
        Assert.InRange(verdict.Reasons[0].Sentence.Length, 1, 600);
        Assert.InRange(verdict.ToPass[0].Length, 1, 500);
        Assert.DoesNotContain('\n', verdict.Reasons[0].Sentence + verdict.ToPass[0] + verdict.Reasons[0].Package);
    }
}
