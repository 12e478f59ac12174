using System.Text.Json.Nodes;

namespace EcrGuard.EndToEnd.Tests.Template;

public sealed class PermissionsTests
{
    private static readonly (string, string) SomebodyForces = (
        "BreakGlassPrincipals",
        "arn:aws:iam::111122223333:root"
    );

    private static readonly SamTemplate Observing = SamTemplate.With();

    private static readonly SamTemplate Marking = SamTemplate.With(
        ("Enforcement", "mark"),
        ("AskPrincipals", "arn:aws:iam::111122223333:root"),
        SomebodyForces
    );

    private static readonly string[] WritesToEcr =
    [
        "ecr:BatchDeleteImage",
        "ecr:CompleteLayerUpload",
        "ecr:DeleteLifecyclePolicy",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy",
        "ecr:StartImageScan",
        "ecr:TagResource",
        "ecr:UntagResource",
        "ecr:UpdateImageStorageClass",
        "ecr:UploadLayerPart",
    ];

    /// <summary>The actions that are needed to write a tag and to remove it.</summary>
    private static readonly string[] Marks =
    [
        "ecr:BatchDeleteImage",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:StartImageScan",
        "ecr:UploadLayerPart",
    ];

    /// <summary>The actions for which AWS has no resource that a statement could name.</summary>
    private static readonly string[] WithoutResource =
    [
        "apprunner:ListServices",
        "ecr:DescribeRegistry",
        "ecr:GetRegistryScanningConfiguration",
        "ecs:DescribeTaskDefinition",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTaskDefinitionFamilies",
        "ecs:ListTaskDefinitions",
        "ecs:ListTasks",
        "events:ListEventBuses",
        "inspector2:ListCoverage",
        "inspector2:ListFindings",
        "lambda:ListFunctions",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "scheduler:ListSchedules",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ];

    [Fact]
    public void By_default_EcrGuard_observes_and_no_function_can_write_to_ECR()
    {
        Assert.Equal("observe", Observing.Parameters["Enforcement"]!["Default"]!.ToString());
        Assert.All(Observing.Functions, function => Assert.Empty(Actions(Observing, function).Intersect(WritesToEcr)));
        Assert.DoesNotContain("MarkImages", Observing.Resources.Keys);
        Assert.DoesNotContain("MoveImages", Observing.Resources.Keys);
        Assert.DoesNotContain("RepairBaselines", Observing.Resources.Keys);
    }

    [Theory]
    [InlineData("mark")]
    public void Where_it_may_act_the_functions_that_decide_mark_images_and_start_scans_a_push_and_a_sweep_hold_baselines_and_those_that_quarantine_put_back(
        string enforcement
    )
    {
        var template = SamTemplate.With(("Enforcement", enforcement), SomebodyForces);

        Assert.Equal(
            new Dictionary<string, string[]>
            {
                ["OnImagePushed"] = [.. WritesToEcr.Except(["ecr:DeleteLifecyclePolicy", "ecr:UntagResource"])],
                ["OnScanChanged"] = [.. Marks.Append("ecr:UpdateImageStorageClass").Order()],
                ["OnImageDeployed"] = ["ecr:PutImage"],
                ["Approval"] = [],
                ["BreakGlass"] = [.. Marks.Append("ecr:UpdateImageStorageClass").Order()],
                ["EndBreakGlass"] = [.. Marks.Append("ecr:UpdateImageStorageClass").Order()],
                ["Backfill"] = Marks,
                ["WeeklySummary"] = [],
                ["RestoreRepository"] =
                [
                    "ecr:DeleteLifecyclePolicy",
                    "ecr:PutImageScanningConfiguration",
                    "ecr:PutImageTagMutability",
                    "ecr:PutLifecyclePolicy",
                    "ecr:UntagResource",
                ],
                ["ReleaseImage"] = ["ecr:UpdateImageStorageClass"],
                ["ApplyPlan"] = [.. Marks.Concat(["ecr:PutLifecyclePolicy", "ecr:UpdateImageStorageClass"]).Order()],
                ["SweepList"] = [],
                ["SweepRepository"] =
                [
                    .. Marks
                        .Concat([
                            "ecr:PutImageScanningConfiguration",
                            "ecr:PutImageTagMutability",
                            "ecr:PutLifecyclePolicy",
                            "ecr:TagResource",
                            "ecr:UpdateImageStorageClass",
                        ])
                        .Order(),
                ],
                ["SweepClose"] = [],
                ["Watch"] = [],
            },
            template.Functions.ToDictionary(
                function => function,
                function => Actions(template, function).Intersect(WritesToEcr).Order().ToArray()
            )
        );
    }

