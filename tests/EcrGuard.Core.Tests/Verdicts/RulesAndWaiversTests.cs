using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>What rules and waivers apply to, and until when a verdict based on them holds.</summary>
public sealed class RulesAndWaiversTests
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0", "live");

    private static readonly Glob[] ThisOrAnother = [Glob.Parse("web/*"), Glob.Parse("pay/*")];

    private static Verdict Decide(Finding finding, params Rule[] rules) =>
        Facts.Decide(Image, Facts.Scan(finding), Facts.Policy with { Rules = rules });

    [Fact]
    public void One_of_several_repositories_and_one_of_several_tags_are_enough_for_a_rule()
    {
        var rule = new Rule
        {
            Id = "r",
            Then = RuleEffect.Block,
            Repositories = ThisOrAnother,
            Tags = [Glob.Parse("2.*"), Glob.Parse("live")],
        };
        Assert.Equal(Status.Blocked, Decide(Facts.Finding(), rule).Status);
    }

    [Fact]
    public void One_of_several_repositories_is_enough_for_a_waiver() =>
        Assert.Equal(
            Status.Approved,
            Facts
                .Decide(
                    Image,
                    Facts.Scan(Facts.Finding()),
                    Facts.Policy with
                    {
                        Waivers = [Facts.Waiver() with { Repositories = ThisOrAnother }],
                    }
                )
                .Status
        );

    [Fact]
    public void A_verdict_holds_until_a_fix_is_old_enough_for_a_rule() =>
        Assert.Equal(
            Facts.Now.AddDays(2),
            Decide(
                Facts.Finding() with
                {
                    FixFirstSeenAt = Facts.Now.AddDays(-5),
                },
                new Rule
                {
                    Id = "r",
                    MinDaysSinceFix = 7,
                    Then = RuleEffect.Block,
                }
            ).ValidUntil
        );

    [Fact]
    public void An_age_that_is_reached_asks_for_no_other_decision()
    {
        var verdict = Decide(
            Facts.Finding() with
            {
                FirstObservedAt = Facts.Now.AddDays(-7),
            },
            new Rule
            {
                Id = "r",
                MinAgeDays = 7,
                Then = RuleEffect.Block,
            }
        );
        Assert.Equal((Status.Blocked, null), (verdict.Status, verdict.ValidUntil));
    }

    [Fact]
    public void A_verdict_holds_until_the_first_of_its_waivers_ends_whichever_that_is()
    {
        var (early, late) = (
            Facts.Waiver("W1", "CVE-1") with
            {
                Expires = new DateOnly(2026, 11, 20),
            },
            Facts.Waiver("W2", "CVE-2") with
            {
                Expires = new DateOnly(2026, 11, 25),
            }
        );
        foreach (var (first, second) in new[] { (early, late), (late, early) })
        {
            var policy = Facts.Policy with
            {
                Waivers =
                [
                    first with
                    {
                        Vulnerability = Glob.Parse("CVE-1"),
                    },
                    second with
                    {
                        Vulnerability = Glob.Parse("CVE-2"),
                    },
                ],
            };
            Assert.Equal(
                early.EndsAt,
                Facts.Decide(Image, Facts.Scan(Facts.Finding("CVE-1"), Facts.Finding("CVE-2")), policy).ValidUntil
            );
        }
    }

    /// <summary>
    /// Issue 10: what Inspector prints (GO, PYTHON, GENERIC) and what its API lists (GOMOD, PIP, PYTHONPKG) mean the
    /// same.
    /// </summary>
    [Theory]
    [InlineData("GOMOD", "GO", true)]
    [InlineData("GO", "GOBINARY", true)]
    [InlineData("golang", "GO", true)]
    [InlineData("PIP", "PYTHON", true)]
    [InlineData("pypi", "PYTHONPKG", true)]
    [InlineData("PYTHON*", "PIP", true)]
    [InlineData("Generic", "GENERIC", true)]
    [InlineData("NPM", "NODEPKG", true)]
    [InlineData("os", "OS", true)]
    [InlineData("SWIFT", "swift", true)]
    [InlineData("GOMOD", "NPM", false)]
    [InlineData("GENERIC", "GO", false)]
    [InlineData("SWIFT", "OS", false)]
    public void A_rule_names_a_package_manager_by_any_word_for_it(string named, string printed, bool selects)
    {
        var policy = Facts.Policy with
        {
            Rules =
            [
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    PackageManagers = [Glob.Parse(named)],
                },
            ],
        };

        Assert.Equal(
            selects ? Status.Blocked : Status.Approved,
            Facts.Decide(Facts.Image(1), Facts.Scan(Facts.Finding() with { PackageManager = printed }), policy).Status
        );
    }

    [Theory]
    [InlineData("zope-interface", "PYTHON", "Zope.Interface", true)]
    [InlineData("ZOPE_*", "PIP", "zope.interface", true)]
    [InlineData("github.com/masterminds/sprig", "GO", "github.com/Masterminds/sprig", true)]
    [InlineData("newtonsoft.*", "NUGET", "Newtonsoft.Json", true)]
    [InlineData("zope-interface", "NPM", "zope.interface", false)]
    [InlineData("OpenSSL", "OS", "openssl", false)]
    [InlineData("zope-interface", null, "zope.interface", false)]
    public void A_waiver_names_a_package_as_its_manager_compares_names(
        string named,
        string? manager,
        string printed,
        bool excused
    )
    {
        var policy = Facts.Policy with { Waivers = [Facts.Waiver() with { Package = Glob.Parse(named) }] };

        Assert.Equal(
            excused ? Status.Approved : Status.Blocked,
            Facts
                .Decide(
                    Facts.Image(1),
                    Facts.Scan(Facts.Finding(package: printed) with { PackageManager = manager }),
                    policy
                )
                .Status
        );
    }
}
