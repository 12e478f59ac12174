using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Cli.Judging;

/// <summary>
/// What a scanner said about one image, as printed by <c>aws ecr describe-image-scan-findings</c> (basic and enhanced)
/// or <c>aws inspector2 list-findings</c>. A file does not know what came after it, so every scan ages here, even a
/// continuous one.
/// </summary>
internal sealed record PrintedScan(ImageFacts Image, ScanFacts Scan)
{
    /// <summary>
    /// ECR's status for an image that Inspector monitors. ECR also gives it before the first result
    /// (github.com/aws/aws-cli/issues/6759).
    /// </summary>
    private const string Monitored = "ACTIVE";

    /// <summary>The names of the counts: the severities and their sum.</summary>
    private static readonly string[] CountedWords =
    [
        .. Enum.GetValues<Severity>().OrderDescending().Select(severity => severity.ToString().ToUpperInvariant()),
        Findings.Total,
    ];

    private const string Closed =
        "Inspector closes findings also when it stops monitoring an image, so that this says nothing: ask "
        + "'aws inspector2 list-coverage'.";

    /// <summary>
    /// Used if the file names no digest. No image has this digest, so no waiver for one image matches.
    /// </summary>
    public static readonly Digest NoDigest = Digest.Parse("sha256:" + new string('0', 64));

    /// <param name="asked">Selects one of several images in list-findings, or renames the one image of
    ///     describe-image-scan-findings. Null: use what the file says.</param>
    /// <exception cref="UnusableFileException">The file cannot be read, is neither output or both, or covers several
    ///     images and none is selected.</exception>
    /// <exception cref="UndeterminedException">The file is well formed but does not say enough to judge.</exception>
    public static PrintedScan Read(FileInfo file, ImageReference? asked, DateTimeOffset now) =>
        PrintedValue.Read(
            file,
            ["imageScanFindings", "imageScanStatus", "findings"],
            root =>
            {
                var described = root.Has("imageScanStatus") || root.Has("imageScanFindings");
                if (!described && !root.Has("findings"))
                    throw root.Wrong(
                        "it has neither \"imageScanFindings\" nor \"findings\"; it must be what 'aws ecr "
                            + "describe-image-scan-findings' or 'aws inspector2 list-findings' prints as JSON"
                    );
                if (described && root.Has("findings"))
                    throw root.Wrong(
                        "it has both "
                            + $"\"{(root.Has("imageScanFindings") ? "imageScanFindings" : "imageScanStatus")}\" and "
                            + "\"findings\"; it must be what one of 'aws ecr describe-image-scan-findings' and "
                            + "'aws inspector2 list-findings' prints, or half of it would not be judged"
                    );
                if (root.PageToken() is { } token)
                    throw new UndeterminedException(
                        $"{file} holds one page of several (it has a {token}), which is half an answer: print "
                            + "all pages, without --max-items and --no-paginate."
                    );
                return described ? ReadDescribed(root, asked, now) : ReadListed(root, asked, now);
            }
        );

    /// <summary>What a file and the command line say about the image. Findings may be about other images too.</summary>
    /// <param name="Repository">The repository of the image.</param>
    /// <param name="Named">The repository as findings name it.</param>
    private sealed record Subject(string? Account, string? Region, string Repository, string Named, Digest? Digest)
    {
        public bool IsIn(IReadOnlyCollection<FindingResource> resources) =>
            FindingResource.AreOf(resources, Account, Region, Named, Digest);
    }

    private static Subject SubjectOf(PrintedValue root, ImageReference? asked)
    {
        var imageId = root.Member("imageId");
        var digest = imageId?.Digest("imageDigest");
        if (asked?.Digest is { } other && digest is not null && other != digest)
            throw imageId!.Member("imageDigest")!.MustBe($"{other}, which --image names");
        var (registry, named) = (root.Text("registryId"), root.Text("repositoryName"));
        if (asked?.Account is { } account && registry is not null && registry != account)
            throw root.Member("registryId")!.MustBe($"{account}, the account that --image names");
        var repository =
            asked?.Repository
            ?? named
            ?? throw root.Wrong("it has no repositoryName; name the image with --image REPOSITORY:TAG");
        return new Subject(
            registry ?? asked?.Account,
            asked?.Region,
            repository,
            named ?? repository,
            digest ?? asked?.Digest
        );
    }