    /// <summary>Without the first, a tag would fail for ever. Without the second, no policy would be put.</summary>
    [Fact]
    public void Who_writes_tags_reads_the_lifecycle_policy_before_and_who_puts_one_on_images_that_are_there_asks_for_its_preview()
    {
        Assert.All(
            Marking.Functions.Where(function => Actions(Marking, function).Contains("ecr:PutImage")),
            function => Assert.Contains("ecr:GetLifecyclePolicy", Actions(Marking, function))
        );
        // A function that removes tags moves them to another manifest. It reads whether they can move, whether the move
        // is replicated, and what that manifest needs.
        Assert.All(
            Marking.Functions.Where(function => Actions(Marking, function).Contains("ecr:UploadLayerPart")),
            function =>
                Assert.Superset(
                    new HashSet<string>([
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:DescribeRegistry",
                        "ecr:DescribeRepositories",
                    ]),
                    Actions(Marking, function).ToHashSet()
                )
        );
        Assert.Equal(
            ["ApplyPlan", "SweepRepository"],
            Marking
                .Functions.Where(function =>
                    Actions(Marking, function)
                        .Intersect(["ecr:GetLifecyclePolicyPreview", "ecr:StartLifecyclePolicyPreview"])
                        .Count() == 2
                )
                .Order(StringComparer.Ordinal)
        );
    }

