using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>
/// What to do to the repositories of one registry. A plan is made by reading and reviewed by people. It is carried out
/// exactly, or, where the facts have changed, not at all.
/// </summary>
public sealed record Plan
{
    /// <summary>
    /// The largest plan that is read: Lambda takes 6 MB in a synchronous call
    /// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    /// </summary>
    public const int MaxBytes = 5_000_000;

    /// <summary>What people approve today, they might not approve weeks later.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(7);

    /// <summary>
    /// The SHA-256 of all the rest, 64 lower-case hexadecimal characters, computed on each use: a changed or damaged
    /// plan has another id than it says.
    /// </summary>
    public string Id => PlanWriter.IdOf(this);

    /// <summary>When everything had been read.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Twelve digits.</summary>
    public required string Account { get; init; }

    public required string Region { get; init; }

    /// <summary>The version of the policy document that the plan follows.</summary>
    public required string PolicyVersion { get; init; }

    /// <summary>A sentence for everything that could not be read. Images that it may use count as in use.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Every repository that was read, by name.</summary>
    public IReadOnlyList<PlannedRepository> Repositories { get; init; } = [];

    /// <summary>How many of a policy's images a plan's file names, and how many of a repository's in use.</summary>
    public const int MaxToday = 10,
        MaxUsed = 3;

    /// <summary>How many of both it names in all, so that the plan of a large registry can be handed over.</summary>
    private const int MaxNamed = 1_000;

    /// <summary>How many tags it names of each.</summary>
    private const int MaxTags = 5;

    /// <summary>
    /// The plan as it is written to a file: of the images that only its reviewers need, it names the first ones.
    /// </summary>
    internal Plan Bounded()
    {
        var left = MaxNamed;
        return this with
        {
            Repositories =
            [
                .. Repositories.Select(repository =>
                    repository with
                    {
                        Items =
                        [
                            .. repository.Items.Select(item =>
                                item is PutPolicy put
                                    ? put with
                                    {
                                        Today =
                                        [
                                            .. First(put.Today, MaxToday)
                                                .Select(image => image with { Tags = [.. image.Tags.Take(MaxTags)] }),
                                        ],
                                    }
                                    : item
                            ),
                        ],
                        Used =
                        [
                            .. First(repository.Used, MaxUsed)
                                .Select(image => image with { Tags = [.. image.Tags.Take(MaxTags)] }),
                        ],
                    }
                ),
            ],
        };

        IReadOnlyList<T> First<T>(IReadOnlyList<T> images, int most)
        {
            IReadOnlyList<T> first = [.. images.Take(Math.Min(most, left))];
            left -= first.Count;
            return first;
        }
    }

    /// <summary>The sentence of <see cref="Unread"/> about a consumer.</summary>
    public static string Sentence(UnreadConsumer consumer) =>
        Phrase.Clip($"{Begin(consumer)}{consumer.Why}", PlanReader.MaxSentence - 1);

    /// <summary>
    /// Whether the consumer could not be read when the plan was made either, so that its reviewers knew. If it could be
    /// read then, and not now, the plan waits.
    /// </summary>
    public bool Knows(UnreadConsumer consumer) =>
        Unread.Any(sentence => sentence.StartsWith(Begin(consumer), StringComparison.Ordinal));

    private static string Begin(UnreadConsumer consumer) =>
        $"{consumer.What} of the account {consumer.Account} could not be read: ";
}

/// <summary>One repository of a plan.</summary>
public sealed record PlannedRepository
{
    public required string Name { get; init; }

    /// <summary>All manifests that it has: images, indexes and their children, signatures, archived ones.</summary>
    public required int Images { get; init; }

    /// <summary>Those of them that are in use.</summary>
    public required int InUse { get; init; }

    /// <summary>
    /// How many images that stand for themselves are left after the plan (<see cref="Removed.Keeps"/>).
    /// </summary>
    public required int Keeps { get; init; }

    public IReadOnlyList<PlanItem> Items { get; init; } = [];

    /// <summary>Sentences about what is not done and why, and about what to look at.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>
    /// Those in use, each with the first reason, for the people who review the plan. A plan that was read from a file
    /// has the first <see cref="Plan.MaxUsed"/>.
    /// </summary>
    public IReadOnlyList<UsedImage> Used { get; init; } = [];