    private static PrintedScan ReadDescribed(PrintedValue root, ImageReference? asked, DateTimeOffset now)
    {
        var subject = SubjectOf(root, asked);
        var results = root.Member("imageScanFindings");
        var basic = results?.List("findings", "a list of findings") ?? [];
        var listed = results?.List("enhancedFindings", "a list of findings") ?? [];
        var enhanced = listed.Where(finding => subject.IsIn(ResourcesOf(finding))).ToList();
        var told = TheOneOf(root, enhanced, subject);
        if (listed.Count > 0 && enhanced.Count == 0)
            throw new UndeterminedException(
                $"{root.File} lists findings of other images only, so that it says nothing of {subject.Repository}."
            );
        var status = root.Member("imageScanStatus");
        var (word, description) = (status?.Text("status") ?? "", status?.Text("description"));
        var state = word == Monitored ? ScanState.Complete : ScannerWords.OfBasic(word, description);
        var open = enhanced.Where(IsOpen).ToList();
        var completedAt = results?.Time("imageScanCompletedAt");
        RequireList(root, results, state, word);
        if (enhanced.Count > 0 && open.Count == 0)
            throw new UndeterminedException($"{root.File} lists no open finding of the image. {Closed}");
        if (basic.Count + enhanced.Count == 0 && completedAt is null)
            RequireResult(root, word);
        var isEnhanced = word == Monitored || (results?.Has("enhancedFindings") == true && basic.Count == 0);
        var printed = Of(
            IdOf(subject, told),
            (asked is null ? root.Member("imageId")?.Text("imageTag") : asked.Tag) is { } tag ? [tag] : [],
            isEnhanced ? Scanner.Enhanced : Scanner.Basic,
            state,
            word,
            completedAt ?? LastSeen(open),
            [.. basic.Select(OfBasic), .. open.SelectMany(OfEnhanced)],
            now,
            ScannerWords.MessageOf(state, description)
        );
        var severities = basic.Concat(enhanced).Select(finding => finding.Text("severity"));
        var counted = results?.Member("findingSeverityCounts")?.Counts(CountedWords);
        return printed with { Scan = Settling.CheckPrinted(printed.Scan, [.. severities], counted, now) };
    }

    private static ImageId IdOf(Subject subject, ImageId? told) =>
        new(
            new RepositoryId(
                subject.Account ?? told?.Repository.Account ?? "",
                subject.Region ?? told?.Repository.Region ?? "",
                subject.Repository
            ),
            subject.Digest ?? told?.Digest ?? NoDigest
        );

    /// <summary>Makes sure that a list is there: a missing list is not an empty one.</summary>
    private static void RequireList(PrintedValue root, PrintedValue? results, ScanState state, string word)
    {
        if (state == ScanState.Complete && results?.Has("findings") != true && results?.Has("enhancedFindings") != true)
            throw new UndeterminedException(
                $"{root.File} says that the scan is {word} and holds no list of findings, which is not the "
                    + "same as an empty one."
            );
    }

    private static void RequireResult(PrintedValue root, string word)
    {
        if (word == Monitored)
            throw new UndeterminedException(
                $"{root.File} says that Inspector monitors the image ({word}) and lists no findings; ECR "
                    + "answers so before the first result too, so that this says nothing. Ask 'aws inspector2 "
                    + "list-coverage'."
            );
    }

    /// <summary>
    /// The one image that the findings are on. It fills in what the file does not say about its image. All findings
    /// must agree.
    /// </summary>
    private static ImageId? TheOneOf(PrintedValue root, IEnumerable<PrintedValue> findings, Subject subject)
    {
        List<ImageId> images =
        [
            .. findings
                .SelectMany(ResourcesOf)
                .Select(OfArn)
                .OfType<ImageId>()
                .Where(image => subject.IsIn([new FindingResource(FindingResource.ImageType, image.Arn)]))
                .Distinct(),
        ];
        return images.Count < 2 ? images.FirstOrDefault() : throw OfSeveral(root, "imageScanFindings", images);
    }

    private static ImageId? OfArn(FindingResource resource) =>
        RepositoryId.TryParseArn(resource.Id, out var repository, out var digest) && digest is not null
            ? new ImageId(repository, digest)
            : null;