    /// <summary>A pulled image counts as used, and a read of a manifest may count as a pull.</summary>
    [Fact]
    public void Who_may_read_manifests_does_not_count_as_pulling() =>
        Assert.Equal(
            Marking
                .Functions.Where(function => Actions(Marking, function).Contains("ecr:BatchGetImage"))
                .Select(function => $"{function}Role")
                .Order(StringComparer.Ordinal),
            Marking
                .OfType("AWS::ECR::PullTimeUpdateExclusion")
                .Select(exclusion => SamTemplate.Target(Marking.Properties(exclusion)["PrincipalArn"]))
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Where_it_may_quarantine_those_that_decide_move_images_and_so_does_a_release_and_none_reads_consumers_for_it()
    {
        var template = SamTemplate.With(("Enforcement", "quarantine"), SomebodyForces);

        Assert.Equal(
            template.Functions.Where(function =>
                function
                    is "OnImagePushed"
                        or "OnScanChanged"
                        or "BreakGlass"
                        or "EndBreakGlass"
                        or "SweepRepository"
                        or "ReleaseImage"
                        or "ApplyPlan"
            ),
            template.Functions.Where(function => Actions(template, function).Contains("ecr:UpdateImageStorageClass"))
        );
        Assert.All(
            ["OnImagePushed", "OnScanChanged", "BreakGlass", "EndBreakGlass", "SweepRepository"],
            function =>
                Assert.DoesNotContain(
                    Actions(template, function),
                    action => action.StartsWith("ecs:", StringComparison.Ordinal)
                )
        );
        // Orders and the sweep put images out of reach, based on what the last sweep has read. Events only bring images
        // back.
        Assert.Equal(
            [
                "ApplyPlan",
                // An alert says who runs its image.
                "Backfill",
                "BreakGlass",
                "EndBreakGlass",
                // It reads whether an index that was deleted runs.
                "OnImageDeployed",
                "OnImagePushed",
                "OnScanChanged",
                "RestoreRepository",
                "SweepClose",
                "SweepList",
                "SweepRepository",
                // The report shows what runs.
                "WeeklySummary",
            ],
            template
                .Functions.Where(function =>
                    template
                        .Permissions(function)
                        .Any(statement =>
                            statement.Actions.Contains("s3:GetObject")
                            && statement.Resources.Any(resource =>
                                resource.Contains("/use/*", StringComparison.Ordinal)
                            )
                        )
                )
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(["ecr:UpdateImageStorageClass"], Actions(template, "ReleaseImage").Intersect(WritesToEcr).Order());
    }

    [Fact]
    public void Approval_reads_and_traces_and_logs_and_writes_nothing()
    {
        string[] reads =
        [
            "dynamodb:BatchGetItem",
            "ecr:BatchGetImage",
            "ecr:BatchGetRepositoryScanningConfiguration",
            "ecr:DescribeImageScanFindings",
            "ecr:DescribeImages",
            "ecr:GetRegistryScanningConfiguration",
            "inspector2:ListCoverage",
            "inspector2:ListFindings",
            "kms:Decrypt",
            "kms:DescribeKey",
            "s3:GetObject",
            "s3:ListBucket",
        ];
        string[] tracesAndLogs =
        [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ];

        Assert.Equal(
            reads.Concat(tracesAndLogs).Order(StringComparer.Ordinal),
            Actions(Marking, "Approval").Order(StringComparer.Ordinal)
        );
    }

    /// <summary>
    /// The function may make its own calls and nothing else. It asks what was deployed, records it, and adds the tag
    /// that shields it. It reads only the consumer that an event names. What the sweep has read says whether a deleted
    /// index ran.
    /// </summary>
    [Fact]
    public void What_records_a_deployment_asks_the_one_that_deployed_and_takes_nothing_away()
    {
        string[] always =
        [
            "apprunner:DescribeService",
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "ecr:BatchGetImage",
            "ecr:DescribeImages",
            "ecs:DescribeTaskDefinition",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
            "lambda:GetFunction",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetObject",
            "s3:ListBucket",
            "sns:Publish",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ];

        Assert.Equal(always, Actions(Observing, "OnImageDeployed").Order(StringComparer.Ordinal));
        Assert.Equal(
            always.Concat(["dynamodb:PutItem", "ecr:GetLifecyclePolicy", "ecr:PutImage"]).Order(StringComparer.Ordinal),
            Actions(Marking, "OnImageDeployed").Order(StringComparer.Ordinal)
        );
    }

    /// <summary>What each function does to the ledger, and to which of its two parts.</summary>
    [Fact]
    public void The_ledger_gives_each_function_what_it_calls_and_no_more()
    {
        string[] keeps = ["BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"];
        string[] reads = ["GetItem", "PutItem", "Query of the index"];

        Assert.Equal(
            new Dictionary<string, string[]>
            {
                ["OnImagePushed"] = [.. keeps, "Query of the index"],
                ["OnScanChanged"] = [.. keeps, "Query of the index"],
                ["OnImageDeployed"] = ["BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"],
                ["Approval"] = ["BatchGetItem"],
                ["BreakGlass"] = [.. keeps, "Query of the index"],
                ["EndBreakGlass"] = [.. keeps, "Query of the index"],
                ["Backfill"] = [.. keeps, "Query of the index"],
                ["WeeklySummary"] = reads,
                ["RestoreRepository"] = ["BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"],
                ["ReleaseImage"] = ["BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"],
                ["ApplyPlan"] = [.. keeps, "Query of the index"],
                ["SweepList"] = reads,
                ["SweepRepository"] = [.. keeps, "DeleteItem", "Query of the index"],
                ["SweepClose"] = reads,
                ["Watch"] = reads,
            }.ToDictionary(pair => pair.Key, pair => string.Join(' ', pair.Value.Order(StringComparer.Ordinal))),
            Marking.Functions.ToDictionary(
                function => function,
                function =>
                    string.Join(
                        ' ',
                        Marking
                            .Permissions(function)
                            .SelectMany(statement =>
                                from action in statement.Actions
                                where action.StartsWith("dynamodb:", StringComparison.Ordinal)
                                from resource in statement.Resources
                                let index = resource.Contains("/index/", StringComparison.Ordinal)
                                // An index is only queried.
                                where !index || action == "dynamodb:Query"
                                select action["dynamodb:".Length..] + (index ? " of the index" : "")
                            )
                            .Distinct()
                            .Order(StringComparer.Ordinal)
                    )
            )
        );
    }

    [Fact]
    public void Only_actions_without_resources_are_allowed_on_every_resource()
    {
        var everywhere = Roles(Marking)
            .SelectMany(Marking.PermissionsOfRole)
            .Where(statement => statement.Resources.Contains("*"))
            .SelectMany(statement => statement.Actions);

        Assert.Equal(WithoutResource, everywhere.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            9,
            SamTemplate.Text.Split("Resource: \"*\" # These have no resource that could be named.").Length - 1
        );
    }

    [Fact]
    public void What_writes_to_ECR_is_held_to_the_repositories_that_are_named_and_what_reads_is_not()
    {
        const string Everywhere =
            """{"Fn::Sub":"arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/*"}""";
        static IEnumerable<(string Action, string Resource)> OnRepositories(SamTemplate template) =>
            from role in Roles(template)
            from statement in template.PermissionsOfRole(role)
            from action in statement.Actions.Where(action =>
                action.StartsWith("ecr:", StringComparison.Ordinal) && !WithoutResource.Contains(action)
            )
            from resource in statement.Resources
            select (action, resource);
        string[] writes = [.. WritesToEcr, "ecr:GetLifecyclePolicyPreview", "ecr:StartLifecyclePolicyPreview"];
        var scoped = SamTemplate.With(
            ("Enforcement", "quarantine"),
            SomebodyForces,
            ("Repositories", "arn:*:ecr:*:*:repository/pay/*")
        );

        Assert.All(
            OnRepositories(scoped),
            allowed =>
                Assert.Equal(
                    writes.Contains(allowed.Action) ? """{"Ref":"Repositories"}""" : Everywhere,
                    allowed.Resource
                )
        );
        Assert.Superset(WritesToEcr.ToHashSet(), OnRepositories(scoped).Select(allowed => allowed.Action).ToHashSet());
        Assert.All(
            OnRepositories(SamTemplate.With(("Enforcement", "quarantine"), SomebodyForces)),
            allowed => Assert.Equal(Everywhere, allowed.Resource)
        );
    }

    [Fact]
    public void A_second_stack_meets_a_name_that_says_why_before_it_meets_any_other()
    {
        var one = Observing.Properties("OneStackOnly");

        Assert.Contains("only-one-stack", one["Name"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("once per account and region", one["Description"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("OneStackOnly", Observing.Resources["Sweep"]["DependsOn"]!.ToString());
    }

    [Fact]
    public void No_action_is_a_wildcard_but_those_that_AWS_documents_for_a_key() =>
        Assert.Equal(
            ["kms:GenerateDataKey*", "kms:ReEncrypt*"],
            Roles(Marking)
                .SelectMany(Marking.PermissionsOfRole)
                .SelectMany(statement => statement.Actions)
                .Where(action => action.Contains('*', StringComparison.Ordinal))
                .Distinct()
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void No_role_holds_a_policy_that_AWS_manages()
    {
        // PermissionsOfRole resolves every policy of a role to a policy of this stack. An ARN would throw.
        Assert.All(Roles(Marking), role => Assert.NotEmpty(Marking.PermissionsOfRole(role)));
        Assert.All(Marking.Functions, function => Assert.Null(Marking.Properties(function)["Policies"]));
        Assert.All(
            Marking.Functions,
            function => Assert.Equal($"{function}Role", SamTemplate.Target(Marking.Properties(function)["Role"]))
        );
    }

    [Fact]
    public void Every_function_writes_its_own_logs_and_no_others() =>
        Assert.All(
            Marking.Functions,
            function =>
                Assert.Equal(
                    [$$"""{"Fn::GetAtt":"{{function}}Logs.Arn"}"""],
                    Marking
                        .Permissions(function)
                        .Where(statement => statement.Actions.Contains("logs:PutLogEvents"))
                        .SelectMany(statement => statement.Resources)
                )
        );

    [Fact]
    public void A_function_takes_messages_from_its_own_queue_and_no_other()
    {
        static IEnumerable<string> Receives(string function) =>
            Marking
                .Permissions(function)
                .Where(statement => statement.Actions.Contains("sqs:ReceiveMessage"))
                .SelectMany(statement => statement.Resources);

        Assert.Equal(["""{"Fn::GetAtt":"ImagePushedQueue.Arn"}"""], Receives("OnImagePushed"));
        Assert.Equal(["""{"Fn::GetAtt":"ScanChangedQueue.Arn"}"""], Receives("OnScanChanged"));
        Assert.Equal(["""{"Fn::GetAtt":"ImageDeployedQueue.Arn"}"""], Receives("OnImageDeployed"));
        Assert.All(
            ["Approval", "Backfill", "WeeklySummary", "RestoreRepository", "ReleaseImage", "ApplyPlan"],
            function => Assert.Empty(Receives(function))
        );
    }

    /// <summary>A question writes nothing and schedules no look.</summary>
    [Fact]
    public void The_functions_that_decide_send_looks_to_the_queue_of_scan_events_and_nobody_sends_elsewhere()
    {
        const string Looks = """{"Fn::GetAtt":"ScanChangedQueue.Arn"}""";
        // Lambda puts failed asynchronous invocations here.
        const string Undone = """{"Fn::GetAtt":"ScheduleDeadLetters.Arn"}""";
        static IEnumerable<string> SendsTo(string function) =>
            Marking
                .Permissions(function)
                .Where(statement => statement.Actions.Contains("sqs:SendMessage"))
                .SelectMany(statement => statement.Resources);

        Assert.Equal(
            [
                "ApplyPlan",
                "Backfill",
                "BreakGlass",
                "EndBreakGlass",
                "OnImagePushed",
                "OnScanChanged",
                "SweepRepository",
            ],
            Marking.Functions.Where(function => SendsTo(function).Contains(Looks)).Order(StringComparer.Ordinal)
        );
        Assert.Equal([Looks, Undone], Marking.Functions.SelectMany(SendsTo).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Other_accounts_are_read_through_the_roles_that_are_named_and_only_through_those()
    {
        static IEnumerable<string> Takes(SamTemplate template) =>
            template
                .Permissions("SweepList")
                .Where(statement => statement.Actions.Contains("sts:AssumeRole"))
                .SelectMany(statement => statement.Resources);

        Assert.Empty(Takes(Observing));
        Assert.Equal(
            ["""{"Ref":"ConsumerRoles"}"""],
            Takes(SamTemplate.With(("ConsumerRoles", "arn:aws:iam::111122223333:role/read")))
        );
    }

    [Fact]
    public void Nobody_else_may_ask_until_somebody_is_named() =>
        Assert.DoesNotContain("EcrGuardAsk", Observing.Resources.Keys);

    [Fact]
    public void Who_is_named_may_ask_and_nothing_else()
    {
        Assert.Equal(
            "AskPrincipals",
            SamTemplate.Target(
                Marking.Properties("EcrGuardAsk")["AssumeRolePolicyDocument"]!["Statement"]![0]!["Principal"]!["AWS"]
            )
        );
        Assert.Collection(
            Marking.PermissionsOfRole("EcrGuardAsk"),
            api =>
            {
                Assert.Equal(["execute-api:Invoke"], api.Actions);
                Assert.EndsWith(
                    "${ApprovalApi}/$default/GET/approval\"}",
                    Assert.Single(api.Resources),
                    StringComparison.Ordinal
                );
            },
            function =>
            {
                Assert.Equal(["lambda:InvokeFunction"], function.Actions);
                Assert.Equal(["""{"Fn::GetAtt":"Approval.Arn"}"""], function.Resources);
            },
            whereItIs =>
            {
                Assert.Equal(["ssm:GetParameter"], whereItIs.Actions);
                Assert.EndsWith(
                    "parameter/EcrGuard/deployment\"}",
                    Assert.Single(whereItIs.Resources),
                    StringComparison.Ordinal
                );
            }
        );
    }

    [Fact]
    public void Only_the_named_workflows_and_jobs_may_take_the_role_that_asks_and_with_no_other_audience()
    {
        static string Trust(params (string, string)[] parameters) =>
            SamTemplate.With(parameters).Properties("EcrGuardAsk")["AssumeRolePolicyDocument"]![
                "Statement"
            ]!.ToJsonString();

        static string Allowed(string provider, string audience, string subjects) =>
            JsonNode
                .Parse(
                    $$"""
                    {
                      "Effect": "Allow",
                      "Principal": {
                        "Federated": {
                          "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/{{provider}}"
                        }
                      },
                      "Action": "sts:AssumeRoleWithWebIdentity",
                      "Condition": {
                        "StringEquals": { "{{provider}}:aud": "{{audience}}" },
                        "StringLike": { "{{provider}}:sub": { "Ref": "{{subjects}}" } }
                      }
                    }
                    """
                )!
                .ToJsonString();

        var gitHub = Allowed("token.actions.githubusercontent.com", "sts.amazonaws.com", "AskGitHub");
        var gitLab = Allowed("gitlab.com", "https://gitlab.com", "AskGitLab");
        Assert.Equal($"[{gitHub}]", Trust(("AskGitHub", "repo:octo/shop:ref:refs/heads/main")));
        Assert.Equal($"[{gitLab}]", Trust(("AskGitLab", "project_path:octo/shop:ref_type:branch:ref:main")));
        // A principal of AskPrincipals is not allowed in with them.
        Assert.Equal(
            $"[{gitHub},{gitLab}]",
            Trust(
                ("AskGitHub", "repo:octo/shop:ref:refs/heads/main"),
                ("AskGitLab", "project_path:octo/shop:ref_type:branch:ref:main")
            )
        );
    }

    [Theory]
    [InlineData("AskGitHub", "", true)]
    [InlineData("AskGitHub", "repo:octo/shop:ref:refs/heads/main", true)]
    [InlineData("AskGitHub", "repo:octo/shop:*", true)]
    [InlineData("AskGitHub", "repo:octo/*", true)]
    [InlineData("AskGitHub", "octo/shop", false)]
    [InlineData("AskGitHub", "*", false)]
    [InlineData("AskGitHub", "repo:*", false)]
    [InlineData("AskGitHub", "repo:*/shop:*", false)]
    [InlineData("AskGitHub", "repo:o?to/shop:*", false)]
    [InlineData("AskGitLab", "project_path:octo/shop:ref_type:branch:ref:main", true)]
    [InlineData("AskGitLab", "project_path:*", false)]
    [InlineData("AskGitLab", "*", false)]
    public void A_subject_names_whose_repository_it_is(string parameter, string subject, bool allowed) =>
        Assert.Equal(
            allowed,
            System.Text.RegularExpressions.Regex.IsMatch(
                subject,
                $"^(?:{SamTemplate.With().Parameters[parameter]!["AllowedPattern"]})$"
            )
        );

    [Fact]
    public void Nobody_may_force_an_approval_until_somebody_is_named_and_then_only_through_the_API()
    {
        Assert.DoesNotContain("EcrGuardBreakGlass", Observing.Resources.Keys);
        Assert.Equal(
            "BreakGlassPrincipals",
            SamTemplate.Target(
                Marking.Properties("EcrGuardBreakGlass")["AssumeRolePolicyDocument"]!["Statement"]![0]!["Principal"]![
                    "AWS"
                ]
            )
        );
        var force = Assert.Single(Marking.PermissionsOfRole("EcrGuardBreakGlass"));
        Assert.Equal(["execute-api:Invoke"], force.Actions);
        Assert.EndsWith(
            "${BreakGlassApi}/$default/POST/breakglass\"}",
            Assert.Single(force.Resources),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Break_glass_is_a_door_of_its_own_that_is_not_there_until_somebody_is_named()
    {
        static IEnumerable<string> Door(SamTemplate template) =>
            template
                .Resources.Keys.Where(name =>
                    name.Contains("BreakGlass", StringComparison.Ordinal)
                    && !name.StartsWith("EndBreakGlass", StringComparison.Ordinal)
                )
                .Order(StringComparer.Ordinal);
        static IEnumerable<string> Routes(SamTemplate template) =>
            from route in template.OfType("AWS::ApiGatewayV2::Route").Select(template.Properties)
            let integration = template.Properties(route["Target"]!["Fn::Sub"]!.ToString().Split("${")[1].TrimEnd('}'))
            select $"{SamTemplate.Target(route["ApiId"])} {route["RouteKey"]} "
                + $"{SamTemplate.Target(integration["ApiId"])} {SamTemplate.Target(integration["IntegrationUri"])}";

        Assert.Empty(Door(Observing));
        Assert.Equal(["ApprovalApi GET /approval ApprovalApi Approval"], Routes(Observing));
        Assert.Equal(
            [
                "ApprovalApi GET /approval ApprovalApi Approval",
                "BreakGlassApi POST /breakglass BreakGlassApi BreakGlass",
            ],
            Routes(Marking)
        );
        // Approvals that were forced while break-glass was open end even after it is closed.
        Assert.Contains("EndBreakGlass", Observing.Functions);
        Assert.Equal(
            "EcrGuardBreakGlass.RoleId",
            Marking.Properties("BreakGlass")["Environment"]!["Variables"]!["ECRGUARD_BREAK_GLASS_ROLE_ID"]![
                "Fn::GetAtt"
            ]!.ToString()
        );
        // If the region has no HTTP API, a named principal cannot force anything either: nothing else says who it was.
        Assert.Empty(Door(SamTemplate.With(SomebodyForces, ("AWS::Region", "ap-east-2"))));
    }

    [Fact]
    public void What_a_pipeline_needs_is_an_output_and_reaches_one_route_of_one_API() =>
        Assert.Equal(
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApprovalApi}/$default/GET/approval",
            Marking.Outputs["ApprovalArn"]!["Value"]!["Fn::Sub"]!.ToString()
        );

    [Fact]
    public void Where_a_source_identity_is_asked_for_nobody_forces_an_approval_without_one()
    {
        static string Trust(params (string, string)[] parameters) =>
            SamTemplate
                .With([("BreakGlassPrincipals", "arn:aws:iam::111122223333:root"), .. parameters])
                .Properties("EcrGuardBreakGlass")["AssumeRolePolicyDocument"]!["Statement"]![0]!.ToJsonString();

        Assert.Contains(""","Action":"sts:AssumeRole"}""", Trust(), StringComparison.Ordinal);
        Assert.Contains(
            ""","Action":["sts:AssumeRole","sts:SetSourceIdentity"],"Condition":{"StringLike":{"sts:SourceIdentity":"?*"}}""",
            Trust(("BreakGlassSourceIdentity", "true")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void No_role_and_no_trigger_but_the_API_may_invoke_what_forces_approvals()
    {
        var template = SamTemplate.With(
            ("Enforcement", "quarantine"),
            ("AskPrincipals", "arn:aws:iam::111122223333:root"),
            ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root")
        );
        var invoked = Roles(template)
            .SelectMany(template.PermissionsOfRole)
            .Where(statement =>
                statement.Actions.Any(action =>
                    action is "*" or "lambda:*" || action.StartsWith("lambda:Invoke", StringComparison.Ordinal)
                )
            )
            .SelectMany(statement => statement.Resources);

        Assert.Equal(
            [
                "Approval",
                "Backfill",
                "EndBreakGlass",
                "SweepClose",
                "SweepList",
                "SweepRepository",
                "Watch",
                "WeeklySummary",
            ],
            invoked.Select(resource => resource.Split('"')[3].Split('.')[0]).Distinct().Order(StringComparer.Ordinal)
        );
        Assert.Null(template.Properties("BreakGlass")["Events"]);
        var force = Assert.Single(
            template.OfType("AWS::Lambda::Permission").Select(template.Properties),
            permission => SamTemplate.Target(permission["FunctionName"]) == "BreakGlass"
        );
        Assert.Equal("apigateway.amazonaws.com", force["Principal"]!.ToString());
        Assert.EndsWith(
            "${BreakGlassApi}/$default/POST/breakglass\"}",
            force["SourceArn"]!.ToJsonString(),
            StringComparison.Ordinal
        );
        Assert.Empty(template.OfType("AWS::Lambda::Url"));
    }

    [Fact]
    public void The_API_asks_for_a_signature_and_logs_who_called()
    {
        Assert.All(
            Marking.OfType("AWS::ApiGatewayV2::Route"),
            route => Assert.Equal("AWS_IAM", Marking.Properties(route)["AuthorizationType"]!.ToString())
        );
        Assert.Equal(
            Marking.OfType("AWS::ApiGatewayV2::Api"),
            Marking
                .OfType("AWS::ApiGatewayV2::Stage")
                .Select(stage => SamTemplate.Target(Marking.Properties(stage)["ApiId"]))
        );
        Assert.All(
            Marking.OfType("AWS::ApiGatewayV2::Stage").Select(Marking.Properties),
            stage =>
            {
                Assert.Equal("AccessLogs", SamTemplate.Target(stage["AccessLogSettings"]!["DestinationArn"]));
                Assert.All(
                    [
                        "$context.apiId",
                        "$context.identity.userArn",
                        "$context.identity.caller\"",
                        "$context.requestId",
                        "$context.status",
                    ],
                    logged =>
                        Assert.Contains(
                            logged,
                            stage["AccessLogSettings"]!["Format"]!.ToString(),
                            StringComparison.Ordinal
                        )
                );
            }
        );
    }

    [Fact]
    public void No_partition_is_taken_for_granted()
    {
        Assert.DoesNotContain("arn:aws", SamTemplate.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\$\{AWS::Region\}\.amazonaws", SamTemplate.Text);
    }

    private static IEnumerable<string> Actions(SamTemplate template, string function) =>
        template.Permissions(function).SelectMany(statement => statement.Actions).Distinct();

    private static IEnumerable<string> Roles(SamTemplate template) => template.OfType("AWS::IAM::Role");
}
