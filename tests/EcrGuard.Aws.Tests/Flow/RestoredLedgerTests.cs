using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// The ledger was lost and comes back as it was a day ago, in a table of another name: EcrGuard adopts it, learns what
/// it can, and says what it cannot.
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

        // The day that is lost.
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
            // The second time the baseline has changed, so that there is something to write where it knew what it wrote
            // before.
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
            // What blocks is asked of the scanner again, and a gate says no either way.
            Assert.All(
                await Task.WhenAll(StatusAsync(after, "archived"), StatusAsync(after, "turned")),
                answer => Assert.NotEqual("APPROVED", answer.Status)
            );
            // It touches none of what it does not know.
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
            Assert.All(
                [archived, turned],
                digest =>
                    Assert.Contains(
                        $"{digest} is archived and carries EcrGuard's blocking tag, and the ledger does not "
                            + "know who archived it",
                        sweep,
                        StringComparison.Ordinal
                    )
            );
            Assert.Contains(
                "the ledger does not know what was there before",
                Note("held", fixture),
                StringComparison.Ordinal
            );
            var order = await after
                .Part<RestoreRepository>()
                .RestoreRepositoryAsync(new RestoreRequest("held", "as it was", false), new Invocation());
            Assert.Empty(order.Done);
            Assert.Equal(put, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        }
    }

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

    private static string Note(string repository, GuardFixture fixture) =>
        Assert
            .Single(
                fixture.Aws.DynamoDb.Items(Restored),
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
        // Pushed days ago for the first time: of a newer image nobody knows yet what runs it.
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
