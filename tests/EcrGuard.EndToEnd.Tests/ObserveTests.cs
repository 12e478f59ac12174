using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>With its defaults, EcrGuard decides, records and reports, and writes nothing to ECR.</summary>
public sealed class ObserveTests
{
    [Theory]
    [InlineData("observe", true)]
    [InlineData("mark", false)]
    public async Task The_ceiling_and_the_policy_may_each_forbid_every_write(string enforcement, bool policyMarks)
    {
        await using var guard = new Deployment
        {
            Enforcement = enforcement,
            Policy = policyMarks ? Deployment.Marking : null,
        };
        await guard.InitializeAsync();
        const string Repository = "team/never-scanned";
        guard.Aws.Ecr.CreateRepository(Repository);
        var digest = guard.Aws.Ecr.Push(Repository, Manifest.Image("1.0"), "1.0");
        await guard.DeliverAllAsync();
        Assert.Equal("Unscanned", guard.StatusOf(Repository, digest));
        guard.Aws.Ecr.CompleteScan(
            Repository,
            digest,
            new LocalFinding("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13"))
        );
        await guard.DeliverAllAsync();

        Assert.Equal("Blocked", guard.StatusOf(Repository, digest));
        Assert.Single(guard.Alerts(Repository));
        Assert.Equal(["1.0"], guard.Aws.Ecr.TagsOf(Repository, digest)!);
        Assert.All(guard.TakeRequests("ecr"), operation => Assert.True(Deployment.Reads(operation), operation));
    }
}
