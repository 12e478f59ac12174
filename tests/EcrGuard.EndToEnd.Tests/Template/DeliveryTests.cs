using System.Text.Json.Nodes;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>If an event, tick or failure is lost, somebody hears of it.</summary>
public sealed class DeliveryTests
{
    private static readonly SamTemplate Template = SamTemplate.With(
        ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root")
    );

    private static readonly string[] DeadLetterQueues =
    [
        .. Template.OfType("AWS::SQS::Queue").Where(queue => queue.EndsWith("DeadLetters", StringComparison.Ordinal)),
    ];

    private static readonly string[] WorkQueues = [.. Template.OfType("AWS::SQS::Queue").Except(DeadLetterQueues)];

    [Fact]
    public void A_message_that_keeps_failing_ends_in_a_dead_letter_queue_of_its_own()
    {
        Assert.Equal(["ImagePushedQueue", "ScanChangedQueue", "ImageDeployedQueue"], WorkQueues);
        Assert.All(
            WorkQueues,
            queue =>
                Assert.Equal(
                    queue.Replace("Queue", "DeadLetters", StringComparison.Ordinal),
                    SamTemplate.Target(Template.Properties(queue)["RedrivePolicy"]!["deadLetterTargetArn"])
                )
        );
    }

    [Fact]
    public void A_message_stays_hidden_for_six_time_outs_and_the_batching_window()
    {
        var sources =
            from function in Template.Functions
            from source in Template.Properties(function)["Events"]?.AsObject() ?? []
            where source.Value!["Type"]!.ToString() == "SQS"
            let queue = source.Value!["Properties"]!
            select (
                Queue: SamTemplate.Target(queue["Queue"]),
                Least: 6 * Template.OfFunction(function, "Timeout")!.GetValue<int>()
                    + queue["MaximumBatchingWindowInSeconds"]!.GetValue<int>()
            );

        Assert.Equal(WorkQueues, sources.Select(source => source.Queue));
        Assert.All(
            sources,
            source =>
                Assert.True(Template.Properties(source.Queue)["VisibilityTimeout"]!.GetValue<int>() >= source.Least)
        );
    }

    [Fact]
    public void Every_rule_has_a_dead_letter_queue_that_takes_its_events()
    {
        Assert.All(
            Template.OfType("AWS::Events::Rule"),
            rule =>
            {
                var target = Assert.Single(Template.Properties(rule)["Targets"]!.AsArray())!;
                Assert.NotNull(target["RetryPolicy"]);
                Assert.Equal("RuleDeadLetters", SamTemplate.Target(target["DeadLetterConfig"]!["Arn"]));
                Assert.Contains(rule, Senders("RuleDeadLetters"));
            }
        );
        Assert.Equal(Template.OfType("AWS::Events::Rule").Order(), Senders("RuleDeadLetters").Order());
        Assert.Equal(
            Template.OfType("AWS::Events::Rule").Except(["SweepStoppedRule"]).Order(),
            WorkQueues.SelectMany(Senders).Order()
        );
        Assert.All(
            Template.OfType("AWS::Events::Rule").Except(["SweepStoppedRule"]),
            rule => Assert.Contains(rule, Senders(SamTemplate.Target(Template.Properties(rule)["Targets"]![0]!["Arn"])))
        );
    }

    [Fact]
    public void A_sweep_that_is_stopped_by_the_clock_or_by_somebody_is_told()
    {
        var rule = Template.Properties("SweepStoppedRule");

        Assert.Equal(
            """{"stateMachineArn":[{"Ref":"Sweep"}],"status":["TIMED_OUT","ABORTED"]}""",
            rule["EventPattern"]!["detail"]!.ToJsonString()
        );
        Assert.Equal("AlertTopic", SamTemplate.Target(rule["Targets"]![0]!["Arn"]));
        Assert.True(Template.Properties("Sweep")["Definition"]!["TimeoutSeconds"]!.GetValue<int>() > 86_400);
        var publish = Assert.Single(
            Statements(Template.Properties("AlertTopicPolicy")["PolicyDocument"]!),
            statement =>
                statement["Principal"]!.ToJsonString().Contains("events.amazonaws.com", StringComparison.Ordinal)
        );
        Assert.Equal("SweepStoppedRule", SamTemplate.Target(publish["Condition"]!["ArnEquals"]!["aws:SourceArn"]));
        // The topic is encrypted, so a publisher needs the key too.
        Assert.Contains(
            Statements(Template.Properties("Key")["KeyPolicy"]!),
            statement =>
                statement["Principal"]!.ToJsonString().Contains("events.amazonaws.com", StringComparison.Ordinal)
        );
    }

