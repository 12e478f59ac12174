using System.Globalization;
using System.Text;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Cli.Demo;

/// <summary>
/// Twelve weeks in the registry of a small company, played through on a local AWS by the real functions. Teams push and
/// deploy, vulnerabilities come and go, and each week ends with a sweep and a report. Nothing in the report is made up.
/// </summary>
internal sealed class TwelveWeeks
{
    /// <summary>The one week in which no report is made, so that the trend shows a gap.</summary>
    private const int WithoutReport = 7;

    /// <summary>The week in which Inspector stops looking at an image that runs.</summary>
    private const int MonitoringEnds = 9;

    private const string Forgotten = "data/dashboard";

    private readonly MovedClock clock;
    private readonly LocalAwsServer aws;
    private readonly LocalDeployment guard;
    private readonly Dictionary<string, Application> applications = [];

    private TwelveWeeks(MovedClock clock, LocalAwsServer aws, LocalDeployment guard) =>
        (this.clock, this.aws, this.guard) = (clock, aws, guard);

    /// <summary>A repository, the service that runs its images, and what is found in them.</summary>
    private sealed class Application(string repository)
    {
        public string Repository { get; } = repository;
        public string? Service { get; set; }
        public string TaskDefinition { get; set; } = "";
        public int Version { get; set; }
        public string Digest { get; set; } = "";
        public List<LocalFinding> Findings { get; } = [];
        public string Tag => string.Create(CultureInfo.InvariantCulture, $"{1 + (Version / 10)}.{Version % 10}");
    }

    /// <summary>
    /// A vulnerability that becomes known in one week, and the week of the push that no longer has it.
    /// </summary>
    /// <param name="Known">The week in which it becomes known, in weeks since the first.</param>
    /// <param name="Fixed">The week of the push without it; null: not fixed yet.</param>
    private sealed record Story(string Repository, LocalFinding Finding, int Known, int? Fixed);

    private static readonly IReadOnlyList<(string Repository, string? Team)> Repositories =
    [
        ("shop/web", "shop"),
        ("shop/cart", "shop"),
        ("shop/search", "shop"),
        ("payments/api", "payments"),
        ("payments/ledger", "payments"),
        ("payments/fraud", "payments"),
        ("platform/gateway", "platform"),
        ("platform/auth", "platform"),
        ("data/etl", "data"),
        ("data/dashboard", "data"),
        (Report, null),
        (Scratch, null),
    ];

    /// <summary>No scanning rule matches it.</summary>
    private const string Report = "legacy/report";

    /// <summary>Its image is of no operating system that the scanner knows.</summary>
    private const string Scratch = "tools/scratch";

    private static LocalFinding Finding(string id, string severity, string package, string found, string? mended) =>
        new(id, severity, mended is null ? new LocalPackage(package, found) : new LocalPackage(package, found, mended))
        {
            Score = severity == "CRITICAL" ? 9.8 : 7.5,
        };

    private static readonly LocalFinding OpenSsl = Finding("CVE-2026-1001", "CRITICAL", "openssl", "3.0.11", "3.0.13");
    private static readonly LocalFinding Glibc = Finding("CVE-2026-2177", "CRITICAL", "glibc", "2.36-9", "2.36-10");
    private static readonly LocalFinding Xz = Finding("CVE-2026-3094", "CRITICAL", "xz-utils", "5.6.0", "5.6.2");
    private static readonly LocalFinding Curl = Finding("CVE-2026-2002", "HIGH", "curl", "8.5.0", "8.6.0");
    private static readonly LocalFinding Expat = Finding("CVE-2026-4559", "HIGH", "expat", "2.5.0", "2.6.2");
    private static readonly LocalFinding Harmless = new("CVE-2005-2541", "LOW", new LocalPackage("tar", "1.34"));
    private static readonly LocalFinding Zlib = Finding("CVE-2026-4242", "CRITICAL", "zlib", "1.2.13", null);

    private static readonly IReadOnlyList<Story> Stories =
    [
        new("shop/web", OpenSsl, 1, 2),
        new("shop/cart", OpenSsl, 1, 3),
        new("payments/api", OpenSsl, 1, 1),
        new("platform/gateway", OpenSsl, 1, 4),
        new("payments/ledger", Curl, 2, 5),
        new("payments/fraud", Curl, 2, 3),
        new("data/etl", Xz, 3, 5),
        new("data/dashboard", Xz, 3, 8),
        new("shop/search", Glibc, 5, 6),
        new("shop/web", Glibc, 5, 5),
        new("payments/api", Expat, 6, 8),
        new("platform/auth", Glibc, 6, 9),
        new("payments/ledger", Glibc, 8, 9),
        new("payments/fraud", Expat, 8, 11),
        new("shop/cart", Xz, 9, 11),
        new("platform/gateway", Glibc, 9, null),
        new("payments/api", Glibc, 10, 11),
        new("shop/search", OpenSsl, 10, null),
        new("payments/ledger", Expat, 11, null),
        new("data/etl", Zlib, 11, null),
        new("shop/web", Zlib, 4, null),
        new(Vouched, Zlib, 10, null),
    ];

