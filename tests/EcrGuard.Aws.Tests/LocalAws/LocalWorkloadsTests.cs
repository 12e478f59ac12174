using System.Text;
using Amazon.AppRunner;
using Amazon.ECS;
using Amazon.ECS.Model;
using Amazon.EventBridge;
using Amazon.EventBridge.Model;
using Amazon.Inspector2.Model;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.Scheduler;
using Amazon.Scheduler.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using ListServicesRequest = Amazon.ECS.Model.ListServicesRequest;
using Task = System.Threading.Tasks.Task;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>The services that run images refuse what AWS refuses.</summary>
public sealed class LocalWorkloadsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_is_what_was_registered_for_it()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        aws.Lambda.Register("echo", json => Task.FromResult($"[{json}]"));

        var response = await clients.Workloads.Lambda.InvokeAsync(
            new InvokeRequest
            {
                FunctionName = "arn:aws:lambda:eu-central-1:123456789012:function:echo",
                Payload = "{}",
            },
            Cancellation
        );

        Assert.Equal(
            (200, null, "$LATEST", "[{}]"),
            (response.StatusCode, response.FunctionError, response.ExecutedVersion, Text(response))
        );
    }

    [Fact]
    public async Task What_a_function_throws_is_its_error_and_the_call_succeeds()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        aws.Lambda.Register("broken", _ => throw new InvalidOperationException("no"));

        var response = await clients.Workloads.Lambda.InvokeAsync(
            new InvokeRequest { FunctionName = "broken", Payload = "{}" },
            Cancellation
        );

        Assert.Equal(
            (200, "Unhandled", """{"errorType":"InvalidOperationException","errorMessage":"no"}"""),
            (response.StatusCode, response.FunctionError, Text(response))
        );
    }

    [Fact]
    public async Task An_event_is_taken_without_an_answer()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        var heard = "";
        aws.Lambda.Register("listener", json => Task.FromResult(heard = json));

        var response = await clients.Workloads.Lambda.InvokeAsync(
            new InvokeRequest
            {
                FunctionName = "listener",
                InvocationType = InvocationType.Event,
                Payload = "7",
            },
            Cancellation
        );

        Assert.Equal((202, "", "7"), (response.StatusCode, Text(response), heard));
    }

    [Fact]
    public async Task A_function_that_is_not_there_is_not_found()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);

        await Assert.ThrowsAsync<Amazon.Lambda.Model.ResourceNotFoundException>(() =>
            clients.Workloads.Lambda.InvokeAsync(new InvokeRequest { FunctionName = "none" }, Cancellation)
        );
        await Assert.ThrowsAsync<Amazon.Lambda.Model.ResourceNotFoundException>(() =>
            clients.Workloads.Lambda.GetFunctionAsync(new GetFunctionRequest { FunctionName = "none" }, Cancellation)
        );
    }

    [Fact]
    public async Task ECS_refuses_what_is_too_much_or_not_there()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        var ecs = clients.Workloads.Ecs;
        aws.Ecs.CreateService("shop", "web", aws.Ecs.RegisterTaskDefinition("web", "nginx"));

        async Task RefusedAsync(string code, Task call) =>
            Assert.Equal(code, (await Assert.ThrowsAnyAsync<AmazonECSException>(() => call)).ErrorCode);

        await RefusedAsync(
            "InvalidParameterException",
            ecs.ListClustersAsync(new ListClustersRequest { MaxResults = 101 }, Cancellation)
        );
        await RefusedAsync(
            "InvalidParameterException",
            ecs.DescribeServicesAsync(
                new DescribeServicesRequest { Cluster = "shop", Services = [.. Enumerable.Repeat("web", 11)] },
                Cancellation
            )
        );
        await RefusedAsync(
            "InvalidParameterException",
            ecs.DescribeServiceDeploymentsAsync(
                new DescribeServiceDeploymentsRequest { ServiceDeploymentArns = [.. Enumerable.Repeat("d", 21)] },
                Cancellation
            )
        );
        await RefusedAsync(
            "InvalidParameterException",
            ecs.DescribeServiceRevisionsAsync(
                new DescribeServiceRevisionsRequest { ServiceRevisionArns = [.. Enumerable.Repeat("r", 21)] },
                Cancellation
            )
        );
        Assert.Equal(
            "MISSING",
            Assert
                .Single(
                    (
                        await ecs.DescribeServiceRevisionsAsync(
                            new DescribeServiceRevisionsRequest { ServiceRevisionArns = ["r"] },
                            Cancellation
                        )
                    ).Failures
                )
                .Reason
        );
        await RefusedAsync(
            "InvalidParameterException",
            ecs.DescribeTasksAsync(
                new DescribeTasksRequest { Cluster = "shop", Tasks = [.. Enumerable.Repeat("t", 101)] },
                Cancellation
            )
        );
        await RefusedAsync(
            "InvalidParameterException",
            ecs.ListServicesAsync(
                new ListServicesRequest { Cluster = "shop", NextToken = "of somebody else" },
                Cancellation
            )
        );
        await RefusedAsync(
            "ClusterNotFoundException",
            ecs.ListServicesAsync(new ListServicesRequest { Cluster = "none" }, Cancellation)
        );
        await RefusedAsync(
            "ClientException",
            ecs.DescribeTaskDefinitionAsync(
                new DescribeTaskDefinitionRequest { TaskDefinition = "web:2" },
                Cancellation
            )
        );
    }

    [Fact]
    public async Task The_other_services_refuse_too_large_a_page_and_what_is_not_there()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        var workloads = clients.Workloads;

        Assert.Equal(
            "InvalidRequestException",
            (
                await Assert.ThrowsAsync<AmazonAppRunnerException>(() =>
                    workloads.AppRunner.ListServicesAsync(new() { MaxResults = 21 }, Cancellation)
                )
            ).ErrorCode
        );
        Assert.Equal(
            "ValidationException",
            (
                await Assert.ThrowsAsync<AmazonEventBridgeException>(() =>
                    workloads.EventBridge.ListRulesAsync(new ListRulesRequest { Limit = 101 }, Cancellation)
                )
            ).ErrorCode
        );
        Assert.Equal(
            "ValidationException",
            (
                await Assert.ThrowsAsync<AmazonSchedulerException>(() =>
                    workloads.Scheduler.ListSchedulesAsync(new ListSchedulesRequest { MaxResults = 101 }, Cancellation)
                )
            ).ErrorCode
        );
        Assert.Equal(
            "InvalidParameterValueException",
            (
                await Assert.ThrowsAsync<AmazonLambdaException>(() =>
                    workloads.Lambda.ListFunctionsAsync(new ListFunctionsRequest { MaxItems = 10_001 }, Cancellation)
                )
            ).ErrorCode
        );
        await Assert.ThrowsAsync<Amazon.AppRunner.Model.ResourceNotFoundException>(() =>
            workloads.AppRunner.DescribeServiceAsync(
                new() { ServiceArn = "arn:aws:apprunner:eu-central-1:123456789012:service/none/1" },
                Cancellation
            )
        );
        await Assert.ThrowsAsync<Amazon.EventBridge.Model.ResourceNotFoundException>(() =>
            workloads.EventBridge.ListRulesAsync(new ListRulesRequest { EventBusName = "none" }, Cancellation)
        );
        await Assert.ThrowsAsync<Amazon.EventBridge.Model.ResourceNotFoundException>(() =>
            workloads.EventBridge.ListTargetsByRuleAsync(new ListTargetsByRuleRequest { Rule = "none" }, Cancellation)
        );
        await Assert.ThrowsAsync<Amazon.Scheduler.Model.ResourceNotFoundException>(() =>
            workloads.Scheduler.GetScheduleAsync(new GetScheduleRequest { Name = "none" }, Cancellation)
        );
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task A_page_of_functions_holds_fifty_whatever_is_asked_for()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        for (var i = 0; i < 51; i++)
            aws.Lambda.CreateZipFunction($"f{i:d2}");

        var page = await clients.Workloads.Lambda.ListFunctionsAsync(
            new ListFunctionsRequest { MaxItems = 10_000 },
            Cancellation
        );
        var last = await clients.Workloads.Lambda.ListFunctionsAsync(
            new ListFunctionsRequest { Marker = page.NextMarker },
            Cancellation
        );

        Assert.Equal((50, 1, null), (page.Functions.Count, last.Functions.Count, last.NextMarker));
    }

    [Fact]
    public async Task Coverage_is_listed_by_how_often_an_image_is_in_use()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        aws.Ecr.CreateRepository("web");
        string[] digests = [.. Enumerable.Range(0, 4).Select(i => aws.Ecr.Push("web", Manifest.Image($"{i}")))];
        for (var i = 0; i < 3; i++)
            aws.Inspector.SetInUse("web", digests[i], i);

        var used = await clients.Inspector.ListCoverageAsync(
            new ListCoverageRequest
            {
                FilterCriteria = new CoverageFilterCriteria
                {
                    EcrImageInUseCount = [new CoverageNumberFilter { LowerInclusive = 1, UpperInclusive = 1 }],
                },
            },
            Cancellation
        );

        var image = Assert.Single(used.CoveredResources);
        Assert.EndsWith(digests[1], image.ResourceId, StringComparison.Ordinal);
        Assert.Equal(1, image.ResourceMetadata.EcrImage.InUseCount);
        Assert.NotNull(image.ResourceMetadata.EcrImage.LastInUseAt);
    }

    [Fact]
    public async Task The_credentials_of_a_role_lead_into_its_account_and_to_nothing_else_there()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var clients = Connect(aws);
        var other = aws.Sts.CreateRole("arn:aws:iam::210987654321:role/reads");
        other.Lambda.CreateZipFunction("theirs");
        aws.Lambda.CreateZipFunction("mine");

        var session = (
            await clients.Sts.AssumeRoleAsync(
                new() { RoleArn = "arn:aws:iam::210987654321:role/reads", RoleSessionName = "test" },
                Cancellation
            )
        ).Credentials;
        var credentials = new SessionAWSCredentials(session.AccessKeyId, session.SecretAccessKey, session.SessionToken);
        using var theirs = clients.WorkloadsOf(credentials, aws.Region);
        using var theirEcr = AwsClients.At(aws.Endpoint, aws.Region, credentials, retries: 0);

        Assert.Equal(
            "arn:aws:lambda:eu-central-1:210987654321:function:theirs",
            Assert
                .Single((await theirs.Lambda.ListFunctionsAsync(new ListFunctionsRequest(), Cancellation)).Functions)
                .FunctionArn
        );
        await Assert.ThrowsAnyAsync<Exception>(() => theirEcr.Ecr.DescribeRepositoriesAsync(new(), Cancellation));
        Assert.Contains("no service 'ecr'", Assert.Single(aws.Unexpected), StringComparison.Ordinal);
    }

    private static string Text(InvokeResponse response) => Encoding.UTF8.GetString(response.Payload.ToArray());

    private static AwsClients Connect(LocalAwsServer aws) =>
        AwsClients.At(aws.Endpoint, aws.Region, new BasicAWSCredentials("test", "test"), retries: 0);
}