    /// <summary>A chat gets what mail gets, whoever sends it.</summary>
    [Fact]
    public void Where_there_is_a_chat_whoever_may_alert_or_sum_up_may_tell_it_and_knows_its_topic()
    {
        var chatting = SamTemplate.With(SamTemplate.Everything);
        Assert.Equal(Publishers(chatting, "AlertTopic", "SummaryTopic"), Publishers(chatting, "ChatTopic"));
        Assert.Contains("SweepClose", Publishers(chatting, "ChatTopic"));
        Assert.All(
            Publishers(chatting, "ChatTopic"),
            function => Assert.Equal("ChatTopic", SamTemplate.Target(ChatTopicOf(chatting, function)))
        );

        Assert.Equal(["AlertTopic", "SummaryTopic"], Template.OfType("AWS::SNS::Topic").Order());
        Assert.Empty(Publishers(Template, "ChatTopic"));
        Assert.All(Template.Functions, function => Assert.Null(ChatTopicOf(Template, function)));
    }

    private static JsonNode? ChatTopicOf(SamTemplate template, string function) =>
        template.Properties(function)["Environment"]!["Variables"]!["ECRGUARD_CHAT_TOPIC"];

    private static IEnumerable<string> Publishers(SamTemplate template, params string[] topics) =>
        template.Functions.Where(function =>
            template
                .Permissions(function)
                .Any(statement =>
                    statement.Actions.Contains("sns:Publish")
                    && statement.Resources.Any(resource =>
                        topics.Any(topic => resource.Contains($"\"{topic}\"", StringComparison.Ordinal))
                    )
                )
        );

    [Fact]
    public void Every_schedule_and_what_it_starts_have_a_dead_letter_queue()
    {
        var scheduled =
            from function in Template.Functions
            from source in Template.Properties(function)["Events"]?.AsObject() ?? []
            where source.Value!["Type"]!.ToString() == "ScheduleV2"
            select (function, schedule: source.Value!["Properties"]!);

        Assert.Equal(["EndBreakGlass", "Backfill", "WeeklySummary", "Watch"], scheduled.Select(pair => pair.function));
        Assert.All(
            scheduled,
            pair =>
            {
                Assert.NotNull(pair.schedule["RetryPolicy"]);
                Assert.Equal("ScheduleDeadLetters", SamTemplate.Target(pair.schedule["DeadLetterConfig"]!["Arn"]));

                var onFailure = Template.Properties(pair.function)["EventInvokeConfig"]!["DestinationConfig"]![
                    "OnFailure"
                ]!;
                Assert.Equal("ScheduleDeadLetters", SamTemplate.Target(onFailure["Destination"]));
                Assert.Contains(
                    Template.Permissions(pair.function),
                    statement =>
                        statement.Actions.Contains("sqs:SendMessage")
                        && statement.Resources.Any(resource =>
                            resource.Contains("ScheduleDeadLetters", StringComparison.Ordinal)
                        )
                );
            }
        );
    }

    [Fact]
    public void The_first_dead_letter_raises_an_alarm() =>
        Assert.Equal(DeadLetterQueues, Alarms("ApproximateNumberOfMessagesVisible", threshold: 1));

    [Fact]
    public void A_queue_that_is_an_hour_behind_raises_an_alarm() =>
        Assert.Equal(WorkQueues, Alarms("ApproximateAgeOfOldestMessage", threshold: 3600));

