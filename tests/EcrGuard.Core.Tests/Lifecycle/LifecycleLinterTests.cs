using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using static EcrGuard.Core.Tests.Lifecycle.Policies;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class LifecycleLinterTests
{
    private static IReadOnlyList<LintFinding> Lint(LifecyclePolicy policy, params LifecycleImage[]? images) =>
        LifecycleLinter.Lint(policy, policy.Text.Length, images);

    private static IReadOnlyList<LintFinding> LintAlone(LifecyclePolicy policy) => Lint(policy, null);

    private static IEnumerable<(string, LintSeverity, int?)> Heads(IEnumerable<LintFinding> findings) =>
        findings.Select(f => (f.Id, f.Severity, f.RulePriority));

    [Fact]
    public void What_is_found_in_policies_that_a_large_estate_runs_is_what_a_reviewer_approved()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Beside(), "policies-in-use.json")));
        var all = file
            .RootElement.GetProperty("policies")
            .EnumerateArray()
            .Select(entry =>
                (
                    Uses: entry.GetProperty("uses").GetInt32(),
                    Findings: LintAlone(Read(entry.GetProperty("policy").GetRawText()))
                )
            )
            .ToList();

        var text = new StringBuilder(
            $"{all.Count} policies, carried by {all.Sum(p => p.Uses)} repositories\n\npolicies  repositories  finding\n"
        );
        foreach (var id in all.SelectMany(p => p.Findings.Select(f => f.Id)).Distinct().Order(StringComparer.Ordinal))
        {
            var with = all.Where(p => p.Findings.Any(f => f.Id == id)).ToList();
            text.Append($"{with.Count, 8}  {with.Sum(p => p.Uses), 12}  {id}\n");
        }
        foreach (var (uses, findings) in all)
        {
            text.Append($"\n{Phrase.Count(uses, "repository", "repositories")}\n");
            foreach (var finding in findings)
                text.Append(
                    $"  {finding.Severity} {(finding.RulePriority is { } rule ? $"rule {rule}" : "policy")} "
                        + $"{finding.Id}: {finding.Message} {finding.Suggestion}\n"
                );
        }
        Approval.Matches(text.ToString(), "policies-in-use");
    }

    [Fact]
    public void A_rule_with_two_prefixes_is_a_trap_and_an_error_where_no_image_carries_both()
    {
        var policy = Of(Keep(1, "dev*,staging*", 30), Keep(2, "any", 100));

        Assert.Equal([(LifecycleLinter.AndTrap, LintSeverity.Warning, 1)], Heads(LintAlone(policy)));
        Assert.Equal(
            [(LifecycleLinter.AndTrap, LintSeverity.Error, 1)],
            Heads(Lint(policy, Image(1, 1, "dev-1"), Image(2, 1, "staging-1")))
        );
        Assert.Equal(
            [(LifecycleLinter.AndTrap, LintSeverity.Warning, 1)],
            Heads(Lint(policy, Image(1, 1, "dev-1"), Image(2, 1, "staging-1", "dev-2")))
        );
        Assert.Equal(
            [(LifecycleLinter.AndTrap, LintSeverity.Info, 1)],
            Heads(Lint(policy, Image(2, 1, "staging-1", "dev-2")))
        );
        Assert.Equal(
            "The rule selects only images that carry tags for all of 'dev*' and 'staging*' at once, not for "
                + "one or the other. No image of the repository does; 2 images carry only some of them and are "
                + "left to later rules.",
            Lint(policy, Image(1, 1, "dev-1"), Image(2, 1, "staging-1"))[0].Message
        );
    }

    [Fact]
    public void A_rule_that_selects_nothing_is_found_and_the_rule_that_shields_images_in_use_is_none()
    {
        var policy = Of(Keep(1, "ecrguard-inuse-*", 100_000), Keep(2, "dev*", 30));
        Assert.Equal(
            [(LifecycleLinter.MatchesNothing, LintSeverity.Warning, 2)],
            Heads(Lint(policy, Image(1, 1, "1.0"))).Where(head => head.Item1 == LifecycleLinter.MatchesNothing)
        );
    }

    [Theory]
    [InlineData("prod*", "prod*")]
    [InlineData("prod*", "prod-eu*")]
    [InlineData("*", "prod*")]
    [InlineData("*-eu", "prod-eu")]
    [InlineData("prod*", "*,prod1")]
    public void A_rule_is_shadowed_by_an_earlier_one_that_selects_all_of_its_images(string earlier, string later)
    {
        var findings = LintAlone(Of(Keep(1, earlier, 10), Archive(2, later, 30), Keep(3, "any", 100)));

        Assert.Contains((LifecycleLinter.ShadowedRule, LintSeverity.Error, 2), Heads(findings));
    }

    [Theory]
    [InlineData("prod-eu*", "prod*")]
    [InlineData("prod*,v*", "prod*")]
    [InlineData("prod", "*prod")]
    public void A_rule_that_may_select_more_is_not_shadowed(string earlier, string later) =>
        Assert.DoesNotContain(
            LintAlone(Of(Keep(1, earlier, 10), Keep(2, later, 30), Keep(3, "any", 100))),
            f => f.Id == LifecycleLinter.ShadowedRule
        );

    [Fact]
    public void After_all_tagged_and_all_untagged_images_nothing_is_left_for_any() =>
        Assert.Contains(
            LintAlone(Of(Keep(1, "*", 10), Expire(2, "", 14), Keep(3, "any", 100))),
            f => f is { Id: LifecycleLinter.ShadowedRule, RulePriority: 3 }
        );

    [Fact]
    public void A_rule_of_another_storage_class_shadows_nothing() =>
        Assert.DoesNotContain(
            LintAlone(Of(Archive(1, "any", 30), ExpireArchived(2, "any", 365))),
            f => f.Id == LifecycleLinter.ShadowedRule
        );

    [Fact]
    public void A_rule_whose_images_are_all_decided_before_is_seen_with_the_images()
    {
        var findings = Lint(
            Of(Keep(1, "a*", 10), Keep(2, "b*", 30), Keep(3, "any", 100)),
            Image(1, 1, "a1", "b1"),
            Image(2, 1, "c")
        );

        Assert.Equal([(LifecycleLinter.ShadowedRule, LintSeverity.Warning, 2)], Heads(findings));
        Assert.Equal(
            "Rules of higher priority (1) decide about every image that the rule selects (1).",
            findings[0].Message
        );
    }

    [Fact]
    public void A_rule_that_selects_no_image_is_reported_only_where_there_are_images()
    {
        var policy = Of(Keep(1, "a*", 10), Keep(2, "any", 100));

        Assert.Empty(LintAlone(policy));
        Assert.Empty(Lint(policy));
        Assert.Equal(
            [(LifecycleLinter.MatchesNothing, LintSeverity.Warning, 1)],
            Heads(Lint(policy, Image(1, 1, "b")))
        );
    }

    [Fact]
    public void An_asterisk_in_a_prefix_and_a_repository_in_a_pattern_match_nothing()
    {
        var prefix = Keep(1, "prod*", 10).Replace("tagPatternList", "tagPrefixList", StringComparison.Ordinal);

        var findings = LintAlone(Of(prefix, Keep(2, "pay/api*", 10), Keep(3, "any", 100)));

        Assert.Equal(
            [
                (LifecycleLinter.ImpossibleTag, LintSeverity.Error, 1),
                (LifecycleLinter.ImpossibleTag, LintSeverity.Error, 2),
            ],
            Heads(findings)
        );
        Assert.Equal("Write \"tagPatternList\": [\"prod*\"].", findings[0].Suggestion);
    }

    [Theory]
    [InlineData("Expire images older than 30 days", "Expire 1 any 90")]
    [InlineData("Expire images older than two weeks, 2 weeks", "Expire 1 any 15")]
    [InlineData("Keep images for 30 days", "Keep 1 any 30")]
    [InlineData("Keep the last 30 images", "Expire 1 any 30")]
    [InlineData("Keep last 31 images", "Keep 1 any 30")]
    [InlineData("Archive old images", "Expire 1 any 30")]
    [InlineData("Delete images not pulled in 90 days", "Archive 1 any 90")]
    [InlineData("Never expire releases", "Keep 1 release* 30")]
    [InlineData("Keep all releases", "Expire 1 release* 30")]
    [InlineData("Expire untagged images", "Keep 1 any 30")]
    [InlineData("Keep 30 staging images", "Keep 1 prod* 30")]
    [InlineData("Expire dev images", "Expire 1  30")]
    public void A_description_that_differs_from_the_rule_is_reported(string description, string rule) =>
        Assert.Single(LintAlone(Described(rule, description)), f => f.Id == LifecycleLinter.DescriptionDiffers);

    [Theory]
    [InlineData("Expire images older than 2 weeks", "Expire 1 any 14")]
    [InlineData("Expire images after 1 month", "Expire 1 any 31")]
    [InlineData("Rule 1", "Keep 1 any 30")]
    [InlineData("Protect images tagged with main-", "Keep 1 main* 9999")]
    [InlineData("Keep last 30 pre-production images", "Keep 1 preprod* 30")]
    [InlineData("Keep last 30 prod and staging images", "Keep 1 production* 30")]
    [InlineData("Keep 30 images of the last 7 days", "Keep 1 any 30")]
    [InlineData("Keep branch images for 60 days", "Expire 1 branch-* 60")]
    [InlineData("Expire untagged images older than 14 days", "Expire 1  14")]
    [InlineData("Archive images not pulled in 90 days", "Archive 1 any 90")]
    [InlineData("Keep last 30 production releases", "Keep 1 v* 30")]
    [InlineData("Clean up", "Expire 1 any 30")]
    public void A_description_that_agrees_with_the_rule_is_not(string description, string rule) =>
        Assert.DoesNotContain(LintAlone(Described(rule, description)), f => f.Id == LifecycleLinter.DescriptionDiffers);

    /// <summary>Each claim is true of its rule, or there is none.</summary>
    [Theory]
    [InlineData("What has no tag goes within 24 hours", "Expire 1  1")]
    [InlineData("Expire untagged images after 48 hours", "Expire 1  2")]
    [InlineData("Expire untagged images after 24h", "Expire 1  1")]
    [InlineData("Expire images after 36 hours", "Expire 1 any 2")]
    [InlineData("Clean up, checked every 30 minutes", "Expire 1 any 14")]
    [InlineData("Expire images after 90 minutes", "Expire 1 any 1")]
    [InlineData("Expire images older than 2w", "Expire 1 any 14")]
    [InlineData("90-day retention", "Expire 1 any 90")]
    [InlineData("Keep images for six months", "Expire 1 any 180")]
    [InlineData("Keep images for 6 months", "Expire 1 any 183")]
    [InlineData("Keep images for one year", "Expire 1 any 365")]
    [InlineData("Keep images for a week", "Expire 1 any 14")]
    [InlineData("Tags that begin with 20 stay ten years", "Expire 1 20* 3650")]
    [InlineData("Keep v2 images", "Expire 1 v2* 30")]
    [InlineData("Keep 1.0 images for 30 days", "Expire 1 1.0* 30")]
    [InlineData("Keep 2024 images", "Keep 1 2024* 30")]
    [InlineData("Keep images of 2024", "Keep 1 2024* 30")]
    [InlineData("JIRA-123: keep the last 30 images", "Keep 1 any 30")]
    [InlineData("Keep the last 30 images (JIRA-123)", "Keep 1 any 30")]
    [InlineData("Expire images older than 14 days, see CVE-2024-1234", "Expire 1 any 14")]
    [InlineData("Keep images tagged release-30", "Keep 1 release-30* 5")]
    [InlineData("Keep images tagged with 'last 10 images'", "Keep 1 x* 5")]
    [InlineData("Keep images built from 9f86d081884c7d659a2feaa0c55ad015", "Keep 1 x* 5")]
    [InlineData("Keep images that listen on port 8080", "Keep 1 web* 5")]
    [InlineData("Keep 10% of the images", "Keep 1 any 5")]
    [InlineData("Keep 10 percent of the images", "Keep 1 any 5")]
    [InlineData("Expire images on the 1st of the month", "Expire 1 any 31")]
    [InlineData("Expire the 2nd image", "Keep 1 any 1")]
    [InlineData("Does not expire images younger than 30 days", "Expire 1 any 90")]
    [InlineData("Images do not expire within 30 days", "Expire 1 any 90")]
    [InlineData("Never keep more than 10 images", "Keep 1 any 10")]
    [InlineData("Keep at least 10 images", "Keep 1 any 30")]
    [InlineData("Expire images more than 30 days old", "Expire 1 any 30")]
    [InlineData("Expire images >30 days", "Expire 1 any 30")]
    [InlineData("Keep images for 30-60 days", "Expire 1 any 45")]
    [InlineData("Keep images for 30 to 60 days", "Expire 1 any 45")]
    [InlineData("Keep images between 30 and 60 days", "Expire 1 any 45")]
    [InlineData("Keep last 10", "Keep 1 any 10")]
    [InlineData("Keep ten images", "Keep 1 any 10")]
    [InlineData("Keep the 10 most recent images", "Keep 1 any 10")]
    [InlineData("Keep the most recent ten images", "Keep 1 any 10")]
    [InlineData("Keep 1,000 images", "Keep 1 any 1000")]
    [InlineData("Keep two hundred images", "Keep 1 any 200")]
    [InlineData("Keep 10 images per branch", "Keep 1 any 50")]
    [InlineData("Keep the last 10 images. Other rules expire after 30 days.", "Keep 1 any 10")]
    [InlineData("Expire after 14 days. Releases are kept by rule 1, the last 100 of them.", "Expire 1 any 14")]
    [InlineData("The release rule keeps 100 images; this takes what is left", "Expire 1 any 14")]
    [InlineData("Was 30 days until March", "Expire 1 any 14")]
    [InlineData("Supprimer les images de plus de 30 jours", "Expire 1 any 14")]
    [InlineData("Expire les images de plus de 30 jours", "Expire 1 any 14")]
    [InlineData("Behalte die letzten 10 Images", "Expire 1 any 14")]
    [InlineData("Borrar im\u00e1genes con m\u00e1s de 30 d\u00edas", "Expire 1 any 14")]
    [InlineData("Keep images that demonstrate the product", "Keep 1 prod* 5")]
    [InlineData("Keep image10", "Keep 1 v* 5")]
    [InlineData("Keep the greatest images, contested or protested", "Keep 1 prod* 5")]
    [InlineData("Keep the last 10 production images", "Keep 1 latest* 10")]
    [InlineData("Keep the last 10 non-production images", "Keep 1 dev* 10")]
    [InlineData("Keep the last 10 test images", "Keep 1 qa-* 10")]
    [InlineData("Protect the image tagged latest", "Keep 1 latest 1")]
    [InlineData("Never expire latest", "Keep 1 latest 5")]
    [InlineData("Protects us from a full registry", "Keep 1 any 30")]
    [InlineData("Protect against cost: keep the last 30 images", "Keep 1 any 30")]
    [InlineData("Never expires images in use", "Expire 1 any 30")]
    [InlineData("Keep all images for 30 days", "Expire 1 any 30")]
    [InlineData("Keep every image of the last 30 days", "Expire 1 any 30")]
    [InlineData("Keep all but the newest 5", "Expire 1 any 30")]
    [InlineData("Expire all images, tagged or untagged", "Expire 1 any 30")]
    [InlineData("Expire all images including untagged ones", "Expire 1 any 30")]
    [InlineData("Images for the archive team", "Expire 1 any 30")]
    [InlineData("Remove images from the standard storage", "Archive 1 any 30")]
    [InlineData("Expire images older than 120 days", "ExpireArchived 1 any 90")]
    [InlineData("DO NOT DELETE THIS RULE", "Keep 1 any 20")]
    [InlineData("Never delete this rule", "Keep 1 any 20")]
    [InlineData("Protect this rule", "Keep 1 any 20")]
    [InlineData("Keep this rule forever", "Keep 1 any 20")]
    [InlineData("Keep all release images for a year", "Expire 1 release* 365")]
    [InlineData("Keep all images for a month", "Expire 1 any 30")]
    [InlineData("Keep all images for a quarter", "Expire 1 any 90")]
    [InlineData("Never delete images in their first week", "Expire 1 any 7")]
    [InlineData("Do not delete images immediately", "Expire 1 any 7")]
    [InlineData("Do not delete images right away", "Expire 1 any 7")]
    [InlineData("Do not delete images too early", "Expire 1 any 7")]
    [InlineData("Never delete new images", "Expire 1 any 7")]
    [InlineData("Keep all new images", "Keep 1 any 20")]
    [InlineData("Protect recently pushed images", "Expire 1 any 7")]
    [InlineData("Keep all of this month's images", "Expire 1 any 31")]
    [InlineData("Keep all repositories small", "Keep 1 any 20")]
    [InlineData("Keep all clean", "Keep 1 any 20")]
    [InlineData("Keep every 10th image", "Keep 1 any 20")]
    [InlineData("Keep all in sync with Terraform", "Keep 1 any 20")]
    [InlineData("Keep all images that are deployed", "Keep 1 any 20")]
    [InlineData("Protect images from accidental deletion", "Keep 1 any 20")]
    [InlineData("Never delete the last image", "Keep 1 any 1")]
    [InlineData("Archive images: 30 days", "Expire 1 archive-* 30")]
    [InlineData("Archive images: 30 days", "Expire 1 any 30")]
    [InlineData("Archive builds older than 30 days", "Expire 1 archive-* 30")]
    [InlineData("Archive images older than 30 days", "Expire 1 archive-* 30")]
    [InlineData("Archiving service", "Keep 1 any 20")]
    [InlineData("Transition images (blue/green)", "Keep 1 any 20")]
    [InlineData("Transition images", "Keep 1 any 20")]
    [InlineData("Keep 12 images", "Keep 1 12* 5")]
    [InlineData("Keep 18 images", "Keep 1 node18* 5")]
    [InlineData("Keep the last 2024 images", "Keep 1 2024* 5")]
    [InlineData("Keep the 8 LTS images", "Keep 1 8* 5")]
    [InlineData("Keep last 5 images. Delete untagged images.", "Keep 1 any 5")]
    [InlineData("Delete untagged images and everything else after 30 days", "Expire 1 any 30")]
    [InlineData("Expire untagged images (and anything older than 30 days)", "Expire 1 any 30")]
    [InlineData("Expire untagged images as well as old ones", "Expire 1 any 30")]
    [InlineData("Expire untagged images first, the rest after 30 days", "Expire 1 any 30")]
    [InlineData("Remove untagged images, old images and PR images", "Expire 1 any 30")]
    [InlineData("Remove orphaned dev images", "Expire 1  14")]
    [InlineData("Remove orphaned dev images older than 14 days", "Expire 1  14")]
    [InlineData("Expire dangling staging images", "Expire 1  14")]
    [InlineData("Remove images to cold storage", "Archive 1 any 90")]
    [InlineData("Expire images to Glacier after 90 days", "Archive 1 any 90")]
    [InlineData("Retain 10 dev and 10 prod images", "Keep 1 dev-* 10")]
    [InlineData("Keep last 10 multi stage images", "Keep 1 prod* 10")]
    [InlineData("Keep last 10 load test images", "Keep 1 prod* 10")]
    [InlineData("Keep last 10 images (5 for dev)", "Keep 1 any 20")]
    [InlineData("Delete images of releases supported for 2 years", "Expire 1 any 90")]
    [InlineData("Keep images for 30 days of support", "Expire 1 any 90")]
    [InlineData("Keep LTS images supported for 5 years", "Keep 1 any 10")]
    [InlineData("Keep images of teams on call for 7 days", "Keep 1 any 10")]
    [InlineData("Delete images of teams on call for 7 days", "Expire 1 any 90")]
    [InlineData("Keep images with CVEs open for 30 days", "Keep 1 any 10")]
    [InlineData("Delete images with CVEs open for 30 days", "Expire 1 any 90")]
    [InlineData("Delete images after release in 5 days", "Expire 1 any 90")]
    [InlineData("Delete images built in 2 days", "Expire 1 any 90")]
    [InlineData("Delete 90 days after release", "Expire 1 any 30")]
    [InlineData("Expire images older than 52 weeks", "Expire 1 any 365")]
    [InlineData("Keep one week of nightlies", "Keep 1 any 7")]
    [InlineData("Keep last 7 days of images", "Keep 1 any 7")]
    [InlineData("Keep the last 3 multi-arch images", "Keep 1 any 9")]
    [InlineData("Keep the last 3 multi-platform images", "Keep 1 any 9")]
    [InlineData("Expire untagged dev images after 14 days", "Expire 1  14")]
    [InlineData("Remove old untagged staging images", "Expire 1  14")]
    [InlineData("Clean up untagged test images", "Expire 1  14")]
    [InlineData("Clean up dangling test images", "Expire 1  14")]
    [InlineData("Expire dev images that are untagged", "Expire 1  14")]
    [InlineData("Delete orphaned qa images", "Expire 1  14")]
    [InlineData("Keep last 10 untagged production images", "Keep 1  10")]
    [InlineData("Keep last 10 untagged production images", "Keep 1 dev* 10")]
    [InlineData("Never delete the latest prod image", "Keep 1 prod* 1")]
    [InlineData("Never delete the current release", "Keep 1 release* 1")]
    [InlineData("Never delete the production image", "Keep 1 prod* 1")]
    [InlineData("Protect the live version", "Keep 1 v* 2")]
    [InlineData("Protect rollback images", "Keep 1 v* 10")]
    [InlineData("Do not delete releases too early", "Expire 1 release* 90")]
    [InlineData("Don't remove images immediately", "Expire 1 any 7")]
    [InlineData("Keep every second build", "Keep 1 any 30")]
    [InlineData("Keep every third build", "Keep 1 any 30")]
    [InlineData("Keep all images for a week", "Expire 1 any 7")]
    [InlineData("Keep all images of the day", "Expire 1 any 1")]
    [InlineData("Keep all supported releases", "Keep 1 release* 5")]
    [InlineData("Preserve every build for a minute or two", "Expire 1 any 1")]
    public void What_is_true_of_the_rule_or_no_claim_at_all_is_not_reported(string description, string rule) =>
        Assert.DoesNotContain(LintAlone(Described(rule, description)), f => f.Id == LifecycleLinter.DescriptionDiffers);

    [Theory]
    [InlineData("Expire untagged images after 72 hours", "Expire 1  5")]
    [InlineData("Keep the last ten images", "Keep 1 any 30")]
    [InlineData("Keep last 10", "Keep 1 any 30")]
    [InlineData("Rule 2: keep the newest 30 images", "Keep 1 any 20")]
    [InlineData("Keep the last 10 images. Owner: the platform team (JIRA-123).", "Keep 1 any 20")]
    [InlineData("Images older than 30 days", "Expire 1 any 90")]
    [InlineData("Remove images older than 3 months", "Expire 1 any 60")]
    [InlineData("Keep 10 dev/test images", "Keep 1 production* 10")]
    [InlineData("Move old images to archive", "Expire 1 any 30")]
    [InlineData("Do not delete releases", "Keep 1 release* 30")]
    [InlineData("Keep every image", "Expire 1 any 30")]
    [InlineData("Protect production images", "Expire 1 prod* 30")]
    [InlineData("Delete staging images", "Expire 1  30")]
    [InlineData("Keep 1,000 images", "Keep 1 any 100")]
    [InlineData("Expire images tagged with 'latest' older than 180 days", "Expire 1 latest* 90")]
    [InlineData("Keep the newest 50 images and mark the rest for expiration", "Keep 1 any 30")]
    [InlineData("Only keep latest 12 images", "Keep 1 any 20")]
    [InlineData("Keep newest 100 images that are tagged with *-main-*", "Keep 1 *-main-* 50")]
    [InlineData("Keep newest 100 images, delete the rest", "Keep 1 any 50")]
    [InlineData("Keep last 60 release images for rollbacks", "Keep 1 release* 30")]
    [InlineData("Keep branch images for 60 days", "Expire 1 branch-* 30")]
    [InlineData("Transition foo-* images not pulled in 30 days to archive", "Archive 1 foo-* 60")]
    [InlineData("Keep the newest 10 production images", "Keep 1 dev* 10")]
    [InlineData("Do not delete hotfix images", "Keep 1 hotfix-* 30")]
    [InlineData("Never delete production images", "Keep 1 prod* 30")]
    [InlineData("Keep all images forever", "Keep 1 any 30")]
    [InlineData("Archive images older than 90 days", "Expire 1 any 90")]
    [InlineData("Purge images older than 1 year", "Expire 1 any 30")]
    [InlineData("Clean up images older than 2 weeks", "Expire 1 any 30")]
    [InlineData("This rule keeps the last 10 images", "Keep 1 any 20")]
    public void A_plain_claim_that_is_not_so_is_reported(string description, string rule) =>
        Assert.Single(LintAlone(Described(rule, description)), f => f.Id == LifecycleLinter.DescriptionDiffers);

    [Fact]
    public void Behind_a_rule_for_every_tag_a_rule_for_any_image_may_speak_of_untagged_ones() =>
        Assert.DoesNotContain(
            LintAlone(Of(Keep(1, "*", 9999), Expire(2, "any", 14, "Expire untagged images"))),
            f => f.Id == LifecycleLinter.DescriptionDiffers
        );

    [Fact]
    public void Images_that_are_listed_tell_what_a_rule_for_untagged_ones_is_for()
    {
        var cleansUp = Of(Keep(1, "v*", 10), Expire(2, "", 14));
        Assert.DoesNotContain(Lint(cleansUp, Image(1, 1, "v1")), f => f.Id == LifecycleLinter.MatchesNothing);
        var archives = Of(Archive(1, "any", 30), ExpireArchived(2, "any", 365));
        Assert.DoesNotContain(Lint(archives, Image(1, 1, "v1")), f => f.Id == LifecycleLinter.MatchesNothing);

        // The output of describe-images for an index does not say what the index refers to.
        var leavesThem = Of(Keep(1, "v*", 10));
        var index = Image(3, 1, "v1") with { Kind = ImageKind.Index };
        Assert.Empty(Lint(leavesThem, Image(2, 1), index));
        Assert.Empty(Lint(leavesThem, Image(2, 1), index with { Children = [Facts.Digest(2)] }));
        Assert.Single(
            Lint(leavesThem, Image(2, 1), Image(4, 1), index with { Children = [Facts.Digest(2)] }),
            f => f.Id == LifecycleLinter.NoUntaggedCleanUp
        );
    }

    [Theory]
    [InlineData("v?", "'?' is no wildcard to ECR and stands for itself, and no tag contains one")]
    [InlineData("v[0-9]*", "'[' is no wildcard to ECR")]
    [InlineData("team/v*", "No tag matches 'team/v*'")]
    public void A_pattern_that_no_tag_matches_is_told_by_what_is_wrong_with_it(string pattern, string message) =>
        Assert.StartsWith(
            message,
            LintAlone(Of(Keep(1, pattern, 10))).Single(f => f.Id == LifecycleLinter.ImpossibleTag).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_tag_is_as_long_as_ECR_s_model_lets_it_be() =>
        Assert.DoesNotContain(
            LintAlone(Of(Keep(1, new string('a', 300), 10))),
            f => f.Id == LifecycleLinter.ImpossibleTag
        );

    [Theory]
    [InlineData("10.0")]
    [InlineData("1e1")]
    public void A_number_that_ECR_may_not_read_is_told_where_ECR_is_sent_the_text_itself(string number)
    {
        var text = $$"""{"rules":[{{Keep(1, "v*", 77).Replace("77", number, StringComparison.Ordinal)}}]}""";

        var problem = Assert.Single(LifecyclePolicy.Read(text, sentAsWritten: true).Problems);
        Assert.Equal(
            ($"Found {number}; ECR may take digits only: write 10.", false),
            (problem.Message, problem.Certain)
        );
        Assert.Empty(LifecyclePolicy.Read(text).Problems);
    }

    [Theory]
    [InlineData("v*,v1*", false)]
    [InlineData("v*,v*", false)]
    [InlineData("v*,*", false)]
    [InlineData("v*,latest", true)]
    public void A_pattern_that_another_one_covers_makes_no_trap(string tags, bool trap) =>
        Assert.Equal(
            trap,
            LintAlone(Of(Keep(1, tags, 9), Keep(2, "any", 100))).Any(f => f.Id == LifecycleLinter.AndTrap)
        );

    [Theory]
    [InlineData("any", 10, null)]
    [InlineData("*", 10, LintSeverity.Warning)]
    [InlineData("sha*", 10, LintSeverity.Warning)]
    [InlineData("*sig", 10, LintSeverity.Warning)]
    [InlineData("*.sig", 10, null)]
    [InlineData("*.att", 10, null)]
    [InlineData("sha256-*", 10, null)]
    [InlineData("sha256-*.sig", 10, null)]
    [InlineData("v*", 10, null)]
    [InlineData("*-main-*", 10, null)]
    [InlineData("", 10, null)]
    [InlineData("*", 9999, null)]
    public void A_count_that_signatures_may_fill_is_told_as_far_as_the_policy_shows_it(
        string tags,
        int count,
        LintSeverity? severity
    ) =>
        Assert.Equal(
            severity,
            LintAlone(Of(Keep(1, tags, count))).SingleOrDefault(f => f.Id == LifecycleLinter.CountsArtifacts)?.Severity
        );

    [Fact]
    public void A_count_that_signatures_fill_is_a_warning_and_one_in_a_repository_without_any_is_nothing()
    {
        var policy = Of(Keep(1, "any", 2));
        var signed = Image(1, 2, "v1");
        var signature = Image(2, 1, signed.Digest.ToString().Replace(':', '-') + ".sig");

        var found = Assert.Single(Lint(policy, signed, signature), f => f.Id == LifecycleLinter.CountsArtifacts);
        Assert.Equal(
            (
                LintSeverity.Warning,
                "1 of what the rule counts is a signature or another artifact (tags such as 'sha256-….sig'): "
                    + "fewer than 2 images stay."
            ),
            (found.Severity, found.Message)
        );
        Assert.DoesNotContain(Lint(policy, signed), f => f.Id == LifecycleLinter.CountsArtifacts);
        // What a lifecycle rule does with referrers is not documented.
        Assert.DoesNotContain(
            Lint(policy, signed, Image(3, 1) with { Subject = signed.Digest, Kind = ImageKind.Artifact }),
            f => f.Id == LifecycleLinter.CountsArtifacts
        );
    }

    private static LifecyclePolicy Described(string rule, string description) =>
        Of(
            rule.Split(' ') switch
            {
                ["Expire", var priority, var tags, var days] => Expire(
                    int.Parse(priority),
                    tags,
                    int.Parse(days),
                    description
                ),
                ["ExpireArchived", var priority, var tags, var days] => ExpireArchived(
                    int.Parse(priority),
                    tags,
                    int.Parse(days),
                    description
                ),
                ["Archive", var priority, var tags, var days] => Archive(
                    int.Parse(priority),
                    tags,
                    int.Parse(days),
                    description: description
                ),
                [_, var priority, var tags, var count] => Keep(
                    int.Parse(priority),
                    tags,
                    int.Parse(count),
                    description
                ),
                _ => throw new ArgumentException(rule),
            }
        );

    [Fact]
    public void An_untagged_rule_is_a_warning_where_untagged_images_are_pulled_long_after_their_push()
    {
        var policy = Of(Expire(1, "", 14), Keep(2, "any", 100));
        var pinned = Image(1, 30) with { LastPulledAt = Facts.Now.AddDays(-1) };
        var index = Image(2, 30, "v1") with { Kind = ImageKind.Index, Children = [pinned.Digest] };

        Assert.Equal([(LifecycleLinter.UntaggedInUse, LintSeverity.Info, 1)], Heads(LintAlone(policy)));
        Assert.Equal([(LifecycleLinter.UntaggedInUse, LintSeverity.Warning, 1)], Heads(Lint(policy, pinned)));
        Assert.Equal([(LifecycleLinter.UntaggedInUse, LintSeverity.Info, 1)], Heads(Lint(policy, pinned, index)));
    }

    [Fact]
    public void A_policy_without_a_rule_for_untagged_images_leaves_them_for_ever()
    {
        var policy = Of(Keep(1, "v*", 10));

        Assert.Equal([(LifecycleLinter.NoUntaggedCleanUp, LintSeverity.Info, null)], Heads(LintAlone(policy)));
        Assert.Equal(
            [(LifecycleLinter.NoUntaggedCleanUp, LintSeverity.Warning, null)],
            Heads(Lint(policy, Image(1, 1, "v1"), Image(2, 1)))
        );
        Assert.Empty(Lint(policy, Image(1, 1, "v1")));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("*-*", true)]
    [InlineData("*blocked*", true)]
    [InlineData("v*", false)]
    [InlineData("*inuse-*", true)]
    [InlineData("ecrguard-inuse-*", true)]
    [InlineData("ecrguard-*", true)]
    [InlineData("ecrguard-blocked-*", false)]
    [InlineData("ecrguard-old", false)]
    public void A_pattern_that_catches_verdict_tags_unawares_is_reported(string pattern, bool caught) =>
        Assert.Equal(
            caught,
            LintAlone(Of(Keep(1, pattern, 3), Keep(2, "any", 100)))
                .Any(f => f is { Id: LifecycleLinter.CatchesVerdictTags, Severity: LintSeverity.Warning })
        );

    [Fact]
    public void A_rule_for_blocked_images_may_be_meant_and_the_rule_that_shields_images_in_use_is_EcrGuards_only_where_it_stands_first_and_takes_none()
    {
        const string Shield = "ecrguard-inuse-*";
        Assert.Equal(
            [(LifecycleLinter.CatchesVerdictTags, LintSeverity.Info, 1)],
            Heads(LintAlone(Of(Keep(1, "ecrguard-blocked-*", 3), Keep(2, "any", 100))))
        );
        Assert.Empty(LintAlone(Of(Keep(1, Shield, 100_000), Keep(2, "*inuse-*", 3), Keep(3, "any", 100))));
        Assert.Equal(
            [(LifecycleLinter.CatchesVerdictTags, LintSeverity.Info, 2)],
            Heads(LintAlone(Of(Keep(1, Shield, 100_000), Keep(2, "ecrguard-*", 3), Keep(3, "any", 100))))
        );
        Assert.Equal(
            [(LifecycleLinter.CatchesVerdictTags, LintSeverity.Warning, 2)],
            Heads(LintAlone(Of(Keep(1, "v*", 9), Keep(2, Shield, 100_000), Keep(3, "any", 100))))
        );
        Assert.Equal(
            [(LifecycleLinter.CatchesVerdictTags, LintSeverity.Warning, 1)],
            Heads(LintAlone(Of(Keep(1, Shield, 99_999), Keep(2, "any", 100))))
        );
    }

    [Theory]
    [InlineData("v*", "v*", true)]
    [InlineData("a*,b*", "b*,a*", true)]
    [InlineData("a*,b*", "a*", false)]
    public void Two_rules_with_the_same_tags_may_be_refused(string tags, string others, bool same) =>
        Assert.Equal(
            same,
            LintAlone(Of(Archive(1, tags, 30), Keep(2, others, 9), Keep(3, "any", 100)))
                .Any(f => f is { Id: LifecycleLinter.SameTags, Severity: LintSeverity.Warning, RulePriority: 2 })
        );

    [Fact]
    public void Two_rules_with_the_same_tags_for_two_storage_classes_may_not() =>
        Assert.DoesNotContain(
            LintAlone(Of(Archive(1, "v*", 30), ExpireArchived(2, "v*", 365), Keep(3, "any", 100))),
            f => f.Id == LifecycleLinter.SameTags
        );

    [Fact]
    public void A_rule_for_archived_images_cannot_act_where_nothing_archives()
    {
        var policy = Of(Keep(1, "any", 9), ExpireArchived(2, "any", 365));
        var archived = Image(1, 800) with { Storage = StorageStatus.Archived, LastArchivedAt = Facts.Now.AddDays(-1) };

        Assert.Equal([(LifecycleLinter.NothingArchives, LintSeverity.Warning, 2)], Heads(LintAlone(policy)));
        Assert.DoesNotContain(Lint(policy, archived), f => f.Id == LifecycleLinter.NothingArchives);
        Assert.Empty(LintAlone(Of(Archive(1, "any", 30), ExpireArchived(2, "any", 365))));
    }

    [Theory]
    [InlineData("prod*", "dev*", true)]
    [InlineData("*-eu,*-us", "*-ap", true)]
    [InlineData("", "dev*", true)]
    [InlineData("prod*", "prod-eu*", false)]
    [InlineData("prod-eu*", "prod*", false)]
    [InlineData("*-eu", "dev*", false)]
    [InlineData("prod*,dev*", "dev*", false)]
    [InlineData("any", "dev*", false)]
    [InlineData("prod*", "any", false)]
    [InlineData("prod*", "", false)]
    public void A_rule_for_archived_images_of_other_tags_than_are_archived_cannot_act(
        string archived,
        string expired,
        bool found
    )
    {
        var policy = Of(Archive(1, archived, 30), ExpireArchived(2, expired, 365));
        Assert.Equal(
            found,
            LintAlone(policy)
                .Any(f => f is { Id: LifecycleLinter.NothingArchives, Severity: LintSeverity.Warning, RulePriority: 2 })
        );
    }

    [Fact]
    public void What_is_archived_with_tags_of_both_kinds_comes_to_the_rule_all_the_same()
    {
        var policy = Of(Archive(1, "prod*", 30), ExpireArchived(2, "dev*", 365), Expire(3, "", 14));
        Assert.Contains(
            "only an image that carries tags of both kinds comes to it",
            LintAlone(policy).Single(f => f.Id == LifecycleLinter.NothingArchives).Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(Lint(policy, Image(1, 1, "prod1", "dev1")), f => f.Id == LifecycleLinter.NothingArchives);
        Assert.Contains(
            Lint(policy, Image(1, 1, "prod1"), Image(2, 1, "dev1")),
            f => f.Id == LifecycleLinter.NothingArchives
        );
        Assert.DoesNotContain(
            Lint(
                policy,
                Image(1, 800, "dev1") with
                {
                    Storage = StorageStatus.Archived,
                    LastArchivedAt = Facts.Now.AddDays(-1),
                }
            ),
            f => f.Id == LifecycleLinter.NothingArchives
        );
    }

    [Fact]
    public void A_policy_near_a_limit_of_ECR_says_so()
    {
        var rules = Enumerable.Range(1, 46).Select(i => Keep(i, $"r{i}-*", 10)).Append(Keep(99, "any", 100)).ToArray();
        var longest = Of(Keep(1, "v*", 10, new string('x', 28_000)), Keep(99, "any", 100));

        Assert.Equal([(LifecycleLinter.NearLimit, LintSeverity.Info, null)], Heads(LintAlone(Of(rules))));
        Assert.Equal([(LifecycleLinter.NearLimit, LintSeverity.Info, null)], Heads(LintAlone(longest)));
        Assert.Equal(
            [(LifecycleLinter.NearLimit, LintSeverity.Warning, null)],
            Heads(LifecycleLinter.Lint(longest, 40_000, null))
        );
    }

    private static string Beside([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
