using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// A suppression rule of Amazon Inspector hides a finding from Inspector's lists. Here the policy decides: it is no
/// excuse, or it is an excuse that is reported.
/// </summary>
public sealed class SuppressionTests
{
    private const string Excusing =
        """{ "version": 1, "defaults": { "suppressed": "excuse" }, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";

    private static async Task<(GuardFixture Fixture, string Digest)> BlockedAsync(string policy)
    {
        var fixture = await StartAsync(policy);
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        return (fixture, digest);
    }

    [Fact]
    public async Task What_becomes_suppressed_is_excused_where_the_policy_says_so_counted_and_said_and_blocks_again_when_the_rule_goes()
    {
        var (fixture, digest) = await BlockedAsync(Excusing);
        await using var owned = fixture;

        fixture.Aws.Inspector.SetStatus(Repository, digest, Critical.Vulnerability, "SUPPRESSED");
        await fixture.Functions.DeliverAllAsync();
        var (_, answer) = await fixture.Functions.AskAsync($"{Repository}:1");
        Assert.Equal("APPROVED", answer.GetProperty("status").GetString());
        Assert.Contains(
            "with 1 finding that Amazon Inspector suppresses",
            answer.GetProperty("reasons")[0].GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("Amazon Inspector", answer.GetProperty("waivers")[0].GetProperty("waiver").GetString());
        Assert.Equal(1, answer.GetProperty("counts").GetProperty("critical").GetInt32());
        Assert.DoesNotContain(BlockedTag(digest), fixture.Tags(digest));

        fixture.Aws.Inspector.SetStatus(Repository, digest, Critical.Vulnerability, "ACTIVE");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task What_becomes_suppressed_goes_on_blocking_where_the_policy_says_nothing_of_it()
    {
        var (fixture, digest) = await BlockedAsync(Marks);
        await using var owned = fixture;

        fixture.Aws.Inspector.SetStatus(Repository, digest, Critical.Vulnerability, "SUPPRESSED");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task What_is_closed_is_gone()
    {
        var (fixture, digest) = await BlockedAsync(Marks);
        await using var owned = fixture;

        fixture.Aws.Inspector.SetStatus(Repository, digest, Critical.Vulnerability, "CLOSED");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal(0, fixture.Verdict(digest).GetProperty("counts").GetProperty("critical").GetInt32());
    }
}