    [Fact]
    public void A_function_that_fails_as_a_whole_raises_an_alarm() =>
        Assert.Equal(Template.Functions, Alarms("Errors", threshold: 1));

    /// <summary>
    /// A no is an answer, not a failure. A call that API Gateway refuses never reaches the function, so only the access
    /// log can count it.
    /// </summary>
    [Fact]
    public void A_gate_that_cannot_answer_raises_an_alarm_and_callers_that_may_not_ask_are_counted_by_themselves()
    {
        var metric = Template.Properties("GateCouldNotAnswerAlarm")["MetricName"]!.ToString();
        Assert.Contains(
            $"CouldNotAnswer = \"{metric}\"",
            File.ReadAllText(
                Path.Combine(SamTemplate.Root, "functions", "EcrGuard.Lambda", "Functions", "Approval.cs")
            ),
            StringComparison.Ordinal
        );
        Assert.Equal("EcrGuard", Template.Properties("GateCouldNotAnswerAlarm")["Namespace"]!.ToString());
        Assert.All(
            new[] { ("ApprovalApiFailedAlarm", "ApprovalApi"), ("BreakGlassApiFailedAlarm", "BreakGlassApi") },
            pair =>
            {
                var alarm = SamTemplate
                    .With(("BreakGlassPrincipals", "arn:aws:iam::111122223333:root"))
                    .Properties(pair.Item1);
                Assert.Equal("5xx", alarm["MetricName"]!.ToString());
                Assert.Equal(pair.Item2, SamTemplate.Target(alarm["Dimensions"]![0]!["Value"]));
            }
        );
        Assert.DoesNotContain(
            Template.OfType("AWS::CloudWatch::Alarm"),
            alarm => Template.Properties(alarm)["MetricName"]!.ToString() is "4xx"
        );
        Assert.Equal(
            ["GateForbidden", "BreakGlassForbidden"],
            Template
                .OfType("AWS::Logs::MetricFilter")
                .Select(filter => Template.Properties(filter)["MetricTransformations"]![0]!["MetricName"]!.ToString())
        );
        Assert.All(
            Template.OfType("AWS::Logs::MetricFilter").Select(Template.Properties),
            filter =>
            {
                Assert.Equal("AccessLogs", SamTemplate.Target(filter["LogGroupName"]));
                Assert.Contains(
                    "$.status = \"403\"",
                    filter["FilterPattern"]!["Fn::Sub"]!.ToString(),
                    StringComparison.Ordinal
                );
            }
        );
    }

    [Fact]
    public void What_runs_by_itself_and_is_late_raises_an_alarm_and_so_does_the_silence_of_the_tick_that_knows()
    {
        var late = Template
            .OfType("AWS::CloudWatch::Alarm")
            .Where(alarm => alarm.EndsWith("LateAlarm", StringComparison.Ordinal))
            .Select(Template.Properties)
            .ToList();

        Assert.Equal(
            [
                Core.Reports.LastRuns.HoursSinceSweep,
                Core.Reports.LastRuns.HoursSinceSummary,
                Core.Reports.LastRuns.HoursSinceBackfill,
            ],
            late.Select(alarm => alarm["MetricName"]!.ToString())
        );
        // The limits are two days, a week, and ticks of minutes. No alarm goes off while all is well.
        Assert.Equal([50, 176, 2], late.Select(alarm => alarm["Threshold"]!.GetValue<int>()));
        var silent = Assert.Single(
            Template.OfType("AWS::CloudWatch::Alarm").Select(Template.Properties),
            alarm => alarm["TreatMissingData"]!.ToString() == "breaching"
        );
        Assert.Equal("SampleCount", silent["Statistic"]!.ToString());
        // CloudWatch looks back seven days at most.
        Assert.All(
            late.Append(silent),
            alarm =>
                Assert.True(
                    alarm["Period"]!.GetValue<int>() * alarm["EvaluationPeriods"]!.GetValue<int>() <= 7 * 86_400
                )
        );
    }

