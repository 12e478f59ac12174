using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Sns;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// The ledger was lost and comes back as it was a day ago, in a table with another name. EcrGuard adopts it, learns
/// what it can, and says what it cannot learn.
/// </summary>
public sealed class RestoredLedgerTests
{
    private const string Restored = "ledger-of-yesterday";

    private static string Policy(int days) =>
        """
            { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "quarantine" } ],
              "baseline": [ { "repositories": ["held"], "mode": "enforce", "lifecycle": { "existing": "replace", "policy": { "rules": [
                {"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":DAYS},"action":{"type":"expire"}} ] } } } ] }
            """.Replace(
            "DAYS",
            days.ToString(System.Globalization.CultureInfo.InvariantCulture),
            StringComparison.Ordinal
        );

    [Fact]
    public async Task EcrGuard_learns_what_it_can_says_what_it_cannot_and_touches_none_of_that()
    {
        await using var fixture = await StartAsync(
            Policy(14),
            new LocalAwsOptions { BatchGetImageRecordsPull = false }
        );
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var before = fixture.Deploy(Policy(14), new DeploymentOptions(EnforcementMode.Quarantine));
        await before.BackfillAsync();
        var turned = await ScannedAsync(fixture, before, "turned");
        await before.SweepAsync();
        fixture.Aws.DynamoDb.CopyTable(Table, Restored);

        // This day is lost.
        fixture.Time.Advance(TimeSpan.FromHours(24));
        var clean = await ScannedAsync(fixture, before, "clean");
        var archived = await ScannedAsync(fixture, before, "archived", Critical);
        fixture.Aws.Inspector.CompleteScan(Repository, turned, Critical);
        await before.DeliverAllAsync();
        fixture.Aws.Ecr.CreateRepository("held");
        fixture.Push("1", "held");
        await before.DeliverAllAsync();
        await before.SweepAsync();
        Assert.All(
            [archived, turned],
            digest => Assert.Equal("ARCHIVED", fixture.Aws.Ecr.StatusOf(Repository, digest))
        );
        var put = fixture.Aws.Ecr.LifecyclePolicyOf("held");
        Assert.Contains("ecrguard-inuse-*", put, StringComparison.Ordinal);
        var tags = new[] { archived, turned }.Select(digest => string.Join(' ', fixture.Tags(digest))).ToList();

        foreach (var days in new[] { 14, 21 })
        {
            // The second time, the baseline has changed, so EcrGuard has something to write in repositories where it
            // knew its earlier writes.
            var after = fixture.Deploy(
                Policy(days),
                new DeploymentOptions(EnforcementMode.Quarantine, Table: Restored)
            );
            fixture.Time.Advance(TimeSpan.FromHours(24));
            var told = fixture.Alerts.Count;
            await after.SweepAsync();

            // It converges.
            Assert.Equal((200, "APPROVED"), await StatusAsync(after, "clean"));
            Assert.Contains(
                fixture.Aws.DynamoDb.Items(Restored),
                item => item["sk"]!.ToString() == $"I#{clean["sha256:".Length..]}"
            );
            // For images that block, the scanner is asked again, and a gate says no in both cases.
            Assert.All(
                await Task.WhenAll(StatusAsync(after, "archived"), StatusAsync(after, "turned")),
                answer => Assert.NotEqual("APPROVED", answer.Status)
            );
            // It does not touch what it does not know.
            Assert.All(
                [archived, turned],
                digest => Assert.Equal("ARCHIVED", fixture.Aws.Ecr.StatusOf(Repository, digest))
            );
            Assert.Equal(tags, new[] { archived, turned }.Select(digest => string.Join(' ', fixture.Tags(digest))));
            Assert.Equal(put, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
            // And says so.
            var sweep = Assert
                .Single(fixture.Alerts.Skip(told), alert => alert.Attributes["kind"].Value == "sweep")
                .Message;
            var sentence = Assert.Single(
                sweep.Split('\n'),
                line => line.Contains("the ledger does not know who archived", StringComparison.Ordinal)
            );
            Assert.Contains("2 images are archived", sentence, StringComparison.Ordinal);
            Assert.All([archived, turned], digest => Assert.Contains(digest, sentence, StringComparison.Ordinal));
            Assert.Contains(
                "the ledger does not know what was there before",
                Note("held", fixture),
                StringComparison.Ordinal
            );
            var order = await after
                .Part<RestoreRepository>()
                .RestoreRepositoryAsync(new RestoreRequest("held", "as it was"), new Invocation());
            Assert.Empty(order.Done);
            Assert.Equal(put, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        }
    }

    /// <summary>The last hour is lost, so no record is old enough to be read again because of its age.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_record_from_before_the_restore_neither_approves_nor_takes_a_blocking_tag_off(bool ticksFirst)
    {
        await using var fixture = await StartAsync(Marks, new LocalAwsOptions { BatchGetImageRecordsPull = false });
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var before = fixture.Functions;
        await before.BackfillAsync();
        var digest = await ScannedAsync(fixture, before, "app");
        var other = await ScannedAsync(fixture, before, "other");
        Assert.Equal((200, "APPROVED"), await StatusAsync(before, "app"));
        fixture.Time.Advance(TimeSpan.FromMinutes(30));
        fixture.Aws.DynamoDb.CopyTable(Table, Restored);

        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await before.DeliverAllAsync();
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));

        var after = fixture.Deploy(Marks, new DeploymentOptions(Table: Restored));
        Assert.Equal((200, "BLOCKED"), await StatusAsync(after, "app"));
        if (ticksFirst)
            await after.TickAsync();
        Assert.Equal((200, "BLOCKED"), await StatusAsync(after, "app"));
        await after.SweepAsync();
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        Assert.Equal((200, "BLOCKED"), await StatusAsync(after, "app"));
        Assert.Equal((200, "APPROVED"), await StatusAsync(after, "other"));

        // Decisions since the restore are believed; nothing is read again for them.
        fixture.Aws.Requests.Take();
        Assert.Equal((200, "APPROVED"), await StatusAsync(after, "other"));
        Assert.DoesNotContain(
            fixture.Aws.Requests.Take(),
            request => request.Operation is "ListFindings" or "DescribeImageScanFindings"
        );
        Assert.DoesNotContain(BlockedTag(other), fixture.Tags(other));
    }

