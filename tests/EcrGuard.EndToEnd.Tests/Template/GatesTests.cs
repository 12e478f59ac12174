namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// The functions that AWS's own deployments ask. They are off until somebody turns them on, and they can do nothing but
/// ask.
/// </summary>
public sealed class GatesTests
{
    private static readonly SamTemplate Off = SamTemplate.With();
    private static readonly SamTemplate On = SamTemplate.With(SamTemplate.Everything);

    /// <summary>Each gate with everything that its role allows, apart from its own log and trace.</summary>
    private static readonly Dictionary<string, string[]> Gates = new()
    {
        ["EcsGate"] =
        [
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:DescribeTaskDefinition",
            "lambda:InvokeFunction",
        ],
        ["CodeDeployGate"] =
        [
            "codedeploy:GetApplicationRevision",
            "codedeploy:GetDeployment",
            "codedeploy:PutLifecycleEventHookExecutionStatus",
            "ecs:DescribeTaskDefinition",
            "lambda:GetFunction",
            "lambda:InvokeFunction",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ],
        ["CodePipelineGate"] =
        [
            "codepipeline:PutJobFailureResult",
            "codepipeline:PutJobSuccessResult",
            "lambda:InvokeFunction",
        ],
        ["CloudFormationGate"] = ["cloudformation:DescribeStacks", "lambda:InvokeFunction"],
    };

    /// <summary>AWS has no resource for these actions that a statement could name.</summary>
    private static readonly string[] WithoutResource =
    [
        "codepipeline:PutJobFailureResult",
        "codepipeline:PutJobSuccessResult",
        "ecs:DescribeTaskDefinition",
    ];

    private static readonly string[] TracesAndLogs =
    [
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];

    [Fact]
    public void By_default_nothing_of_them_is_deployed() =>
        Assert.DoesNotContain(
            Off.Resources.Keys,
            resource => Gates.Keys.Any(gate => resource.StartsWith(gate, StringComparison.Ordinal))
        );

    [Fact]
    public void Each_can_ask_and_end_what_waits_for_it_and_no_more() =>
        Assert.All(
            Gates,
            gate =>
            {
                Assert.Equal(
                    gate.Value.Concat(TracesAndLogs).Order(StringComparer.Ordinal),
                    On.Permissions(gate.Key).SelectMany(statement => statement.Actions).Order(StringComparer.Ordinal)
                );
                Assert.All(
                    On.Permissions(gate.Key).Where(statement => statement.Actions.Contains("lambda:InvokeFunction")),
                    statement =>
                        Assert.Contains("Approval", Assert.Single(statement.Resources), StringComparison.Ordinal)
                );
                Assert.DoesNotContain(
                    On.Permissions(gate.Key).Where(statement => statement.Resources.Contains("*")),
                    statement => statement.Actions.Except(TracesAndLogs).Except(WithoutResource).Any()
                );
            }
        );

    [Fact]
    public void Without_buckets_of_AppSpecs_no_object_can_be_read() =>
        Assert.DoesNotContain(
            SamTemplate.With(("DeploymentGates", "on")).Permissions("CodeDeployGate"),
            statement => statement.Actions.Any(action => action.StartsWith("s3:", StringComparison.Ordinal))
        );

    [Fact]
    public void Each_writes_to_a_log_group_of_its_own_and_raises_an_alarm_when_it_fails() =>
        Assert.All(
            Gates.Keys,
            gate =>
            {
                Assert.Contains($"{gate}Logs", On.Resources.Keys);
                var alarm = On.Properties($"{gate}ErrorsAlarm");
                Assert.Equal("Errors", alarm["MetricName"]!.ToString());
                Assert.Equal(gate, SamTemplate.Target(alarm["Dimensions"]![0]!["Value"]));
                Assert.Equal("AlertTopic", SamTemplate.Target(alarm["AlarmActions"]![0]));
            }
        );

    [Fact]
    public void A_hook_that_could_not_be_answered_ends_in_dead_letters_that_raise_an_alarm()
    {
        var queue = On.Properties("CodeDeployGateQueue");
        Assert.Equal("CodeDeployGateDeadLetters", SamTemplate.Target(queue["RedrivePolicy"]!["deadLetterTargetArn"]));
        Assert.True(
            queue["VisibilityTimeout"]!.GetValue<int>()
                >= 6 * On.OfFunction("CodeDeployGate", "Timeout")!.GetValue<int>()
        );
        Assert.Equal(
            "CodeDeployGateDeadLetters",
            SamTemplate.Target(On.Properties("CodeDeployGateDeadLettersAlarm")["Dimensions"]![0]!["Value"])
        );
        Assert.Equal(
            ["CodeDeployGateQueue", "CodeDeployGateDeadLetters"],
            On.Properties("CodeDeployGateQueuesPolicy")["Queues"]!.AsArray().Select(SamTemplate.Target)
        );
    }

    [Theory]
    [InlineData("off", null)]
    [InlineData("warn", "WARN")]
    [InlineData("fail", "FAIL")]
    public void The_hook_of_CloudFormation_is_off_warns_or_fails(string parameter, string? mode)
    {
        var template = SamTemplate.With(("CloudFormationHook", parameter));
        Assert.Equal(
            mode,
            template.Resources.GetValueOrDefault("StackHook")?["Properties"]!["FailureMode"]!.ToString()
        );
        Assert.Equal(mode is not null, template.Functions.Contains("CloudFormationGate"));
    }

    [Fact]
    public void The_hook_asks_for_every_resource_that_may_deploy_an_image_and_not_for_EcrGuards_own_stack()
    {
        var hook = On.Properties("StackHook");
        Assert.Equal(
            Core.Gates.CloudFormationImages.ResourceTypes.Except(["AWS::Serverless::Function"]).Order(),
            hook["TargetFilters"]!["TargetNames"]!.AsArray().Select(name => name!.ToString()).Order()
        );
        Assert.Equal("""[{"Ref":"AWS::StackName"}]""", hook["StackFilters"]!["StackNames"]!["Exclude"]!.ToJsonString());
        Assert.Contains(
            "AWS::StackName",
            SamTemplate.With([.. SamTemplate.Everything, ("UnguardedStacks", "legacy")]).Properties("StackHook")[
                "StackFilters"
            ]!["StackNames"]!["Exclude"]!.ToJsonString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("EcsGateCaller", "ecs.amazonaws.com", "EcsGate")]
    [InlineData("CloudFormationGateCaller", "hooks.cloudformation.amazonaws.com", "CloudFormationGate")]
    public void Who_asks_takes_a_role_that_can_do_nothing_else(string role, string service, string gate)
    {
        var trust = Assert.Single(On.Properties(role)["AssumeRolePolicyDocument"]!["Statement"]!.AsArray())!;
        Assert.Equal(service, trust["Principal"]!["Service"]!.ToString());
        Assert.Contains("aws:SourceAccount", trust["Condition"]!.ToJsonString(), StringComparison.Ordinal);
        var allowed = Assert.Single(On.PermissionsOfRole(role));
        Assert.Equal(["lambda:InvokeFunction"], allowed.Actions);
        Assert.Contains(gate, Assert.Single(allowed.Resources), StringComparison.Ordinal);
    }
}