    /// <summary>Its team says in a VEX document why zlib's vulnerability does not matter there.</summary>
    private const string Vouched = "platform/auth";

    /// <summary>Plays through the weeks, and leaves the report of the last complete week to be read.</summary>
    /// <param name="read">What to do with the deployment after that.</param>
    public static async Task<T> RunAsync<T>(Func<LocalDeployment, IsoWeek, Task<T>> read)
    {
        var last = IsoWeek.Of(TimeProvider.System.GetUtcNow()).Previous;
        var first = last.Start.AddDays(-7 * (RepositoryHistory.Weeks - 1));
        var clock = new MovedClock(first.AddDays(-2));
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions { TimeProvider = clock, BatchGetImageRecordsPull = false }
        );
        using var guard = new LocalDeployment(aws, PolicyOf(last, aws), EnforcementMode.Observe, clock);
        var weeks = new TwelveWeeks(clock, aws, guard);
        await weeks.BeginAsync();
        for (var week = 0; week < RepositoryHistory.Weeks; week++)
            await weeks.LiveAsync(week, first.AddDays(7 * week));
        clock.MoveTo(last.End.AddHours(-5));
        await weeks.BreakGlassAsync();
        clock.MoveTo(last.End.AddHours(7));
        return await read(guard, last);
    }

    private static PolicyDocument PolicyOf(IsoWeek last, LocalAwsServer aws)
    {
        using var resource = typeof(TwelveWeeks).Assembly.GetManifestResourceStream("report-policy.jsonc")!;
        using var reader = new StreamReader(resource);
        var text = reader
            .ReadToEnd()
            .Replace(
                "EXPIRES",
                last.End.AddDays(9).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            );
        var vex = new VexFile("platform.json", Encoding.UTF8.GetBytes(Vex(last, aws)));
        var reading = PolicyReader.Read(Encoding.UTF8.GetBytes(text), [vex], last.Start, aws.AccountId);
        return reading.Policy
            ?? throw new InvalidOperationException(
                string.Join(Environment.NewLine, reading.Problems.Select(p => p.ToString("Demo/report-policy.jsonc")))
            );
    }

    /// <summary>The document names images by their digests: the newest two of the repository.</summary>
    private static string Vex(IsoWeek last, LocalAwsServer aws)
    {
        return $$"""
            {
              "@context": "https://openvex.dev/ns/v0.2.0",
              "@id": "https://example.com/vex/platform-1",
              "author": "platform",
              "timestamp": "{{last.Start.AddDays(-14):yyyy-MM-dd'T'HH:mm:ss'Z'}}",
              "version": 1,
              "statements": [
                {
                  "vulnerability": { "name": "{{Zlib.Vulnerability}}" },
                  "products": [{{Product("1.5")}}, {{Product("1.6")}}],
                  "status": "not_affected",
                  "justification": "vulnerable_code_not_in_execute_path"
                }
              ]
            }
            """;

        string Product(string tag) =>
            $$"""{"@id":"pkg:oci/auth@{{ManifestOf(Vouched, tag).Digest}}?repository_url="""
            + $$"""{{aws.AccountId}}.dkr.ecr.{{aws.Region}}.amazonaws.com/{{Vouched}}"}""";
    }

    /// <summary>Creates what was there before EcrGuard came.</summary>
    private async Task BeginAsync()
    {
        aws.Ecr.Scanning = new ScanningConfiguration(
            "ENHANCED",
            new ScanningRule("CONTINUOUS_SCAN", "shop/*", "payments/*", "platform/*", "data/*", "tools/*")
        );
        foreach (var (repository, team) in Repositories)
        {
            aws.Ecr.CreateRepository(
                repository,
                scanOnPush: false,
                lifecyclePolicy: repository is Report or Scratch ? null
                    : team == "data" ? ArchivesAllButFive
                    : KeepsSix,
                tags: team is null ? null : new Dictionary<string, string> { ["owner"] = team }
            );
            var application = applications[repository] = new Application(repository);
            Push(application, clock.GetUtcNow().AddDays(-30));
            if (repository == Scratch)
                continue;
            var (cluster, name) = (repository.Split('/')[0], repository.Split('/')[1]);
            application.Service = aws.Ecs.CreateService(cluster, name, TaskOf(application));
        }
        aws.Events.Take();
        await guard.BackfillAsync();
        aws.Events.Take();
    }

    private async Task LiveAsync(int week, DateTimeOffset monday)
    {
        // On Tuesday, the vulnerabilities that have become known are found in the images that run.
        clock.MoveTo(monday.AddDays(1).AddHours(9));
        foreach (var story in Stories.Where(story => story.Known == week))
        {
            var application = applications[story.Repository];
            application.Findings.Add(story.Finding);
            CompleteScan(application);
        }
        if (week == MonitoringEnds)
            aws.Inspector.SetCoverage(
                Forgotten,
                applications[Forgotten].Digest,
                "INACTIVE",
                "SCAN_ELIGIBILITY_EXPIRED"
            );
        await guard.DeliverAsync();
        await guard.SweepAsync();

        // On Thursday, teams push fixes and their ordinary work.
        clock.MoveTo(monday.AddDays(3).AddHours(14));
        foreach (var (application, at) in applications.Values.Select((application, at) => (application, at)))
        {
            var mended = Stories
                .Where(story => story.Repository == application.Repository && story.Fixed == week)
                .Select(story => story.Finding)
                .ToList();
            if (application.Repository is Report or Scratch || (mended.Count == 0 && (week + at) % 3 != 0))
                continue;
            // The first try does not fix it everywhere.
            if (mended.Count > 0 && at % 2 == 0)
                await PushAndScanAsync(application);
            application.Findings.RemoveAll(mended.Contains);
            await PushAndScanAsync(application);
            if (application.Findings.Count == 0 || mended.Count > 0)
                Deploy(application);
        }
        aws.Ecr.RunLifecycle(clock.GetUtcNow().AddHours(2));
        clock.MoveTo(monday.AddDays(6).AddHours(3));
        await guard.DeliverAsync();
        await guard.SweepAsync();
        clock.MoveTo(monday.AddDays(7).AddHours(7));
        if (week != WithoutReport && week < RepositoryHistory.Weeks - 1)
            await guard.SummaryAsync(IsoWeek.Of(monday).ToString());
    }

    /// <summary>On the last Sunday a blocked image must go out at once: somebody forces its approval.</summary>
    private async Task BreakGlassAsync()
    {
        var application = applications["payments/ledger"];
        var status = await guard.ForceAsync(
            $"{application.Repository}:{application.Tag}",
            "Payments are booked twice. This image stops it; the update of expat follows on Monday.",
            clock.GetUtcNow().AddHours(20),
            "maria"
        );
        if (status != 200)
            throw new InvalidOperationException($"The approval could not be forced: {status}.");
        Deploy(application);
        await guard.DeliverAsync();
    }

    private async Task PushAndScanAsync(Application application)
    {
        Push(application, null);
        await guard.DeliverAsync();
        clock.MoveTo(clock.GetUtcNow().AddMinutes(3 + (application.Version % 4)));
        CompleteScan(application);
        await guard.DeliverAsync();
    }

    private void CompleteScan(Application application, bool announce = true) =>
        aws.Inspector.CompleteScan(
            application.Repository,
            application.Digest,
            announce,
            [Harmless, .. application.Findings]
        );

    private void Push(Application application, DateTimeOffset? at)
    {
        application.Version++;
        application.Digest = aws.Ecr.Push(
            application.Repository,
            ManifestOf(application.Repository, application.Tag),
            application.Tag,
            at,
            announce: at is null
        );
        if (at is null)
            return;
        if (application.Repository == Scratch)
            aws.Inspector.SetCoverage(Scratch, application.Digest, "INACTIVE", "UNSUPPORTED_OS");
        else if (application.Repository != Report)
            CompleteScan(application, announce: false);
    }

    private static Manifest ManifestOf(string repository, string tag) => Manifest.Image($"{repository} {tag}");

    private void Deploy(Application application)
    {
        var replaced = application.TaskDefinition;
        aws.Ecs.StartDeployment(application.Service!, TaskOf(application));
        aws.Ecs.FinishDeployment(application.Service!);
        // Nobody keeps the old deployment for a rollback.
        aws.Ecs.ForgetDeployment(application.Service!);
        aws.Ecs.DeregisterTaskDefinition(replaced);
    }

    private string TaskOf(Application application) =>
        application.TaskDefinition = aws.Ecs.RegisterTaskDefinition(
            application.Repository.Split('/')[1],
            $"{aws.AccountId}.dkr.ecr.{aws.Region}.amazonaws.com/{application.Repository}@{application.Digest}"
        );

    private const string KeepsSix =
        """{"rules":[{"rulePriority":1,"description":"Keep the newest six","selection":"""
        + """{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":6},"action":{"type":"expire"}}]}""";

    /// <summary>A team that may not lose an image moves the old ones to the archive.</summary>
    private const string ArchivesAllButFive =
        """{"rules":[{"rulePriority":1,"description":"Archive all but the newest five","selection":"""
        + """{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5},"""
        + """ "action":{"type":"transition","targetStorageClass":"archive"}}]}""";

    /// <summary>The system's clock, set to another time. It still runs, so that nothing waits for ever.</summary>
    private sealed class MovedClock(DateTimeOffset start) : TimeProvider
    {
        private TimeSpan moved = start - System.GetUtcNow();

        public void MoveTo(DateTimeOffset at) => moved += at - GetUtcNow();

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + moved;
    }
}
