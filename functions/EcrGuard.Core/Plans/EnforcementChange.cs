using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>
/// What the ledger holds of an image's quarantine. Without a ledger nothing is known, and nobody has released the
/// image.
/// </summary>
/// <param name="ChangeId">The change of status that the present verdict came with.</param>
/// <param name="ForcedUntil">When the last forced approval ends or ended; null where there was none.</param>
public sealed record KnownQuarantine(Quarantine? Record, string ChangeId, DateTimeOffset? ForcedUntil)
{
    public static KnownQuarantine None { get; } = new(null, "", null);
}

/// <summary>What EcrGuard writes for an image under another policy, and not under the one in force.</summary>
/// <param name="Marked">It gets the tag that says that it is blocked.</param>
/// <param name="Unmarked">It loses that tag.</param>
/// <param name="Archived">It is taken out of reach.</param>
/// <param name="Restored">It is put back.</param>
/// <param name="Stays">Why it is not taken out of reach, although it is blocked and the policy says so; null otherwise.
///     </param>
public sealed record ImageEnforcement(
    ImageFacts Image,
    bool Marked,
    bool Unmarked,
    bool Archived,
    bool Restored,
    string? Stays
)
{
    /// <param name="known">What the ledger holds of it.</param>
    /// <param name="lifecyclePolicy">The repository's, as text; null where there is none.</param>
    public static ImageEnforcement Of(
        VerdictChange change,
        RepositoryContents contents,
        PolicyDocument inForce,
        PolicyDocument tried,
        KnownQuarantine known,
        string? lifecyclePolicy,
        DateTimeOffset now
    )
    {
        var (image, repository) = (change.Image, change.Image.Id.Repository.Name);
        var facts = new QuarantineFacts
        {
            Image = image,
            Status = change.Before.Status,
            Mode = inForce.EnforcementOf(repository),
            ChangeId = known.ChangeId,
            Usage = change.Usage,
            ForcedUntil = known.ForcedUntil,
            NeededBy = QuarantineFacts.Needing(image.Id, contents),
            LifecyclePolicy = lifecyclePolicy,
            Platforms = QuarantineFacts.ChildrenOfNoOther(image, contents),
        };
        // A block that begins with the other policy is another change of status.
        var after = facts with
        {
            Status = change.After.Status,
            Mode = tried.EnforcementOf(repository),
            ChangeId = change.Before.Status == change.After.Status ? known.ChangeId : "",
        };
        var (present, next) = (Writes(facts, known.Record, now), Writes(after, known.Record, now));
        return new ImageEnforcement(
            image,
            next.Tag == TagChange.Add && present.Tag != TagChange.Add,
            next.Tag == TagChange.Remove && present.Tag != TagChange.Remove,
            IsNew(QuarantineChange.Archive),
            IsNew(QuarantineChange.Restore),
            after is { Mode: EnforcementMode.Quarantine, Status: Status.Blocked } && next.Plan.Next is null
                ? next.Plan.Why
                : null
        );

        bool IsNew(QuarantineChange what) => next.Plan.Next?.Change == what && present.Plan.Next?.Change != what;
    }

    /// <summary>The verdict's tag first: an image in the archive can get none.</summary>
    private static (TagChange? Tag, QuarantinePlan Plan) Writes(
        QuarantineFacts facts,
        Quarantine? record,
        DateTimeOffset now
    )
    {
        var blocked = OwnTags.Blocked(facts.Image.Id.Digest);
        var tag = TagPlan
            .For(facts.Image, facts.Status, UseState.Unknown, facts.Mode)
            .Actions.FirstOrDefault(action => action.Tag == blocked)
            ?.Change;
        var marked = tag == TagChange.Add ? facts.Image with { Tags = [.. facts.Image.Tags, blocked] } : facts.Image;
        return (tag, QuarantinePlan.For(facts with { Image = marked }, record, now));
    }
}

/// <summary>What enforcement by another policy does in one repository, and by the one in force does not.</summary>
/// <param name="Images">The images for which it writes something else.</param>
public sealed record RepositoryEnforcement(
    string Repository,
    EnforcementMode Before,
    EnforcementMode After,
    IReadOnlyList<ImageEnforcement> Images
)
{
    /// <returns>Null where nothing changes.</returns>
    public static RepositoryEnforcement? Of(
        string repository,
        PolicyDocument inForce,
        PolicyDocument tried,
        IEnumerable<ImageEnforcement> images
    )
    {
        var (before, after) = (inForce.EnforcementOf(repository), tried.EnforcementOf(repository));
        var changed = images
            .Where(image => image.Marked || image.Unmarked || image.Archived || image.Restored)
            .OrderBy(image => image.Image.Id.Digest)
            .ToList();
        return before == after && changed.Count == 0
            ? null
            : new RepositoryEnforcement(repository, before, after, changed);
    }

    public int Count(Func<ImageEnforcement, bool> what) => Images.Count(what);
}
