using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>One write to ECR that takes an image out of reach, or puts it back.</summary>
public enum QuarantineChange
{
    Archive,
    Restore,
    Withdraw,
    PutBack,
}

/// <param name="Tag">For tags; null where the image is archived or restored.</param>
/// <param name="Why">A sentence, for the ledger.</param>
public sealed record QuarantineStep(QuarantineChange Change, string? Tag, string Why)
{
    /// <summary>Whether it takes out of reach: nothing that is used, or may be, suffers that.</summary>
    public bool Takes => Change is QuarantineChange.Archive or QuarantineChange.Withdraw;
}

/// <summary>
/// The next step of a quarantine: one at a time, each from facts read immediately before it, so that whatever was interrupted goes on from where it is. Planned again after all were carried out, there are none.
/// </summary>
/// <param name="Next">Null where nothing is to do, or nothing may be done.</param>
/// <param name="Record">What the ledger must hold before the step is made, or instead of one; null where nothing was ever begun.</param>
/// <param name="Why">Why what should be done cannot be, or what is waited for; null where all is well.</param>
/// <param name="RestoredByOthers">EcrGuard had archived the image, and somebody else has restored it.</param>
public sealed record QuarantinePlan(QuarantineStep? Next, Quarantine? Record, string? Why, bool RestoredByOthers = false)
{
    /// <summary>More tags than this would take longer to withdraw than a function may run, and longer still to put back.</summary>
    public const int MaxWithdrawn = 100;

    /// <summary>A step that was begun longer ago than a function can run is not under way any more. Until then what was put back is looked at again.</summary>
    public static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(15);

    public const string Observing = "Enforcement is observe here: EcrGuard writes nothing to ECR, so that what is out of reach stays there until it is mark.";

    /// <summary>Plans the next step of an image. Taking needs the mode quarantine, putting back only mark.</summary>
    /// <param name="by">How the policy takes blocked images of the repository out of reach; null where it takes none.</param>
    /// <param name="record">What the ledger holds.</param>
    public static QuarantinePlan For(QuarantineFacts facts, QuarantineBy? by, Quarantine? record, VerdictTags tags, DateTimeOffset now)
    {
        if (facts.Image.Kind is not (ImageKind.Image or ImageKind.Index))
            return new QuarantinePlan(null, record, null);
        if (facts.Mode == EnforcementMode.Observe)
            return new QuarantinePlan(null, record, record is null or { State: QuarantineState.Ended } ? null : Observing);
        if (facts.Mode != EnforcementMode.Quarantine)
            by = null;
        var wanted = facts.Status == Status.Blocked && record?.IsReleasedFrom(facts.ChangeId) != true ? by : null;
        return (record, wanted) switch
        {
            (null or { State: QuarantineState.Ended }, null) => new QuarantinePlan(null, record, null),
            (null or { State: QuarantineState.Ended }, { } way) => Take(facts, way, record, tags, now),
            ({ By: QuarantineBy.Archive }, _) => Archived(facts, by, wanted, record, tags, now),
            ({ By: QuarantineBy.Withdraw }, _) => Withdrawn(facts, by, wanted, record, tags, now),
        };
    }

    private static QuarantinePlan Archived(QuarantineFacts facts, QuarantineBy? by, QuarantineBy? wanted, Quarantine record, VerdictTags tags, DateTimeOffset now)
    {
        var lifted = WhyLifted(facts, by, record);
        var returning = record with { State = QuarantineState.Returning };
        switch (facts.Image.Storage)
        {
            case StorageStatus.Unknown:
                return new QuarantinePlan(null, record, "ECR does not say whether the image is archived.");
            case StorageStatus.Activating:
                // Nobody can pull it yet; what it is to be is decided when it is there.
                return new QuarantinePlan(null, lifted is null ? record : returning, Restoring);
            case StorageStatus.Archived:
                return lifted is not null ? new QuarantinePlan(new QuarantineStep(QuarantineChange.Restore, null, lifted), returning, null)
                    : wanted is null ? new QuarantinePlan(null, record, Waiting(facts)) : new QuarantinePlan(null, Held(record, facts), null);
        }
        if (lifted is not null)
            return new QuarantinePlan(null, Ended(record, now), null);
        if (wanted is not { } way)
            return new QuarantinePlan(null, record, null);
        // What a function was about to archive when it ended is no restore; neither is what was pushed again after it was gone, under a block of its own.
        var restoredByOthers = record.State == QuarantineState.Held && record.ChangeId == facts.ChangeId;
        return Take(facts, way, record with { State = QuarantineState.Ended }, tags, now) with { RestoredByOthers = restoredByOthers };
    }

