using System.Text.Json;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Inspector2.Model;
using Amazon.Runtime;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalAwsServerTests
{
    [Fact]
    public async Task An_unsigned_request_is_refused_without_effect()
    {
        await using var aws = await LocalAwsServer.StartAsync();

        var (status, body) = await aws.PostToEcrAsync(
            "CreateRepository",
            """{"repositoryName":"pay/api"}""",
            signed: false
        );

        Assert.Equal(400, status);
        Assert.Equal(
            "MissingAuthenticationTokenException",
            JsonDocument.Parse(body).RootElement.GetProperty("__type").GetString()
        );
        using var ecr = aws.EcrClient();
        Assert.Empty((await ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest())).Repositories ?? []);
    }

    [Theory]
    [InlineData("DescribeImages", """{"repositoryName":"pay/api","sortBy":"pushedAt"}""", "sortBy")]
    [InlineData("DescribeImages", """{"repositoryName":"pay/api","filter":{"tag":"x"}}""", "'tag'")]
    [InlineData("DescribeImages", """{}""", "repositoryName")]
    [InlineData("DescribeImages", """{"repositoryName":7}""", "repositoryName")]
    [InlineData("DescribeImages", """nonsense""", "invalid")]
    [InlineData("DescribeGalaxies", """{}""", "DescribeGalaxies")]
    public async Task What_is_not_known_is_refused_and_recorded(string operation, string body, string named)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository("pay/api");

        var (status, _) = await aws.PostToEcrAsync(operation, body);

        Assert.Equal(400, status);
        Assert.Contains(named, Assert.Single(aws.Unexpected), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_the_caller_can_expect_is_not_recorded_as_unexpected()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();

        await Assert.ThrowsAsync<RepositoryNotFoundException>(() =>
            ecr.ListImagesAsync(new Amazon.ECR.Model.ListImagesRequest { RepositoryName = "none" })
        );

        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task Requests_are_logged_with_service_operation_resource_status_and_time()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-02T03:04:05Z"));
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = clock });
        var topic = aws.Sns.CreateTopic("alerts");
        aws.Ecr.CreateRepository("pay/api");
        using var ecr = aws.EcrClient();
        using var inspector = aws.InspectorClient();
        using var sns = aws.SnsClient();

        await ecr.ListImagesAsync(new Amazon.ECR.Model.ListImagesRequest { RepositoryName = "pay/api" });
        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() =>
            ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RepositoryName = "pay/api" })
        );
        await inspector.ListFindingsAsync(new ListFindingsRequest());
        await sns.PublishAsync(topic, "hello");

        Assert.Equal(
            [
                Logged("ecr", "ListImages", "pay/api", 200),
                Logged("ecr", "GetLifecyclePolicy", "pay/api", 400),
                Logged("inspector2", "ListFindings", null, 200),
                Logged("sns", "Publish", topic, 200),
            ],
            aws.Requests
        );

        LoggedRequest Logged(string service, string operation, string? resource, int status) =>
            new(service, operation, resource, status, clock.GetUtcNow()) { AccessKey = "AKIDEXAMPLE" };
    }

    [Fact]
    public async Task Each_service_throttles_and_fails_in_its_own_words()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var ecr = aws.EcrClient();
        using var inspector = aws.InspectorClient();
        using var sns = aws.SnsClient();
        Func<Task>[] calls =
        [
            () => ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest()),
            () => inspector.ListFindingsAsync(new ListFindingsRequest()),
            () => sns.PublishAsync(topic, "hello"),
        ];

        Assert.Equal(
            ["400 ThrottlingException", "429 ThrottlingException", "429 Throttled"],
            await RefusalsAsync(Fault.Throttle)
        );
        Assert.Equal(
            ["500 ServerException", "500 InternalServerException", "500 InternalError"],
            await RefusalsAsync(Fault.InternalError)
        );
        Assert.Equal(
            ["503 ServiceUnavailableException", "503 ServiceUnavailableException", "503 ServiceUnavailable"],
            await RefusalsAsync(Fault.Unavailable)
        );
        Assert.Equal(
            ["400 ExpiredTokenException", "403 ExpiredTokenException", "403 ExpiredToken"],
            await RefusalsAsync(Fault.ExpiredCredentials)
        );
        Assert.Empty(aws.Sns.Messages);

        async Task<List<string>> RefusalsAsync(Fault fault)
        {
            var refusals = new List<string>();
            foreach (var call in calls)
            {
                aws.Faults.Add(fault);
                var refused = await Assert.ThrowsAnyAsync<AmazonServiceException>(call);
                refusals.Add($"{(int)refused.StatusCode} {refused.ErrorCode}");
            }

            return refusals;
        }
    }

    [Fact]
    public async Task A_fault_strikes_the_calls_that_it_names_and_only_those()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository("aa");
        aws.Ecr.CreateRepository("bb");
        using var ecr = aws.EcrClient();
        aws.Faults.Add(
            Fault.InternalError with
            {
                Service = "ecr",
                Operation = "ListImages",
                Resource = "aa",
                From = 2,
                Times = 2,
            }
        );

        Assert.Equal([200, 500, 500, 200], await StatusesAsync("aa"));
        Assert.Equal(0, aws.Faults.Outstanding);
        Assert.Equal([200, 200, 200, 200], await StatusesAsync("bb"));

        async Task<IEnumerable<int>> StatusesAsync(string repository)
        {
            aws.Requests.Take();
            for (var i = 0; i < 4; i++)
            {
                try
                {
                    await ecr.ListImagesAsync(new Amazon.ECR.Model.ListImagesRequest { RepositoryName = repository });
                }
                catch (ServerException)
                {
                    // The log has it.
                }
            }

            return aws.Requests.Select(r => r.StatusCode);
        }
    }

    [Fact]
    public async Task A_connection_closed_before_leaves_no_effect_and_one_closed_after_or_halfway_does()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var manifest = Manifest.Image("one");
        aws.Ecr.CreateRepository("aa");
        aws.Ecr.Push("aa", manifest, "v1");
        using var ecr = aws.EcrClient();

        await FailsAsync(Fault.CloseBefore, "before");
        await FailsAsync(Fault.CloseAfter, "after");
        await FailsAsync(Fault.HalfSent, "half");

        Assert.Equal(["v1", "after", "half"], aws.Ecr.TagsOf("aa", manifest.Digest));

        async Task FailsAsync(Fault fault, string tag)
        {
            aws.Faults.Clear();
            aws.Faults.Add(fault with { Times = int.MaxValue });
            await Assert.ThrowsAnyAsync<Exception>(() =>
                ecr.PutImageAsync(
                    new PutImageRequest
                    {
                        RepositoryName = "aa",
                        ImageManifest = manifest.Text,
                        ImageManifestMediaType = manifest.MediaType,
                        ImageTag = tag,
                    }
                )
            );
        }
    }

    [Fact]
    public async Task A_killed_caller_reaches_nothing_more_until_it_is_started_again()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        aws.Ecr.CreateRepository("aa");
        using var sns = aws.SnsClient();
        using var ecr = aws.EcrClient();
        var died = 0;
        aws.Faults.Add(Fault.Kill(() => died++) with { Service = "sns", From = 2 });

        await sns.PublishAsync(topic, "one");
        await Assert.ThrowsAnyAsync<Exception>(() => sns.PublishAsync(topic, "two"));
        await Assert.ThrowsAnyAsync<Exception>(() => ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest()));
        Assert.Equal(1, died);

        aws.Faults.Clear();
        await sns.PublishAsync(topic, "three");
        Assert.Equal(["one", "three"], aws.Sns.Messages.Select(m => m.Message));
    }

    [Fact]
    public async Task A_delay_keeps_the_caller_waiting_and_changes_nothing()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        aws.Faults.Add(Fault.Delay(TimeSpan.FromMinutes(1)));
        aws.Faults.Add(Fault.Delay(TimeSpan.FromMilliseconds(1)) with { From = 2 });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest(), impatient.Token)
        );
        await ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest());
    }

    [Fact]
    public async Task PutImage_is_throttled_at_ten_a_second_and_recovers()
    {
        var clock = new FakeTimeProvider();
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions { TimeProvider = clock, EcrRates = new EcrRates() }
        );
        aws.Ecr.CreateRepository("aa");
        var manifest = Manifest.Image("one");
        aws.Ecr.Push("aa", manifest);
        using var ecr = aws.EcrClient();

        Assert.Equal(10, await PutUntilThrottledAsync("x"));
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(5, await PutUntilThrottledAsync("y"));

        async Task<int> PutUntilThrottledAsync(string prefix)
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    await ecr.PutImageAsync(
                        new PutImageRequest
                        {
                            RepositoryName = "aa",
                            ImageManifest = manifest.Text,
                            ImageManifestMediaType = manifest.MediaType,
                            ImageTag = $"{prefix}{i}",
                        }
                    );
                }
                catch (AmazonECRException throttled) when (throttled.ErrorCode == "ThrottlingException")
                {
                    return i;
                }
            }
        }
    }

    [Fact]
    public async Task With_empty_pages_every_listing_begins_with_one()
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { EmptyPages = true });
        aws.Ecr.CreateRepository("aa");
        using var ecr = aws.EcrClient();

        var first = await ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest());
        var second = await ecr.DescribeRepositoriesAsync(
            new DescribeRepositoriesRequest { NextToken = first.NextToken }
        );

        Assert.Empty(first.Repositories ?? []);
        Assert.Equal(("aa", null), (second.Repositories.Single().RepositoryName, second.NextToken));
    }
}
