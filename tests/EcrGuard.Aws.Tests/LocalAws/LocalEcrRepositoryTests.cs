using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalEcrRepositoryTests
{
    private const string Rule =
        """{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}""";

    [Fact]
    public async Task A_repository_is_shown_as_it_was_created()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();

        await ecr.CreateRepositoryAsync(
            new CreateRepositoryRequest
            {
                RepositoryName = "pay/api",
                ImageTagMutability = ImageTagMutability.IMMUTABLE,
            }
        );
        aws.Ecr.CreateRepository("pay/web", TagMutability.ImmutableExcept("ecrguard-*"), scanOnPush: true);

        var shown = (
            await ecr.DescribeRepositoriesAsync(
                new DescribeRepositoriesRequest { RepositoryNames = ["pay/web", "pay/api"] }
            )
        ).Repositories;
        Assert.Equal(["pay/web", "pay/api"], shown.Select(r => r.RepositoryName));
        Assert.Equal("arn:aws:ecr:eu-central-1:123456789012:repository/pay/web", shown[0].RepositoryArn);
        Assert.Equal("123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/web", shown[0].RepositoryUri);
        Assert.Equal("ecrguard-*", shown[0].ImageTagMutabilityExclusionFilters.Single().Filter);
        Assert.Equal([true, false], shown.Select(r => r.ImageScanningConfiguration.ScanOnPush!.Value));
        Assert.Equal("IMMUTABLE", shown[1].ImageTagMutability.Value);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("Upper")]
    [InlineData("pay//api")]
    [InlineData("-pay")]
    public async Task A_bad_name_is_refused(string name)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();

        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.CreateRepositoryAsync(new CreateRepositoryRequest { RepositoryName = name })
        );
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("pay/api");

        await Assert.ThrowsAsync<RepositoryAlreadyExistsException>(() =>
            ecr.CreateRepositoryAsync(new CreateRepositoryRequest { RepositoryName = "pay/api" })
        );
    }

    [Fact]
    public async Task Repositories_are_listed_in_pages()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        var names = Enumerable.Range(0, 250).Select(i => $"team/app-{i:d3}").ToList();
        names.ForEach(n => aws.Ecr.CreateRepository(n));

        var listed = new List<string>();
        await foreach (
            var repository in ecr.Paginators.DescribeRepositories(new DescribeRepositoriesRequest()).Repositories
        )
        {
            listed.Add(repository.RepositoryName);
        }

        Assert.Equal(names, listed);
        Assert.Equal(3, aws.Requests.Count);
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.DescribeRepositoriesAsync(
                new DescribeRepositoriesRequest { RepositoryNames = ["team/app-000"], MaxResults = 1 }
            )
        );
    }

    [Fact]
    public async Task A_lifecycle_policy_comes_back_as_it_was_put()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("pay/api");
        var policy = $$"""{ "rules": [ {{Rule}} ] }""";

        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() =>
            ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RepositoryName = "pay/api" })
        );
        await ecr.PutLifecyclePolicyAsync(
            new PutLifecyclePolicyRequest { RepositoryName = "pay/api", LifecyclePolicyText = policy }
        );

        Assert.Equal(
            policy,
            (
                await ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RepositoryName = "pay/api" })
            ).LifecyclePolicyText
        );
        Assert.Equal(policy, aws.Ecr.LifecyclePolicyOf("pay/api"));

        var (status, _) = await aws.PostToEcrAsync("DeleteLifecyclePolicy", """{"repositoryName":"pay/api"}""");
        Assert.Equal((200, null), (status, aws.Ecr.LifecyclePolicyOf("pay/api")));
    }

    [Theory]
    [InlineData("""{"rules":[]}""", "greater than or equal to 100")]
    [InlineData(
        "not json at all, but long enough for the minimum length of a lifecycle policy text, which is one hundred",
        "Could not map policyString"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}],"owner":"pay"}""",
        "\"owner\""
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":0},"action":{"type":"expire"}}]}""",
        "minimum: 1, found: 0"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}]}""",
        "exactly one schema"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countUnit":"days","countNumber":1},"action":{"type":"expire"}}]}""",
        "exactly one schema"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":1},"action":{"type":"expire"}}]}""",
        "sinceImagePulled"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["a*b*c*d*e*"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""",
        "4 wildcards"
    )]
    [InlineData(
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""",
        "tagStatus any"
    )]
    public async Task A_bad_lifecycle_policy_is_refused_in_ECRs_style(string policy, string says)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("pay/api");

        var refused = await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.PutLifecyclePolicyAsync(
                new PutLifecyclePolicyRequest { RepositoryName = "pay/api", LifecyclePolicyText = policy }
            )
        );

        Assert.StartsWith(
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: '",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Null(aws.Ecr.LifecyclePolicyOf("pay/api"));
    }

    [Theory]
    [InlineData("IMMUTABLE", 400)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION", 200)]
    public async Task Exclusion_filters_go_with_a_mode_with_exclusion(string mode, int expected)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository("pay/api");

        var (status, _) = await aws.PostToEcrAsync(
            "PutImageTagMutability",
            $$"""{"repositoryName":"pay/api","imageTagMutability":"{{mode}}","imageTagMutabilityExclusionFilters":[{"filterType":"WILDCARD","filter":"ecrguard-*"}]}"""
        );

        Assert.Equal((expected, expected == 200 ? mode : "MUTABLE"), (status, aws.Ecr.MutabilityOf("pay/api").Mode));
    }
}