    private static QuarantinePlan Withdrawn(QuarantineFacts facts, QuarantineBy? by, QuarantineBy? wanted, Quarantine record, VerdictTags tags, DateTimeOffset now)
    {
        var image = facts.Image;
        if (WhyLifted(facts, by, record) is { } lifted)
            return PutBack(facts, lifted, record with { State = QuarantineState.Returning }, now);
        var begun = record.Tags.Any(tag => !image.Tags.Contains(tag));
        if (wanted is null)
            return new QuarantinePlan(null, record, begun ? Waiting(facts) : null);
        if (tags.TeamTags(image).Count == 0)
            return new QuarantinePlan(null, Held(record, facts), null);
        // A tag that was put on again is withdrawn again. Where that may not be, what is gone stays gone until the image is approved.
        return Take(facts, QuarantineBy.Withdraw, begun ? record : record with { State = QuarantineState.Ended }, tags, now);
    }

    /// <summary>Each tag comes back where it is free; one that another image carries by now stays there.</summary>
    private static QuarantinePlan PutBack(QuarantineFacts facts, string lifted, Quarantine record, DateTimeOffset now)
    {
        var image = facts.Image;
        foreach (var tag in record.Tags.Where(tag => !image.Tags.Contains(tag) && record.Conflicts.All(conflict => conflict.Tag != tag)))
        {
            if (facts.Holders.TryGetValue(tag, out var holder) && holder != image.Id.Digest)
                record = record with { Conflicts = [.. record.Conflicts, new TagConflict(tag, holder)] };
            else
                return CannotTag(image) is { } cannot ? new QuarantinePlan(null, record, cannot)
                    : new QuarantinePlan(new QuarantineStep(QuarantineChange.PutBack, tag, lifted), record, null);
        }
        return new QuarantinePlan(null, Ended(record, now), null);
    }

    private static QuarantinePlan Take(QuarantineFacts facts, QuarantineBy by, Quarantine? record, VerdictTags tags, DateTimeOffset now)
    {
        var image = facts.Image;
        var team = tags.TeamTags(image).Order(StringComparer.Ordinal).ToList();
        // An image without a team's tag is nobody's to deploy by name: its index is taken, or nothing. One that is archived already is out of reach, and whoever archived it may want it back.
        if (team.Count == 0 || image.Storage == StorageStatus.Archived)
            return new QuarantinePlan(null, record, null);
        if (WhyNot(facts, by, team.Count, tags) is { } why)
            return new QuarantinePlan(null, record, why);

        var unused = $"It is blocked, and nothing is known to use it.{(by == QuarantineBy.Withdraw ? " By digest it can still be pulled." : image.Kind == ImageKind.Index ? " The images of its platforms can still be pulled by digest." : "")}";
        var before = record is { By: QuarantineBy.Withdraw, State: not QuarantineState.Ended } ? record.Tags : [];
        return new QuarantinePlan(
            by == QuarantineBy.Archive ? new QuarantineStep(QuarantineChange.Archive, null, unused) : new QuarantineStep(QuarantineChange.Withdraw, team[0], unused),
            new Quarantine
            {
                By = by,
                State = QuarantineState.Taking,
                ChangeId = facts.ChangeId,
                Since = now,
                Tags = by == QuarantineBy.Archive ? [] : [.. before.Union(team).Order(StringComparer.Ordinal)],
            }, null);
    }