    private static UnusableFileException OfSeveral(PrintedValue root, string member, List<ImageId> images)
    {
        // Repository and digest can be the same in two accounts or regions.
        var alike = images.Select(image => image.ToString()).Distinct().Count() < images.Count;
        var names = images.Select(image => alike ? $"{image.Repository.Uri}@{image.Digest}" : image.ToString());
        return root.Wrong(
            $"{member} is about {images.Count} images ({Phrase.Clip(string.Join(", ", names), 500)}); select one with "
                + $"--image, {(alike ? "by its full URI" : "by its digest if a tag does not tell them apart")}"
        );
    }

    private static PrintedScan ReadListed(PrintedValue root, ImageReference? asked, DateTimeOffset now)
    {
        var findings = root.List("findings", "a list of findings")
            .Select(finding => (Finding: finding, Images: ImagesOf(finding)))
            .ToList();
        var images = findings
            .SelectMany(f => f.Images)
            .GroupBy(image => image.Id, image => image.Tags)
            .Select(same => (Id: same.Key, Tags: same.SelectMany(tags => tags).Distinct().ToList()))
            .Where(image => asked is null || Names(asked, image.Id, image.Tags))
            .ToList();
        if (
            images.Count == 0
            && asked is { Tag: { } tag, Digest: { } digest }
            && findings
                .SelectMany(f => f.Images)
                .Any(image => image.Id.Digest == digest && image.Id.Repository.Name == asked.Repository)
        )
            throw new UndeterminedException(
                $"{root.File} has the image {asked.Repository}@{digest} without the tag '{tag}'. Name the "
                    + "digest alone, or the tag alone."
            );
        if (images.Count == 0)
            throw new UndeterminedException(
                $"{root.File} lists no finding of {asked?.ToString() ?? "an image"}. Whether Inspector covers "
                    + "the image is not in this output, so that this says nothing: ask 'aws inspector2 "
                    + "list-coverage'."
            );
        if (images.Count > 1)
            throw OfSeveral(root, "findings", [.. images.Select(image => image.Id)]);

        var (id, tags) = images[0];
        var open = findings
            .Where(f => f.Images.Any(image => image.Id == id) && IsOpen(f.Finding))
            .Select(f => f.Finding)
            .ToList();
        if (open.Count == 0)
            throw new UndeterminedException($"{root.File} lists no open finding of {id}. {Closed}");
        var seen = LastSeen(open);
        var printed = Of(id, tags, Scanner.Enhanced, ScanState.Complete, "", seen, open.SelectMany(OfEnhanced), now);
        return printed with
        {
            Scan = Settling.CheckPrinted(printed.Scan, [.. open.Select(SeverityOf)], counted: null, now),
        };
    }

    private static PrintedScan Of(
        ImageId id,
        IReadOnlyList<string> tags,
        Scanner scanner,
        ScanState state,
        string word,
        DateTimeOffset? completedAt,
        IEnumerable<Finding> findings,
        DateTimeOffset now,
        string? told = null
    ) =>
        new(
            new ImageFacts
            {
                Id = id,
                ReadAt = now,
                Tags = tags,
                Kind = ImageKind.Image,
            },
            new ScanFacts
            {
                Scanner = scanner,
                State = state,
                Word = word,
                Message = told,
                CompletedAt = completedAt,
                // The same as for a first verdict: there is no ledger that knows since when a fix has existed.
                Findings = Findings.WithFixDates(Findings.Merge(findings), [], now),
                ReadAt = now,
            }
        );

    /// <summary>The images of a finding; empty if the finding is about an instance, a function or code.</summary>
    private static List<(ImageId Id, IReadOnlyList<string> Tags)> ImagesOf(PrintedValue finding)
    {
        if (ResourcesOf(finding) is not { Count: > 0 } resources)
            throw finding.Wrong($"{finding.Path} has no resources; they must name what the finding is about");
        var images = finding
            .List("resources", "a list of resources")
            .Where((_, at) => resources[at].Type is null or FindingResource.ImageType);
        return
        [
            .. images.Select(resource =>
            {
                if (
                    !RepositoryId.TryParseArn(resource.Text("id"), out var repository, out var digest) || digest is null
                )
                    throw (resource.Member("id") ?? resource).MustBe(
                        "the ARN of an image, 'arn:aws:ecr:REGION:ACCOUNT:repository/NAME/sha256:…'"
                    );
                IReadOnlyList<string> tags =
                [
                    .. resource
                        .Member("details")
                        ?.Member("awsEcrContainerImage")
                        ?.List("imageTags", "a list of tags")
                        .Select(tag => tag.Text())
                        ?? [],
                ];
                return (new ImageId(repository, digest), tags);
            }),
        ];
    }

