using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// A conditional write takes effect, but its answer is lost. The SDK makes the call again, and it fails because of the
/// first write. Each writer recognises its own write, and takes no other writer's write for its own.
/// </summary>
public sealed class LostAnswerTests
{
    private static RepositoryId Home(GuardFixture fixture) =>
        new(fixture.Aws.AccountId, fixture.Aws.Region, Repository);

    private static Fault LostAnswer(string operation, int from = 1) =>
        Fault.CloseAfter with
        {
            Service = "dynamodb",
            Operation = operation,
            From = from,
        };

    private static void AssertStruck(GuardFixture fixture) => Assert.Equal(0, fixture.Aws.Faults.Outstanding);

    [Fact]
    public async Task A_document_that_was_stored_is_known_as_ones_own_and_another_ones_is_not()
    {
        await using var fixture = await StartAsync();
        var (one, two) = (new SweepLeaseState("1", null), new SweepLeaseState("2", null));
        fixture.Aws.Faults.Add(LostAnswer("PutItem"));
        Assert.True(
            await fixture
                .Functions.Part<RegistryDocuments>()
                .StoreAsync(SweepLeaseState.Form, one, 0, CancellationToken.None)
        );
        AssertStruck(fixture);
        fixture.Aws.Faults.Add(LostAnswer("PutItem"));
        Assert.True(
            await fixture
                .Functions.Part<RegistryDocuments>()
                .StoreAsync(SweepLeaseState.Form, two, 1, CancellationToken.None)
        );
        AssertStruck(fixture);

        // The text is the same, but it is from another writer.
        Assert.False(
            await fixture
                .Functions.Part<RegistryDocuments>()
                .StoreAsync(SweepLeaseState.Form, two, 1, CancellationToken.None)
        );
        Assert.Equal(
            (two, 2),
            await fixture.Functions.Part<RegistryDocuments>().FindAsync(SweepLeaseState.Form, CancellationToken.None)
        );
    }

    [Fact]
    public async Task The_lease_of_a_sweep_is_ones_own()
    {
        await using var fixture = await StartAsync();
        var lease = fixture.Functions.Part<SweepLease>();
        fixture.Aws.Faults.Add(LostAnswer("PutItem"));
        Assert.True(await lease.TakeAsync("one", CancellationToken.None));
        AssertStruck(fixture);
        Assert.False(await fixture.Deploy().Part<SweepLease>().TakeAsync("two", CancellationToken.None));

        fixture.Aws.Faults.Add(LostAnswer("PutItem"));
        await lease.EndAsync("one", CancellationToken.None);
        Assert.True(await lease.TakeAsync("two", CancellationToken.None));
    }

