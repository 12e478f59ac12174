using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Issue 9: in the account of Inspector's delegated administrator, the members' images are listed beside its own, under
/// the same name and digest.
/// </summary>
public sealed class AnotherAccountTests
{
    private const string Member = "999999999999";

    private static async Task<(GuardFixture Fixture, string Digest)> CleanAsync()
    {
        var fixture = await StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        return (fixture, digest);
    }

    [Theory]
    [InlineData(Member, "eu-central-1", false)]
    [InlineData(Member, "eu-central-1", true)]
    [InlineData("123456789012", "us-east-1", true)]
    public async Task Findings_of_an_image_of_the_same_name_and_digest_elsewhere_are_none_of_this_image(
        string account,
        string region,
        bool despiteFilter
    )
    {
        var (fixture, digest) = await CleanAsync();
        await using var owned = fixture;
        fixture.Aws.Inspector.ShowMember(account, region, Repository, digest, despiteFilter, Critical);

        // A separate event makes EcrGuard read the findings again.
        fixture.Aws.Events.Take();
        fixture.Aws.Inspector.Report(Repository, digest, Low);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("APPROVED", fixture.Status(digest));
        var counts = fixture.Verdict(digest).GetProperty("counts");
        Assert.Equal((0, 1), (counts.GetProperty("critical").GetInt32(), counts.GetProperty("low").GetInt32()));
    }

    [Fact]
    public async Task Events_about_a_members_image_in_the_administrators_envelope_are_dropped_with_a_line_each_before_anything_is_read()
    {
        var (fixture, digest) = await CleanAsync();
        await using var owned = fixture;
        fixture.Aws.Inspector.ShowMember(
            Member,
            fixture.Aws.Region,
            Repository,
            digest,
            despiteFilter: false,
            Critical
        );
        fixture.Aws.Requests.Take();
        var before = fixture.Functions.Lines.ToString().Length;

        await fixture.Functions.DeliverAllAsync();

        Assert.Empty(fixture.Aws.Requests);
        var lines = fixture.Functions.Lines.ToString()[before..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Contains($"\"account\":\"{Member}\"", line, StringComparison.Ordinal));
        Assert.Empty(fixture.Alerts);
    }

    [Fact]
    public async Task Coverage_of_another_account_says_nothing_of_this_accounts_image()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        fixture.Aws.Inspector.ShowMember(Member, fixture.Aws.Region, Repository, digest, despiteFilter: true);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("PENDING", fixture.Status(digest));
    }

    [Theory]
    [InlineData(
        "UnsupportedImageError: The operating system and/or package manager are not supported.",
        "UNSUPPORTED",
        "The basic scanner cannot read this image (FAILED): UnsupportedImageError: The operating system "
            + "and/or package manager are not supported."
    )]
    [InlineData(
        "InternalError: The scan\nfailed.",
        "ERROR",
        "The basic scan failed (FAILED): InternalError: The scan."
    )]
    [InlineData("", "ERROR", "The basic scan failed (FAILED).")]
    public async Task What_basic_scanning_says_of_a_scan_that_failed_decides_and_stands_in_the_reason(
        string description,
        string status,
        string sentence
    )
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();

        fixture.Aws.Ecr.FailScan(Repository, digest, "FAILED", description);
        await fixture.Functions.DeliverAllAsync();
        var (_, answer) = await fixture.Functions.AskAsync($"{Repository}:1");

        Assert.Equal(status, answer.GetProperty("status").GetString());
        Assert.Equal(sentence, answer.GetProperty("reasons")[0].GetProperty("sentence").GetString());
    }
}