    /// <summary>Why an image may not be taken out of reach; null where it may.</summary>
    private static string? WhyNot(QuarantineFacts facts, QuarantineBy by, int teamTags, VerdictTags tags)
    {
        var image = facts.Image;
        if (image.Storage != StorageStatus.Active)
            return image.Storage == StorageStatus.Activating ? Restoring : "ECR does not say whether the image is archived.";
        if (by == QuarantineBy.Archive && facts.NeededBy is { } index)
            return $"The index {index} can be pulled and refers to it, or may.";
        if (by == QuarantineBy.Withdraw && facts.Mutability != TagMutability.Mutable)
            return facts.Mutability == TagMutability.Unknown ? "Whether the repository's tags can move is not known, so that its tags are not withdrawn." : "Not all tags of the repository can move, so that its tags are not withdrawn.";
        if (by == QuarantineBy.Withdraw && teamTags > MaxWithdrawn)
            return $"It carries {teamTags} tags; at most {MaxWithdrawn} are withdrawn.";
        if (WhyNotUndone(facts, by, tags) is { } lost)
            return lost;
        // First the tag, then out of reach: an archived image cannot be marked any more, and the last tag takes the image with it.
        if (!image.Tags.Contains(tags.Blocked(image.Id.Digest)))
            return "It does not carry its blocking tag yet.";
        var first = facts.Usage.Why is [var sentence, ..] ? " " + sentence : "";
        return facts.Usage.Use switch
        {
            Use.NotInUse => null,
            Use.InUse => "It is in use." + first,
            Use.Unknown => "Whether it is in use is not known." + first,
        };
    }

    /// <summary>What is out of reach must still be there when it is to come back: why a lifecycle rule could take it, or what belongs to it, meanwhile; null where none could that could not anyway.</summary>
    private static string? WhyNotUndone(QuarantineFacts facts, QuarantineBy by, VerdictTags tags)
    {
        if (facts.LifecyclePolicy is null)
            return null;
        if (LifecyclePolicy.Read(facts.LifecyclePolicy).Policy is not { } policy)
            return "The repository's lifecycle policy cannot be understood, and could take what is out of reach.";
        var image = facts.Image;
        if (by == QuarantineBy.Withdraw)
        {
            var without = Selection.Of(policy, image.Tags.Where(tags.Claims));
            return Selection.Of(policy, image.Tags).IsNotWorse(without) ? null : $"Without its tags rule {without.Rules[0].Priority} of the repository's lifecycle policy could take it.";
        }
        return facts.Platforms.Select(platform => Selection.Of(policy, platform.Tags)).FirstOrDefault(selection => !selection.Keeps) is { } taking
            ? $"Once it is archived, rule {taking.Rules[0].Priority} of the repository's lifecycle policy could take the images of its platforms." : null;
    }

    /// <summary>
    /// Why what is held comes back; null where it does not. An archived image is not scanned, so that it can be approved only after it came back: there it is enough that nothing blocks it any more.
    /// Tags come back when a gate answers yes.
    /// </summary>
    private static string? WhyLifted(QuarantineFacts facts, QuarantineBy? by, Quarantine record) =>
        by is null ? "Enforcement takes no image of this repository out of reach."
        : record.IsReleasedFrom(facts.ChangeId) ? $"It was released by {record.Release!.By}."
        : facts.Status switch
        {
            Status.Blocked => null,
            Status.Approved => "It is approved.",
            Status.Unscanned or Status.Unsupported or Status.Stale =>
                record.By == QuarantineBy.Archive ? "Nothing blocks it any more; it is scanned again when it is back."
                : facts.Approved ? $"It is {facts.Status.Word()}, and the policy lets it pass." : null,
            Status.Pending or Status.Error => null,
        };

    private static string Waiting(QuarantineFacts facts) => $"It is {facts.Status.Word()}: it comes back when a gate answers yes, or when it is released.";

    private static Quarantine Held(Quarantine record, QuarantineFacts facts) => record with { State = QuarantineState.Held, ChangeId = facts.ChangeId, Conflicts = [], Release = null };

    private static Quarantine Ended(Quarantine record, DateTimeOffset now) => record with { State = now - record.Since > UnderWay ? QuarantineState.Ended : QuarantineState.Returning };

    private static string? CannotTag(ImageFacts image) =>
        image.Storage != StorageStatus.Active ? "The image is archived, or may be, and writing a tag would restore it."
        : image.Tags.Count >= TagPlan.MaxTags ? $"The image carries {image.Tags.Count} tags; ECR allows {TagPlan.MaxTags}."
        : null;

    private const string Restoring = "It is being restored from the archive, which takes up to about 20 minutes.";
}