    [Fact]
    public async Task What_cannot_be_decided_again_after_the_restore_keeps_its_tags_and_its_place()
    {
        await using var fixture = await StartAsync(Marks, new LocalAwsOptions { BatchGetImageRecordsPull = false });
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        await fixture.Functions.BackfillAsync();
        var digest = await ScannedAsync(fixture, fixture.Functions, "app");
        fixture.Aws.DynamoDb.CopyTable(Table, Restored);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        var after = fixture.Deploy(Marks, new DeploymentOptions(Table: Restored));
        // The verdict cannot be stored, so the earlier record stays.
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "TransactWriteItems", Times = int.MaxValue });
        await after.SweepAsync();
        fixture.Aws.Faults.Clear();

        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        Assert.NotEqual("APPROVED", (await StatusAsync(after, "app")).Status);
    }

    [Fact]
    public async Task One_alert_names_the_approvals_that_are_in_force_by_a_ledger_that_was_taken_over()
    {
        await using var fixture = await StartAsync();
        var (ended, over) = (await fixture.ScannedAsync("1", Critical), await fixture.ScannedAsync("2", Critical));
        await fixture.Functions.TickAsync();
        await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Order(fixture, $"{Repository}:1"));
        await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Order(fixture, $"{Repository}:2", hours: 1));
        fixture.Aws.DynamoDb.CopyTable(Table, Restored);
        await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Revocation($"{Repository}:1"));
        fixture.Time.Advance(TimeSpan.FromHours(2));

        var after = fixture.Deploy(Marks, new DeploymentOptions(EnforcementMode.Observe, Table: Restored));
        await after.TickAsync();
        await after.TickAsync();

        var alert = Assert.Single(Adoptions(fixture));
        Assert.Contains(ended, alert.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(over, alert.Message, StringComparison.Ordinal);
        Assert.Contains("breakglass", alert.Message, StringComparison.Ordinal);
        Assert.Equal(
            (200, "APPROVED"),
            await StatusAsync(after, "1") // By the approval that was ended: what the alert is about.
        );
    }

    [Fact]
    public async Task A_new_ledger_is_taken_over_from_nobody()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await BreakGlassTests.ForceAsync(fixture, BreakGlassTests.Order(fixture, $"{Repository}:1"));
        await fixture.Functions.TickAsync();
        await fixture.Functions.TickAsync();
        Assert.Empty(Adoptions(fixture));
    }

    [Fact]
    public async Task That_the_ledger_was_taken_over_is_told_by_the_next_tick_where_one_cannot()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        fixture.Aws.DynamoDb.CopyTable(Table, Restored);
        var after = fixture.Deploy(Marks, new DeploymentOptions(Table: Restored));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });
        await Assert.ThrowsAnyAsync<Exception>(() => after.TickAsync());
        await after.TickAsync();
        Assert.Single(Adoptions(fixture));
    }

    private static string Immutable(params string[] exclusions) =>
        $$"""
            { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ],
              "baseline": [ { "repositories": ["held"], "mode": "enforce", "tagMutability": "IMMUTABLE{{(
                exclusions is [] ? "" : "_WITH_EXCLUSION"
            )}}"
                {{(
                exclusions is [] ? "" : $", \"tagMutabilityExclusions\": [\"{string.Join("\", \"", exclusions)}\"]"
            )}} } ] }
            """;

    [Fact]
    public async Task A_tag_mutability_of_which_the_ledger_knows_nothing_is_said_and_not_written()
    {
        await using var fixture = await StartAsync(Immutable());
        var before = fixture.Functions;
        await before.TickAsync();
        fixture.Aws.DynamoDb.CopyTable(Table, "ledger-of-an-hour-ago");
        fixture.Aws.Ecr.CreateRepository("held");
        fixture.Push("1", "held");
        await before.BackfillAsync();
        await before.DeliverAllAsync();
        await before.SweepAsync();
        var put = await MutabilityAsync(before);
        Assert.Equal("IMMUTABLE_WITH_EXCLUSION ecrguard-*", put);

        foreach (var policy in new[] { Immutable(), Immutable("nightly-*") })
        {
            var after = fixture.Deploy(policy, new DeploymentOptions(Table: "ledger-of-an-hour-ago"));
            await after.TickAsync();
            await after.BackfillAsync();
            await after.SweepAsync();

            Assert.Equal(put, await MutabilityAsync(after));
            Assert.Contains(
                "Its tag mutability excepts",
                Note("held", fixture, "ledger-of-an-hour-ago"),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task An_exception_for_EcrGuards_tags_that_the_team_has_made_is_no_news_where_nothing_was_lost()
    {
        await using var fixture = await StartAsync(Immutable());
        fixture.Aws.Ecr.CreateRepository("held");
        await fixture
            .Functions.Part<Actions.RepositoryWriter>()
            .WriteAsync(
                fixture.Functions.Part<Facts.EcrReader>().Repository("held"),
                Core.Baselines.RepositorySetting.TagMutability,
                "MUTABLE",
                "IMMUTABLE_WITH_EXCLUSION ecrguard-*",
                CancellationToken.None
            );
        await fixture.Functions.BackfillAsync();
        await fixture.Functions.TickAsync();
        await fixture.Functions.SweepAsync();
        Assert.DoesNotContain("Its tag mutability", Note("held", fixture, Table), StringComparison.Ordinal);
    }

    private static async Task<string> MutabilityAsync(Deployed functions)
    {
        var its = await functions
            .Part<Facts.EcrReader>()
            .RepositoryAsync(functions.Part<Facts.EcrReader>().Repository("held"), CancellationToken.None);
        return new Core.Images.MutabilityValue(its!.Mutability, its.MutabilityExclusions).ToString();
    }

    private static IEnumerable<LocalMessage> Adoptions(GuardFixture fixture) =>
        fixture.Alerts.Where(alert => alert.Attributes["kind"].Value == "adoption");

    [Fact]
    public async Task Where_nothing_was_lost_nothing_is_said()
    {
        await using var fixture = await StartAsync(
            Policy(14),
            new LocalAwsOptions { BatchGetImageRecordsPull = false }
        );
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var functions = fixture.Deploy(Policy(14), new DeploymentOptions(EnforcementMode.Quarantine));
        await functions.BackfillAsync();
        var archived = await ScannedAsync(fixture, functions, "archived", Critical);
        fixture.Aws.Ecr.CreateRepository("held");
        fixture.Push("1", "held");
        await functions.DeliverAllAsync();
        await functions.SweepAsync();
        Assert.Equal("ARCHIVED", fixture.Aws.Ecr.StatusOf(Repository, archived));

        fixture.Time.Advance(TimeSpan.FromHours(24));
        await functions.SweepAsync();

        Assert.DoesNotContain(
            fixture.Alerts,
            alert => alert.Message.Contains("the ledger does not know", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            fixture.Aws.DynamoDb.Items(Table),
            item => item.ToJsonString().Contains("the ledger does not know", StringComparison.Ordinal)
        );
    }

    private static string Note(string repository, GuardFixture fixture, string table = Restored) =>
        Assert
            .Single(
                fixture.Aws.DynamoDb.Items(table),
                item =>
                    item["pk"]!.ToString().EndsWith($"#{repository}", StringComparison.Ordinal)
                    && item["sk"]!.ToString() == "D"
            )
            .ToString();

    private static async Task<(int HttpStatus, string Status)> StatusAsync(Deployed functions, string tag)
    {
        var (status, body) = await functions.AskAsync($"{Repository}:{tag}");
        return (status, body.GetProperty("status").GetString()!);
    }

    private static async Task<string> ScannedAsync(
        GuardFixture fixture,
        Deployed functions,
        string tag,
        params LocalFinding[] findings
    )
    {
        // It was first pushed days ago. For a newer image, nobody knows yet what runs it.
        var digest = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Image($"{Repository} {tag}"),
            tag,
            fixture.Time.GetUtcNow() - InUse.RecordingDelay - TimeSpan.FromHours(1)
        );
        fixture.Aws.Inspector.CompleteScan(Repository, digest, findings);
        await functions.DeliverAllAsync();
        return digest;
    }
}
