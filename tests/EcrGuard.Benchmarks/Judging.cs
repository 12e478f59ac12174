using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Benchmarks;

/// <summary>
/// The decision alone, without any AWS. Its time must grow with the findings and not with their square.
/// </summary>
[MemoryDiagnoser]
public class Judging
{
    private const int Few = 1_000,
        Many = 10_000,
        RuleCount = 50;

    /// <summary>The limit for ten times the findings: linear, with room for the cost of a larger heap.</summary>
    private const double Linear = 15;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly PolicyDocument policy = PolicyDocument.BuiltIn with
    {
        Rules = [.. Enumerable.Range(0, RuleCount).Select(Rule)],
    };
    private ImageFacts image = null!;
    private ScanFacts scan = null!;

    [Params(Few, Many)]
    public int Findings { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var repository = new RepositoryId("123456789012", "eu-central-1", "team/app");
        image = new ImageFacts
        {
            Id = new ImageId(repository, Digest.Parse($"sha256:{new string('a', 64)}")),
            ReadAt = Now,
            Tags = [.. Enumerable.Range(0, 999).Select(i => $"1.{i}")],
            Kind = ImageKind.Image,
            Storage = StorageStatus.Active,
        };
        scan = new ScanFacts
        {
            Scanner = Scanner.Enhanced,
            State = ScanState.Complete,
            Continuous = true,
            CompletedAt = Now.AddHours(-1),
            Findings = Core.Images.Findings.Merge(Enumerable.Range(0, Findings).Select(Finding)),
            ReadAt = Now,
        };
    }

    [Benchmark]
    public TagPlan DecideAndPlan()
    {
        var verdict = Judge.Decide(image, scan, policy, null, Now);
        return TagPlan.For(image, verdict.Status, UseState.Unknown, EnforcementMode.Mark);
    }

    /// <summary>
    /// Runs in this process, because a project that BenchmarkDotNet generates would build the whole tree again.
    /// </summary>
    internal static Task<IReadOnlyList<Figure>> RunAsync()
    {
        var config = ManualConfig
            .CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
        var reports = BenchmarkRunner
            .Run<Judging>(config)
            .Reports.ToDictionary(r => (int)r.BenchmarkCase.Parameters[nameof(Findings)]);
        double Microseconds(int findings) =>
            (
                reports[findings].ResultStatistics
                ?? throw new InvalidOperationException("The benchmark has no result.")
            ).Median / 1_000;
        double Bytes(int findings) =>
            reports[findings].GcStats.GetBytesAllocatedPerOperation(reports[findings].BenchmarkCase)
            ?? throw new InvalidOperationException("The benchmark has counted no bytes.");
        var what = $"judging {Many:#,0} findings by {RuleCount} rules";
        return Task.FromResult<IReadOnlyList<Figure>>([
            new Figure(what, Microseconds(Many), "µs"),
            new Figure($"{what}: allocated for a finding", Bytes(Many) / Many, "bytes", 600),
            new Figure(
                $"{what}: time, as a multiple of {Few:#,0}",
                Microseconds(Many) / Microseconds(Few),
                "×",
                Linear
            ),
            new Figure($"{what}: allocated, as a multiple of {Few:#,0}", Bytes(Many) / Bytes(Few), "×", Linear),
        ]);
    }

    /// <summary>Only the last rules select anything, so every finding is compared with nearly all of them.</summary>
    private static Rule Rule(int number) =>
        new()
        {
            Id = $"rule-{number}",
            Then = number % 2 == 0 ? RuleEffect.Block : RuleEffect.Warn,
            Severities = [Severity.Critical, Severity.High],
            MinScore = number < RuleCount - 2 ? 9.9 : null,
            MinAgeDays = number % 5 == 0 ? number : null,
            PackageManagers = number % 3 == 0 ? [Glob.Parse("NPM"), Glob.Parse("*PIP*")] : null,
        };

    private static Finding Finding(int number) =>
        new()
        {
            Vulnerability = $"CVE-2026-{number}",
            Severity = (Severity)(number % 7),
            Package = $"package-{number % 700}",
            PackageManager = "NPM",
            Occurrences =
            [
                new PackageOccurrence("1.0", "2.0", $"/app/node_modules/package-{number % 700}/package.json", null),
            ],
            Fix = FixAvailability.Yes,
            Exploit = ExploitAvailability.No,
            Epss = 0.05,
            Score = 7.5,
            FirstObservedAt = Now.AddDays(-number % 100),
        };
}
