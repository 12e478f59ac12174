using System.Text;
using System.Text.Json;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class SweepReportTests
{
    private static readonly LifecyclePolicy KeepsOne = LifecyclePolicy
        .Read(
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"""u8
        )
        .Policy!;

    private static readonly ImageUsage Used = new(
        UseState.InUse,
        ["The ECS service pay refers to it by its digest."],
        []
    );

    private static readonly RepositorySweep Calm = new()
    {
        SweptAt = Facts.Now,
        Images = 3,
        InUse = 1,
        UseUnknown = 0,
        AtRiskCount = 0,
        AtRisk = [],
        AbandonedCount = 0,
        Abandoned = [],
    };

    private static readonly SweepResult Done = new(
        "run-1",
        "123456789012",
        "eu-central-1",
        Facts.Now,
        Facts.Now.AddMinutes(9),
        2,
        [],
        [new SweptRepository("pay/api", Calm), new SweptRepository("pay/web", Calm)],
        [],
        []
    );

    private static ImageFacts Old(int number, params string[] tags) =>
        Facts.Image(number, tags) with
        {
            PushedAt = Facts.Now.AddDays(-number),
        };

    private static RepositorySweep Sweep(
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        params IReadOnlyList<ImageFacts> images
    )
    {
        var contents = Facts.Contents(images);
        return RepositorySweep.Of(
            contents,
            usages,
            quarantined: new HashSet<Digest>(),
            PolicyEffect.Of(KeepsOne, contents, usages, shielded: false, Facts.Now),
            Facts.Now
        );
    }

    [Fact]
    public void An_image_in_use_that_the_policy_there_would_take_is_described_with_its_use_and_the_rule()
    {
        var sweep = Sweep(
            new Dictionary<Digest, ImageUsage>
            {
                [Facts.Digest(1)] = ImageUsage.None,
                [Facts.Digest(2)] = Used,
                [Facts.Digest(3)] = ImageUsage.Unknown,
            },
            Old(1, "3.0"),
            Old(2, "2.0"),
            Old(3, "1.0")
        );
        Assert.Equal((3, 1, 1, 1), (sweep.Images, sweep.InUse, sweep.UseUnknown, sweep.AtRiskCount));
        Assert.Equal(
            "pay/api@sha256:000000000000… (2.0): The ECS service pay refers to it by its digest. Rule 1 "
                + "expires it: it is number 2 from the newest, and 1 image stays.",
            Assert.Single(sweep.AtRisk)
        );
    }

    [Fact]
    public void Only_images_whose_every_tag_is_EcrGuards_count_as_given_up()
    {
        var unused = Enumerable.Range(1, 4).ToDictionary(i => Facts.Digest(i), _ => ImageUsage.None);
        var sweep = Sweep(
            unused,
            Old(1, "1.0", OwnTags.InUse(Facts.Digest(1))),
            Old(2, OwnTags.InUse(Facts.Digest(2))),
            Old(3),
            Old(4, "ecrguard-sig") with
            {
                Kind = ImageKind.Artifact,
                Subject = Facts.Digest(1),
            }
        );
        Assert.Equal([Facts.Digest(2)], sweep.Abandoned);
        Assert.Equal(1, sweep.AbandonedCount);
        Assert.Equal(
            0,
            Sweep(unused.ToDictionary(u => u.Key, _ => Used), Old(2, OwnTags.InUse(Facts.Digest(2)))).AbandonedCount
        );
    }

    [Fact]
    public void An_image_that_EcrGuard_has_taken_out_of_reach_is_not_given_up()
    {
        var contents = Facts.Contents([
            Old(1, OwnTags.Blocked(Facts.Digest(1))),
            Old(2, OwnTags.Blocked(Facts.Digest(2))),
        ]);
        var unused = contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None);
        Assert.Equal(
            [Facts.Digest(2)],
            RepositorySweep.Of(contents, unused, new HashSet<Digest> { Facts.Digest(1) }, null, Facts.Now).Abandoned
        );
    }

    [Fact]
    public void Lists_are_cut_and_counts_are_not()
    {
        var images = Enumerable.Range(1, 50).Select(i => Old(i, OwnTags.InUse(Facts.Digest(i)))).ToList();
        var used = Sweep(images.ToDictionary(i => i.Id.Digest, _ => Used), images);
        Assert.Equal((49, RepositorySweep.MaxListed), (used.AtRiskCount, used.AtRisk.Count));
        var given = Sweep(images.ToDictionary(i => i.Id.Digest, _ => ImageUsage.None), images);
        Assert.Equal((50, RepositorySweep.MaxListed), (given.AbandonedCount, given.Abandoned.Count));
    }

    [Fact]
    public void A_sweep_without_trouble_is_not_worth_a_message()
    {
        Assert.False(Done.IsWorthAMessage);
        Assert.True((Done with { Unfinished = ["pay/web"] }).IsWorthAMessage);
        Assert.True(
            (Done with { Swept = [new SweptRepository("pay/api", Calm with { Undone = ["x"] })] }).IsWorthAMessage
        );
        Unread consumer = new("ECS services of account 123456789012", "denied");
        Assert.True((Done with { Unread = [consumer] }).IsWorthAMessage);
        Assert.False(
            (Done with { Unread = [consumer], UnreadBefore = [consumer with { Why = "denied again" }] }).IsWorthAMessage
        );
        Assert.True((Done with { UnreadBefore = [consumer] }).IsWorthAMessage);
    }

    [Fact]
    public void No_subject_counts_none_of_what_failed()
    {
        Unread consumer = new("ECS services of account 123456789012", "denied");
        Assert.Equal(
            "EcrGuard: sweep, 1 consumer not read in 123456789012 eu-central-1",
            SweepAlert.For(Done with { Unread = [consumer] }).Subject
        );
        Assert.Equal(
            "EcrGuard: sweep, 2 consumers not read in 123456789012 eu-central-1",
            SweepAlert.For(Done with { Unread = [consumer, consumer] }).Subject
        );
        Assert.Equal(
            "EcrGuard: sweep, every consumer read again in 123456789012 eu-central-1",
            SweepAlert.For(Done with { UnreadBefore = [consumer] }).Subject
        );
        Assert.Equal(
            "EcrGuard: sweep, 1 thing not done in 123456789012 eu-central-1",
            SweepAlert.For(Done with { Unfinished = ["pay/web"], Unread = [consumer] }).Subject
        );

        var backfill = new BackfillResult(
            "123456789012",
            "eu-central-1",
            Facts.Now,
            Facts.Now.AddMinutes(1),
            1,
            new StatusCounts(),
            [consumer],
            Facts.Policy.Version
        );
        Assert.Equal(
            "EcrGuard: backfill done, no image could be read, INCOMPLETE",
            BackfillMessage.For(backfill).Subject
        );
        Assert.Equal(
            "EcrGuard: backfill done, 0 images, 0 blocked",
            BackfillMessage.For(backfill with { Unread = [] }).Subject
        );

        SummaryFacts facts = new()
        {
            Account = "123456789012",
            Region = "eu-central-1",
            Week = IsoWeek.Parse("2026-W47"),
            GeneratedAt = Facts.Now,
            Policy = Facts.Policy,
            Ceiling = EnforcementMode.Mark,
            Usage = new UsageReading { ReadAt = Facts.Now },
        };
        Assert.EndsWith(
            ": nothing to do, 0 blocked",
            new SummaryBuilder(facts).Build().Subject,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            ": INCOMPLETE, no image could be read",
            new SummaryBuilder(facts with { Unread = [consumer] }).Build().Subject,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_was_not_done_is_told_by_repository_and_fits_whatever_there_is()
    {
        var message = SweepAlert.For(
            Done with
            {
                Unfinished = ["pay/web"],
                Swept =
                [
                    new SweptRepository(
                        "pay/api",
                        Calm with
                        {
                            Undone = ["2 images could not be decided; the log says why."],
                        }
                    ),
                ],
            }
        );
        Assert.Equal("sweep:123456789012:eu-central-1:run-1", message.Id);
        Assert.Contains("- pay/api: 2 images could not be decided", message.Text, StringComparison.Ordinal);
        Assert.Contains("- pay/web: The sweep did not come to its end there", message.Text, StringComparison.Ordinal);
        Assert.Contains("Swept     3 images in 1 of 2 repositories", message.Text, StringComparison.Ordinal);
        Assert.Contains(new FilterValue("complete", "false"), message.Attributes);

        var flood = SweepAlert.For(
            Done with
            {
                Unfinished = [.. Enumerable.Range(0, 5000).Select(i => $"repository-{i}-{new string('x', 240)}")],
                Unread =
                [
                    .. Enumerable
                        .Range(0, 500)
                        .Select(i => new Unread($"{i}{new string('\u0416', 1000)}", new string('\u0416', 1000))),
                ],
            }
        );
        Assert.InRange(Encoding.UTF8.GetByteCount(flood.Envelope), 1, AlertMessage.MaxEnvelope);
        using var json = JsonDocument.Parse(flood.Json);
        Assert.Equal(
            (5000, 500),
            (
                json.RootElement.GetProperty("undoneCount").GetInt32(),
                json.RootElement.GetProperty("unreadCount").GetInt32()
            )
        );
    }

    [Fact]
    public void A_sweep_with_gaps_and_a_changed_ceiling_say_what_to_do()
    {
        Unread consumer = new("ECS services of account 123456789012", "denied");
        var undone = SweepAlert.For(Done with { Unfinished = ["pay/web"] });
        var unread = SweepAlert.For(Done with { Unread = [consumer] });
        var readAgain = SweepAlert.For(Done with { UnreadBefore = [consumer] });
        Assert.Contains("Do        Mend what stands behind each line", undone.Text, StringComparison.Ordinal);
        Assert.Contains("Do        Mend what stands behind each line", unread.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Do  ", readAgain.Text, StringComparison.Ordinal);

        var ceiling = CeilingAlert.For(
            "123456789012",
            "eu-central-1",
            EnforcementMode.Mark,
            EnforcementMode.Observe,
            1,
            Facts.Now
        );
        Assert.Contains("deploy again with Enforcement=mark", ceiling.Text, StringComparison.Ordinal);

        Assert.All(
            [undone.Json, ceiling.Json],
            json => Assert.StartsWith("""{"schemaVersion":2,""", json, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_weekly_summary_names_images_in_use_that_will_go_before_what_is_blocked()
    {
        var summary = new SummaryBuilder(
            new SummaryFacts
            {
                Account = "123456789012",
                Region = "eu-central-1",
                Week = IsoWeek.Parse("2026-W47"),
                GeneratedAt = Facts.Now,
                Policy = Facts.Policy,
                Ceiling = EnforcementMode.Mark,
                Sweeps =
                [
                    new SweptRepository("pay/web", Calm),
                    new SweptRepository(
                        "pay/api",
                        Calm with
                        {
                            AtRiskCount = 3,
                            AtRisk = ["It will go."],
                            AbandonedCount = 2,
                        }
                    ),
                ],
            }
        ).Add(Facts.Record(Status.Blocked, since: Facts.Now.AddHours(-1))).Build();
        var text = summary.ToText(AlertMessage.MaxEnvelope, "s3://whole");
        Assert.Contains(
            "1. IN USE, AND ABOUT TO EXPIRE: 3 images in use in pay/api\n   It will go.\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("Images left with EcrGuard's tags alone: 2\n", text, StringComparison.Ordinal);
        Assert.True(
            text.IndexOf("IN USE", StringComparison.Ordinal) < text.IndexOf("BLOCKED NOW", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void What_is_counted_and_not_listed_is_told_with_its_number()
    {
        var result = Done with
        {
            Swept = [new SweptRepository("pay/api", Calm with { Undone = ["x", "y"], UndoneCount = 57 })],
        };

        Assert.Equal(57, result.Undone);
        var message = SweepAlert.For(result);
        Assert.Contains("57 things not done", message.Subject, StringComparison.Ordinal);
        Assert.Contains("Not done: 57", message.Text, StringComparison.Ordinal);
        Assert.Contains("And 55 more things", message.Text, StringComparison.Ordinal);
        Assert.Contains(("NotDone", 57, "Count"), result.Metrics);
    }
}
