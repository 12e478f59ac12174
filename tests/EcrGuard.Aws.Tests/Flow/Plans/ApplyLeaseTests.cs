using System.Text;
using Amazon.DynamoDBv2;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Plans;
using static EcrGuard.Aws.Tests.Flow.PlanFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Issue 10: what a plan remembers while it is applied is bounded, and an apply that has lost its lease ends.
/// </summary>
public sealed class ApplyLeaseTests
{
    private static readonly ApplyLease Taken = new("other", new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Together they are larger than an item of DynamoDB can be.</summary>
    [Fact]
    public async Task What_a_plan_has_put_on_thousands_of_repositories_is_remembered_an_item_each()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(7);
        var plan = await fixture.PlanAsync(exact: false);
        var ledger = fixture.Functions.Part<PlanLedger>();
        for (var at = 0; at < 2000; at++)
        {
            var taken = PlanLedger
                .Taken(
                    fixture.Functions.Part<LedgerTable>(),
                    plan.Id,
                    new Removed($"{new string('r', 250)}{at:0000}", 100_000, 100, 100_000)
                )
                .Put;
            await fixture.Functions.Part<IAmazonDynamoDB>().PutItemAsync(taken.TableName, taken.Item);
        }
        Assert.Equal(2000, (await ledger.TakenAsync(plan.Id, CancellationToken.None)).Count);
        Assert.Empty(await ledger.TakenAsync("another", CancellationToken.None));

        var answer = await fixture.ApplyAsync(plan);
        Assert.Single(answer.Done);
        Assert.Equal(2001, (await ledger.TakenAsync(plan.Id, CancellationToken.None)).Count);
        var lease = Assert.Single(fixture.Guard.Items("APPLY"))["document"]!.GetValue<string>();
        Assert.InRange(Encoding.UTF8.GetByteCount(lease), 1, 1000);
    }

    [Fact]
    public async Task A_plan_that_has_lost_its_lease_ends_and_leaves_that_to_its_owner()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("shop/zoo");
        fixture.PushOld(7);
        fixture.PushOld(7, "shop/zoo");
        var plan = await fixture.PlanAsync(exact: false, repositories: [Repository, "shop/zoo"]);
        var documents = fixture.Guard.Deploy(Keeps).Part<RegistryDocuments>();
        var taken = false;
        // Somebody else takes the lease while the first policy is being put, because of a wrong clock for example.
        var answer = await fixture.ApplyAsync(
            plan,
            invocation: new Invocation
            {
                Remaining = () =>
                {
                    if (!taken)
                        taken = TakeOver(documents);
                    return TimeSpan.FromMinutes(14);
                },
            }
        );

        Assert.True(taken);
        Assert.True(answer.More);
        Assert.Single(answer.Done);
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf("shop/zoo"));
        var (lease, _) = await documents.FindAsync(ApplyLease.Form, CancellationToken.None);
        Assert.Equal(Taken, lease);
    }

    /// <returns>Whether there was a lease to take.</returns>
    private static bool TakeOver(RegistryDocuments documents) =>
        Task.Run(async () =>
                await documents.FindAsync(ApplyLease.Form, CancellationToken.None) is ({ }, var revision)
                && await documents.StoreAsync(ApplyLease.Form, Taken, revision, CancellationToken.None)
            )
            .GetAwaiter()
            .GetResult();
}
