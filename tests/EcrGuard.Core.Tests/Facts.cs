using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests;

/// <summary>Ordinary facts. Tests change what matters to them with <c>with</c>.</summary>
internal static class Facts
{
    /// <summary>A Wednesday, in week 2026-W47.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    public static readonly RepositoryId Repository = new("123456789012", "eu-central-1", "pay/api");

    /// <summary>Critical blocks, high warns.</summary>
    public static readonly PolicyDocument Policy = new()
    {
        Version = new string('a', 64),
        Rules =
        [
            new Rule
            {
                Id = "critical",
                Severities = [Severity.Critical],
                Then = RuleEffect.Block,
            },
            new Rule
            {
                Id = "high",
                Severities = [Severity.High],
                Then = RuleEffect.Warn,
            },
        ],
    };

    public static Digest Digest(int number) => Core.Images.Digest.Parse($"sha256:{number:x64}");

    /// <summary>Repositories that a sweep has just visited, with nothing to report.</summary>
    public static IEnumerable<SweptRepository> Swept(DateTimeOffset at, params IEnumerable<string> repositories) =>
        repositories.Select(name => new SweptRepository(
            name,
            new RepositorySweep
            {
                SweptAt = at,
                Images = 0,
                InUse = 0,
                UseUnknown = 0,
                AtRiskCount = 0,
                AtRisk = [],
                AbandonedCount = 0,
                Abandoned = [],
            }
        ));

    public static ImageFacts Image(int number = 1, params string[] tags) =>
        new()
        {
            Id = new ImageId(Repository, Digest(number)),
            ReadAt = Now,
            Tags = tags,
            Kind = ImageKind.Image,
            Storage = StorageStatus.Active,
            PushedAt = Now.AddDays(-1),
        };

    public static ImageFacts In(this ImageFacts image, string repository) =>
        image with
        {
            Id = image.Id with { Repository = image.Id.Repository with { Name = repository } },
        };

    /// <summary>
    /// Images of one repository. If an index is not among <paramref name="children"/>, its manifest could not be read.
    /// </summary>
    public static RepositoryContents Contents(
        IReadOnlyList<ImageFacts> images,
        IReadOnlyDictionary<Digest, IReadOnlyList<Digest>>? children = null
    ) =>
        new()
        {
            Repository = Repository,
            ReadAt = Now,
            Images = images,
            Children =
                children?.ToDictionary(
                    c => c.Key,
                    c =>
                        (IReadOnlyList<IndexChild>)
                            [.. c.Value.Select(digest => new IndexChild(digest, "linux/amd64", ImageKind.Image))]
                )
                ?? [],
        };

    public static Finding Finding(
        string vulnerability = "CVE-2026-0001",
        Severity severity = Severity.Critical,
        string? package = "openssl"
    ) =>
        new()
        {
            Vulnerability = vulnerability,
            Severity = severity,
            Package = package,
            PackageManager = "OS",
            Occurrences = [new PackageOccurrence("3.0.1", "3.0.2", null, null)],
        };

    /// <summary>A complete basic scan, made an hour ago.</summary>
    public static ScanFacts Scan(params Finding[] findings) =>
        new()
        {
            Scanner = Scanner.Basic,
            State = ScanState.Complete,
            CompletedAt = Now.AddHours(-1),
            Findings = Findings.Merge(findings),
            ReadAt = Now,
        };

    public static ScanFacts Scan(ScanState state, string word = "") =>
        new()
        {
            Scanner = Scanner.Basic,
            State = state,
            Word = word,
            ReadAt = Now,
        };

    public static Waiver Waiver(string id = "W1", string vulnerability = "CVE-2026-0001") =>
        new()
        {
            Id = id,
            Vulnerability = Glob.Parse(vulnerability),
            Reason = "The function is not called.",
            Owner = "pay",
            ApprovedBy = "security",
            Expires = new DateOnly(2026, 12, 31),
        };

    public static Verdict Decide(ImageFacts image, ScanFacts scan, PolicyDocument? policy = null) =>
        Judge.Decide(image, scan, policy ?? Policy, null, Now);

    /// <summary>A verdict with this status, as the judge gives it.</summary>
    public static Verdict Verdict(Status status, ImageFacts? image = null) =>
        Decide(
            image ?? Image(1, "1.0"),
            status switch
            {
                Status.Blocked => Scan(Finding()),
                Status.Error => Scan(ScanState.Failed, "FAILED"),
                Status.Pending => Scan(ScanState.Pending, "IN_PROGRESS"),
                Status.Unscanned => Scan(ScanState.NotScanned),
                Status.Unsupported => Scan(ScanState.Unsupported, "UNSUPPORTED_IMAGE"),
                Status.Stale => Scan() with { CompletedAt = Now.AddDays(-45) },
                Status.Approved => Scan(),
            }
        );

    /// <summary>
    /// The record of an image. Its status has been the same since a given time, by default since an hour ago.
    /// </summary>
    public static ImageRecord Record(
        Status status,
        ImageFacts? image = null,
        Status? was = null,
        DateTimeOffset? since = null
    )
    {
        image ??= Image(1, "1.0");
        return ImageRecord.Of(
            image,
            Verdict(status, image),
            null,
            "01CHANGE",
            since ?? Now.AddHours(-1),
            image.Tags
        ) with
        {
            PreviousStatus = was,
            SettledBefore = was is Status.Pending or Status.Error ? null : was,
        };
    }
}
