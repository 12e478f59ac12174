using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>One write to ECR that takes an image out of reach or puts it back.</summary>
public enum QuarantineChange
{
    Archive,
    Restore,
}

/// <param name="Why">A sentence, for the ledger.</param>
public sealed record QuarantineStep(QuarantineChange Change, string Why);

/// <summary>
/// The next step of a quarantine. There is one step at a time, each planned from facts read immediately before, so that
/// an interrupted quarantine goes on from where it is. A plan that is made after the last step is empty.
/// </summary>
/// <param name="Next">Null where there is nothing to do, or nothing may be done.</param>
/// <param name="Record">What the ledger must hold before the step, or instead of a step; null where nothing was ever
///     begun.</param>
/// <param name="Why">Why something cannot be done that should be, or what it waits for; null where all is well.</param>
/// <param name="RestoredByOthers">EcrGuard had archived the image, and somebody else has restored it.</param>
public sealed record QuarantinePlan(
    QuarantineStep? Next,
    Quarantine? Record,
    string? Why,
    bool RestoredByOthers = false
)
{
    /// <summary>
    /// A step that was begun longer ago than a function can run is over. Until then EcrGuard looks again at what was
    /// put back.
    /// </summary>
    public static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(15);

    /// <summary>The plan where nobody knows what runs: nothing is taken, and the ledger stays as it is.</summary>
    /// <param name="record">What the ledger holds.</param>
    public QuarantinePlan LeftToSweep(Quarantine? record) =>
        this with
        {
            Next = null,
            Record = record,
            Why = "The next sweep takes it out of reach, unless something uses it.",
        };

    public const string Observing =
        "Enforcement is 'observe' here: EcrGuard may not restore images. Deploy with Enforcement=mark.";

    /// <summary>Plans the next step of an image. Taking needs the mode quarantine, putting back only mark.</summary>
    /// <param name="record">What the ledger holds.</param>
    public static QuarantinePlan For(QuarantineFacts facts, Quarantine? record, DateTimeOffset now)
    {
        if (facts.Image.Kind is not (ImageKind.Image or ImageKind.Index))
            return new QuarantinePlan(null, record, null);
        if (facts.Mode == EnforcementMode.Observe)
            return new QuarantinePlan(
                null,
                record,
                record is null or { State: QuarantineState.Ended } ? null : Observing
            );
        var wanted =
            facts.Mode == EnforcementMode.Quarantine
            && facts.Status == Status.Blocked
            && record?.IsReleasedFrom(facts.ChangeId) != true;
        return record is { State: not QuarantineState.Ended } ? Begun(facts, wanted, record, now)
            : wanted ? Take(facts, record, now)
            : new QuarantinePlan(null, record, null);
    }

    private static QuarantinePlan Begun(QuarantineFacts facts, bool wanted, Quarantine record, DateTimeOffset now)
    {
        var lifted = WhyLifted(facts, record);
        var returning = record with { State = QuarantineState.Returning };
        switch (facts.Image.Storage)
        {
            case StorageStatus.Unknown:
                return new QuarantinePlan(null, record, StorageUnknown);
            case StorageStatus.Activating:
                // Nobody can pull it yet. What happens to it is decided once it is there.
                return new QuarantinePlan(null, lifted is null ? record : returning, Restoring);
            case StorageStatus.Archived:
                return lifted is not null
                        ? new QuarantinePlan(new QuarantineStep(QuarantineChange.Restore, lifted), returning, null)
                    : wanted ? new QuarantinePlan(null, Held(record, facts), null)
                    : new QuarantinePlan(null, record, Waiting(facts));
        }
        if (lifted is not null)
            return new QuarantinePlan(null, Ended(record, now), null);
        if (!wanted)
            return new QuarantinePlan(null, record, null);
        // Others did not restore it if our function ended before it archived the image, or if the image was deleted and
        // pushed again, under a block of its own.
        var restoredByOthers = record.State == QuarantineState.Held && record.ChangeId == facts.ChangeId;
        return Take(facts, record with { State = QuarantineState.Ended }, now) with
        {
            RestoredByOthers = restoredByOthers,
        };
    }

    private static QuarantinePlan Take(QuarantineFacts facts, Quarantine? record, DateTimeOffset now)
    {
        var image = facts.Image;
        // Nobody deploys an image without a team's tag by name: its index is taken, or nothing. An archived image is
        // out of reach already, and whoever archived it may want it back.
        if (OwnTags.TeamTags(image).Count == 0 || image.Storage == StorageStatus.Archived)
            return new QuarantinePlan(null, record, null);
        if (WhyNot(facts, now) is { } why)
            return new QuarantinePlan(null, record, why);

        var platforms =
            image.Kind == ImageKind.Index ? " The images of its platforms can still be pulled by digest." : "";
        return new QuarantinePlan(
            new QuarantineStep(QuarantineChange.Archive, $"It is blocked, and nothing is known to use it.{platforms}"),
            new Quarantine
            {
                State = QuarantineState.Taking,
                ChangeId = facts.ChangeId,
                Since = now,
            },
            null
        );
    }

    /// <summary>Why an image may not be taken out of reach; null where it may.</summary>
    private static string? WhyNot(QuarantineFacts facts, DateTimeOffset now)
    {
        var image = facts.Image;
        if (image.Storage != StorageStatus.Active)
            return image.Storage == StorageStatus.Activating ? Restoring : StorageUnknown;
        if (facts.NeededBy is { } index)
            return $"The index {index} can be pulled and refers to it, or may.";
        if (WhyNotUndone(facts) is { } lost)
            return lost;
        // The tag comes first: an archived image cannot be marked any more.
        if (!image.Tags.Contains(OwnTags.Blocked(image.Id.Digest)))
            return "It does not carry its blocking tag yet.";
        return facts.Usage.Use switch
        {
            UseState.NotInUse => facts.WhyNotKnown(now),
            UseState.InUse => facts.Usage.Explain("It is in use."),
            UseState.Unknown => facts.Usage.Explain("Whether it is in use is not known."),
        };
    }

    /// <summary>
    /// An image in quarantine must still be there when it is to come back. Why a lifecycle rule could take what belongs
    /// to it meanwhile; null where none could.
    /// </summary>
    private static string? WhyNotUndone(QuarantineFacts facts)
    {
        if (facts.LifecyclePolicy is null)
            return null;
        if (LifecyclePolicy.Read(facts.LifecyclePolicy).Policy is not { } policy)
            return "The repository's lifecycle policy cannot be understood, and could take what is out of reach.";
        var archived = Selection.Of(policy, facts.Image.Tags, StorageClass.Archive);
        if (!archived.Keeps)
            return $"Once it is archived, rule {archived.Rules[0].Priority} of the repository's lifecycle policy could "
                + "take it.";
        return
            facts
                .Platforms.Select(platform => Selection.Of(policy, platform.Tags))
                .FirstOrDefault(selection => !selection.Keeps)
                is { } taking
            ? $"Once it is archived, rule {taking.Rules[0].Priority} of the repository's lifecycle policy could "
                + "take the images of its platforms."
            : null;
    }

    /// <summary>
    /// Why an image comes back; null where it does not. An archived image is not scanned, so it can be approved only
    /// after it came back: it is enough that nothing blocks it.
    /// </summary>
    private static string? WhyLifted(QuarantineFacts facts, Quarantine record) =>
        facts.Mode != EnforcementMode.Quarantine ? "Enforcement takes no image of this repository out of reach."
        : record.IsReleasedFrom(facts.ChangeId) ? $"It was released by {record.Release!.By}."
        : facts.Status switch
        {
            Status.Blocked or Status.Pending or Status.Error => null,
            Status.Approved => "It is approved.",
            Status.Unscanned or Status.Unsupported or Status.Stale =>
                "Nothing blocks it any more; it is scanned again when it is back.",
        };

    private static string Waiting(QuarantineFacts facts) =>
        $"It is {facts.Status.Word()}: it comes back when nothing blocks it any more, or when it is released.";

    private static Quarantine Held(Quarantine record, QuarantineFacts facts) =>
        record with
        {
            State = QuarantineState.Held,
            ChangeId = facts.ChangeId,
            Release = null,
        };

    private static Quarantine Ended(Quarantine record, DateTimeOffset now) =>
        record with
        {
            State = now - record.Since > UnderWay ? QuarantineState.Ended : QuarantineState.Returning,
        };

    private const string StorageUnknown = "ECR does not say whether the image is archived.";

    private const string Restoring = "It is being restored from the archive, which takes up to about 20 minutes.";
}
