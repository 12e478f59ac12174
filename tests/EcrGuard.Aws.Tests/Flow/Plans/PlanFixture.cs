using System.Text;
using System.Text.Json;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>A registry with old images that nobody uses, plans for it, and the function that applies them.</summary>
internal sealed class PlanFixture : IAsyncDisposable
{
    public const string Repository = GuardFixture.Repository;

    /// <summary>Enforces that only the two newest images stay, and images in use.</summary>
    public const string Keeps = """
        {
          "version": 1,
          "enforcement": [ { "repositories": ["*"], "mode": "mark" } ],
          "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "keep", "policy": { "rules": [
            {"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}} ] } } } ],
          "ceilings": { "images": 20, "percent": 80, "keepPerRepository": 2 }
        }
        """;

    public const string KeepsTwo =
        """{"rules":[{"rulePriority":1,"description":"Images in use stay","selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}""";

    public const string ArchivesUnused =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":90},"action":{"type":"transition","targetStorageClass":"archive"}}]}""";

    private PlanFixture(GuardFixture guard, string policy)
    {
        Guard = guard;
        Policy = policy;
        Functions = guard.Deploy(policy);
    }

    public GuardFixture Guard { get; }
    public string Policy { get; }
    public Deployed Functions { get; }
    public LocalAwsServer Aws => Guard.Aws;

    public static async Task<PlanFixture> StartAsync(string policy = Keeps, LocalAwsOptions? options = null) =>
        new(await GuardFixture.StartAsync(policy, options), policy);

    /// <summary>Pushes images that are older than anything that counts as use, the oldest first.</summary>
    /// <returns>Their digests.</returns>
    public IReadOnlyList<string> PushOld(int count, string repository = Repository) =>
        [
            .. Enumerable
                .Range(1, count)
                .Select(number =>
                    Aws.Ecr.Push(
                        repository,
                        Manifest.Image($"{repository} {number}"),
                        $"{number}.0",
                        Old(number),
                        announce: false
                    )
                ),
        ];

    public DateTimeOffset Old(int number) => Guard.Time.GetUtcNow().AddDays(-400 + number);

    /// <summary>Deploys an image as an ECS service.</summary>
    public void Run(string reference) =>
        Aws.Ecs.CreateService(
            "main",
            $"service-{Guid.NewGuid():N}",
            Aws.Ecs.RegisterTaskDefinition(
                $"family-{Guid.NewGuid():N}",
                $"{Aws.AccountId}.dkr.ecr.{Aws.Region}.amazonaws.com/{reference}"
            )
        );

    /// <summary>Makes a plan as the command line does, from what it reads.</summary>
    public async Task<Plan> PlanAsync(
        bool exact = true,
        string wanted = KeepsTwo,
        params IReadOnlyList<string> repositories
    )
    {
        var part = Guard.Deploy(Policy);
        var policy = part.Part<PolicyDocument>();
        var use = await part.Part<Facts.ConsumerReader>().ReadAsync(null, TestContext.Current.CancellationToken);
        var planner = new Planner(policy, exact);
        var planned = new List<PlannedRepository>();
        foreach (var name in repositories.Count == 0 ? [Repository] : repositories)
        {
            var view = (
                await part.Part<RepositoryReader>()
                    .ReadAsync(
                        part.Part<EcrReader>().Repository(name),
                        use,
                        null,
                        [],
                        TestContext.Current.CancellationToken
                    )
            )!;
            planned.Add(
                planner.Plan(view, new WantedPolicy(wanted, "The baseline wants it."), [], Guard.Time.GetUtcNow())
            );
        }
        return new Plan
        {
            CreatedAt = Guard.Time.GetUtcNow(),
            Account = Aws.AccountId,
            Region = Aws.Region,
            PolicyVersion = policy.Version,
            Unread = [.. use.Unread.Select(Plan.Sentence)],
            Repositories = planned,
        };
    }

    public Task<ApplyAnswer> ApplyAsync(Plan plan, Deployed? functions = null, Invocation? invocation = null) =>
        ApplyAsync(Encoding.UTF8.GetString(PlanWriter.Write(plan, indented: false)), functions, invocation);

    public Task<ApplyAnswer> ApplyAsync(string plan, Deployed? functions = null, Invocation? invocation = null)
    {
        using var json = JsonDocument.Parse(plan);
        return Guard.WhileTimePassesAsync(
            (functions ?? Functions)
                .Part<ApplyPlan>()
                .ApplyPlanAsync(
                    json.RootElement.Clone(),
                    invocation ?? new Invocation { Remaining = () => TimeSpan.FromMinutes(14) }
                )
        );
    }

    /// <summary>Which of these images are still there and can be pulled.</summary>
    public IReadOnlyList<string> Left(IEnumerable<string> digests, string repository = Repository) =>
        [.. digests.Where(digest => Aws.Ecr.TagsOf(repository, digest) is not null)];

    /// <summary>The ledger's story of the plan's images: digest and outcome.</summary>
    public IReadOnlyDictionary<string, string> Story =>
        Guard
            .Items("P#")
            .ToDictionary(
                item => item["image"]!.GetValue<string>().Split('/')[^1],
                item => item["outcome"]!.GetValue<string>()
            );

    public ValueTask DisposeAsync() => Guard.DisposeAsync();
}
