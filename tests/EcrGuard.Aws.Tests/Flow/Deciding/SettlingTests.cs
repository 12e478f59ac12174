using System.Text.Json.Nodes;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Sns;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Findings are listed minutes after their scan, and events come late, twice and in any order (issue 9, 1 and 2).
/// </summary>
public sealed class SettlingTests
{
    private const string Repository = GuardFixture.Repository;

    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(3);

    private static readonly LocalFinding LateCritical = GuardFixture.Critical with { ListedAfter = Lag };

    [Fact]
    public async Task A_scan_that_announced_more_than_is_listed_waits_with_both_numbers_and_is_looked_at_again()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical, GuardFixture.Low);
        await fixture.Functions.ChangedAsync(Only(fixture, "Inspector2 Scan"));

        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Equal(
            "The scan announced 1 CRITICAL finding, and 0 are listed so far; 2 findings in all, and 1 is "
                + "listed so far.",
            Reason(fixture, digest)
        );
        Assert.Equal((200, "PENDING"), await AnswerAsync(fixture));

        await fixture.PassAsync(Lag + TimeSpan.FromMinutes(2.5));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    [Fact]
    public async Task A_clean_image_whose_scan_counted_nothing_is_approved_at_once()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    [Fact]
    public async Task EcrGuard_looks_again_after_one_two_five_and_ten_minutes_and_then_leaves_it_to_the_sweep()
    {
        await using var fixture = await EnhancedAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(
            Repository,
            digest,
            LateCritical with
            {
                ListedAfter = TimeSpan.FromHours(1),
            }
        );
        var summary = Only(fixture, "Inspector2 Scan");
        var begun = fixture.Time.GetUtcNow();
        await fixture.Functions.ChangedAsync(summary);

        var looks = new List<double>();
        while (fixture.Aws.Sqs.Waiting(fixture.ScanQueue) is [var look])
        {
            looks.Add(Math.Round((look.DueAt - begun).TotalMinutes, 1));
            // Duplicates schedule no more looks.
            await fixture.Functions.ChangedAsync(summary);
            await fixture.Functions.ChangedAsync(summary, Doubled(summary));
            Assert.Equal([look], fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
            await fixture.PassAsync(look.DueAt - fixture.Time.GetUtcNow() + TimeSpan.FromSeconds(1));
        }
        Assert.Equal([1, 2, 5, 10], looks);
        Assert.Equal("PENDING", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.SweepAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_look_that_comes_twice_or_late_costs_one_read_of_the_ledger()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        await fixture.Functions.ChangedAsync(Only(fixture, "Inspector2 Scan"));
        var look = Assert.Single(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
        await fixture.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        fixture.Aws.Requests.Take();

        Assert.Empty(await fixture.Functions.ChangedAsync(look.Body));
        Assert.Equal(["BatchGetItem"], fixture.Aws.Requests.Select(request => request.Operation));
    }

    [Fact]
    public async Task What_is_missing_for_a_day_is_an_error_with_both_numbers_and_an_alert_and_never_a_yes()
    {
        await using var fixture = await EnhancedAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(
            Repository,
            digest,
            LateCritical with
            {
                ListedAfter = TimeSpan.FromDays(9),
            }
        );
        await fixture.Functions.ChangedAsync(Only(fixture, "Inspector2 Scan"));
        await fixture.PassAsync(TimeSpan.FromHours(23));
        await fixture.Functions.SweepAsync();
        Assert.Equal((200, "PENDING"), await AnswerAsync(fixture));
        Assert.Empty(NeverSettled());

        fixture.Time.Advance(TimeSpan.FromHours(1.1));
        Assert.Equal((503, "ERROR"), await AnswerAsync(fixture));
        await fixture.Functions.SweepAsync();
        Assert.Equal("ERROR", fixture.Status(digest));
        Assert.Contains(
            "1 CRITICAL counted, 0 listed after 24 hours",
            Reason(fixture, digest),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1 CRITICAL counted, 0 listed after 24 hours",
            Assert.Single(NeverSettled()).Message,
            StringComparison.Ordinal
        );

        fixture.Time.Advance(TimeSpan.FromDays(1));
        await fixture.Functions.SweepAsync();
        Assert.Single(NeverSettled());
        fixture.Time.Advance(TimeSpan.FromDays(8));
        await fixture.Functions.SweepAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));

        IEnumerable<LocalMessage> NeverSettled() =>
            fixture.Alerts.Where(alert => alert.Attributes["kind"].Value == "never-settled");
    }

    [Fact]
    public async Task Closed_and_suppressed_findings_count_as_listed_and_their_deletion_unsettles_nothing()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.High, GuardFixture.Low);
        fixture.Aws.Inspector.SetStatus(Repository, digest, GuardFixture.Low.Vulnerability, "CLOSED");
        fixture.Aws.Inspector.SetStatus(Repository, digest, GuardFixture.High.Vulnerability, "SUPPRESSED");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal(1, fixture.Verdict(digest).GetProperty("counts").GetProperty("total").GetInt32());

        fixture.Aws.Inspector.DeleteClosed();
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    [Theory]
    [InlineData(3, false, "PENDING")]
    [InlineData(11, false, "APPROVED")]
    [InlineData(3, true, "PENDING")]
    [InlineData(11, true, "APPROVED")]
    public async Task Without_counts_a_young_first_scan_waits_for_a_gate_and_for_backfill_alike(
        int minutes,
        bool low,
        string status
    )
    {
        await using var fixture = await EnhancedAsync();
        var digest = fixture.Push("1");
        fixture.Time.Advance(TimeSpan.FromMinutes(30));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, announce: false, low ? [GuardFixture.Low] : []);
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(minutes));
        fixture.Aws.Requests.Take();

        Assert.Equal((200, status), await AnswerAsync(fixture));
        // A question writes nothing and schedules no look.
        Assert.Empty(fixture.Items("I#"));
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));

        await fixture.Functions.BackfillAsync();
        Assert.Equal(status, fixture.Status(digest));
        Assert.Equal(status == "PENDING" ? 1 : 0, fixture.Aws.Sqs.Waiting(fixture.ScanQueue).Count);
        await fixture.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    [Fact]
    public async Task An_unsettled_rescan_takes_no_approval_away_and_a_finding_that_is_listed_blocks_at_once()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Low);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(2));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Low, LateCritical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal((200, "APPROVED"), await AnswerAsync(fixture));
        Assert.Contains(
            "The scan announced 1 CRITICAL finding, and 0 are listed so far",
            Reason(fixture, digest),
            StringComparison.Ordinal
        );
        await fixture.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal("BLOCKED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(2));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.High with { ListedAfter = Lag });
        await fixture.Functions.DeliverAllAsync();
        // The rescan closed it, and the rescan's own finding is not listed yet.
        Assert.Equal("BLOCKED", fixture.Status(digest));
        await fixture.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    /// <summary>A rule may ask since when a fix exists, also one that comes later.</summary>
    [Fact]
    public async Task An_unsettled_rescan_that_lists_the_same_keeps_since_when_fixes_are_known()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        var fixable = new LocalFinding("CVE-2025-3003", "LOW", new LocalPackage("tar", "1.34", "1.35"));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, fixable);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromDays(60));
        fixture.Aws.Requests.Take();

        fixture.Aws.Inspector.CompleteScan(Repository, digest, fixable, LateCritical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Contains("0 are listed so far", Reason(fixture, digest), StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Aws.Requests, request => request.Operation == "PutObject");
    }

    [Fact]
    public async Task A_yes_that_came_before_the_summary_of_its_own_scan_does_not_outlive_it()
    {
        await using var fixture = await EnhancedAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Events.Take();
        var critical = LateCritical with { ListedAfter = TimeSpan.FromHours(1) };
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Low, critical);
        var events = fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(11));
        await fixture.Functions.BackfillAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));

        await fixture.Functions.ChangedAsync([.. events.Where(body => Type(body) == "Inspector2 Scan")]);
        Assert.Equal("PENDING", fixture.Status(digest));
    }

    [Fact]
    public async Task A_finding_event_that_was_made_long_before_the_facts_is_news_as_long_as_its_finding_was_not_listed()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));

        fixture.Aws.Inspector.Report(
            Repository,
            digest,
            GuardFixture.Critical with
            {
                ListedAfter = TimeSpan.FromMinutes(4),
            }
        );
        var finding = fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromSeconds(90));
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));

        await fixture.Functions.ChangedAsync(finding);
        Assert.Contains(
            "Events told of 1 finding, and 0 are listed so far.",
            Reason(fixture, digest),
            StringComparison.Ordinal
        );
        await fixture.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        fixture.Aws.Requests.Take();

        // A second delivery reports what was listed.
        await fixture.Functions.ChangedAsync(finding);
        Assert.Equal(["BatchGetItem"], fixture.Aws.Requests.Select(request => request.Operation));
    }

    [Fact]
    public async Task An_index_waits_for_the_platform_whose_scan_is_not_settled()
    {
        await using var fixture = await EnhancedAsync();
        var (arm, amd) = (Manifest.Image("arm"), Manifest.Image("amd"));
        var late = fixture.Aws.Ecr.Push(Repository, arm);
        var clean = fixture.Aws.Ecr.Push(Repository, amd);
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/arm64", arm), ("linux/amd64", amd)]), "1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Inspector.CompleteScan(Repository, clean);
        fixture.Aws.Inspector.CompleteScan(Repository, late, LateCritical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(
            ("PENDING", "APPROVED", "PENDING"),
            (fixture.Status(index), fixture.Status(clean), fixture.Status(late))
        );

        await fixture.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(
            ("BLOCKED", "APPROVED", "BLOCKED"),
            (fixture.Status(index), fixture.Status(clean), fixture.Status(late))
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_that_is_deleted_or_archived_while_a_look_waits_fails_nothing(bool deleted)
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        await fixture.Functions.ChangedAsync(Only(fixture, "Inspector2 Scan"));
        if (deleted)
            fixture.Aws.Ecr.Delete(Repository, digest);
        else
            fixture.Aws.Ecr.Archive(Repository, digest);
        fixture.Aws.Events.Take();

        await fixture.PassAsync(TimeSpan.FromMinutes(12));
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
        if (deleted)
            Assert.True(fixture.Item(digest).ContainsKey("goneAt"));
        else
            Assert.Equal("STALE", fixture.Status(digest));
    }

    [Fact]
    public async Task Another_policy_settles_nothing()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical, GuardFixture.High);
        await fixture.Functions.ChangedAsync(Only(fixture, "Inspector2 Scan"));
        Assert.Equal("PENDING", fixture.Status(digest));

        var stricter = fixture.Deploy(
            """{ "version": 1, "rules": [ { "id": "all", "severity": ["CRITICAL", "HIGH"], "then": "block" } ] }"""
        );
        Assert.Equal("BLOCKED", (await stricter.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString());
        var lax = fixture.Deploy(
            """{ "version": 1, "rules": [ { "id": "none", "severity": ["LOW"], "then": "warn" } ] }"""
        );
        Assert.Equal("PENDING", (await lax.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString());
    }

    /// <summary>
    /// Inspector closes its findings when it stops monitoring. That says nothing about what its next scan finds.
    /// </summary>
    [Theory]
    [InlineData("a summary")]
    [InlineData("a coverage event")]
    [InlineData("no scan")]
    public async Task What_was_closed_when_monitoring_ended_does_not_speak_for_a_scan_that_is_made_later(string told)
    {
        await using var fixture = await EnhancedAsync();
        var digest = await BlockedAsync(fixture);
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(5));
        if (told != "no scan")
            fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        var summary = fixture.Aws.Events.Take().Where(body => Type(body) == "Inspector2 Scan").ToList();
        if (told == "a summary")
            await fixture.Functions.ChangedAsync(summary);
        else
            fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal((200, "BLOCKED"), await AnswerAsync(fixture));

        await fixture.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(
            told == "no scan",
            Sentences(fixture, digest).Contains("blocked by its last scan", StringComparison.Ordinal)
        );
    }

    /// <summary>An archived image is not scanned, and a restored one is scanned again.</summary>
    [Fact]
    public async Task A_scan_from_before_the_archive_does_not_speak_for_an_image_that_is_back()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await BlockedAsync(fixture);
        fixture.Aws.Ecr.Archive(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Inspector.SetStatus(Repository, digest, GuardFixture.Critical.Vulnerability, "CLOSED");
        fixture.Time.Advance(TimeSpan.FromHours(5));
        fixture.Aws.Ecr.Restore(Repository, digest);
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    /// <summary>
    /// What was known of the image before it was gone says nothing about the scan that follows its return.
    /// </summary>
    [Theory]
    [InlineData("only a part is listed", false, "PENDING")]
    [InlineData("only a part is listed", true, "BLOCKED")]
    [InlineData("counts", false, "PENDING")]
    [InlineData("nothing", false, "PENDING")]
    [InlineData("nothing", true, "BLOCKED")]
    public async Task An_image_that_was_deleted_and_pushed_again_waits_for_its_own_scan(
        string told,
        bool blocked,
        string status
    )
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, blocked ? [GuardFixture.Critical] : []);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(blocked ? "BLOCKED" : "APPROVED", fixture.Status(digest));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();

        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Push("1");
        // The event of the push is lost.
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(2));
        LocalFinding[] found = told == "only a part is listed" ? [GuardFixture.Low, LateCritical] : [LateCritical];
        fixture.Aws.Inspector.CompleteScan(Repository, digest, found);
        var summary = Only(fixture, "Inspector2 Scan");
        if (told == "counts")
            await fixture.Functions.ChangedAsync(summary);
        else
            fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(status, fixture.Status(digest));
        Assert.Equal((200, status), await AnswerAsync(fixture));

        await fixture.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    /// <summary>ECR calls an enhanced scan on push COMPLETE, and lists what Inspector lists so far.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_ECR_calls_complete_in_an_enhanced_registry_is_no_basic_scan(bool announced)
    {
        await using var fixture = await GuardFixture.StartAsync();
        // The scanner is read shortly before the registry is switched, and the answer is believed for some minutes.
        fixture.Push("before");
        Assert.Equal(200, (await fixture.Functions.AskAsync($"{Repository}:before")).HttpStatus);
        fixture.Aws.Ecr.Scanning = new ScanningConfiguration("ENHANCED", new ScanningRule("SCAN_ON_PUSH", "*"));
        var digest = fixture.Push("1");
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        var summary = Only(fixture, "Inspector2 Scan");
        if (announced)
            await fixture.Functions.ChangedAsync(summary);
        Assert.Equal((200, "PENDING"), await AnswerAsync(fixture));

        await fixture.Functions.ChangedAsync(BasicScan(fixture, digest));
        Assert.Equal("PENDING", fixture.Status(digest));
        await fixture.PassAsync(TimeSpan.FromMinutes(12));
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_clean_scan_whose_coverage_follows_its_summary_is_looked_at_again()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        var summary = Only(fixture, "Inspector2 Scan");
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SCAN_IN_PROGRESS");
        await fixture.Functions.ChangedAsync(summary);
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Single(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));

        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        fixture.Aws.Events.Take();
        await fixture.PassAsync(TimeSpan.FromMinutes(1.5));
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    [Fact]
    public async Task A_summary_that_comes_again_after_its_coverage_is_no_old_news()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        var summary = Only(fixture, "Inspector2 Scan");
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SCAN_IN_PROGRESS");
        await fixture.Functions.ChangedAsync(summary);
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        fixture.Aws.Events.Take();

        await fixture.Functions.ChangedAsync(Doubled(summary));
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    [Fact]
    public async Task Two_who_work_on_one_image_put_down_one_look()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        var summary = Only(fixture, "Inspector2 Scan");
        var other = fixture.Deploy();
        // The other one stores first; both want to schedule the look.
        var meanwhile = Fault.Meanwhile(() => other.ChangedAsync(Doubled(summary)).GetAwaiter().GetResult());
        fixture.Aws.Faults.Add(meanwhile with { Operation = "UpdateItem" });

        Assert.Empty(await fixture.Functions.ChangedAsync(summary));
        Assert.Single(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    [Theory]
    [InlineData("SendMessage", 1)]
    [InlineData("UpdateItem", 4)]
    public async Task A_look_is_put_down_once_though_its_image_is_tried_again(string fails, int from)
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, LateCritical);
        var summary = Only(fixture, "Inspector2 Scan");
        fixture.Aws.Faults.Add(Fault.InternalError with { Operation = fails, From = from });

        Assert.Single(await fixture.Functions.ChangedAsync(summary));
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Empty(await fixture.Functions.ChangedAsync(summary));
        Assert.Single(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    [Fact]
    public async Task A_late_event_of_a_finding_that_was_closed_and_deleted_leaves_the_verdict_as_it_is()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Critical);
        var finding = fixture.Aws.Events.Take().Single(body => Type(body) == "Inspector2 Finding");
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        fixture.Aws.Inspector.DeleteClosed();
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromDays(3));
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "SUCCESSFUL");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));

        // This one comes from the dead-letter queue.
        await fixture.Functions.ChangedAsync(finding);
        Assert.Equal("APPROVED", fixture.Status(digest));
        fixture.Time.Advance(TimeSpan.FromHours(25));
        Assert.Equal((200, "APPROVED"), await AnswerAsync(fixture));
    }

    [Theory]
    [InlineData("SCAN_FREQUENCY_MANUAL", "unscanned")]
    [InlineData("UNSUPPORTED_OS", "unsupported")]
    [InlineData("PENDING_DISABLE", "stale")]
    public async Task What_the_policy_allows_without_a_scan_waits_for_what_a_scan_has_announced(
        string reason,
        string allowed
    )
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(
            Repository,
            digest,
            LateCritical with
            {
                ListedAfter = TimeSpan.FromDays(9),
            }
        );
        var summary = Only(fixture, "Inspector2 Scan");
        fixture.Aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", reason);
        fixture.Aws.Events.Take();
        var policy = GuardFixture.Marks[..^1] + $$""", "defaults": { "{{allowed}}": "allow" } }""";
        var functions = fixture.Deploy(policy);

        await functions.ChangedAsync(summary);
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.False((await functions.AskAsync($"{Repository}:1")).Body.GetProperty("approved").GetBoolean());
        fixture.Time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(503, (await functions.AskAsync($"{Repository}:1")).HttpStatus);
    }

    /// <summary>A store of newer facts without the counts must not lose the counts.</summary>
    [Fact]
    public async Task Counts_are_not_lost_to_somebody_who_stores_newer_facts_meanwhile()
    {
        await using var fixture = await EnhancedAsync();
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Low, LateCritical);
        var events = fixture.Aws.Events.Take();
        var other = fixture.Deploy();
        var finding = events.First(body => body.Contains(GuardFixture.Low.Vulnerability, StringComparison.Ordinal));
        var summary = events.Single(body => Type(body) == "Inspector2 Scan");
        // This happens between the read and the store of the instance that has the summary.
        var meanwhile = Fault.Meanwhile(() => other.ChangedAsync(finding).GetAwaiter().GetResult());
        fixture.Aws.Faults.Add(meanwhile with { Operation = "UpdateItem" });

        Assert.Empty(await fixture.Functions.ChangedAsync(summary));
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Contains("announced 1 CRITICAL", Reason(fixture, digest), StringComparison.Ordinal);
    }

    /// <summary>
    /// A scan's events, its coverage and its findings come in any order, late and twice. Its summary may be lost, pages
    /// may repeat, and the image may have had an earlier life. Once everything has arrived and the looks are over, the
    /// answer is the whole truth, without a sweep.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    public async Task In_whatever_order_news_comes_the_answer_ends_as_the_whole_truth(int seed)
    {
        await using var fixture = await EnhancedAsync();
        var world = new World(fixture, new Random(seed));
        for (var i = 0; i < 6; i++)
            await world.ImageAsync($"{i}");
        await world.EndAsync();

        Assert.Equal(
            world.Images.Select(image => (image.Digest, image.Blocked ? "BLOCKED" : "APPROVED")),
            world.Images.Select(image => (image.Digest, fixture.Status(image.Digest)))
        );
        Assert.Empty(fixture.Aws.Sqs.Waiting(fixture.ScanQueue));
    }

    /// <summary>Images that are scanned, and news of them in any order.</summary>
    private sealed class World(GuardFixture fixture, Random random)
    {
        private readonly List<(DateTimeOffset At, string Body)> messages = [];

        public List<(string Digest, bool Blocked)> Images { get; } = [];

        public async Task ImageAsync(string tag)
        {
            fixture.Aws.Inspector.PagesRepeat = random.Next(2) == 0;
            var digest = fixture.Push(tag);
            Send();
            await PassAsync(random.Next(5, 90));
            if (random.Next(2) == 0)
                await FormerLifeAsync(tag, digest);
            var critical = Scan(digest, summaryIsLost: random.Next(4) == 0);
            await PassAsync(random.Next(60));
            switch (random.Next(3))
            {
                case 0:
                    await PassAsync(60 * random.Next(1, 9));
                    var news = GuardFixture.Critical with { Vulnerability = "CVE-2026-9" };
                    fixture.Aws.Inspector.Report(Repository, digest, Late(news));
                    critical = true;
                    break;
                case 1 when critical:
                    await PassAsync(60 * random.Next(1, 9));
                    fixture.Aws.Inspector.SetStatus(
                        Repository,
                        digest,
                        GuardFixture.Critical.Vulnerability,
                        "CLOSED",
                        TimeSpan.FromSeconds(random.Next(400))
                    );
                    critical = false;
                    break;
            }
            Send();
            Images.Add((digest, critical));
        }

        public async Task EndAsync()
        {
            await PassAsync(60 * 13);
            Assert.Empty(messages);
            await fixture.PassAsync(TimeSpan.FromMinutes(21));
        }

        /// <summary>The image is scanned, then deleted, archived or given up, and comes back.</summary>
        private async Task FormerLifeAsync(string tag, string digest)
        {
            Scan(digest, summaryIsLost: false);
            await PassAsync(60 * random.Next(1, 40));
            var end = random.Next(3);
            if (end == 0)
                fixture.Aws.Ecr.Delete(Repository, digest);
            else if (end == 1)
                fixture.Aws.Ecr.Archive(Repository, digest);
            else
                fixture.Aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
            Send();
            await PassAsync(60 * random.Next(1, 40));
            if (end == 0)
                fixture.Push(tag);
            else if (end == 1)
                fixture.Aws.Ecr.Restore(Repository, digest);
            else
                fixture.Aws.Inspector.SetCoverage(Repository, digest, "ACTIVE", "PENDING_REVIVAL_SCAN");
            Send();
            await PassAsync(random.Next(5, 90));
        }

        /// <returns>Whether it finds something that blocks.</returns>
        private bool Scan(string digest, bool summaryIsLost)
        {
            var critical = random.Next(2) == 0;
            // Sometimes there is more than one page.
            var harmless = Enumerable
                .Range(0, random.Next(6) == 0 ? 30 : random.Next(4))
                .Select(at => GuardFixture.Low with { Vulnerability = $"CVE-2025-{at}" });
            LocalFinding[] found = [.. critical ? [GuardFixture.Critical] : Array.Empty<LocalFinding>(), .. harmless];
            // If no summary reports the scan and its coverage is not listed yet, nobody would look again.
            fixture.Aws.Inspector.CoverageListedAfter = TimeSpan.FromSeconds(summaryIsLost ? 0 : random.Next(300));
            fixture.Aws.Inspector.CompleteScan(Repository, digest, [.. found.Select(Late)]);
            fixture.Aws.Inspector.CoverageListedAfter = TimeSpan.Zero;
            Send(body => summaryIsLost && Type(body) == "Inspector2 Scan");
            if (summaryIsLost || random.Next(2) == 0)
            {
                fixture.Aws.Inspector.Announce(Repository, digest);
                Send();
            }
            return critical;
        }

        private LocalFinding Late(LocalFinding finding) =>
            finding with
            {
                ListedAfter = TimeSpan.FromSeconds(random.Next(540)),
            };

        private void Send(Func<string, bool>? isLost = null) =>
            Send([.. fixture.Aws.Events.Take().Where(body => isLost?.Invoke(body) != true)]);

        /// <summary>Sends each one once to three times, up to twelve minutes late.</summary>
        private void Send(IReadOnlyList<string> bodies)
        {
            foreach (var body in bodies)
            {
                for (var copies = random.Next(1, 4); copies > 0; copies--)
                    messages.Add((fixture.Time.GetUtcNow() + TimeSpan.FromSeconds(random.Next(720)), body));
            }
        }

        private async Task PassAsync(int seconds)
        {
            var until = fixture.Time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
            while (
                messages.Where(message => message.At <= until).OrderBy(message => message.At).ToList() is [var next, ..]
            )
            {
                messages.Remove(next);
                await PassUntilAsync(next.At);
                var functions = fixture.Functions;
                Assert.Empty(
                    Deployed.IsPush(next.Body)
                        ? await functions.PushedAsync(next.Body)
                        : await functions.ChangedAsync(next.Body)
                );
            }
            await PassUntilAsync(until);
        }

        private async Task PassUntilAsync(DateTimeOffset until)
        {
            if (until > fixture.Time.GetUtcNow())
                await fixture.PassAsync(until - fixture.Time.GetUtcNow());
        }
    }

    private static async Task<GuardFixture> EnhancedAsync()
    {
        var fixture = await GuardFixture.StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        return fixture;
    }

    private static async Task<string> PushedAsync(GuardFixture fixture)
    {
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        return digest;
    }

    private static async Task<string> BlockedAsync(GuardFixture fixture)
    {
        var digest = await PushedAsync(fixture);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, GuardFixture.Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        fixture.Time.Advance(TimeSpan.FromHours(5));
        return digest;
    }

    private static string Type(string body) => JsonNode.Parse(body)!["detail-type"]!.GetValue<string>();

    private static string Only(GuardFixture fixture, string type) =>
        fixture.Aws.Events.Take().Single(body => Type(body) == type);

    /// <summary>ECR's own event of a scan.</summary>
    private static string BasicScan(GuardFixture fixture, string digest) =>
        $$"""
            {"version":"0","id":"{{Guid.NewGuid()}}","detail-type":"ECR Image Scan","source":"aws.ecr",
             "account":"{{fixture.Aws.AccountId}}","time":"{{fixture.Time.GetUtcNow():yyyy-MM-ddTHH:mm:ss}}Z",
             "region":"{{fixture.Aws.Region}}","resources":[],
             "detail":{"scan-status":"COMPLETE","repository-name":"{{Repository}}","image-digest":"{{digest}}"} }
            """;

    /// <summary>The same event in another message, as EventBridge delivers it twice.</summary>
    private static string Doubled(string body) => body + " ";

    private static string Reason(GuardFixture fixture, string digest) =>
        fixture.Verdict(digest).GetProperty("reasons")[0].GetProperty("sentence").GetString()!;

    private static string Sentences(GuardFixture fixture, string digest) =>
        fixture.Verdict(digest).GetProperty("reasons").ToString();

    private static async Task<(int, string?)> AnswerAsync(GuardFixture fixture)
    {
        var (http, body) = await fixture.Functions.AskAsync($"{Repository}:1");
        return (http, body.GetProperty("status").GetString());
    }
}