    /// <summary>If no code publishes a metric under that name, its alarm never goes off.</summary>
    [Fact]
    public void Every_metric_of_EcrGuards_own_that_has_an_alarm_is_published_by_that_name()
    {
        var code = string.Concat(
            Directory
                .GetFiles(Path.Combine(SamTemplate.Root, "functions"), "*.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText)
        );
        var own = Template
            .OfType("AWS::CloudWatch::Alarm")
            .Select(Template.Properties)
            .Where(alarm => alarm["Namespace"]!.ToString() == "EcrGuard")
            .ToList();

        Assert.Contains(own, alarm => alarm["MetricName"]!.ToString() == "SweepsStopped");
        Assert.All(
            own,
            alarm =>
            {
                Assert.Null(alarm["Dimensions"]);
                Assert.Contains($"\"{alarm["MetricName"]}\"", code, StringComparison.Ordinal);
            }
        );
    }

    /// <summary>API Gateway's text about a refusal may contain what was signed.</summary>
    [Fact]
    public void The_access_log_names_the_kind_of_an_error_and_not_its_words()
    {
        var all = SamTemplate.With(("BreakGlassPrincipals", "arn:aws:iam::111122223333:root"));
        var formats = all.OfType("AWS::ApiGatewayV2::Stage")
            .Select(stage => all.Properties(stage)["AccessLogSettings"]!["Format"]!.ToString())
            .ToList();

        Assert.Equal(2, formats.Count);
        Assert.All(
            formats,
            format =>
            {
                Assert.Contains("$context.error.responseType", format, StringComparison.Ordinal);
                Assert.DoesNotContain("$context.error.message", format, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public void Every_alarm_is_an_alert() =>
        Assert.All(
            Template.OfType("AWS::CloudWatch::Alarm"),
            alarm =>
                Assert.Equal(
                    "AlertTopic",
                    SamTemplate.Target(Assert.Single(Template.Properties(alarm)["AlarmActions"]!.AsArray()))
                )
        );

    [Fact]
    public void Alarms_may_publish_alerts_and_use_the_key_that_encrypts_them()
    {
        Assert.All(
            Template.OfType("AWS::SNS::Topic"),
            topic => Assert.Equal("LedgerKey", SamTemplate.Target(Template.Properties(topic)["KmsMasterKeyId"]))
        );
        Assert.Contains(
            Statements(Template.Properties("AlertTopicPolicy")["PolicyDocument"]!),
            statement =>
                statement["Principal"]!.ToJsonString().Contains("cloudwatch.amazonaws.com", StringComparison.Ordinal)
                && statement["Action"]!.ToString() == "sns:Publish"
        );
        Assert.Contains(
            Statements(Template.Properties("Key")["KeyPolicy"]!),
            statement =>
                statement["Principal"]!.ToJsonString().Contains("cloudwatch.amazonaws.com", StringComparison.Ordinal)
                && statement["Action"]!.ToJsonString() == """["kms:Decrypt","kms:GenerateDataKey*"]"""
        );
    }

    [Fact]
    public void The_events_that_EcrGuard_hears_are_these()
    {
        var patterns = Template
            .OfType("AWS::Events::Rule")
            .Except(["SweepStoppedRule"])
            .Select(rule =>
                $"{SamTemplate.Target(Template.Properties(rule)["Targets"]![0]!["Arn"])} "
                + $"{Template.Properties(rule)["EventPattern"]!.ToJsonString()}"
            );

        Assert.Equal(
            [
                """ImagePushedQueue {"source":["aws.ecr"],"detail-type":["ECR Image Action"],"detail":{"action-type":["PUSH"],"result":["SUCCESS"]}}""",
                """ImagePushedQueue {"source":["aws.ecr"],"detail-type":["ECR Replication Action"],"detail":{"action-type":["REPLICATE"],"result":["SUCCESS"]}}""",
                """ImagePushedQueue {"source":["aws.ecr"],"detail-type":["ECR Pull Through Cache Action"],"detail":{"sync-status":["SUCCESS"]}}""",
                """ScanChangedQueue {"source":["aws.ecr"],"detail-type":["ECR Image Action"],"detail":{"action-type":["DELETE","UPDATE_STORAGE_CLASS"]}}""",
                """ScanChangedQueue {"source":["aws.ecr"],"detail-type":["ECR Image Scan"]}""",
                """ScanChangedQueue {"source":["aws.ecr"],"detail-type":["ECR Scan Resource Change"],"detail":{"action-type":["SCAN_FREQUENCY_CHANGE"]}}""",
                """ScanChangedQueue {"source":["aws.inspector2"],"detail-type":["Inspector2 Scan"],"detail":{"repository-name":[{"prefix":{"Fn::Sub":"arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/"}},{"exists":false}]}}""",
                """ScanChangedQueue {"source":["aws.inspector2"],"detail-type":["Inspector2 Coverage"]}""",
                """ScanChangedQueue {"source":["aws.inspector2"],"detail-type":["Inspector2 Finding"],"detail":{"awsAccountId":[{"Ref":"AWS::AccountId"},{"exists":false}],"resources":{"type":["AWS_ECR_CONTAINER_IMAGE"],"id":[{"prefix":{"Fn::Sub":"arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/"}},{"exists":false}]}}}""",
                """ImageDeployedQueue {"source":["aws.ecs"],"detail-type":["ECS Task State Change"],"detail":{"lastStatus":["PENDING","RUNNING"],"desiredStatus":["RUNNING"],"containers":{"image":[{"prefix":{"Fn::Sub":"${AWS::AccountId}.dkr"}}]}}}""",
                """ImageDeployedQueue {"source":["aws.apprunner"],"detail-type":["AppRunner Service Operation Status Change"]}""",
                """ImageDeployedQueue {"source":["aws.lambda"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["lambda.amazonaws.com"],"eventName":["CreateFunction",{"prefix":"CreateFunction2"},{"prefix":"UpdateFunctionCode"},{"prefix":"PublishVersion"}],"errorCode":[{"exists":false}]}}""",
                """ImageDeployedQueue {"source":["aws.ecs"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["ecs.amazonaws.com"],"eventName":["RegisterTaskDefinition","CreateService","UpdateService"],"errorCode":[{"exists":false}]}}""",
                """ImageDeployedQueue {"source":["aws.ecr"],"detail-type":["ECR Image Action"],"detail":{"action-type":["DELETE"]}}""",
            ],
            patterns
        );
    }

    /// <summary>The rules that a queue's policy lets in.</summary>
    private static IEnumerable<string> Senders(string queue) =>
        from policy in Template.OfType("AWS::SQS::QueuePolicy")
        where Template.Properties(policy)["Queues"]!.AsArray().Any(named => SamTemplate.Target(named) == queue)
        from statement in Statements(Template.Properties(policy)["PolicyDocument"]!)
        where statement["Effect"]!.ToString() == "Allow"
        from rule in statement["Condition"]!["ArnEquals"]!["aws:SourceArn"]!.AsArray()
        select SamTemplate.Target(rule);

    /// <summary>What the alarms on a metric watch, in the order of the template.</summary>
    private static IEnumerable<string> Alarms(string metric, int threshold) =>
        from alarm in Template.OfType("AWS::CloudWatch::Alarm").Select(Template.Properties)
        where
            alarm["MetricName"]!.ToString() == metric
            && alarm["ComparisonOperator"]!.ToString() == "GreaterThanOrEqualToThreshold"
            && alarm["Threshold"]!.GetValue<int>() == threshold
        select SamTemplate.Target(alarm["Dimensions"]![0]!["Value"]);

    private static IEnumerable<JsonNode> Statements(JsonNode policyDocument) =>
        policyDocument["Statement"]!.AsArray().Select(statement => statement!);
}