    /// <summary>What the items take from the repository.</summary>
    public Removed Removed => new(Name, Images, Items.Sum(item => item.Takes), Keeps);
}

/// <summary>An image that stays because it is in use.</summary>
/// <param name="Why">The strongest reason, a sentence.</param>
public sealed record UsedImage(Digest Digest, IReadOnlyList<string> Tags, string Why);

/// <summary>One thing to do to a repository.</summary>
public abstract record PlanItem
{
    private protected PlanItem() { }

    /// <summary>How many images it deletes or archives.</summary>
    public abstract int Takes { get; }

    /// <summary>The word in a plan's JSON: <c>put-policy</c>, <c>delete</c> or <c>archive</c>.</summary>
    public abstract string Word { get; }
}

/// <summary>
/// A lifecycle policy to put on the repository. Its effect is a prediction: from then on ECR decides.
/// </summary>
public sealed record PutPolicy : PlanItem
{
    /// <summary>In the form that PutLifecyclePolicy takes.</summary>
    public required string Policy { get; init; }

    /// <summary>
    /// The SHA-256 of the present policy's text, 64 lower-case hexadecimal characters; null where there is none.
    /// </summary>
    public required string? Replaces { get; init; }

    /// <summary>How many images it would delete today.</summary>
    public required int Expires { get; init; }

    /// <summary>How many images it would archive today.</summary>
    public required int Archives { get; init; }

    /// <summary>
    /// The bytes of the images that it would delete, as ECR counts each image: shared layers are counted with each.
    /// </summary>
    public required long FreedBytes { get; init; }

    public required string Why { get; init; }

    /// <summary>
    /// The images that it would delete or archive today, each with the reason, for the people who review the plan. A
    /// plan that was read from a file has the first <see cref="Plan.MaxToday"/>. The policy takes what it selects when
    /// it is put.
    /// </summary>
    public IReadOnlyList<PlannedImage> Today { get; init; } = [];

    public override int Takes => Expires + Archives;

    public override string Word => PlanWriter.PutPolicyKind;
}

public enum RemovalKind
{
    Delete,

    /// <summary>To the archive storage class: the image cannot be pulled until somebody restores it.</summary>
    Archive,
}

/// <summary>Images to delete or to archive, by digest: these and no others.</summary>
/// <param name="Images">The oldest first.</param>
public sealed record Removal(RemovalKind Kind, IReadOnlyList<PlannedImage> Images) : PlanItem
{
    public override int Takes => Images.Count;

    public override string Word => Kind.Word();
}

/// <summary>An image that goes, as it was when the plan was made. Nobody used it.</summary>
/// <param name="Bytes">Null where ECR does not say.</param>
/// <param name="PushedAt">Null where ECR does not say.</param>
public sealed record PlannedImage(
    Digest Digest,
    IReadOnlyList<string> Tags,
    long? Bytes,
    DateTimeOffset? PushedAt,
    string Why
)
{
    public static PlannedImage Of(ImageFacts image, string why) =>
        new(image.Id.Digest, [.. image.Tags.Order(StringComparer.Ordinal)], image.SizeInBytes, image.PushedAt, why);
}

/// <summary>Everything that a plan for a repository rests on, read at one moment.</summary>
/// <param name="LifecyclePolicy">The present policy as text; null where there is none.</param>
public sealed record RepositoryView(
    RepositoryContents Contents,
    IReadOnlyDictionary<Digest, ImageUsage> Usages,
    string? LifecyclePolicy
)
{
    /// <summary>
    /// Images that EcrGuard keeps in quarantine. Only the ledger knows them; empty where there is none.
    /// </summary>
    public IReadOnlySet<Digest> Quarantined { get; init; } = new HashSet<Digest>();

    /// <summary>What EcrGuard has written to the repository, as the ledger knew it at the first reading.</summary>
    public SettingHistory SettingHistory { get; init; } = SettingHistory.None;

    /// <summary>The ledger's revision of that.</summary>
    public long SettingsRevision { get; init; }

    public ImageUsage UsageOf(Digest digest) => ImageUsage.Of(Usages, digest);
}
