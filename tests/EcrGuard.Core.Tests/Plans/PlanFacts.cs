using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>
/// Repositories to plan for: images that were pushed a day apart, the oldest first. All of them are old and unused
/// unless a test says otherwise.
/// </summary>
internal static class PlanFacts
{
    /// <summary>Keeps the two newest of all images.</summary>
    public const string KeepsTwo =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}""";

    /// <summary>Archives images that nobody has pulled for ninety days.</summary>
    public const string ArchivesUnused =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":90},"action":{"type":"transition","targetStorageClass":"archive"}}]}""";

    /// <summary>Deletes untagged images after a week.</summary>
    public const string ExpiresUntagged =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}}]}""";

    public static readonly PolicyDocument Document = Facts.Policy with
    {
        Ceilings = new Ceilings(Images: 500, Percent: 100, KeepPerRepository: 1),
    };

    public static ImageFacts Old(int number, params string[] tags) =>
        Facts.Image(number, tags) with
        {
            PushedAt = Facts.Now.AddDays(-400 + number),
            SizeInBytes = 100,
        };

    public static ImageFacts Index(int number, params string[] tags) =>
        Old(number, tags) with
        {
            Kind = ImageKind.Index,
        };

    public static IReadOnlyList<ImageFacts> Six =>
        [.. Enumerable.Range(1, 6).Select(number => Old(number, $"{number}.0"))];

    public static RepositoryView View(
        IReadOnlyList<ImageFacts> images,
        IReadOnlyDictionary<Digest, IReadOnlyList<Digest>>? children = null,
        string? present = null,
        params (int Number, UseState Use)[] uses
    )
    {
        var known = uses.ToDictionary(use => Facts.Digest(use.Number), use => use.Use);
        return new RepositoryView(
            Facts.Contents(images, children),
            images.ToDictionary(
                image => image.Id.Digest,
                image =>
                    known.GetValueOrDefault(image.Id.Digest, UseState.NotInUse) switch
                    {
                        UseState.NotInUse => ImageUsage.None,
                        UseState.Unknown => ImageUsage.Unknown,
                        UseState.InUse => new ImageUsage(
                            UseState.InUse,
                            ["The ECS service pay refers to it by the tag 1.0."],
                            [new Consumer(ConsumerKind.EcsService, "pay")]
                        ),
                    }
            ),
            present
        );
    }

    public static PlannedRepository Planned(
        RepositoryView view,
        string? wanted,
        bool exact = false,
        PolicyDocument? policy = null
    ) =>
        new Planner(policy ?? Document, exact).Plan(
            view,
            wanted is null ? null : new WantedPolicy(wanted, "The baseline wants it."),
            [],
            Facts.Now
        );

    public static Plan Plan(params PlannedRepository[] repositories) =>
        new()
        {
            CreatedAt = Facts.Now,
            Account = "123456789012",
            Region = "eu-central-1",
            PolicyVersion = new string('a', 64),
            Repositories = repositories,
        };

    /// <summary>The images that the plan deletes or archives, by number.</summary>
    public static IEnumerable<int> Going(PlannedRepository repository) =>
        repository
            .Items.OfType<Removal>()
            .SelectMany(removal => removal.Images)
            .Select(image => Convert.ToInt32(image.Digest.Hex, 16));
}
