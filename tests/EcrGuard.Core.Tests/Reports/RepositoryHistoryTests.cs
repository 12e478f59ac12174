using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>A fix is counted only if scans show that the vulnerability is gone.</summary>
public sealed class RepositoryHistoryTests
{
    private static readonly DateTimeOffset Monday = new(2026, 11, 16, 3, 0, 0, TimeSpan.Zero);

    private static RepositoryHistory Next(
        RepositoryHistory? before,
        int day,
        bool certain = true,
        PolicyDocument? policy = null,
        IReadOnlySet<string>? there = null,
        params ImageRecord[] current
    ) =>
        RepositoryHistory.Next(
            before,
            new CurrentFindings(current),
            certain,
            there ?? new HashSet<string>(),
            (0, 0, 0),
            policy ?? Facts.Policy,
            Monday.AddDays(day)
        );

    private static RepositoryHistory Blocked() => Next(null, 0, current: Facts.Record(Status.Blocked));

    [Fact]
    public void What_blocks_a_current_image_is_open_since_the_first_sweep_that_saw_it()
    {
        var later = Next(Blocked(), 3, current: Facts.Record(Status.Blocked, Facts.Image(2, "2.0")));
        Assert.Equal(
            new OpenFinding("CVE-2026-0001", "openssl", Severity.Critical, Monday, Blocks: true),
            Assert.Single(later.Open)
        );
        Assert.Empty(later.Fixed);
        Assert.Equal(Monday, later.Since);
    }

    [Fact]
    public void It_is_fixed_when_no_current_image_has_it_by_a_whole_scan()
    {
        var later = Next(Blocked(), 4, current: Facts.Record(Status.Approved, Facts.Image(2, "2.0")));
        Assert.Empty(later.Open);
        Assert.Equal(
            new FixedFinding("CVE-2026-0001", "openssl", Severity.Critical, Monday, Monday.AddDays(4)),
            Assert.Single(later.Fixed)
        );
        Assert.Equal(4, later.Fixed[0].Days);
    }

    [Theory]
    [InlineData(Status.Unscanned)]
    [InlineData(Status.Stale)]
    [InlineData(Status.Unsupported)]
    [InlineData(Status.Pending)]
    [InlineData(Status.Error)]
    public void An_image_that_is_not_scanned_fixes_nothing(Status status)
    {
        var later = Next(Blocked(), 4, current: Facts.Record(status, Facts.Image(2, "2.0")));
        Assert.Single(later.Open);
        Assert.Empty(later.Fixed);
    }

    [Fact]
    public void Where_what_runs_is_gone_or_not_known_nothing_is_fixed()
    {
        var later = Next(Blocked(), 4, certain: false, current: Facts.Record(Status.Approved, Facts.Image(2, "2.0")));
        Assert.Single(later.Open);
        Assert.Empty(Next(Blocked(), 4).Fixed);
        Assert.Empty(later.Fixed);
    }

    [Fact]
    public void What_no_rule_selects_any_more_is_no_fix_while_the_image_has_it()
    {
        var clean = Facts.Record(Status.Approved);
        Assert.True(RepositoryHistory.Misses(Blocked(), new CurrentFindings([clean])));
        Assert.False(RepositoryHistory.Misses(Blocked(), new CurrentFindings([Facts.Record(Status.Blocked)])));

        var still = Next(Blocked(), 4, there: new HashSet<string> { "CVE-2026-0001" }, current: clean);
        Assert.Empty(still.Fixed);
        Assert.False(Assert.Single(still.Open).Blocks);
        Assert.Single(Next(Blocked(), 4, current: clean).Fixed);
    }

    [Fact]
    public void Where_the_findings_of_an_image_are_lost_nothing_is_fixed()
    {
        var later = RepositoryHistory.Next(
            Blocked(),
            new CurrentFindings([Facts.Record(Status.Approved)]),
            certain: true,
            there: null,
            (0, 0, 0),
            Facts.Policy,
            Monday.AddDays(4)
        );
        Assert.Empty(later.Fixed);
        Assert.Single(later.Open);
    }

    [Fact]
    public void One_of_two_images_that_run_and_still_has_it_keeps_it_open() =>
        Assert.Single(
            Next(
                Blocked(),
                4,
                current: [Facts.Record(Status.Blocked), Facts.Record(Status.Approved, Facts.Image(2, "2.0"))]
            ).Open
        );

    [Fact]
    public void A_waiver_is_no_fix_and_the_finding_keeps_its_age()
    {
        var image = Facts.Image(1, "1.0");
        var policy = Facts.Policy with { Waivers = [Facts.Waiver()] };
        var waived = ImageRecord.Of(
            image,
            Facts.Decide(image, Facts.Scan(Facts.Finding()), policy),
            null,
            "01",
            Monday,
            image.Tags
        );
        var excused = Next(Blocked(), 2, policy: policy, current: waived);
        Assert.False(Assert.Single(excused.Open).Blocks);
        Assert.Empty(excused.Fixed);

        var back = Next(excused, 5, current: Facts.Record(Status.Blocked));
        Assert.Equal((Monday, true), (back.Open[0].FirstSeen, back.Open[0].Blocks));
    }

    [Fact]
    public void Another_policy_fixes_nothing()
    {
        var later = Next(
            Blocked(),
            4,
            policy: Facts.Policy with
            {
                Version = new string('b', 64),
            },
            current: Facts.Record(Status.Approved)
        );
        Assert.Empty(later.Fixed);
        Assert.Empty(later.Open);
    }