    private static List<FindingResource> ResourcesOf(PrintedValue finding) =>
        [
            .. finding
                .List("resources", "a list of resources")
                .Select(resource => new FindingResource(resource.Text("type"), resource.Text("id"))),
        ];

    private static bool Names(ImageReference asked, ImageId id, List<string> tags) =>
        asked.Repository == id.Repository.Name
        && (asked.Account is null || (asked.Account == id.Repository.Account && asked.Region == id.Repository.Region))
        && (asked.Digest is null || asked.Digest == id.Digest)
        && (asked.Tag is null || tags.Contains(asked.Tag));

    /// <summary>Every finding that is not closed counts, even if its status is missing or unknown.</summary>
    private static bool IsOpen(PrintedValue finding) => finding.Text("status") != "CLOSED";

    private static DateTimeOffset? LastSeen(IEnumerable<PrintedValue> findings) =>
        findings.SelectMany(f => new[] { f.Time("lastObservedAt"), f.Time("updatedAt") }).Max();

    private static Finding OfBasic(PrintedValue finding)
    {
        var attributes = finding.List("attributes", "a list of attributes");
        return Findings.OfBasic(
            finding.Text("name"),
            SeverityOf(finding),
            finding.Text("uri"),
            key => attributes.FirstOrDefault(a => a.Text("key") == key)?.Text("value")
        );
    }

    /// <exception cref="UndeterminedException">The severity is missing, or no scanner documents it. An unknown severity
    ///     may be one that blocks.</exception>
    private static string SeverityOf(PrintedValue finding) =>
        finding.Text("severity") is { } word && ScannerWords.OfSeverity(word) is not null
            ? word
            : throw new UndeterminedException(
                $"{finding.File}: {finding.Path}.severity is "
                    + $"{(finding.Text("severity") is { } unknown ? $"'{Phrase.Clip(unknown, 40)}'" : "missing")}; it "
                    + "must be CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED or UNDEFINED, or the finding "
                    + "cannot be judged."
            );

    /// <summary>
    /// Reads Inspector's own finding, or ECR's copy of it. The copy has another name for the score and no EPSS.
    /// </summary>
    private static IEnumerable<Finding> OfEnhanced(PrintedValue finding)
    {
        var details = finding.Member("packageVulnerabilityDetails");
        var common = new Finding
        {
            Vulnerability =
                details?.Text("vulnerabilityId") ?? finding.Text("title") ?? finding.Text("findingArn") ?? "",
            Severity = ScannerWords.OfSeverity(SeverityOf(finding))!.Value,
            Fix = ScannerWords.OfFix(finding.Text("fixAvailable")),
            Exploit = ScannerWords.OfExploit(finding.Text("exploitAvailable")),
            Epss = finding.Member("epss")?.Number("score"),
            Score = finding.Number("inspectorScore") ?? finding.Number("score"),
            FirstObservedAt = finding.Time("firstObservedAt"),
            Uri = details?.Text("sourceUrl"),
            Suppressed = finding.Text("status") == "SUPPRESSED",
        };
        return details?.List("vulnerablePackages", "a list of packages") is { Count: > 0 } packages
            ? packages.Select(package =>
                common with
                {
                    Package = package.Text("name"),
                    PackageManager = package.Text("packageManager"),
                    Occurrences =
                    [
                        new PackageOccurrence(
                            ScannerWords.OfVersion(
                                (int?)package.Number("epoch"),
                                package.Text("version"),
                                package.Text("release")
                            ),
                            ScannerWords.OfFixedIn(package.Text("fixedInVersion")),
                            package.Text("filePath"),
                            package.Text("sourceLayerHash")
                        ),
                    ],
                }
            )
            : [common];
    }
}

/// <summary>The input does not say whether the image may be deployed. The message says why, and what to do.</summary>
internal sealed class UndeterminedException(string message) : Exception(message);
