using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Cli.Demo;

/// <summary>The registry of a small company, as it was before EcrGuard came.</summary>
internal static class Estate
{
    public const string Shop = "shop/web";
    public const string Ledger = "payments/ledger";
    public const string Api = "payments/api";
    public const string Legacy = "legacy/report";
    public const string Scratch = "tools/scratch";

    public static readonly LocalFinding OpenSsl = new(
        "CVE-2026-1001",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.11", "3.0.13")
    )
    {
        Fix = "YES",
        Exploit = true,
        Epss = 0.91,
        Score = 9.8,
    };
    public static readonly LocalFinding Zlib = new("CVE-2026-4242", "CRITICAL", new LocalPackage("zlib", "1.2.13"))
    {
        Fix = "NO",
        Exploit = false,
        Epss = 0.02,
        Score = 9.1,
    };
    public static readonly LocalFinding Curl = new("CVE-2026-2002", "HIGH", new LocalPackage("curl", "8.5.0", "8.6.0"))
    {
        Fix = "YES",
        Exploit = false,
        Epss = 0.04,
        Score = 7.4,
    };
    public static readonly LocalFinding Tar = new("CVE-2025-3003", "LOW", new LocalPackage("tar", "1.34"))
    {
        Fix = "NO",
        Score = 3.1,
    };

    private const string TeamsOwnPolicy =
        """{"rules":[{"rulePriority":1,"description":"Keep the last 30 releases","selection":"""
        + """{"tagStatus":"tagged","tagPatternList":["2.*"],"countType":"imageCountMoreThan","countNumber":30},"""
        + """ "action":{"type":"expire"}}]}""";

    /// <summary>A team's policy that keeps only the newest image, whatever runs.</summary>
    public const string KeepsOne =
        """{"rules":[{"rulePriority":1,"description":"Keep the newest report","selection":"""
        + """{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""";

    /// <summary>How many old builds nobody has cleaned away. The oldest of them still runs.</summary>
    private const int Nightlies = 9;

    /// <summary>The URI of an image as a task definition names it.</summary>
    public static string Uri(LocalAwsServer aws, string repository, string tag) =>
        $"{aws.AccountId}.dkr.ecr.{aws.Region}.amazonaws.com/{repository}:{tag}";

    /// <summary>
    /// Fills the registry with repositories and images that were there before anybody received events.
    /// </summary>
    public static void Seed(LocalAwsServer aws)
    {
        aws.Ecr.CreateRepository(Shop, scanOnPush: true);
        aws.Ecr.CreateRepository(Ledger, TagMutability.Immutable, scanOnPush: true, TeamsOwnPolicy);
        aws.Ecr.CreateRepository(Api, scanOnPush: true);
        aws.Ecr.CreateRepository(Legacy);
        aws.Ecr.CreateRepository(Scratch, scanOnPush: true);

        Scanned(Shop, "1.0", Tar);
        Scanned(Ledger, "2.0", OpenSsl, Curl);
        aws.Ecr.Push(
            Legacy,
            Manifest.Image("the report of 2019"),
            "7",
            DateTimeOffset.UtcNow.AddDays(-900),
            announce: false
        );
        for (var night = 1; night <= Nightlies; night++)
            Pushed(Scratch, $"nightly-{night}", 200 - night);
        aws.Ecs.CreateService("main", "trial", aws.Ecs.RegisterTaskDefinition("trial", Uri(aws, Scratch, "nightly-1")));
        aws.Events.Take();

        void Scanned(string repository, string tag, params LocalFinding[] findings) =>
            Pushed(repository, tag, 3, findings);

        void Pushed(string repository, string tag, int daysAgo, params LocalFinding[] findings)
        {
            var digest = aws.Ecr.Push(
                repository,
                Manifest.Image($"{repository} {tag}"),
                tag,
                DateTimeOffset.UtcNow.AddDays(-daysAgo),
                announce: false
            );
            aws.Ecr.CompleteScan(repository, digest, findings);
        }
    }
}
