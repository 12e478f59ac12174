using EcrGuard.Core.Images;
using EcrGuard.Lambda.Functions;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// The deployment may write only to some repositories. In all others, EcrGuard tries nothing that AWS would refuse.
/// </summary>
public sealed class ScopeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(true, "*")]
    [InlineData(true, "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web")]
    [InlineData(true, "arn:*:ecr:*:*:repository/pay/*", "arn:*:ecr:*:*:repository/sho?/*")]
    [InlineData(false, "arn:*:ecr:*:*:repository/pay/*")]
    [InlineData(false, "arn:*:ecr:*:*:repository/shop")]
    [InlineData(false, "arn:*:ecr:us-east-1:*:repository/*")]
    public async Task A_repository_that_is_not_named_is_observed_and_judged_and_answered_for_as_any_other(
        bool marked,
        params string[] repositories
    )
    {
        await using var fixture = await StartAsync();
        var functions = fixture.Deploy(
            options: new DeploymentOptions(Repositories: [.. repositories.Select(Glob.Parse)])
        );
        var digest = fixture.Push("1");
        await functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();

        Assert.Equal(marked ? ["1", BlockedTag(digest)] : ["1"], fixture.Tags(digest));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal("BLOCKED", (await functions.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString());
        var order = await functions
            .Part<RestoreRepository>()
            .RestoreRepositoryAsync(new RestoreRequest(Repository, "as it was"), new Invocation());
        Assert.Equal(
            !marked,
            order.Left.Any(why => why.Contains("its parameter Repositories", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("pay/*", "must be an ARN of repositories")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/[a-z]*", "only '*' and '?' have a meaning")]
    public void A_pattern_that_is_none_keeps_the_function_from_starting(string pattern, string said)
    {
        var environment = new Dictionary<string, string>
        {
            ["AWS_REGION"] = "eu-central-1",
            ["ECRGUARD_ACCOUNT"] = "123456789012",
            ["ECRGUARD_TABLE"] = "t",
            ["ECRGUARD_BUCKET"] = "b",
        };
        Assert.Equal(
            2,
            Settings
                .From(name =>
                    name == "ECRGUARD_REPOSITORIES"
                        ? "arn:*:ecr:*:*:repository/a, *"
                        : environment.GetValueOrDefault(name)
                )
                .Repositories.Count
        );
        Assert.Contains(
            said,
            Assert
                .Throws<SettingsException>(() =>
                    Settings.From(name =>
                        name == "ECRGUARD_REPOSITORIES" ? pattern : environment.GetValueOrDefault(name)
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }
}
