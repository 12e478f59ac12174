using System.Text.Json.Nodes;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>The state machine of the daily sweep: one list, one execution for some repositories, one end.</summary>
public sealed class SweepTests
{
    private static readonly SamTemplate Template = SamTemplate.With(("Enforcement", "mark"));

    private static readonly JsonObject States = Template.Properties("Sweep")["Definition"]!["States"]!.AsObject();

    private static readonly JsonObject Each = States["Repositories"]!["ItemProcessor"]!["States"]!.AsObject();

    [Fact]
    public void Each_item_of_the_list_in_S3_is_an_execution_of_its_own_and_as_many_run_as_the_parameter_says()
    {
        var map = States["Repositories"]!;
        Assert.Equal(
            ("DISTRIBUTED", "STANDARD"),
            (
                map["ItemProcessor"]!["ProcessorConfig"]!["Mode"]!.ToString(),
                map["ItemProcessor"]!["ProcessorConfig"]!["ExecutionType"]!.ToString()
            )
        );
        Assert.EndsWith(":states:::s3:getObject", map["ItemReader"]!["Resource"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("$.Concurrency", map["MaxConcurrencyPath"]!.ToString());
        // What the functions take and return. Lambda's JSON uses the names of the records' members.
        Assert.Equal(
            ["Repositories", "Run", "Runs", "StartedAt"],
            map["ItemSelector"]!
                .AsObject()
                .Select(p => p.Key.Replace(".$", "", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void An_execution_that_fails_fails_alone_and_is_written_down_in_S3()
    {
        Assert.Equal(100, States["Repositories"]!["ToleratedFailurePercentage"]!.GetValue<int>());
        Assert.EndsWith(
            ":states:::s3:putObject",
            States["Repositories"]!["ResultWriter"]!["Resource"]!.ToString(),
            StringComparison.Ordinal
        );
        Assert.All(
            new[] { States["List"]!, Each["Sweep"]!, States["Close"]! },
            task => Assert.NotEmpty(task["Retry"]!.AsArray())
        );
    }

    [Fact]
    public void Repositories_are_taken_again_until_they_are_done_and_not_for_ever()
    {
        var choices = Each["Whole"]!["Choices"]!.AsArray();
        Assert.Equal(("$.Done", "Swept"), (choices[0]!["Variable"]!.ToString(), choices[0]!["Next"]!.ToString()));
        Assert.Equal(
            ("$.Runs", 20, "Unfinished"),
            (
                choices[1]!["Variable"]!.ToString(),
                choices[1]!["NumericGreaterThanEquals"]!.GetValue<int>(),
                choices[1]!["Next"]!.ToString()
            )
        );
        Assert.Equal("Sweep", Each["Whole"]!["Default"]!.ToString());
        Assert.Equal(
            ("Succeed", "Fail"),
            (Each["Swept"]!["Type"]!.ToString(), Each["Unfinished"]!["Type"]!.ToString())
        );
    }

    [Fact]
    public void A_sweep_ends_where_another_one_runs()
    {
        Assert.Equal("Alone", States["List"]!["Next"]!.ToString());
        var choice = Assert.Single(States["Alone"]!["Choices"]!.AsArray())!;
        Assert.Equal(
            ("$.Alone", true, "Any"),
            (choice["Variable"]!.ToString(), choice["BooleanEquals"]!.GetValue<bool>(), choice["Next"]!.ToString())
        );
        Assert.Equal("Succeed", States[States["Alone"]!["Default"]!.ToString()]!["Type"]!.ToString());
    }

    [Fact]
    public void A_sweep_over_no_repository_maps_over_nothing_and_ends_well()
    {
        var choice = Assert.Single(States["Any"]!["Choices"]!.AsArray())!;
        Assert.Equal(
            ("$.Repositories", 0, "Repositories"),
            (choice["Variable"]!.ToString(), choice["NumericGreaterThan"]!.GetValue<int>(), choice["Next"]!.ToString())
        );
        Assert.Equal("Close", States["Any"]!["Default"]!.ToString());
    }

    [Fact]
    public void It_keeps_a_log_of_its_own_and_may_be_redriven()
    {
        var logging = Template.Properties("Sweep")["Logging"]!;
        Assert.Equal(
            "SweepLogs",
            SamTemplate.Target(logging["Destinations"]![0]!["CloudWatchLogsLogGroup"]!["LogGroupArn"])
        );
        Assert.StartsWith(
            "/aws/vendedlogs/",
            Template.Properties("SweepLogs")["LogGroupName"]!["Fn::Sub"]!.ToString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            Template.PermissionsOfRole("SweepRole"),
            statement =>
                statement.Actions.Contains("states:RedriveExecution")
                && statement.Resources.All(resource =>
                    resource.Contains(":execution:EcrGuardSweep/*", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public void Every_state_is_reached_and_leads_somewhere()
    {
        Assert.All(
            new[] { (States, "List"), (Each, "Sweep") },
            machine =>
            {
                var reached = new HashSet<string> { machine.Item2 };
                for (var before = 0; before < reached.Count; )
                {
                    before = reached.Count;
                    foreach (var state in reached.ToList())
                    {
                        var body =
                            machine.Item1[state] ?? throw new InvalidOperationException($"{state} is not a state");
                        reached.UnionWith(
                            (body["Choices"]?.AsArray() ?? [])
                                .Append(body)
                                .SelectMany(from => new[] { from!["Next"], from["Default"] })
                                .OfType<JsonNode>()
                                .Select(next => next.ToString())
                        );
                    }
                }
                Assert.Equal(
                    machine.Item1.Select(state => state.Key).Order(StringComparer.Ordinal),
                    reached.Order(StringComparer.Ordinal)
                );
            }
        );
    }

    [Fact]
    public void The_state_machine_may_do_what_its_states_do_and_nothing_else() =>
        Assert.Equal(
            [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
                "lambda:InvokeFunction",
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "states:DescribeExecution",
                "states:RedriveExecution",
                "states:StartExecution",
                "states:StopExecution",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            Template
                .PermissionsOfRole("SweepRole")
                .SelectMany(statement => statement.Actions)
                .Distinct()
                .Where(action => action != "kms:Encrypt")
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void A_sweep_that_fails_raises_an_alarm_and_a_day_that_does_not_come_ends_in_a_dead_letter_queue()
    {
        Assert.Equal("AWS/States", Template.Properties("SweepFailedAlarm")["Namespace"]!.ToString());
        Assert.Equal("Sweep", SamTemplate.Target(Template.Properties("SweepFailedAlarm")["Dimensions"]![0]!["Value"]));
        Assert.Equal(
            "ScheduleDeadLetters",
            SamTemplate.Target(
                Template.Properties("Sweep")["Events"]!["Day"]!["Properties"]!["DeadLetterConfig"]!["Arn"]
            )
        );
    }
}