    [Fact]
    public async Task What_is_held_of_a_repository_is_stored_once_and_known()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Faults.Add(LostAnswer("PutItem"));
        Assert.True(
            await fixture
                .Functions.Part<RepositoryRecords>()
                .StoreSettingsAsync(Home(fixture), SettingHistory.None, 0, CancellationToken.None)
        );
        AssertStruck(fixture);
        Assert.False(
            await fixture
                .Functions.Part<RepositoryRecords>()
                .StoreSettingsAsync(Home(fixture), SettingHistory.None, 0, CancellationToken.None)
        );
    }

    [Fact]
    public async Task The_backfill_goes_on_after_any_store_of_its_progress()
    {
        for (var from = 1; from <= 3; from++)
        {
            await using var fixture = await StartAsync();
            fixture.Aws.Ecr.CompleteScan(Repository, fixture.Push("1"), Critical);
            fixture.Aws.Events.Take();
            fixture.Aws.Faults.Add(LostAnswer("PutItem", from));
            Assert.NotNull((await fixture.Functions.BackfillAsync()).DoneAt);
            AssertStruck(fixture);
            var stored = await fixture
                .Functions.Part<RegistryDocuments>()
                .FindAsync(BackfillState.Form, CancellationToken.None);
            Assert.Null(stored.Value!.RunningUntil);
            Assert.Single(fixture.Alerts);
        }
    }

    [Fact]
    public async Task A_claim_of_an_alert_or_a_notice_is_ones_own_and_no_other_of_the_same_moment_is()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Faults.Add(LostAnswer("UpdateItem"));
        Assert.True(
            await fixture.Functions.Part<AlertClaims>().ClaimNoticeAsync(Home(fixture), "n1", CancellationToken.None)
        );
        AssertStruck(fixture);

        // Two writers read the clock at the same moment.
        fixture.Time.AutoAdvanceAmount = TimeSpan.Zero;
        Assert.True(
            await fixture.Functions.Part<AlertClaims>().ClaimNoticeAsync(Home(fixture), "n2", CancellationToken.None)
        );
        Assert.False(
            await fixture.Deploy().Part<AlertClaims>().ClaimNoticeAsync(Home(fixture), "n2", CancellationToken.None)
        );
    }

    [Fact]
    public async Task A_turn_to_write_that_was_taken_is_taken()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Faults.Add(LostAnswer("UpdateItem"));
        Assert.True(
            await fixture.Functions.Part<WriteRecords>().TakeTurnAsync(TimeSpan.FromSeconds(5), CancellationToken.None)
        );
        AssertStruck(fixture);
        Assert.False(
            await fixture.Functions.Part<WriteRecords>().TakeTurnAsync(TimeSpan.FromSeconds(5), CancellationToken.None)
        );
    }

    [Fact]
    public async Task A_verdict_that_was_stored_is_stored_whether_its_status_changed_or_not()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        var entry = (
            await fixture
                .Functions.Part<ImageRecords>()
                .FindAsync(new ImageId(Home(fixture), Digest.Parse(digest)), CancellationToken.None)
        )!;
        var record = entry.Record with { Verdict = entry.Record.Verdict with { FactsAt = fixture.Time.GetUtcNow() } };

        fixture.Aws.Faults.Add(LostAnswer("UpdateItem"));
        Assert.Equal(
            Stored.Yes,
            await fixture
                .Functions.Part<ImageRecords>()
                .StoreAsync(record, entry, null, open: false, CancellationToken.None)
        );
        AssertStruck(fixture);
        // A store of somebody else is not taken for the own one.
        Assert.Equal(
            Stored.Contended,
            await fixture
                .Functions.Part<ImageRecords>()
                .StoreAsync(
                    record with
                    {
                        Verdict = record.Verdict with { FactsAt = fixture.Time.GetUtcNow() },
                    },
                    entry,
                    null,
                    open: false,
                    CancellationToken.None
                )
        );

        var now = (
            await fixture.Functions.Part<ImageRecords>().FindAsync(entry.Record.Verdict.Image, CancellationToken.None)
        )!;
        var changed = now.Record with
        {
            ChangeId = fixture.Functions.Part<ImageRecords>().NewChangeId(),
            Verdict = now.Record.Verdict with { Status = Status.Stale, FactsAt = fixture.Time.GetUtcNow() },
        };
        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        Assert.Equal(
            Stored.Yes,
            await fixture
                .Functions.Part<ImageRecords>()
                .StoreAsync(changed, now, null, open: false, CancellationToken.None)
        );
        AssertStruck(fixture);
    }

    [Fact]
    public async Task An_image_that_is_gone_is_noted_with_all_that_follows()
    {
        await using var fixture = await StartAsync();
        var amd64 = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", amd64)]), "1");
        await fixture.Functions.DeliverAllAsync();
        Assert.Single(fixture.Items("X#"));

        fixture.Aws.Faults.Add(LostAnswer("UpdateItem"));
        Assert.True(
            await fixture
                .Functions.Part<ImageRecords>()
                .MarkGoneAsync(
                    new ImageId(Home(fixture), Digest.Parse(index)),
                    fixture.Time.GetUtcNow(),
                    "somebody",
                    CancellationToken.None
                )
        );
        AssertStruck(fixture);
        Assert.Empty(fixture.Items("X#"));
    }

    [Fact]
    public async Task An_intent_stands_once_and_is_known()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1");
        var image = new ImageId(Home(fixture), Digest.Parse(digest));
        var entry = (await fixture.Functions.Part<ImageRecords>().FindAsync(image, CancellationToken.None))!;
        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        Assert.NotNull(
            await fixture
                .Functions.Part<WriteRecords>()
                .IntendAsync(image, entry, new TagAction(TagChange.Add, "x"), onto: null, CancellationToken.None)
        );
        AssertStruck(fixture);
        Assert.Single(fixture.Items("A#"), item => item["tag"]?.GetValue<string>() == "x");
    }

    [Fact]
    public async Task How_far_an_image_is_out_of_reach_is_stored_once_and_known()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        var entry = (
            await fixture
                .Functions.Part<ImageRecords>()
                .FindAsync(new ImageId(Home(fixture), Digest.Parse(digest)), CancellationToken.None)
        )!;
        var quarantine = new Quarantine
        {
            State = QuarantineState.Ended,
            ChangeId = entry.Record.ChangeId,
            Since = fixture.Time.GetUtcNow(),
        };

        fixture.Aws.Faults.Add(LostAnswer("UpdateItem"));
        Assert.True(
            await fixture.Functions.Part<QuarantineRecords>().StoreAsync(entry, quarantine, CancellationToken.None)
        );
        AssertStruck(fixture);
        Assert.False(
            await fixture.Functions.Part<QuarantineRecords>().StoreAsync(entry, quarantine, CancellationToken.None)
        );
    }

    [Fact]
    public async Task The_intent_to_take_an_image_out_of_reach_stands_once_and_is_known()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        var image = new ImageId(Home(fixture), Digest.Parse(digest));
        var entry = (await fixture.Functions.Part<ImageRecords>().FindAsync(image, CancellationToken.None))!;
        var step = new QuarantineStep(QuarantineChange.Archive, "It is blocked.");
        var held = new Quarantine
        {
            State = QuarantineState.Held,
            ChangeId = entry.Record.ChangeId,
            Since = fixture.Time.GetUtcNow(),
        };

        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        var id = await fixture
            .Functions.Part<QuarantineRecords>()
            .IntendAsync(entry, step, held, CancellationToken.None);
        AssertStruck(fixture);
        Assert.NotNull(id);
        Assert.Single(fixture.Items("A#"), item => item["change"]?.GetValue<string>() == "Archive");
        var now = (await fixture.Functions.Part<ImageRecords>().FindAsync(image, CancellationToken.None))!;
        Assert.Equal((QuarantineState.Held, 1), (now.Quarantine!.State, now.QuarantineRevision));

        // A store of somebody else, over the same reading, is not taken for this one.
        Assert.Null(
            await fixture.Functions.Part<QuarantineRecords>().IntendAsync(entry, step, held, CancellationToken.None)
        );

        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        await fixture.Functions.Part<WriteRecords>().OutcomeAsync(image, id, "done", CancellationToken.None);
        AssertStruck(fixture);
        var write = Assert.Single(fixture.Items("A#"), item => item["change"]?.GetValue<string>() == "Archive");
        Assert.Equal("done", write["outcome"]?.GetValue<string>());
    }

    [Fact]
    public async Task An_approval_is_forced_once_and_ended_once()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);

        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        var (status, _) = await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Order(fixture, $"{Repository}:1"));
        AssertStruck(fixture);
        Assert.Equal(200, status);
        Assert.Single(fixture.Items("B#"));
        Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "break-glass");

        fixture.Aws.Faults.Add(LostAnswer("TransactWriteItems"));
        (status, _) = await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Revocation($"{Repository}:1"));
        AssertStruck(fixture);
        Assert.Equal(200, status);
        Assert.Single(fixture.Items("B#"));
        Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "break-glass-ended");
        Assert.Equal(
            "BLOCKED",
            (await fixture.Functions.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString()
        );
    }

    /// <summary>Tests each store of the lease, and of what the plan has put, in turn.</summary>
    [Fact]
    public async Task A_plan_is_applied_and_its_lease_is_given_back_whichever_stores_answer_is_lost()
    {
        var struck = 0;
        for (var from = 1; ; from++)
        {
            await using var fixture = await PlanFixture.StartAsync();
            fixture.PushOld(7);
            var plan = await fixture.PlanAsync(exact: false);
            fixture.Aws.Faults.Add(LostAnswer("PutItem", from));
            var answer = await fixture.ApplyAsync(plan, fixture.Guard.Deploy(PlanFixture.Keeps));
            if (fixture.Aws.Faults.Outstanding > 0)
                break;
            struck++;
            Assert.Empty(answer.Refused);
            Assert.Single(answer.Done);
            // The next one need not wait for the lease.
            Assert.Empty((await fixture.ApplyAsync(plan, fixture.Guard.Deploy(PlanFixture.Keeps))).Refused);
        }
        Assert.InRange(struck, 3, 50);
    }

    [Fact]
    public async Task A_sweep_that_another_one_stops_says_which_and_until_when()
    {
        await using var fixture = await StartAsync();
        Assert.True(await fixture.Functions.Part<SweepLease>().TakeAsync("monday", CancellationToken.None));

        var stopped = await fixture
            .Functions.Part<SweepList>()
            .SweepListAsync(new SweepRequest("tuesday"), new Invocation());

        Assert.False(stopped.Alone);
        Assert.StartsWith(
            "The sweep monday is running; its lease ends at 2026-11-18 13:00:0",
            stopped.Stopped,
            StringComparison.Ordinal
        );
        Assert.Contains("The sweep monday is running", fixture.Functions.Lines.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"SweepsStopped\":1", fixture.Functions.Lines.ToString(), StringComparison.Ordinal);
    }
}
