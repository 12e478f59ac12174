using System.Globalization;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Reports;

/// <summary>What the daily sweep found in one repository, and what it could not do there.</summary>
public sealed record RepositorySweep
{
    /// <summary>More are counted, not listed: an item of the ledger holds 400 KB.</summary>
    public const int MaxListed = 20;

    /// <summary>When the sweep began.</summary>
    public required DateTimeOffset SweptAt { get; init; }

    public required int Images { get; init; }
    public required int InUse { get; init; }

    /// <summary>Images whose use is not known.</summary>
    public required int UseUnknown { get; init; }

    /// <summary>
    /// How many images in use the repository's own lifecycle policy would take, and a sentence for each of the first
    /// <see cref="MaxListed"/>.
    /// </summary>
    public required int AtRiskCount { get; init; }
    public required IReadOnlyList<string> AtRisk { get; init; }

    /// <summary>
    /// How many images carry only EcrGuard's tags: nothing uses them, and their team has given them up. A plan may
    /// delete them.
    /// </summary>
    public required int AbandonedCount { get; init; }
    public required IReadOnlyList<Digest> Abandoned { get; init; }

    /// <summary>
    /// What its own lifecycle policy does that may not be meant, a sentence or two each, at most <see
    /// cref="MaxListed"/>.
    /// </summary>
    public IReadOnlyList<string> Lint { get; init; } = [];

    /// <summary>How many signatures, SBOMs and other artifacts belong to images that are gone.</summary>
    public int LeftOverCount { get; init; }
    public IReadOnlyList<Digest> LeftOver { get; init; } = [];

    /// <summary>The value of the resource tag that names the team; null where it has none or it was not read.</summary>
    public string? Team { get; init; }

    /// <summary>Images in the archive, and their bytes as ECR lists them.</summary>
    public int Archived { get; init; }
    public long ArchivedBytes { get; init; }

    /// <summary>Images that are gone since the sweep before.</summary>
    public int Gone { get; init; }

    /// <summary>Those of them that the lifecycle policy took.</summary>
    public int Expired { get; init; }

    /// <summary>
    /// What could not be done, a sentence each, at most <see cref="MaxListed"/>; empty where all is well.
    /// </summary>
    public IReadOnlyList<string> Undone { get; init; } = [];

    /// <summary>How many such sentences there were; 0 where all are listed.</summary>
    public int UndoneCount { get; init; }

    /// <summary>How many are counted and not listed.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int UndoneUnlisted => Math.Max(0, UndoneCount - Undone.Count);

    /// <summary>As <see cref="Lint"/> has them.</summary>
    public static IReadOnlyList<string> Sentences(IReadOnlyList<LintFinding> lint) =>
        [
            .. lint.Take(MaxListed)
                .Select(finding =>
                    Phrase.Clip(
                        (
                            finding.RulePriority is { } rule
                                ? string.Create(CultureInfo.InvariantCulture, $"Rule {rule}: ")
                                : ""
                        ) + $"{finding.Message} {finding.Suggestion}",
                        1000
                    )
                ),
        ];

    /// <summary>The state of a repository as it was read.</summary>
    /// <param name="quarantined">Images in quarantine: nobody has given those up.</param>
    /// <param name="own">What the repository's policy would do to the images as they are; null where there is
    ///     none.</param>
    public static RepositorySweep Of(
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        IReadOnlySet<Digest> quarantined,
        PolicyEffect? own,
        DateTimeOffset sweptAt
    )
    {
        var atRisk = own?.AtRisk.Where(image => image.Usage.Use == UseState.InUse).ToList() ?? [];
        var abandoned = contents
            .Images.Where(image =>
                image is { TakesShield: true, Tags.Count: > 0 }
                && OwnTags.TeamTags(image).Count == 0
                && UseOf(image) == UseState.NotInUse
                && !quarantined.Contains(image.Id.Digest)
            )
            .Select(image => image.Id.Digest)
            .Order()
            .ToList();
        var leftOver = contents.LeftOver();
        var images = contents.Images.Where(image => image.Kind != ImageKind.Artifact).ToList();
        return new RepositorySweep
        {
            SweptAt = sweptAt,
            Images = images.Count,
            InUse = images.Count(image => UseOf(image) == UseState.InUse),
            UseUnknown = images.Count(image => UseOf(image) == UseState.Unknown),
            Archived = images.Count(image => image.Storage == StorageStatus.Archived),
            ArchivedBytes = images
                .Where(image => image.Storage == StorageStatus.Archived)
                .Sum(image => image.SizeInBytes ?? 0),
            AtRiskCount = atRisk.Count,
            AtRisk =
            [
                .. atRisk
                    .Take(MaxListed)
                    .Select(image => Phrase.Clip($"{Name(image.Image)}: {image.Usage.Why[0]} {image.Reason}", 1000)),
            ],
            AbandonedCount = abandoned.Count,
            Abandoned = [.. abandoned.Take(MaxListed)],
            LeftOverCount = leftOver.Count,
            LeftOver = [.. leftOver.Take(MaxListed).Select(artifact => artifact.Id.Digest)],
        };

        string Name(ImageFacts image) =>
            SummaryText.Name(contents.Repository.Name, image.Id.Digest, OwnTags.TeamTags(image));

        UseState UseOf(ImageFacts image) => ImageUsage.Of(usages, image.Id.Digest).Use;
    }
}

/// <summary>A repository and what the last sweep found in it.</summary>
public sealed record SweptRepository(string Repository, RepositorySweep Sweep);
