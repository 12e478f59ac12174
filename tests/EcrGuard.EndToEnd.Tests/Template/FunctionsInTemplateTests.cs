using System.Text.RegularExpressions;

namespace EcrGuard.EndToEnd.Tests.Template;

public sealed class FunctionsInTemplateTests
{
    private static readonly SamTemplate Template = SamTemplate.With(
        ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root")
    );

    [Fact]
    public void Every_function_has_a_target_in_the_Makefile_and_every_target_a_function()
    {
        var makefile = File.ReadAllText(Path.Combine(SamTemplate.Root, "functions", "Makefile"));
        var targets = Regex
            .Match(makefile, @"^FUNCTIONS\s*:=((?:.*\\\n)*.*)$", RegexOptions.Multiline)
            .Groups[1]
            .Value.Split([' ', '\\', '\n'], StringSplitOptions.RemoveEmptyEntries);

        var all = SamTemplate.With(SamTemplate.Everything);
        Assert.Equal(all.Functions, targets);
        Assert.All(
            all.Functions,
            function => Assert.Equal("makefile", all.Resources[function]["Metadata"]!["BuildMethod"]!.ToString())
        );
    }

    [Fact]
    public void A_function_is_chosen_by_the_name_of_its_method() =>
        Assert.All(
            Template.Functions,
            function => Assert.Equal($"{function}Async", Environment(function)["ANNOTATIONS_HANDLER"])
        );

