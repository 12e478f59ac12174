using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Benchmarks;

/// <summary>
/// A lifecycle policy of fifty rules over the images of one repository. Time must grow linearly with the images, and a
/// rule must cost no memory.
/// </summary>
[MemoryDiagnoser]
public class Evaluating
{
    private const int Few = 100_000,
        Many = 1_000_000,
        RuleCount = 50,
        TagCount = 10;

    /// <summary>
    /// The limit for ten times the images: linear, with room for images that no longer fit the processor's caches.
    /// Quadratic growth would give 100.
    /// </summary>
    private const double Linear = 15;

    /// <summary>
    /// The limit for an image with its tags, its decision, and everything needed meanwhile, in bytes.
    /// </summary>
    private const double MaxBytes = 1024;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly LifecyclePolicy policy = LifecyclePolicy
        .Read(
            Encoding.UTF8.GetBytes(
                $$"""{"rules":[{{string.Join(',', Enumerable.Range(1, RuleCount).Select(Rule))}}]}"""
            )
        )
        .Policy!;
    private LifecycleImage[] images = [];

    [Params(Few, Many)]
    public int Images { get; set; }

    [GlobalSetup]
    public void Setup() => images = [.. Enumerable.Range(1, Images).Select(Image)];

    [Benchmark]
    public IReadOnlyList<LifecycleDecision> Evaluate() => LifecycleEvaluator.Evaluate(policy, images, Now);

    /// <summary>
    /// Runs in this process, because a project that BenchmarkDotNet generates would build the whole tree again.
    /// </summary>
    internal static Task<IReadOnlyList<Figure>> RunAsync()
    {
        var config = ManualConfig
            .CreateEmpty()
            .AddJob(
                Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
                    .WithStrategy(RunStrategy.Monitoring)
                    .WithWarmupCount(2)
                    .WithIterationCount(5)
            )
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
        var reports = BenchmarkRunner
            .Run<Evaluating>(config)
            .Reports.ToDictionary(r => (int)r.BenchmarkCase.Parameters[nameof(Images)]);
        double Milliseconds(int count) =>
            (
                reports[count].ResultStatistics ?? throw new InvalidOperationException("The benchmark has no result.")
            ).Median / 1_000_000;
        double Bytes(int count) =>
            reports[count].GcStats.GetBytesAllocatedPerOperation(reports[count].BenchmarkCase)
            ?? throw new InvalidOperationException("The benchmark has counted no bytes.");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var input = Enumerable.Range(1, Many).Select(Image).ToArray();
        var inputBytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(input);
        string What(int count) => $"evaluating {count:#,0} images with {TagCount} tags by {RuleCount} rules";
        return Task.FromResult<IReadOnlyList<Figure>>([
            new Figure(What(Few), Milliseconds(Few), "ms"),
            new Figure(What(Many), Milliseconds(Many), "ms"),
            new Figure(
                $"{What(Many)}: time, as a multiple of {Few:#,0}",
                Milliseconds(Many) / Milliseconds(Few),
                "×",
                Linear
            ),
            new Figure($"{What(Many)}: allocated for an image", Bytes(Many) / Many, "bytes", 150),
            new Figure($"{What(Many)}: that and its input", (Bytes(Many) + inputBytes) / Many, "bytes", MaxBytes),
        ]);
    }

    /// <summary>Every fifth rule looks in the middle of tags, which is the most expensive search.</summary>
    private static string Rule(int number) =>
        $$"""
            { "rulePriority": {{number}},
              "selection": { "tagStatus": "tagged", "tagPatternList": ["{{(
                number % 5 == 0 ? $"*-{number}-*" : $"r{number}-*"
            )}}"], "countType": "imageCountMoreThan", "countNumber": 500 },
              "action": { "type": "expire" } }
            """;

    private static LifecycleImage Image(int number) =>
        new()
        {
            Digest = Digest.Parse($"sha256:{number * 2_654_435_761L:x64}"),
            // The array has none of the spare room that a list keeps.
            Tags = Enumerable
                .Range(0, TagCount)
                .Select(t => $"r{(number + (t * 7)) % 60}-build-{number}-{t}")
                .ToArray(),
            Kind = ImageKind.Image,
            Storage = StorageStatus.Active,
            PushedAt = Now.AddMinutes(-number * 7_919L % 1_000_000),
        };
}
