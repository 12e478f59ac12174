using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.PlanFixture;
using Digest = EcrGuard.Core.Images.Digest;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

public sealed class ApplyPlanTests
{
    [Fact]
    public async Task The_images_that_a_plan_names_are_deleted_and_no_others_and_the_ledger_tells_each()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var answer = await fixture.ApplyAsync(await fixture.PlanAsync());
        Assert.Equal(digests.Take(4), answer.Done.Select(done => done.Digest));
        Assert.Equal((0, 0, false), (answer.Superseded.Count, answer.Refused.Count, answer.More));
        Assert.Equal(digests.Skip(4), fixture.Left(digests));
        Assert.Equal(digests.Take(4).ToDictionary(digest => digest, _ => "done"), fixture.Story);
    }

    [Fact]
    public async Task Applied_again_a_plan_changes_nothing_and_says_the_same()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        var first = await fixture.ApplyAsync(plan);
        fixture.Aws.Requests.Take();
        var second = await fixture.ApplyAsync(plan);
        Assert.Equal(first.Done.Select(done => done.Digest), second.Done.Select(done => done.Digest));
        Assert.All(second.Done, done => Assert.Equal("Done by an earlier call.", done.Why));
        Assert.Empty(second.Superseded.Concat(second.Refused));
        Assert.DoesNotContain(
            fixture.Aws.Requests,
            request => request.Operation is "BatchDeleteImage" or "UpdateImageStorageClass" or "PutLifecyclePolicy"
        );
        Assert.Equal(digests.Skip(4), fixture.Left(digests));
    }

    [Fact]
    public async Task What_ran_when_the_consumers_were_last_read_stays_though_the_plan_could_not_see_it()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        await fixture
            .Functions.Part<UseStore>()
            .KeepAsync(
                new UsageReading
                {
                    ReadAt = fixture.Guard.Time.GetUtcNow(),
                    Uses =
                    [
                        new ConsumerReference(
                            new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, Repository),
                            null,
                            Digest.Parse(digests[0]),
                            new Consumer(ConsumerKind.EcsTask, "arn:aws:ecs:eu-central-1:123456789012:task/main/1")
                        ),
                    ],
                },
                TestContext.Current.CancellationToken
            );

        var answer = await fixture.ApplyAsync(await fixture.PlanAsync());

        Assert.Equal(digests.Skip(1).Take(3), answer.Done.Select(done => done.Digest));
        Assert.Equal(digests[0], Assert.Single(answer.Superseded).Digest);
        Assert.Contains("referred to it by its digest until", answer.Superseded[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_platform_of_an_index_that_runs_stays_where_its_team_has_deleted_the_index()
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("a platform");
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/amd64", platform)]),
            "all",
            fixture.Old(0)
        );
        await fixture.Functions.DeliverAllAsync();
        var digests = fixture.PushOld(6);
        fixture.Run($"{Repository}@{index}");
        fixture.Aws.Ecr.Delete(Repository, index);

        var plan = await fixture.PlanAsync();
        var answer = await fixture.ApplyAsync(plan);

        Assert.Equal(digests.Take(4), answer.Done.Select(done => done.Digest));
        Assert.Equal([platform.Digest], fixture.Left([platform.Digest]));
    }

    [Fact]
    public async Task Images_are_archived_where_the_plan_says_so()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(4);
        var plan = await fixture.PlanAsync(wanted: ArchivesUnused);
        Assert.Equal(2, (await fixture.ApplyAsync(plan)).Done.Count);
        Assert.Equal(2, fixture.Aws.Requests.Count(request => request.Operation == "UpdateImageStorageClass"));
        Assert.Equal(2, (await fixture.ApplyAsync(plan)).Done.Count);
        Assert.Equal(2, fixture.Aws.Requests.Count(request => request.Operation == "UpdateImageStorageClass"));
        Assert.Equal(digests, fixture.Left(digests));
    }

    [Fact]
    public async Task An_index_goes_before_its_children_and_a_child_of_another_index_stays()
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        var (shared, own) = (Manifest.Image("shared"), Manifest.Image("own"));
        var (first, second) = (
            Manifest.Index([("linux/amd64", shared), ("linux/arm64", own)]),
            Manifest.Index([("linux/amd64", shared)])
        );
        foreach (
            var (manifest, tag, number) in new[]
            {
                (shared, null, 1),
                (own, null, 1),
                (first, "first", 1),
                (second, "second", 150),
            }
        )
            fixture.Aws.Ecr.Push(Repository, manifest, tag, fixture.Old(number), announce: false);
        fixture.Aws.Ecr.Push(Repository, Manifest.Image("newest"), "newest", fixture.Old(151), announce: false);

        var answer = await fixture.ApplyAsync(await fixture.PlanAsync(wanted: KeepsTwo));
        Assert.Equal([first.Digest, own.Digest], answer.Done.Select(done => done.Digest));
        Assert.Equal(
            [shared.Digest, second.Digest],
            fixture.Left([shared.Digest, own.Digest, first.Digest, second.Digest])
        );
    }

    [Fact]
    public async Task A_plan_for_another_registry_or_of_another_policy_or_beyond_a_ceiling_is_refused_whole()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        async Task RefusedAsync(Plan changed, string why)
        {
            var answer = await fixture.ApplyAsync(changed);
            Assert.Contains(why, Assert.Single(answer.Refused).Why, StringComparison.Ordinal);
            Assert.Equal(("plan", null), (answer.Refused[0].Item, answer.Refused[0].Repository));
            Assert.Empty(answer.Done);
        }
        await RefusedAsync(plan with { Account = "210987654321" }, "for the registry 210987654321 in eu-central-1");
        await RefusedAsync(plan with { Region = "eu-west-1" }, "for the registry 123456789012 in eu-west-1");
        await RefusedAsync(
            plan with
            {
                CreatedAt = plan.CreatedAt - Plan.MaxAge - TimeSpan.FromMinutes(1),
            },
            "more than 7 days ago. Make it again."
        );
        await RefusedAsync(
            plan with
            {
                PolicyVersion = new string('0', 64),
            },
            "The plan follows the policy 000000000000…"
        );
        await RefusedAsync(
            plan with
            {
                Repositories = [plan.Repositories[0] with { Images = 4 }],
            },
            "4 of the 4 images of shop/web (100 %); the policy allows 80 %"
        );
        await RefusedAsync(
            plan with
            {
                Repositories = [plan.Repositories[0] with { Keeps = 1 }],
            },
            "leaves 1 image of shop/web; the policy keeps 2"
        );
        // The second try sends no second alert.
        await fixture.ApplyAsync(plan with { Repositories = [plan.Repositories[0] with { Keeps = 1 }] });
        Assert.Equal(
            ["plan-refused", "plan-refused"],
            fixture.Guard.Alerts.Select(alert => alert.Attributes["kind"].Value)
        );
        Assert.Contains("leaves 1 image of shop/web", fixture.Guard.Alerts[1].Message, StringComparison.Ordinal);
        Assert.Equal(digests, fixture.Left(digests));
        Assert.Empty(fixture.Story);
    }

    [Fact]
    public async Task A_plan_whose_numbers_are_not_those_of_the_repository_is_stopped_by_the_ceilings_all_the_same()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        foreach (var digest in digests.Skip(4))
            fixture.Aws.Ecr.Delete(Repository, digest);
        var answer = await fixture.ApplyAsync(plan);
        Assert.StartsWith(
            "The repository has changed since the plan was made. The plan takes 4 of the 4 images",
            Assert.Single(answer.Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Equal(digests.Take(4), fixture.Left(digests));
    }

    [Fact]
    public async Task A_damaged_plan_is_refused_with_every_problem_and_nothing_is_read()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var text = System.Text.Encoding.UTF8.GetString(PlanWriter.Write(await fixture.PlanAsync(), indented: false));
        fixture.Aws.Requests.Take();
        Assert.Equal(
            2,
            (
                await fixture.ApplyAsync(
                    text.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)
                        .Replace("\"123456789012\"", "12", StringComparison.Ordinal)
                )
            )
                .Refused
                .Count
        );
        Assert.Contains(
            "it was changed or damaged",
            Assert.Single((await fixture.ApplyAsync(text.Replace("1.0", "9.0", StringComparison.Ordinal))).Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Null((await fixture.ApplyAsync("[]")).PlanId);
        Assert.Empty(fixture.Aws.Requests);
    }

    [Fact]
    public async Task A_repository_that_is_only_observed_is_left_alone()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        var observing = fixture.Guard.Deploy(
            Keeps,
            new DeploymentOptions(Enforcement: Core.Policy.EnforcementMode.Observe)
        );
        Assert.StartsWith(
            "EcrGuard only observes this repository",
            Assert.Single((await fixture.ApplyAsync(plan, observing)).Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Equal(digests, fixture.Left(digests));
    }

    [Fact]
    public async Task What_is_deployed_retagged_deleted_pulled_pushed_again_or_archived_since_is_superseded_and_named()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(9);
        var plan = await fixture.PlanAsync();
        fixture.Run($"{Repository}:1.0");
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 2"), "live", announce: false);
        fixture.Aws.Ecr.Delete(Repository, digests[2]);
        fixture.Aws.Ecr.Pull(Repository, digests[3]);
        fixture.Aws.Ecr.Archive(Repository, digests[4]);
        fixture.Aws.Ecr.Restore(Repository, digests[4]);
        fixture.Aws.Ecr.Delete(Repository, digests[5]);
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 6"), "6.0", announce: false);
        fixture.Guard.Time.Advance(TimeSpan.FromHours(1));

        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal([digests[6]], answer.Done.Select(done => done.Digest));
        Assert.Equal(digests.Take(6).Order(), answer.Superseded.Select(superseded => superseded.Digest!).Order());
        Assert.Equal([.. digests.Take(2), .. digests.Skip(3).Take(3), .. digests.Skip(7)], fixture.Left(digests));
    }

    [Theory]
    [InlineData("deployed")]
    [InlineData("re-tagged")]
    [InlineData("pulled")]
    [InlineData("held by a new index")]
    public async Task An_image_that_changes_while_the_plan_is_applied_is_left_alone(string how)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        // This happens after the first look and before the intents. The read just before the act must see it.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                switch (how)
                {
                    case "deployed":
                        fixture.Run($"{Repository}@{digests[0]}");
                        fixture.Guard.Time.Advance(TimeSpan.FromMinutes(2));
                        break;
                    case "re-tagged":
                        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 1"), "live", announce: false);
                        break;
                    case "pulled":
                        fixture.Aws.Ecr.Pull(Repository, digests[0]);
                        break;
                    default:
                        fixture.Aws.Ecr.Push(
                            Repository,
                            Manifest.Index([("linux/amd64", Manifest.Image($"{Repository} 1"))]),
                            "both",
                            announce: false
                        );
                        break;
                }
            }) with
            {
                Service = "dynamodb",
                Operation = "BatchWriteItem",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal(digests.Skip(1).Take(3), answer.Done.Select(done => done.Digest));
        Assert.Equal(digests[0], Assert.Single(answer.Superseded).Digest);
        Assert.StartsWith("superseded: ", fixture.Story[digests[0]], StringComparison.Ordinal);
        Assert.Equal([digests[0], .. digests.Skip(4)], fixture.Left(digests));
    }

    [Fact]
    public async Task A_repository_that_is_deleted_while_the_plan_is_applied_leaves_nothing_to_do()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                foreach (var digest in digests)
                    fixture.Aws.Ecr.Delete(Repository, digest);
            }) with
            {
                Service = "dynamodb",
                Operation = "BatchWriteItem",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Empty(answer.Done);
        Assert.Equal(4, answer.Superseded.Count);
    }

    [Fact]
    public async Task Two_applies_at_once_do_not_run_together_and_the_ceilings_hold()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("shop/other");
        var (here, there) = (fixture.PushOld(6), fixture.PushOld(6, "shop/other"));
        var (first, second) = (await fixture.PlanAsync(), await fixture.PlanAsync(repositories: "shop/other"));
        var answers = await Task.WhenAll(
            fixture.ApplyAsync(first),
            fixture.ApplyAsync(second, fixture.Guard.Deploy(Keeps))
        );
        var refused = Assert.Single(answers, answer => answer.Refused.Count > 0);
        Assert.Contains("one is at a time", Assert.Single(refused.Refused).Why, StringComparison.Ordinal);
        Assert.Empty(refused.Done);
        Assert.Equal(8, fixture.Left(here).Count + fixture.Left(there, "shop/other").Count);
    }

    [Fact]
    public async Task The_lease_of_a_run_that_died_ends_by_itself()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        fixture.Aws.Faults.Add(Fault.Kill() with { Service = "ecr" });
        await Assert.ThrowsAnyAsync<Exception>(() => fixture.ApplyAsync(plan, fixture.Guard.Deploy(Keeps)));
        fixture.Aws.Faults.Clear();
        Assert.Contains(
            "is being applied",
            Assert.Single((await fixture.ApplyAsync(plan)).Refused).Why,
            StringComparison.Ordinal
        );
        fixture.Guard.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(4, (await fixture.ApplyAsync(plan)).Done.Count);
    }

    [Fact]
    public async Task Near_its_deadline_it_stops_asks_for_more_and_the_next_call_goes_on()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("shop/other");
        fixture.PushOld(6);
        fixture.PushOld(6, "shop/other");
        var plan = await fixture.PlanAsync(repositories: [Repository, "shop/other"]);
        var looks = 0;
        var first = await fixture.ApplyAsync(
            plan,
            invocation: new Invocation
            {
                Remaining = () => looks++ < 2 ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(50),
            }
        );
        Assert.True(first.More);
        Assert.InRange(first.Done.Count, 0, 4);
        var second = await fixture.ApplyAsync(plan);
        Assert.False(second.More);
        Assert.Equal(8, second.Done.Count);
        Assert.Empty(second.Superseded.Concat(second.Refused));
    }

    [Fact]
    public async Task What_ECR_refuses_is_told_and_noted_and_the_rest_is_done()
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync();
        // This happens between the last look and the act, when nobody can see it any more. ECR itself keeps a child of
        // an index.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                fixture.Aws.Ecr.Push(
                    Repository,
                    Manifest.Index([("linux/amd64", Manifest.Image($"{Repository} 1"))]),
                    "both",
                    announce: false
                )
            ) with
            {
                Operation = "BatchDeleteImage",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal(
            (digests[0], true),
            (
                Assert.Single(answer.Refused).Digest,
                answer.Refused[0].Why.Contains("ImageReferencedByManifestList", StringComparison.Ordinal)
            )
        );
        Assert.Equal(3, answer.Done.Count);
        Assert.Contains("ImageReferencedByManifestList", fixture.Story[digests[0]], StringComparison.Ordinal);
    }
}