    [Fact]
    public void A_forced_approval_fixes_nothing()
    {
        var blocked = Facts.Record(Status.Blocked);
        var forced = new ForcedApproval("01F", "ada", "The shop is down.", Monday, Monday.AddDays(9));
        var later = Next(
            Blocked(),
            4,
            current: blocked with
            {
                Verdict = ForcedApproval.Over(blocked.Verdict, forced, Monday.AddDays(1)),
                ReasonCount = blocked.ReasonCount + 1,
            }
        );
        Assert.Single(later.Open);
        Assert.Empty(later.Fixed);
    }

    [Fact]
    public void Current_is_what_runs_or_else_the_newest_tagged_one_with_its_platforms()
    {
        var runs = Usage(ConsumerKind.EcsService);
        var pulled = new ImageUsage(UseState.InUse, ["pulled"], []);
        Assert.Equal([1], Current(runs, pulled));
        Assert.Equal([2, 3], Current(pulled, pulled));
        // The revision before the last names the replaced image, and runs nothing.
        Assert.Equal([2, 3], Current(Usage(ConsumerKind.TaskDefinition), pulled));
        Assert.Equal([1], Current(runs, Usage(ConsumerKind.TaskDefinition)));

        static ImageUsage Usage(ConsumerKind kind) => new(UseState.InUse, ["x"], [new Consumer(kind, "main/web")]);

        // An older image, and an index whose platform has no tag.
        static IEnumerable<int> Current(ImageUsage older, ImageUsage newest)
        {
            var index = Facts.Image(2, "2.0") with { PushedAt = Monday.AddDays(1), Kind = ImageKind.Index };
            var contents = new RepositoryContents
            {
                Repository = index.Id.Repository,
                ReadAt = Monday.AddDays(2),
                Images = [Facts.Image(1, "1.0") with { PushedAt = Monday }, index, Facts.Image(3)],
                Children = new Dictionary<Digest, IReadOnlyList<IndexChild>>
                {
                    [index.Id.Digest] = [new IndexChild(Facts.Digest(3), "linux/amd64", ImageKind.Image)],
                },
            };
            var usages = new Dictionary<Digest, ImageUsage>
            {
                [Facts.Digest(1)] = older,
                [Facts.Digest(2)] = newest,
                [Facts.Digest(3)] = ImageUsage.None,
            };
            return RepositoryHistory
                .Current(contents, usages)
                .Select(image => Enumerable.Range(1, 3).Single(n => Facts.Digest(n) == image.Id.Digest));
        }
    }

    [Fact]
    public void What_left_is_added_up_by_week_and_kept_for_twelve()
    {
        RepositoryHistory? history = null;
        for (var day = 0; day < 120; day++)
            history = RepositoryHistory.Next(
                history,
                new CurrentFindings([]),
                certain: true,
                new HashSet<string>(),
                (1, 2, 1000),
                Facts.Policy,
                Monday.AddDays(day)
            );
        Assert.InRange(history!.Storage.Count, RepositoryHistory.Weeks, RepositoryHistory.Weeks + 1);
        Assert.Equal(new StorageWeek(history.Storage[^2].Week, 7, 14, 7000), history.Storage[^2]);
    }

    [Fact]
    public void A_sweep_that_is_made_again_changes_nothing_but_what_left()
    {
        var once = Next(Blocked(), 4, current: Facts.Record(Status.Approved, Facts.Image(2, "2.0")));
        var again = Next(once, 4, current: Facts.Record(Status.Approved, Facts.Image(2, "2.0")));
        Assert.Equal(once.Fixed, again.Fixed);
        Assert.Equal(once.Open, again.Open);
    }

    [Fact]
    public void Lists_are_bounded_and_what_is_left_out_is_counted()
    {
        var image = Facts.Image(1, "1.0");
        RepositoryHistory? history = null;
        for (var i = 0; i < 50; i++)
        {
            var record = ImageRecord.Of(
                image,
                Facts.Decide(
                    image,
                    Facts.Scan([.. Enumerable.Range(0, 20).Select(n => Facts.Finding($"CVE-2026-{i:d2}{n:d2}"))])
                ),
                null,
                "01",
                Monday,
                image.Tags
            );
            history = Next(history, 0, certain: false, current: record);
        }
        Assert.Equal(RepositoryHistory.MaxOpen, history!.Open.Count);
        Assert.True(history.OpenUnlisted > 0);
        Assert.Equal(RepositoryHistory.MaxOpen / 2, history.Halved().Open.Count);
    }

    [Fact]
    public void A_service_does_not_run_what_it_may_go_back_to()
    {
        var service = new Consumer(ConsumerKind.EcsService, "web");
        Assert.True(RepositoryHistory.Runs(service));
        Assert.False(RepositoryHistory.Runs(service with { IsPrevious = true }));
    }

    [Fact]
    public void When_fixed_ones_are_left_out_it_is_known_until_none_of_them_would_count()
    {
        var full = Blocked() with
        {
            Fixed =
            [
                .. Enumerable
                    .Range(0, RepositoryHistory.MaxFixed)
                    .Select(n => new FixedFinding($"CVE-{n}", null, Severity.High, Monday, Monday.AddMinutes(n))),
            ],
        };
        var approved = Facts.Record(Status.Approved, Facts.Image(2, "2.0"));
        Assert.Null(full.FixedCutAt);
        var later = Next(full, 4, current: approved);
        Assert.Equal((RepositoryHistory.MaxFixed, "CVE-1"), (later.Fixed.Count, later.Fixed[0].Vulnerability));
        Assert.Equal(Monday, later.FixedCutAt);
        Assert.Equal(Monday, Next(later, 7 * RepositoryHistory.Weeks - 1, current: approved).FixedCutAt);
        Assert.Null(Next(later, 7 * RepositoryHistory.Weeks, current: approved).FixedCutAt);
        Assert.Equal(Monday.AddMinutes(RepositoryHistory.MaxFixed / 2), later.Halved().FixedCutAt);
    }
}
