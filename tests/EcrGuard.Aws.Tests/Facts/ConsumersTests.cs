using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using ConsumerReader = EcrGuard.Aws.Facts.ConsumerReader;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>What is read about the users of images: all of it, or a statement of what was not read.</summary>
public sealed class ConsumersTests
{
    private const string Registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    private const string Other = "210987654321";
    private const string Role = $"arn:aws:iam::{Other}:role/EcrGuardReads";
    private const string Inspector = "workloads that Amazon Inspector sees (ECS, EKS)";

    private static readonly string One = $"sha256:{new string('1', 64)}";
    private static readonly string Two = $"sha256:{new string('2', 64)}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_consumer_is_found_by_digest_and_by_tag()
    {
        await using var account = await StartAsync();
        var aws = account.Aws;
        var pushed = aws.Ecr.Push("pods", Manifest.Image("pods"), "v1");
        aws.Inspector.SetInUse("pods", pushed, 3);
        aws.Inspector.SetInUse("pods", aws.Ecr.Push("pods", Manifest.Image("idle"), "v2"), 0);
        var job = aws.Ecs.RegisterTaskDefinition("job", $"{Registry}/job:v1", $"{Registry}/sidecar@{One}");
        aws.Ecs.RunTask("batch", job, Two);
        var web = aws.Ecs.RegisterTaskDefinition("web", $"{Registry}/web:v1");
        var service = aws.Ecs.CreateService("shop", "web", web);
        aws.EventBridge.PutTaskTarget("nightly", job);
        var rule = aws.EventBridge.PutTaskTarget("hourly", job, bus: "jobs");
        var schedule = aws.Scheduler.CreateTaskSchedule("weekly", job, group: "jobs");
        aws.Lambda.CreateFunction("pay", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
        var appRunner = aws.AppRunner.CreateService("portal", $"{Registry}/portal:v1");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(
            Order(
                $"job:v1 {Two} EcsTask {job}",
                $"job:v1  TaskDefinition {job}",
                $"job:v1  ScheduledTask {rule}",
                $"job:v1  ScheduledTask arn:aws:events:eu-central-1:123456789012:rule/nightly",
                $"job:v1  ScheduledTask {schedule}",
                $"pay:v1 {One} LambdaFunction arn:aws:lambda:eu-central-1:123456789012:function:pay",
                $"pods: {pushed} Workload seen running by Amazon Inspector",
                $"portal:v1  AppRunnerService {appRunner}",
                $"sidecar: {One} EcsTask {job}",
                $"sidecar: {One} TaskDefinition {job}",
                $"sidecar: {One} ScheduledTask {rule}",
                $"sidecar: {One} ScheduledTask arn:aws:events:eu-central-1:123456789012:rule/nightly",
                $"sidecar: {One} ScheduledTask {schedule}",
                $"web:v1  EcsService {service}",
                $"web:v1  TaskDefinition {web}"
            ),
            Order([.. use.Uses.Select(Shown)])
        );
    }

    [Fact]
    public async Task A_task_that_has_not_pulled_yet_uses_the_tag()
    {
        await using var account = await StartAsync();
        var job = account.Aws.Ecs.RegisterTaskDefinition("job", $"{Registry}/job:v1");
        account.Aws.Ecs.RunTask("batch", job);

        var use = await account.ReadAsync();

        Assert.Contains($"job:v1  EcsTask {job}", use.Uses.Select(Shown));
    }

    [Fact]
    public async Task A_service_at_zero_uses_its_revision_and_the_one_before_though_both_are_inactive()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 4);
        account.Aws.Ecs.CreateService("shop", "web", revisions[2], desiredCount: 0);
        foreach (var revision in revisions)
            account.Aws.Ecs.DeregisterTaskDefinition(revision);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(["v2", "v3"], Tags(use, ConsumerKind.EcsService));
    }

    [Fact]
    public async Task A_deployment_in_progress_and_a_task_set_are_used_with_the_revisions_before_them()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 9);
        var service = account.Aws.Ecs.CreateService("shop", "web", revisions[1]);
        account.Aws.Ecs.StartDeployment(service, revisions[8]);
        account.Aws.Ecs.CreateTaskSet(service, revisions[5]);

        var use = await account.ReadAsync();
        Assert.Equal(["v1", "v2", "v5", "v6", "v8", "v9"], Tags(use, ConsumerKind.EcsService));
        Assert.Equal(["v2", "v6", "v9"], Tags(Running(use), ConsumerKind.EcsService));

        account.Aws.Ecs.FinishDeployment(service);
        Assert.Equal(["v2", "v5", "v6", "v8", "v9"], Tags(await account.ReadAsync(), ConsumerKind.EcsService));
    }

    [Fact]
    public async Task A_service_uses_the_digest_that_its_tag_meant_when_it_was_deployed_and_what_the_tag_means_now()
    {
        await using var account = await StartAsync();
        var service = account.Aws.Ecs.CreateService(
            "shop",
            "web",
            Revisions(account.Aws, "web", 1)[0],
            desiredCount: 0,
            digests: [One]
        );

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(
            [$"web:v1  EcsService {service}", $"web:v1 {One} EcsService {service}"],
            Order([.. use.Uses.Where(u => u.By.Kind == ConsumerKind.EcsService).Select(Shown)])
        );
    }

    [Fact]
    public async Task What_a_deployment_replaced_is_used_whatever_the_number_of_its_revision()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 12);
        var service = account.Aws.Ecs.CreateService("shop", "web", revisions[1], digests: [One]);
        account.Aws.Ecs.StartDeployment(service, revisions[11], Two);
        account.Aws.Ecs.FinishDeployment(service);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(["v11", "v12", "v2"], Tags(use, ConsumerKind.EcsService));
        Assert.Equal(["v12"], Tags(Running(use), ConsumerKind.EcsService));
        Assert.Equal([One, Two], Digests(use));
    }

    [Fact]
    public async Task After_a_rollback_both_what_it_went_back_to_and_what_had_failed_are_used()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 9);
        var service = account.Aws.Ecs.CreateService("shop", "web", revisions[2], digests: [One]);
        account.Aws.Ecs.StartDeployment(service, revisions[8], Two);
        account.Aws.Ecs.RollBack(service);

        var use = await account.ReadAsync();

        Assert.Equal(["v2", "v3", "v9"], Tags(use, ConsumerKind.EcsService));
        Assert.Equal(["v3"], Tags(Running(use), ConsumerKind.EcsService));
        Assert.Equal([One, Two], Digests(use));
    }

    [Fact]
    public async Task What_ECS_has_forgotten_of_a_deployment_is_no_trouble_and_the_digest_that_runs_is_still_known()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 9);
        var service = account.Aws.Ecs.CreateService("shop", "web", revisions[2], digests: [One]);
        account.Aws.Ecs.StartDeployment(service, revisions[8], Two);
        account.Aws.Ecs.FinishDeployment(service);
        account.Aws.Ecs.ForgetDeployment(service);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(["v8", "v9"], Tags(use, ConsumerKind.EcsService));
        Assert.Equal([Two], Digests(use));
    }

    [Fact]
    public async Task Ten_services_with_what_they_ran_before_cost_one_call_for_each_kind_of_record_and_a_digest_that_comes_later_is_asked_for_again()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 2);
        for (var i = 0; i < 10; i++)
        {
            var service = account.Aws.Ecs.CreateService("shop", $"web{i}", revisions[0], digests: [One]);
            account.Aws.Ecs.StartDeployment(service, revisions[1], i == 0 ? [] : [Two]);
            account.Aws.Ecs.FinishDeployment(service);
        }

        await account.ReadAsync();
        Assert.Equal((1, 1), (account.Calls("DescribeServiceDeployments"), account.Calls("DescribeServiceRevisions")));
        await account.ReadAsync();
        Assert.Equal((2, 2), (account.Calls("DescribeServiceDeployments"), account.Calls("DescribeServiceRevisions")));
    }

    [Fact]
    public async Task A_revision_before_that_was_deleted_for_good_is_nothing_to_go_back_to()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 3);
        account.Aws.Ecs.CreateService("shop", "web", revisions[2]);
        account.Aws.Ecs.DeleteTaskDefinition(revisions[1]);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(["v3"], Tags(use, ConsumerKind.EcsService));
    }

    [Fact]
    public async Task The_newest_two_active_revisions_of_every_family_are_in_use()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 12);
        account.Aws.Ecs.DeregisterTaskDefinition(revisions[10]);
        Revisions(account.Aws, "web-admin", 1);

        var use = await account.ReadAsync();

        Assert.Equal(
            ["web-admin:v1", "web:v10", "web:v12"],
            use.Uses.Where(u => u.By.Kind == ConsumerKind.TaskDefinition)
                .Select(u => $"{u.Repository.Name}:{u.Tag}")
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_scheduled_task_without_a_revision_runs_the_newest_active_one()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "job", 3);
        account.Aws.Ecs.DeregisterTaskDefinition(revisions[2]);
        account.Aws.EventBridge.PutTaskTarget("nightly", revisions[0][..revisions[0].LastIndexOf(':')]);

        Assert.Equal(["v2"], Tags(await account.ReadAsync(), ConsumerKind.ScheduledTask));

        Revisions(account.Aws, "job", 1);
        Assert.Equal(["v1"], Tags(await account.ReadAsync(), ConsumerKind.ScheduledTask));
    }

    [Fact]
    public async Task A_schedule_that_calls_ECS_itself_names_its_task_definition_in_its_input()
    {
        await using var account = await StartAsync();
        Revisions(account.Aws, "job", 4);
        account.Aws.Scheduler.CreateSchedule(
            "run",
            "arn:aws:scheduler:::aws-sdk:ecs:runTask",
            """{"Cluster":"batch","TaskDefinition":"job:1"}"""
        );
        account.Aws.Scheduler.CreateSchedule(
            "scale",
            "arn:aws:scheduler:::aws-sdk:ecs:updateService",
            """{"Service":"web","DesiredCount":0}"""
        );
        account.Aws.Scheduler.CreateSchedule("queue", "arn:aws:sqs:eu-central-1:123456789012:jobs", "no JSON");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(["v1"], Tags(use, ConsumerKind.ScheduledTask));
        Assert.Equal(2, account.Calls("GetSchedule"));
    }

    [Fact]
    public async Task Every_published_version_of_a_function_is_in_use_beside_its_latest_code()
    {
        await using var account = await StartAsync();
        var lambda = account.Aws.Lambda;
        lambda.CreateFunction("pay", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
        lambda.PublishVersion("pay");
        lambda.UpdateFunctionCode("pay", $"{Registry}/pay:v2", $"{Registry}/pay@{Two}");
        lambda.CreateZipFunction("zip");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(
            [
                $"pay:v1 {One} LambdaFunction arn:aws:lambda:eu-central-1:123456789012:function:pay:1",
                $"pay:v2 {Two} LambdaFunction arn:aws:lambda:eu-central-1:123456789012:function:pay",
            ],
            use.Uses.Select(Shown)
        );
        Assert.Equal(2, account.Calls("GetFunction"));
    }

    [Fact]
    public async Task Images_of_other_registries_are_no_concern_and_no_tag_is_latest()
    {
        await using var account = await StartAsync();
        var definition = account.Aws.Ecs.RegisterTaskDefinition(
            "mixed",
            $"{Registry}/web",
            "nginx",
            "nginx:1.27",
            "public.ecr.aws/x/y:1",
            "docker.io/library/redis",
            "quay.io/a/b@sha256:short",
            "210987654321.dkr.ecr.eu-central-1.amazonaws.com/web:v1",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:v1"
        );
        account.Aws.AppRunner.CreateService("public", "public.ecr.aws/x/y:1", "ECR_PUBLIC");
        account.Aws.AppRunner.CreateService("source", null);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal([$"web:latest  TaskDefinition {definition}"], use.Uses.Select(Shown));
    }

    [Fact]
    public async Task A_reference_to_this_registry_that_cannot_be_read_is_told()
    {
        await using var account = await StartAsync();
        account.Aws.Ecs.RegisterTaskDefinition("odd", $"{Registry}/Web:v1");
        Revisions(account.Aws, "web", 1);

        var use = await account.ReadAsync();

        var unread = Assert.Single(use.Unread);
        Assert.Equal(("ECS task definitions", "123456789012"), (unread.What, unread.Account));
        Assert.Contains("/Web:v1", unread.Why, StringComparison.Ordinal);
        Assert.Equal(["v1"], Tags(use, ConsumerKind.TaskDefinition));
    }

    [Fact]
    public async Task Many_are_read_in_the_largest_pages_and_what_cannot_change_only_once()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 3);
        for (var i = 0; i < 250; i++)
            account.Aws.Ecs.CreateService("shop", $"web{i:d3}", revisions[2], digests: [One]);
        for (var i = 0; i < 120; i++)
            account.Aws.Ecs.RunServiceTask("shop", "web000", revisions[2], One);
        for (var i = 0; i < 1050; i++)
            account.Aws.Lambda.CreateZipFunction($"zip{i:d4}");
        for (var i = 0; i < 25; i++)
        {
            account.Aws.Lambda.CreateFunction($"image{i:d2}", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
            account.Aws.Lambda.PublishVersion($"image{i:d2}");
        }
        for (var i = 0; i < 30; i++)
            account.Aws.AppRunner.CreateService($"portal{i:d2}", $"{Registry}/portal:v1");
        for (var i = 0; i < 150; i++)
        {
            account.Aws.EventBridge.PutTarget($"rule{i:d3}", "arn:aws:sqs:eu-central-1:123456789012:jobs");
            account.Aws.Scheduler.CreateSchedule($"schedule{i:d3}", "arn:aws:sqs:eu-central-1:123456789012:jobs");
        }

        var first = await account.ReadAsync();

        Assert.Empty(first.Unread);
        Assert.Equal(
            (250, 120, 50, 30),
            (
                Users(Running(first), ConsumerKind.EcsService),
                Users(first, ConsumerKind.EcsTask),
                Users(first, ConsumerKind.LambdaFunction),
                Users(first, ConsumerKind.AppRunnerService)
            )
        );
        Assert.Equal(
            """
            AppRunner DescribeService 30
            AppRunner ListServices 2
            DescribeServiceDeployments 25
            DescribeServiceRevisions 25
            DescribeServices 25
            DescribeTaskDefinition 2
            DescribeTasks 2
            GetFunction 50
            GetRegistryScanningConfiguration 1
            ListClusters 1
            ListCoverage 2
            ListEventBuses 1
            ListFunctions 22
            ListRules 2
            ListSchedules 2
            ListServices 3
            ListTargetsByRule 150
            ListTaskDefinitionFamilies 1
            ListTaskDefinitions 1
            ListTasks 2
            """,
            account.AllCalls()
        );

        account.Aws.Requests.Take();
        Assert.Equal(first.Uses, (await account.ReadAsync()).Uses);
        Assert.Equal(
            (0, 0, 25),
            (
                account.Calls("DescribeTaskDefinition"),
                account.Calls("DescribeServiceRevisions"),
                account.Calls("GetFunction")
            )
        );
    }

    [Fact]
    public async Task Empty_first_pages_hide_nothing()
    {
        await using var account = await StartAsync(options: new LocalAwsOptions { EmptyPages = true });
        Fill(account.Aws);

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(Enum.GetValues<ConsumerKind>(), use.Uses.Select(u => u.By.Kind).Distinct().Order());
    }

    [Theory]
    [InlineData("ecs", "ListTasks", "ECS tasks", ConsumerKind.EcsTask)]
    [InlineData("ecs", "DescribeTasks", "ECS tasks", ConsumerKind.EcsTask)]
    [InlineData("ecs", "ListServices", "ECS services", ConsumerKind.EcsService)]
    [InlineData("ecs", "DescribeServices", "ECS services", ConsumerKind.EcsService)]
    [InlineData("ecs", "DescribeServiceDeployments", "ECS services", null)]
    [InlineData("ecs", "DescribeServiceRevisions", "ECS services", null)]
    [InlineData("ecs", "ListTaskDefinitionFamilies", "ECS task definitions", ConsumerKind.TaskDefinition)]
    [InlineData("ecs", "ListTaskDefinitions", "ECS task definitions", ConsumerKind.TaskDefinition)]
    [InlineData("events", "ListEventBuses", "scheduled tasks (EventBridge rules)", null)]
    [InlineData("events", "ListRules", "scheduled tasks (EventBridge rules)", null)]
    [InlineData("events", "ListTargetsByRule", "scheduled tasks (EventBridge rules)", null)]
    [InlineData("scheduler", "ListSchedules", "scheduled tasks (EventBridge Scheduler)", null)]
    [InlineData("scheduler", "GetSchedule", "scheduled tasks (EventBridge Scheduler)", null)]
    [InlineData("lambda", "ListFunctions", "Lambda functions", ConsumerKind.LambdaFunction)]
    [InlineData("lambda", "GetFunction", "Lambda functions", ConsumerKind.LambdaFunction)]
    [InlineData("apprunner", "ListServices", "App Runner services", ConsumerKind.AppRunnerService)]
    [InlineData("apprunner", "DescribeService", "App Runner services", ConsumerKind.AppRunnerService)]
    [InlineData("inspector2", "ListCoverage", Inspector, ConsumerKind.Workload)]
    [InlineData("ecr", "GetRegistryScanningConfiguration", Inspector, ConsumerKind.Workload)]
    public async Task A_kind_that_may_not_be_read_is_named_with_what_AWS_says_and_all_others_are_read(
        string service,
        string operation,
        string what,
        ConsumerKind? missing
    )
    {
        await using var account = await StartAsync();
        Fill(account.Aws);
        account.Aws.Faults.Add(
            Fault.Refuse(
                service is "lambda" or "scheduler" or "inspector2" ? 403 : 400,
                "AccessDeniedException",
                $"not authorized to perform: {operation}"
            ) with
            {
                Service = service,
                Operation = operation,
                Times = int.MaxValue,
            }
        );

        var use = await account.ReadAsync();

        Assert.Equal(
            [(what, "123456789012", $"AccessDeniedException: not authorized to perform: {operation}")],
            use.Unread.Select(Named)
        );
        Assert.Equal(
            Enum.GetValues<ConsumerKind>().Where(kind => kind != missing),
            use.Uses.Select(u => u.By.Kind).Distinct().Order()
        );
    }

    public static TheoryData<string, Fault> Troubles =>
        new()
        {
            { "throttled", Fault.Throttle },
            { "broken", Fault.InternalError },
            { "away", Fault.Unavailable },
            { "cut off", Fault.CloseBefore },
            { "half sent", Fault.HalfSent },
            { "expired", Fault.ExpiredCredentials },
        };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Whatever_the_trouble_with_one_kind_the_others_are_read(string trouble, Fault fault)
    {
        await using var account = await StartAsync();
        Fill(account.Aws);
        account.Aws.Faults.Add(fault with { Service = "lambda", Times = int.MaxValue });

        var use = await account.ReadAsync();

        var unread = Assert.Single(use.Unread);
        Assert.Equal("Lambda functions", unread.What);
        Assert.False(string.IsNullOrWhiteSpace(unread.Why), trouble);
        Assert.Equal(Enum.GetValues<ConsumerKind>().Length - 1, use.Uses.Select(u => u.By.Kind).Distinct().Count());
    }

    [Fact]
    public async Task A_call_that_is_never_answered_is_an_unread_kind_and_not_the_end()
    {
        await using var account = await StartAsync(timeout: TimeSpan.FromMilliseconds(200));
        Fill(account.Aws);
        await account.ReadAsync(); // This warms the clients, so that only the slow call is too slow.
        account.Aws.Faults.Add(
            Fault.Delay(TimeSpan.FromSeconds(3)) with
            {
                Operation = "ListSchedules",
                Times = int.MaxValue,
            }
        );

        var use = await account.ReadAsync();

        Assert.Contains("scheduled tasks (EventBridge Scheduler)", use.Unread.Select(u => u.What));
    }

    [Fact]
    public async Task One_cluster_that_cannot_be_read_hides_no_other()
    {
        await using var account = await StartAsync();
        var revisions = Revisions(account.Aws, "web", 2);
        account.Aws.Ecs.CreateService("a", "web", revisions[0]);
        account.Aws.Ecs.CreateService("b", "web", revisions[1]);
        account.Aws.Faults.Add(
            Fault.Throttle with
            {
                Operation = "ListServices",
                Resource = "arn:aws:ecs:eu-central-1:123456789012:cluster/a",
                Times = int.MaxValue,
            }
        );

        var use = await account.ReadAsync();

        Assert.Equal("ECS services", Assert.Single(use.Unread).What);
        Assert.Equal(["v1", "v2"], Tags(use, ConsumerKind.EcsService));
    }

    [Fact]
    public async Task What_ends_between_the_list_and_the_description_is_no_trouble()
    {
        await using var account = await StartAsync();
        var aws = account.Aws;
        var definition = Revisions(aws, "web", 1)[0];
        var (task, service) = (aws.Ecs.RunTask("shop", definition), aws.Ecs.CreateService("shop", "web", definition));
        var portal = aws.AppRunner.CreateService("portal", $"{Registry}/portal:v1");
        aws.Lambda.CreateFunction("pay", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
        aws.EventBridge.PutTaskTarget("nightly", definition);
        aws.Scheduler.CreateTaskSchedule("weekly", definition);
        foreach (
            var (operation, end) in new (string, Action)[]
            {
                ("DescribeTasks", () => aws.Ecs.StopTask(task)),
                ("DescribeServices", () => aws.Ecs.DeleteService(service)),
                ("DescribeService", () => aws.AppRunner.DeleteService(portal)),
                ("GetFunction", () => aws.Lambda.DeleteFunction("pay")),
                ("ListTargetsByRule", () => aws.EventBridge.DeleteRule("nightly")),
                ("GetSchedule", () => aws.Scheduler.DeleteSchedule("weekly")),
            }
        )
            aws.Faults.Add(Fault.Meanwhile(end) with { Operation = operation });

        var use = await account.ReadAsync();

        Assert.Equal(0, aws.Faults.Outstanding);
        Assert.Empty(use.Unread);
        Assert.Equal([$"web:v1  TaskDefinition {definition}"], use.Uses.Select(Shown));
    }

    [Fact]
    public async Task Without_enhanced_scanning_what_Inspector_would_see_is_unread()
    {
        await using var account = await StartAsync();
        account.Aws.Ecr.Scanning = ScanningConfiguration.Basic;

        var unread = Assert.Single((await account.ReadAsync()).Unread);

        Assert.Equal((Inspector, "123456789012"), (unread.What, unread.Account));
        Assert.Equal(0, account.Calls("ListCoverage"));
    }

    [Fact]
    public async Task Where_enhanced_scanning_covers_some_repositories_what_runs_of_the_others_is_unread()
    {
        await using var account = await StartAsync();
        account.Aws.Ecr.Scanning = new ScanningConfiguration("ENHANCED", new ScanningRule("CONTINUOUS_SCAN", "po*"));
        var digest = account.Aws.Ecr.Push("pods", Manifest.Image("pods"), "v1");
        account.Aws.Inspector.SetInUse("pods", digest, 1);

        var use = await account.ReadAsync();

        Assert.Equal(
            "workloads (ECS, EKS) of repositories that enhanced scanning does not cover",
            Assert.Single(use.Unread).What
        );
        Assert.Equal(digest, Assert.Single(use.Uses).Digest?.ToString());
    }

    /// <summary>
    /// Issue 9: the Inspector of a delegated administrator lists the images of its members, whatever account the
    /// request names.
    /// </summary>
    [Fact]
    public async Task What_Inspector_says_of_another_account_s_images_is_not_kept()
    {
        await using var account = await StartAsync();
        account.Aws.Inspector.ShowMember(Other, "eu-central-1", "pods", One, despiteFilter: true);

        var use = await account.ReadAsync();

        Assert.Empty(use.Uses);
        Assert.Empty(use.Scanned!);
    }

    [Fact]
    public async Task Of_images_that_were_pulled_long_ago_those_that_Inspector_has_scanned_are_told()
    {
        await using var account = await StartAsync();
        var (ecr, inspector) = (account.Aws.Ecr, account.Aws.Inspector);
        string Pulled(string tag, int days)
        {
            var digest = ecr.Push("pods", Manifest.Image(tag), tag);
            ecr.Pull("pods", tag, DateTimeOffset.UtcNow.AddDays(-days));
            return digest;
        }
        ecr.Scanning = ScanningConfiguration.Basic;
        Pulled("before it was turned on", 100);
        ecr.Scanning = ScanningConfiguration.Enhanced;
        string[] scanned = [Pulled("31", 31), Pulled("100", 100), Pulled("179", 179)];
        foreach (var digest in (string[])[.. scanned, Pulled("10", 10), Pulled("200", 200)])
            inspector.CompleteScan("pods", digest, announce: false);
        inspector.SetCoverage("pods", scanned[1], "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
        inspector.SetCoverage("pods", Pulled("never scanned", 100), "INACTIVE", "UNSUPPORTED_OS");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal("pods", Assert.Single(use.Scanned!).Key);
        // If Inspector no longer monitors an image, it need not see whether the image runs.
        Assert.Equal(
            scanned.Except([scanned[1]]).Order(StringComparer.Ordinal),
            use.Scanned!["pods"].Select(digest => digest.ToString())
        );
        Assert.Equal(2, account.Calls("ListCoverage"));
    }

    [Fact]
    public async Task Other_regions_are_read_with_the_same_readers_and_roles_where_the_policy_names_them()
    {
        await using var account = await StartAsync(
            Role,
            regions: ["eu-west-1", "eu-central-1", "us-east-1", "eu-west-1"]
        );
        string Runs(LocalWorkloads workloads, string tag) =>
            workloads.Ecs.RegisterTaskDefinition(
                "web",
                $"{Registry}/web:{tag}",
                $"123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:{tag}"
            );
        var other = account.Aws.Sts.CreateRole(Role);
        string[] definitions =
        [
            Runs(account.Aws.Workloads, "v1"),
            Runs(account.Aws.Workloads.In("eu-west-1"), "v2"),
            Runs(account.Aws.Workloads.In("us-east-1"), "v3"),
            Runs(other, "v4"),
            Runs(other.In("eu-west-1"), "v5"),
        ];
        Runs(account.Aws.Workloads.In("ap-south-1"), "v6");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(
            definitions.Select((definition, at) => $"web:v{at + 1}  TaskDefinition {definition}"),
            use.Uses.Select(Shown)
        );
        Assert.Contains(":ecs:eu-west-1:210987654321:", definitions[4], StringComparison.Ordinal);
        Assert.Equal(
            (1, 6, 1),
            (
                account.Calls("AssumeRole"),
                account.Calls("ListClusters"),
                account.Calls("GetRegistryScanningConfiguration")
            )
        );
    }

    [Fact]
    public async Task A_kind_that_one_region_does_not_show_is_unread_there_and_carried_on_there()
    {
        await using var account = await StartAsync(regions: ["eu-west-1"]);
        var (here, there) = (account.Aws.Workloads, account.Aws.Workloads.In("eu-west-1"));
        foreach (var workloads in new[] { here, there })
            workloads.Ecs.CreateService(
                "shop",
                "web",
                workloads.Ecs.RegisterTaskDefinition("web", $"{Registry}/web:v1")
            );
        var yesterday = await account.ReadAsync();
        account.Aws.Faults.Add(
            Fault.Throttle with
            {
                Operation = "ListServices",
                Resource = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
                Times = int.MaxValue,
            }
        );

        var use = await account.ReadAsync(yesterday);

        Assert.Equal(
            [("ECS services in eu-west-1", "eu-west-1")],
            use.Unread.Select(unread => (unread.What, unread.Region))
        );
        Assert.Equal(
            [("arn:aws:ecs:eu-west-1:123456789012:service/shop/web", null)],
            use.Uses.Where(u => u.SeenAt is not null).Select(u => (u.By.Name, u.AbsentSince))
        );
    }

    [Fact]
    public async Task What_runs_in_another_account_is_read_through_its_role()
    {
        await using var account = await StartAsync(Role);
        var other = account.Aws.Sts.CreateRole(Role);
        var definition = other.Ecs.RegisterTaskDefinition(
            "web",
            $"{Registry}/web:v7",
            $"{Other}.dkr.ecr.eu-central-1.amazonaws.com/theirs:v1"
        );
        other.Lambda.CreateFunction("pay", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
        var mine = account.Aws.Ecs.RegisterTaskDefinition("web", $"{Registry}/web:v1");

        var use = await account.ReadAsync();

        Assert.Empty(use.Unread);
        Assert.Equal(
            [
                $"web:v1  TaskDefinition {mine}",
                $"web:v7  TaskDefinition {definition}",
                $"pay:v1 {One} LambdaFunction arn:aws:lambda:eu-central-1:{Other}:function:pay",
            ],
            use.Uses.Select(Shown).OrderByDescending(s => s[0]).ThenBy(s => s)
        );
        Assert.Equal(1, account.Calls("AssumeRole"));
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_leaves_its_account_unread_and_this_one_read()
    {
        await using var account = await StartAsync(Role);
        Fill(account.Aws);

        var use = await account.ReadAsync();

        var unread = Assert.Single(use.Unread);
        Assert.Equal((Other, $"everything that the role {Role} would show"), (unread.Account, unread.What));
        Assert.StartsWith("AccessDenied: ", unread.Why, StringComparison.Ordinal);
        Assert.Equal(Enum.GetValues<ConsumerKind>(), use.Uses.Select(u => u.By.Kind).Distinct().Order());
    }

    [Fact]
    public async Task A_kind_that_one_account_does_not_show_is_unread_in_that_account_and_no_credential_is_told()
    {
        await using var account = await StartAsync(Role);
        account
            .Aws.Sts.CreateRole(Role)
            .Ecs.CreateService("theirs", "web", "arn:aws:ecs:eu-central-1:210987654321:task-definition/web:1");
        account.Aws.Faults.Add(
            Fault.Refuse(
                403,
                "InvalidSignatureException",
                "The request signature we calculated does not match.\n\nThe Canonical String for this "
                    + "request should have been\n'POST\n/\n\nx-amz-security-token:token of ASIA0000000000000001'"
            ) with
            {
                Operation = "ListServices",
                Resource = $"arn:aws:ecs:eu-central-1:{Other}:cluster/theirs",
                Times = int.MaxValue,
            }
        );

        var use = await account.ReadAsync();

        Assert.Equal([("ECS services", Other, "InvalidSignatureException")], use.Unread.Select(Named));
        Assert.DoesNotMatch("ASIA|secret of|token of", JsonSerializer.Serialize(use, LedgerJson.Default.UsageReading));
    }

    [Fact]
    public async Task A_reading_that_is_called_off_ends_as_that()
    {
        await using var account = await StartAsync();
        using var cancelled = new CancellationTokenSource();
        account.Aws.Faults.Add(Fault.Meanwhile(cancelled.Cancel) with { Operation = "ListFunctions" });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            account.Consumers.ReadAsync(null, cancelled.Token)
        );
    }

    [Fact]
    public async Task What_was_read_is_kept_and_found_again_as_it_was()
    {
        await using var account = await StartAsync(Role);
        Fill(account.Aws);
        var store = new UseStore(account.Clients.S3, account.Settings);
        Assert.Null(await store.LatestAsync(Cancellation));
        var use = await account.ReadAsync();

        await store.KeepAsync(use, Cancellation);
        var found = await store.LatestAsync(Cancellation);

        Assert.NotNull(found);
        Assert.Equal(use.ReadAt, found.ReadAt);
        Assert.NotEmpty(found.Unread);
        Assert.Equal(use.Unread, found.Unread);
        Assert.Equal(use.Uses, found.Uses);
    }

    [Theory]
    [InlineData("ListTasks", ConsumerKind.EcsTask)]
    [InlineData("ListServices", ConsumerKind.EcsService)]
    [InlineData("ListTaskDefinitionFamilies", ConsumerKind.TaskDefinition)]
    [InlineData("ListEventBuses", ConsumerKind.ScheduledTask)]
    [InlineData("ListSchedules", ConsumerKind.ScheduledTask)]
    [InlineData("ListFunctions", ConsumerKind.LambdaFunction)]
    [InlineData("ListCoverage", ConsumerKind.Workload)]
    [InlineData("AssumeRole", null)]
    public async Task What_cannot_be_read_tonight_is_used_as_it_was_last_seen(string operation, ConsumerKind? kind)
    {
        await using var account = await StartAsync(Role);
        Fill(account.Aws);
        var other = account.Aws.Sts.CreateRole(Role);
        other.Ecs.CreateService("theirs", "web", other.Ecs.RegisterTaskDefinition("web", $"{Registry}/web:v7"));
        var yesterday = await account.ReadAsync();
        Assert.Empty(yesterday.Unread);
        account.Aws.Faults.Add(Fault.Throttle with { Operation = operation, Times = int.MaxValue });

        var use = await account.ReadAsync(yesterday);

        Assert.Equal(Order([.. yesterday.Uses.Select(Shown)]), Order([.. use.Uses.Select(Shown)]));
        Assert.All(
            use.Uses.Where(u => u.SeenAt is not null),
            u => Assert.Equal((yesterday.ReadAt, null), (u.SeenAt!.Value, u.AbsentSince))
        );
        Assert.True(
            kind is null
                ? use.Uses.Any(u => u.SeenAt is not null && u.By.Name.Contains(Other, StringComparison.Ordinal))
                : use.Uses.Any(u => u.SeenAt is not null && u.By.Kind == kind)
        );
    }

    [Fact]
    public async Task What_enhanced_scanning_no_longer_covers_is_used_as_it_was_last_seen_and_what_it_covers_is_read()
    {
        await using var account = await StartAsync();
        account.Aws.Ecr.CreateRepository("jobs");
        var (pod, job) = (
            account.Aws.Ecr.Push("pods", Manifest.Image("pods"), "v1"),
            account.Aws.Ecr.Push("jobs", Manifest.Image("jobs"), "v1")
        );
        account.Aws.Inspector.SetInUse("pods", pod, 1);
        account.Aws.Inspector.SetInUse("jobs", job, 1);
        var yesterday = await account.ReadAsync();
        account.Aws.Ecr.Scanning = new ScanningConfiguration("ENHANCED", new ScanningRule("CONTINUOUS_SCAN", "po*"));
        account.Aws.Inspector.SetInUse("pods", pod, 0);
        account.Aws.Inspector.SetInUse("jobs", job, 0);

        var use = await account.ReadAsync(yesterday);

        Assert.Equal(
            [("jobs", false), ("pods", true)],
            use.Uses.Select(u => (u.Repository.Name, u.AbsentSince is not null))
        );
    }

    [Fact]
    public async Task What_a_reading_saw_itself_has_no_time_of_its_own()
    {
        await using var account = await StartAsync();
        var store = new UseStore(account.Clients.S3, account.Settings);
        await KeepAsync(
            account,
            """
            {"version":1,"value":{"readAt":"2026-11-18T12:00:00+00:00","uses":[{"repository":"arn:aws:ecr:eu-central-1:123456789012:repository/web","tag":"v1","by":{"kind":"EcsService","name":"arn:aws:ecs:eu-central-1:123456789012:service/shop/web"}}],
             "unread":[{"what":"ECS tasks","account":"123456789012","why":"Rate exceeded"}]}}
            """
        );

        var kept = await store.LatestAsync(Cancellation);

        Assert.Equal((null, null), (Assert.Single(kept!.Uses).SeenAt, kept.Uses[0].AbsentSince));
        Assert.Equal((null, null, null), (Assert.Single(kept.Unread).Kind, kept.Unread[0].Region, kept.Unread[0].But));
    }

    [Fact]
    public async Task Kept_facts_that_somebody_else_wrote_are_not_read()
    {
        await using var account = await StartAsync();
        await KeepAsync(
            account,
            """{"version":1,"value":{"readAt":"2026-11-18T12:00:00+00:00","uses":[],"unread":[],"more":1}}"""
        );

        await Assert.ThrowsAsync<JsonException>(() =>
            new UseStore(account.Clients.S3, account.Settings).LatestAsync(Cancellation)
        );
    }

    private static async Task KeepAsync(Account account, string json)
    {
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(json), Cancellation);
        body.Position = 0;
        await account.Clients.S3.PutObjectAsync(
            new Amazon.S3.Model.PutObjectRequest
            {
                BucketName = account.Settings.Bucket,
                Key = "use/latest.json.gz",
                InputStream = body,
            },
            Cancellation
        );
    }

    private static string Shown(ConsumerReference use) =>
        $"{use.Repository.Name}:{use.Tag} {use.Digest} {use.By.Kind} {use.By.Name}";

    private static (string, string, string) Named(UnreadConsumer consumer) =>
        (consumer.What, consumer.Account, consumer.Why);

    private static IEnumerable<string> Order(params IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    /// <summary>Without what may be gone back to.</summary>
    private static UsageReading Running(UsageReading use) =>
        use with
        {
            Uses = [.. use.Uses.Where(each => !each.By.IsPrevious)],
        };

    private static IEnumerable<string?> Tags(UsageReading use, ConsumerKind kind) =>
        use.Uses.Where(u => u.By.Kind == kind).Select(u => u.Tag).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> Digests(UsageReading use) =>
        use
            .Uses.Where(u => u.By.Kind == ConsumerKind.EcsService)
            .Select(u => u.Digest)
            .OfType<Core.Images.Digest>()
            .Select(digest => digest.ToString())
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static int Users(UsageReading use, ConsumerKind kind) =>
        use.Uses.Where(u => u.By.Kind == kind).Select(u => u.By).Distinct().Count();

    /// <summary>Revisions of a family. Their images have the family's name and the tags v1, v2 and so on.</summary>
    private static List<string> Revisions(LocalAwsServer aws, string family, int count) =>
        [
            .. Enumerable
                .Range(1, count)
                .Select(number => aws.Ecs.RegisterTaskDefinition(family, $"{Registry}/{family}:v{number}")),
        ];

    /// <summary>Makes one consumer of each kind, and scheduled tasks in both ways.</summary>
    private static void Fill(LocalAwsServer aws)
    {
        var definition = aws.Ecs.RegisterTaskDefinition("web", $"{Registry}/web:v1");
        aws.Ecs.RunTask("shop", definition, One);
        aws.Ecs.CreateService("shop", "web", definition);
        aws.EventBridge.PutTaskTarget("nightly", definition);
        aws.Scheduler.CreateTaskSchedule("weekly", definition);
        aws.Lambda.CreateFunction("pay", $"{Registry}/pay:v1", $"{Registry}/pay@{One}");
        aws.AppRunner.CreateService("portal", $"{Registry}/portal:v1");
        aws.Inspector.SetInUse("pods", aws.Ecr.Push("pods", Manifest.Image("pods"), "v1"), 1);
    }

    private static async Task<Account> StartAsync(
        string? role = null,
        LocalAwsOptions? options = null,
        TimeSpan? timeout = null,
        IReadOnlyList<string>? regions = null
    )
    {
        var aws = await LocalAwsServer.StartAsync(options);
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        aws.Ecr.CreateRepository("pods");
        aws.S3.CreateBucket("bucket");
        return new Account(aws, role, timeout, regions);
    }

    private sealed class Account : IAsyncDisposable
    {
        public Account(LocalAwsServer aws, string? role, TimeSpan? timeout, IReadOnlyList<string>? regions)
        {
            Aws = aws;
            Clients = AwsClients.At(
                aws.Endpoint,
                aws.Region,
                new BasicAWSCredentials("test", "test"),
                retries: 0,
                timeout
            );
            Settings = new Settings
            {
                Account = aws.AccountId,
                Region = aws.Region,
                Table = "table",
                Bucket = "bucket",
            };
            var policy = PolicyDocument.BuiltIn with
            {
                Consumers = new Core.Policy.Consumers(role is null ? null : [role], Regions: regions),
            };
            Consumers = new ConsumerReader(Clients, policy, Settings, TimeProvider.System);
        }

        public LocalAwsServer Aws { get; }
        public AwsClients Clients { get; }
        public Settings Settings { get; }
        public ConsumerReader Consumers { get; }

        public Task<UsageReading> ReadAsync(UsageReading? before = null) => Consumers.ReadAsync(before, Cancellation);

        public int Calls(string operation) => Aws.Requests.Count(r => r.Operation == operation);

        /// <summary>How often each operation was called. Two services have an operation of the same name.</summary>
        public string AllCalls() =>
            string.Join(
                '\n',
                Aws.Requests.CountBy(r => r.Service == "apprunner" ? $"AppRunner {r.Operation}" : r.Operation)
                    .OrderBy(c => c.Key, StringComparer.Ordinal)
                    .Select(c => $"{c.Key} {c.Value}")
            );

        public async ValueTask DisposeAsync()
        {
            Clients.Dispose();
            await Aws.DisposeAsync();
            Assert.Empty(Aws.Unexpected);
        }
    }
}
