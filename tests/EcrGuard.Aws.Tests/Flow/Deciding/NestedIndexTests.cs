using EcrGuard.Core.Verdicts;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Indexes of indexes: up to the depth limit they are judged like any other index, upwards from a finding and downwards
/// from a question. Deeper ones are never approved.
/// </summary>
public sealed class NestedIndexTests
{
    private const int TooMany = IndexJudge.MaxLevels + 1;
    private const string TooDeep =
        "Indexes are nested deeper than 3 here, so that not every image in them was looked at.";

    /// <summary>The image first, then the index that holds it, and so on outwards.</summary>
    private static List<Manifest> Nested(int levels)
    {
        List<Manifest> manifests = [Manifest.Image("nested")];
        for (var level = 0; level < levels; level++)
            manifests.Add(Manifest.Index([("linux/amd64", manifests[^1])]));
        return manifests;
    }

    private static async Task<(string Status, string Sentence)> AskAsync(Deployed functions)
    {
        var (_, answer) = await functions.AskAsync($"{Repository}:1");
        return (
            answer.GetProperty("status").GetString()!,
            answer.GetProperty("reasons")[0].GetProperty("sentence").GetString()!
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(IndexJudge.MaxLevels)]
    public async Task A_new_finding_decides_the_outermost_index_again(int levels)
    {
        await using var fixture = await StartAsync();
        var manifests = Nested(levels);
        var outermost = fixture.Aws.Ecr.Push(Repository, manifests[^1], "1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, manifests[0].Digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(("APPROVED", "APPROVED"), (fixture.Status(outermost), (await AskAsync(fixture.Functions)).Status));

        fixture.Aws.Ecr.CompleteScan(Repository, manifests[0].Digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(("BLOCKED", "BLOCKED"), (fixture.Status(outermost), (await AskAsync(fixture.Functions)).Status));
    }

    /// <summary>What runs the platform goes on running, and nobody else would report it.</summary>
    [Fact]
    public async Task A_platform_that_is_blocked_after_its_index_went_unheard_is_told_by_itself()
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        fixture.Aws.Ecr.Push(Repository, platform);
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(index));
        var alerts = fixture.Alerts.Count;

        fixture.Aws.Ecr.Delete(Repository, index, announce: false);
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        var alert = Assert.Single(fixture.Alerts.Skip(alerts));
        Assert.Equal("blocked", alert.Attributes["kind"].Value);
        Assert.Contains(platform.Digest, alert.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_platform_with_a_tag_of_its_own_is_followed_by_its_index_though_functions_died_in_between(
        int deaths
    )
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        fixture.Aws.Ecr.Push(Repository, platform, "1-amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(index));

        fixture.Aws.Ecr.FailScan(Repository, platform.Digest);
        var failed = Assert.Single(fixture.Aws.Events.Take());
        for (var death = 0; death < deaths; death++)
        {
            fixture.Time.Advance(TimeSpan.FromMinutes(7));
            // The first read is of the platform's facts, the second of the index's.
            fixture.Aws.Faults.Add(Fault.Kill() with { Operation = "DescribeImages", From = 2 });
            await fixture.Deploy().ChangedAsync(failed);
            Assert.Equal(0, fixture.Aws.Faults.Outstanding);
            fixture.Aws.Faults.Clear();
            Assert.Equal(("ERROR", "APPROVED"), (fixture.Status(platform.Digest), fixture.Status(index)));
            // The ledger says two things. The gate believes the worse one.
            Assert.NotEqual("APPROVED", (await AskAsync(fixture.Functions)).Status);
        }

        fixture.Time.Advance(TimeSpan.FromMinutes(7));
        Assert.Empty(await fixture.Deploy().ChangedAsync(failed));
        Assert.Equal("ERROR", fixture.Status(index));
        Assert.DoesNotContain(fixture.Item(platform.Digest), left => left.Key == "open");
    }

    [Fact]
    public async Task An_index_that_is_nested_too_deep_is_never_approved_and_those_in_it_are_judged_as_they_are()
    {
        await using var fixture = await StartAsync();
        var manifests = Nested(TooMany + 1);
        fixture.Aws.Ecr.Push(Repository, manifests[^1], "1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, manifests[0].Digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(25));
        await fixture.Functions.SweepAsync();

        Assert.Equal(
            ["APPROVED", "APPROVED", "APPROVED", "APPROVED", "UNSUPPORTED", "UNSUPPORTED"],
            manifests.Select(manifest => fixture.Status(manifest.Digest))
        );
        Assert.Equal(("UNSUPPORTED", TooDeep), await AskAsync(fixture.Functions));
        Assert.Equal(
            TooDeep,
            fixture.Verdict(manifests[TooMany].Digest).GetProperty("reasons")[0].GetProperty("sentence").GetString()
        );
    }

    [Theory]
    [InlineData(2, "PENDING", "linux/amd64: The basic scan is not finished (IN_PROGRESS).")]
    [InlineData(IndexJudge.MaxLevels, "PENDING", "linux/amd64: The basic scan is not finished (IN_PROGRESS).")]
    [InlineData(TooMany, "UNSUPPORTED", TooDeep)]
    [InlineData(TooMany + 2, "UNSUPPORTED", TooDeep)]
    public async Task Asked_about_indexes_that_nobody_has_recorded_the_answer_is_as_deep(
        int levels,
        string status,
        string sentence
    )
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.Push(Repository, Nested(levels)[^1], "1");

        Assert.Equal((status, sentence), await AskAsync(fixture.Functions));
    }

    [Fact]
    public async Task A_single_event_of_the_outermost_index_decides_it_from_what_lies_in_it()
    {
        await using var fixture = await StartAsync();
        var manifests = Nested(2);
        fixture.Aws.Ecr.Push(Repository, manifests[^1], "1");
        fixture.Aws.Ecr.CompleteScan(Repository, manifests[0].Digest, Critical);
        await fixture.Functions.PushedAsync(
            fixture.Aws.Events.Take().Single(e => e.Contains(manifests[^1].Digest, StringComparison.Ordinal))
        );

        Assert.Equal("BLOCKED", fixture.Status(manifests[^1].Digest));
    }
}