    [Fact]
    public void A_function_has_the_environment_that_its_code_reads_and_no_more()
    {
        string[] shared =
        [
            "ANNOTATIONS_HANDLER",
            "ECRGUARD_ACCOUNT",
            "ECRGUARD_BUCKET",
            "ECRGUARD_ENFORCEMENT",
            "ECRGUARD_REPOSITORIES",
            "ECRGUARD_SETTLING_MINUTES",
            "ECRGUARD_TABLE",
            "ECRGUARD_WRITES_PER_SECOND",
        ];
        var own = new Dictionary<string, string[]>
        {
            ["OnImagePushed"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_SCAN_QUEUE"],
            ["OnScanChanged"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_SCAN_QUEUE"],
            ["OnImageDeployed"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_WRITES_SHARED"],
            ["Approval"] = [],
            ["BreakGlass"] =
            [
                "ECRGUARD_ALERT_TOPIC",
                "ECRGUARD_BREAK_GLASS_ROLE_ID",
                "ECRGUARD_SCAN_QUEUE",
                "ECRGUARD_WRITES_SHARED",
            ],
            ["EndBreakGlass"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_SCAN_QUEUE", "ECRGUARD_WRITES_SHARED"],
            ["Backfill"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_SCAN_QUEUE"],
            ["WeeklySummary"] = ["ECRGUARD_SUMMARY_TOPIC"],
            ["RestoreRepository"] = ["ECRGUARD_WRITES_SHARED"],
            ["ReleaseImage"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_WRITES_SHARED"],
            ["ApplyPlan"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_SCAN_QUEUE"],
            ["SweepList"] = ["ECRGUARD_INSTANCES"],
            ["SweepRepository"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_INSTANCES", "ECRGUARD_SCAN_QUEUE"],
            ["SweepClose"] = ["ECRGUARD_ALERT_TOPIC"],
            ["Watch"] = ["ECRGUARD_ALERT_TOPIC", "ECRGUARD_STACK"],
        };

        Assert.Equal(own.Keys, Template.Functions);
        Assert.All(
            own,
            expected =>
                Assert.Equal(
                    [.. shared.Concat(expected.Value).Order(StringComparer.Ordinal)],
                    Environment(expected.Key).Keys.Order(StringComparer.Ordinal)
                )
        );
    }

    [Fact]
    public void Every_function_runs_the_executable_assembly_traced_and_logs_JSON_to_its_own_group()
    {
        Assert.Equal("EcrGuard.Lambda", Template.Globals["Handler"]!.ToString());
        Assert.Equal("Runtime", SamTemplate.Target(Template.Globals["Runtime"]));
        Assert.Equal("dotnet10", Template.Parameters["Runtime"]!["Default"]!.ToString());
        Assert.Equal("JSON", Template.Globals["LoggingConfig"]!["LogFormat"]!.ToString());
        Assert.Equal("Active", Template.Globals["Tracing"]!.ToString());
        Assert.Equal("x86_64", Template.Parameters["Architecture"]!["Default"]!.ToString());
        Assert.All(
            Template.Functions,
            function =>
                Assert.Equal(
                    $"{function}Logs",
                    SamTemplate.Target(Template.Properties(function)["LoggingConfig"]!["LogGroup"])
                )
        );
    }

    [Fact]
    public void Logs_are_kept_for_as_long_as_the_parameter_says() =>
        Assert.All(
            Template.OfType("AWS::Logs::LogGroup").Except(["AccessLogs"]),
            group => Assert.Equal("LogRetentionDays", SamTemplate.Target(Template.Properties(group)["RetentionInDays"]))
        );

    /// <summary>
    /// The log proves or disproves who forced an approval. CloudWatch's resource policy has a size limit, and groups of
    /// this name take no room in it.
    /// </summary>
    [Fact]
    public void The_access_log_lives_as_long_as_the_ledgers_history_and_outlives_the_stack()
    {
        var log = Template.Properties("AccessLogs");

        Assert.Equal((int)Aws.Ledger.LedgerTable.HistoryAge.TotalDays, log["RetentionInDays"]!.GetValue<int>());
        Assert.StartsWith(
            "/aws/vendedlogs/",
            log["LogGroupName"]!["Fn::Sub"]![0]!.ToString(),
            StringComparison.Ordinal
        );
        Assert.Equal("RetainExceptOnCreate", Template.Resources["AccessLogs"]["DeletionPolicy"]!.ToString());
        Assert.Contains("AWS::StackId", log["LogGroupName"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_instances_that_write_share_the_two_writes_a_second_that_EcrGuard_allows_itself()
    {
        static bool SharesTurns(string function) =>
            Environment(function).GetValueOrDefault("ECRGUARD_WRITES_SHARED") == "true";
        var behindQueues = Template
            .Functions.Where(function => !SharesTurns(function))
            .SelectMany(Queues)
            .Sum(queue => queue.MaximumConcurrency);
        // The backfill counts once because of its lease in the ledger. The sweep waits for the backfill, and its
        // instances share what one may write.
        const int BackfillOrSweep = 1;
        static decimal Of(string function) =>
            decimal.Parse(
                Environment(function)["ECRGUARD_WRITES_PER_SECOND"],
                System.Globalization.CultureInfo.InvariantCulture
            );

        // One plan is applied at a time, because of the lease in the ledger. Nobody knows how many orders come at a
        // time, so all of them take their turns from the ledger. Newly deployed images are shielded in the same turns:
        // few deployments bring a new image, and none may wait for a batch of verdicts.
        var orders = Template.Functions.Where(SharesTurns).ToList();
        Assert.Equal(
            ["BreakGlass", "EndBreakGlass", "OnImageDeployed", "ReleaseImage", "RestoreRepository"],
            orders.Order()
        );
        Assert.Equal(
            2.0m,
            ((behindQueues + BackfillOrSweep) * Of("Backfill"))
                + Of("ApplyPlan")
                + orders.Select(Of).Distinct().Single()
        );
        // Nobody else may write.
        var acting = SamTemplate.With(
            ("Enforcement", "quarantine"),
            ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root")
        );
        Assert.Equal(
            orders.Concat(["ApplyPlan", "Backfill", "OnImagePushed", "OnScanChanged", "SweepRepository"]).Order(),
            acting
                .Functions.Where(function =>
                    acting
                        .Permissions(function)
                        .Any(statement =>
                            statement.Actions.Any(action =>
                                action is "ecr:PutImage" or "ecr:PutLifecyclePolicy" or "ecr:UpdateImageStorageClass"
                            )
                        )
                )
                .Order()
        );
        Assert.Equal(
            "SweepConcurrency",
            SamTemplate.Target(
                Template.Properties("SweepRepository")["Environment"]!["Variables"]!["ECRGUARD_INSTANCES"]
            )
        );
    }

    [Fact]
    public void A_batch_whose_every_image_is_marked_ends_within_the_time_out()
    {
        static decimal Each(string function) =>
            decimal.Parse(
                Environment(function)["ECRGUARD_WRITES_PER_SECOND"],
                System.Globalization.CultureInfo.InvariantCulture
            );

        Assert.All(
            Template.Functions.SelectMany(function => Queues(function).Select(queue => (function, queue))),
            pair =>
                Assert.True(
                    pair.queue.BatchSize / Each(pair.function)
                        < Template.OfFunction(pair.function, "Timeout")!.GetValue<int>()
                )
        );
    }

    [Fact]
    public void A_batch_reports_the_events_that_failed_and_only_those() =>
        Assert.Equal(
            [
                ("ReportBatchItemFailures", 100, 20),
                ("ReportBatchItemFailures", 100, 20),
                ("ReportBatchItemFailures", 50, 5),
            ],
            Template.Functions.SelectMany(Queues).Select(queue => (queue.Response, queue.BatchSize, queue.Window))
        );

    private static Dictionary<string, string> Environment(string function) =>
        new[] { Template.Globals, Template.Properties(function) }
            .SelectMany(level => level["Environment"]!["Variables"]!.AsObject())
            .GroupBy(variable => variable.Key, variable => variable.Value!.ToString())
            .ToDictionary(variable => variable.Key, values => values.Last());

    private static IEnumerable<(int BatchSize, int Window, int MaximumConcurrency, string Response)> Queues(
        string function
    ) =>
        from source in Template.Properties(function)["Events"]?.AsObject() ?? []
        where source.Value!["Type"]!.ToString() == "SQS"
        let queue = source.Value!["Properties"]!
        select (
            queue["BatchSize"]!.GetValue<int>(),
            queue["MaximumBatchingWindowInSeconds"]!.GetValue<int>(),
            queue["ScalingConfig"]!["MaximumConcurrency"]!.GetValue<int>(),
            queue["FunctionResponseTypes"]!.AsArray().Single()!.ToString()
        );
}
