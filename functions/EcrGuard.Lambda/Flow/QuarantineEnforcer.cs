using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Takes blocked images that nothing uses out of reach, and puts them back when they are approved or released. Taking
/// is the work of sweeps and orders, by the use that the last sweep has read and by what was deployed since; putting
/// back needs no use, so that whoever decides an image puts it back at once.
/// </summary>
public sealed class QuarantineEnforcer(
    ImageDecider guard,
    EcrReader registry,
    UsageReader usageReader,
    QuarantineWriter writer,
    ImageRecords images,
    QuarantineRecords records,
    ManifestRecords manifests,
    TimedNotices notices,
    TimeProvider time,
    Log log
)
{
    /// <summary>How old what is known of the repository may be when an image is taken out of reach.</summary>
    private static readonly TimeSpan ContentsAge = TimeSpan.FromMinutes(1);

    /// <summary>Nothing runs away: a quarantine has few steps.</summary>
    private const int MaxRounds = 20;

    /// <summary>How often a store is tried that others get in the way of.</summary>
    private const int Attempts = 8;

    /// <summary>
    /// Makes an image's steps until there are none, each planned from facts read immediately before it.
    /// </summary>
    /// <param name="entry">What stands in the ledger; where it no longer does, it is read again.</param>
    /// <param name="takes">False for an event: what is to be taken out of reach is left to the sweep.</param>
    /// <returns>Why something that should be done cannot be, or what is waited for; null where all is well.</returns>
    public Task<string?> HoldAsync(LedgerEntry entry, bool takes, CancellationToken cancellation) =>
        HoldAsync(entry, new Surroundings { OnlyBack = !takes }, cancellation);

    /// <summary>Does the same for every image of a repository that concerns it.</summary>
    /// <param name="use">As the sweep has read it: what is in use by it, or may be, is not looked at again.</param>
    /// <param name="candidates">The images that are blocked, or that EcrGuard has taken out of reach.</param>
    /// <returns>A sentence for each image that should be out of reach or back and is not.</returns>
    public async Task<IReadOnlyList<string>> SweepAsync(
        RepositoryContents contents,
        UsageReading? use,
        IReadOnlyList<Digest> candidates,
        CancellationToken cancellation
    )
    {
        if (candidates.Count == 0)
            return [];
        var undone = new List<string>();
        var usages = UsagesOf(use, contents);
        var surroundings = new Surroundings { Contents = contents, Use = use };
        foreach (var chunk in candidates.Chunk(LedgerTable.ReadBatch))
        {
            var entries = await images.FindAsync(contents.Repository, chunk, cancellation).ConfigureAwait(false);
            foreach (
                var entry in entries
                    .Values.Where(entry => guard.MayQuarantine(entry.Record, entry.Quarantine))
                    .OrderBy(entry => entry.Record.Verdict.Image.Digest)
            )
            {
                var digest = entry.Record.Verdict.Image.Digest;
                if (
                    entry.Quarantine is null or { State: QuarantineState.Ended }
                    && usages.GetValueOrDefault(digest)?.Use is not UseState.NotInUse
                )
                    continue;
                try
                {
                    if (await HoldAsync(entry, surroundings, cancellation).ConfigureAwait(false) is { } why)
                        undone.Add($"{digest}: {why}");
                    else if (
                        entry.Quarantine is { State: QuarantineState.Held }
                        && usages.GetValueOrDefault(digest) is { Now: UseState.InUse } usage
                        && await images.FindAsync(entry.Record.Verdict.Image, cancellation).ConfigureAwait(false)
                            is { Quarantine.State: QuarantineState.Held }
                    )
                        undone.Add(
                            $"{digest} is out of reach and in use: what starts anew cannot pull it. "
                                + $"{string.Join(' ', usage.Why.Take(1))} A fixed image or 'ecrguard release' helps."
                        );
                }
                catch (Exception failure) when (!cancellation.IsCancellationRequested)
                {
                    log.Error(
                        "The quarantine of an image failed; the next sweep tries again.",
                        failure,
                        ("image", entry.Record.Verdict.Image.ToString())
                    );
                    undone.Add($"{digest}: its quarantine failed; the log says why.");
                }
            }
        }
        return undone;
    }

    /// <summary>
    /// Puts an image back although it is blocked, or not yet approved, and leaves it in reach as long as this status
    /// stands.
    /// </summary>
    /// <param name="by">Who asks, as Lambda tells it.</param>
    /// <returns>Whether it is released, and why it is not, or what is still to come.</returns>
    public async Task<(bool Released, string? Left)> ReleaseAsync(
        ImageId image,
        string by,
        string reason,
        CancellationToken cancellation
    )
    {
        if (guard.ModeOf(image.Repository) == EnforcementMode.Observe)
            return (false, QuarantinePlan.Observing);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is not { Record.Gone: false } entry)
                return (false, "The ledger knows no such image.");
            var record = entry.Record;
            if (record.Verdict.Status != Status.Blocked && entry.Quarantine is null or { State: QuarantineState.Ended })
                return (
                    false,
                    $"It is not blocked but {record.Verdict.Status.Word()}, and EcrGuard holds it no longer."
                );
            var now = time.GetUtcNow();
            var none = new Quarantine
            {
                State = QuarantineState.Ended,
                ChangeId = record.ChangeId,
                Since = now,
            };
            var released = (entry.Quarantine is { State: not QuarantineState.Ended } current ? current : none) with
            {
                ChangeId = record.ChangeId,
                Release = new Release(by, now, reason),
            };
            // Told before it is done: whoever reads the ledger later must have been able to hear of it.
            await TellAsync(QuarantineNotice.OfRelease(record, released), cancellation).ConfigureAwait(false);
            if (!await records.StoreAsync(entry, released, cancellation).ConfigureAwait(false))
                continue;
            log.Info("An image was released.", ("image", image.ToString()), ("by", by), ("reason", reason));
            var left = await HoldAsync(
                    entry with
                    {
                        Quarantine = released,
                        QuarantineRevision = entry.QuarantineRevision + 1,
                    },
                    new Surroundings { OnlyBack = true },
                    cancellation
                )
                .ConfigureAwait(false);
            var wasHeld = entry.Quarantine is { State: not QuarantineState.Ended };
            return (
                true,
                left ?? (wasHeld ? null : "EcrGuard had not taken it out of reach: nothing had to be put back.")
            );
        }
        throw new InvalidOperationException($"The release of {image} could not be stored: others kept storing.");
    }

    private async Task<string?> HoldAsync(LedgerEntry entry, Surroundings surroundings, CancellationToken cancellation)
    {
        var image = entry.Record.Verdict.Image;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (
                !guard.MayQuarantine(entry.Record, entry.Quarantine)
                || await PlanAsync(entry, surroundings, cancellation).ConfigureAwait(false) is not { } planned
            )
                return null;
            var plan = planned.Plan;
            if (plan.RestoredByOthers)
                await TellAsync(
                        QuarantineNotice.OfRestore(planned.Image, entry.Record, entry.Quarantine!, plan),
                        cancellation
                    )
                    .ConfigureAwait(false);
            if (plan.Next is null && Equals(plan.Record, entry.Quarantine))
            {
                if (plan.Why is { } why)
                    log.Info("An image is not where its verdict wants it.", ("image", image.ToString()), ("why", why));
                return plan.Why;
            }
            if (plan.Next is null)
                await records.StoreAsync(entry, plan.Record!, cancellation).ConfigureAwait(false);
            else if (
                await writer
                    .MakeAsync(entry, plan, () => PlanAsync(entry, surroundings, cancellation), cancellation)
                    .ConfigureAwait(false) is
                { } refusal
            )
            {
                log.Warning(
                    "ECR refused to take an image out of reach, or to put it back.",
                    ("image", image.ToString()),
                    ("why", refusal)
                );
                return refusal;
            }
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            entry = now;
        }
        throw new InvalidOperationException(
            $"The quarantine of {image} could not be carried out: its facts kept changing."
        );
    }

    /// <summary>
    /// What costs most is read only where all else says that the image is to be taken; the image itself is read last.
    /// </summary>
    /// <returns>Null where the image is gone.</returns>
    private async Task<PlannedQuarantine?> PlanAsync(
        LedgerEntry entry,
        Surroundings surroundings,
        CancellationToken cancellation
    )
    {
        var id = entry.Record.Verdict.Image;
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } image)
            return null;
        var facts = new QuarantineFacts
        {
            Image = image,
            Status = entry.Record.Verdict.Status,
            Mode = guard.ModeOf(id.Repository),
            ChangeId = entry.Record.ChangeId,
            ForcedUntil = entry.Record.Forced?.Until,
            Usage = InUse.WhileNew(image, time.GetUtcNow()) ?? ImageUsage.None,
        };
        var plan = Plan();
        if (plan.Next is { Change: QuarantineChange.Archive } && surroundings.OnlyBack)
            return new PlannedQuarantine(plan.LeftToSweep(entry.Quarantine), image);
        if (plan.Next is { Change: QuarantineChange.Archive })
        {
            if (!await SurroundAsync(id.Repository, surroundings, cancellation).ConfigureAwait(false))
                return null;
            if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            var contents = surroundings.Contents! with
            {
                Images = [.. surroundings.Contents!.Images.Where(other => other.Id.Digest != id.Digest), now],
            };
            facts = facts with
            {
                Image = now,
                Usage = UsagesOf(surroundings.Joined, contents)[id.Digest],
                NeededBy = QuarantineFacts.Needing(id, contents),
                LifecyclePolicy = await registry
                    .LifecyclePolicyAsync(id.Repository, cancellation)
                    .ConfigureAwait(false),
                Platforms = QuarantineFacts.HeldBy(now, contents),
            };
            plan = Plan();
        }
        return new PlannedQuarantine(plan, facts.Image);

        QuarantinePlan Plan() => QuarantinePlan.For(facts, entry.Quarantine, time.GetUtcNow());
    }

    /// <summary>What decides about an image from outside of it.</summary>
    private sealed class Surroundings
    {
        /// <summary>Whether nothing is taken out of reach.</summary>
        public bool OnlyBack { get; init; }

        public RepositoryContents? Contents { get; set; }

        /// <summary>As a sweep has read it.</summary>
        public UsageReading? Use { get; set; }

        /// <summary>The same with what was deployed since.</summary>
        public UsageReading? Joined { get; set; }
    }

    /// <summary>
    /// Read for each plan, so that it is read again between the intent and the write: something may have been deployed
    /// meanwhile.
    /// </summary>
    /// <returns>False where the repository is gone.</returns>
    private async Task<bool> SurroundAsync(
        RepositoryId repository,
        Surroundings surroundings,
        CancellationToken cancellation
    )
    {
        if (surroundings.Contents is null || time.GetUtcNow() - surroundings.Contents.ReadAt > ContentsAge)
            surroundings.Contents = await registry
                .ContentsAsync(repository, manifests, cancellation)
                .ConfigureAwait(false);
        surroundings.Use ??= await usageReader.LatestAsync(cancellation).ConfigureAwait(false);
        if (surroundings.Contents is null)
            return false;
        surroundings.Joined = await usageReader
            .OfAsync(surroundings.Contents, surroundings.Use, cancellation)
            .ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// A reading counts as long as it says anything at all: what was deployed since is recorded where AWS tells of it,
    /// an image that was pushed or restored since is new, and what is archived can be restored. Of other accounts and
    /// regions AWS tells nothing here, so that a reading of them grows old as fast as for any removal.
    /// </summary>
    private IReadOnlyDictionary<Digest, ImageUsage> UsagesOf(UsageReading? use, RepositoryContents contents)
    {
        var consumers = guard.Policy.Consumers;
        var told = consumers is { Roles: null or { Count: 0 }, Regions: null or { Count: 0 } };
        return InUse.Of(use, contents, consumers, time.GetUtcNow(), told ? InUse.MaxAge : InUse.AbsenceAge);
    }

    private Task TellAsync(QuarantineNotice notice, CancellationToken cancellation) =>
        notices.PublishOnceAsync(
            notice.Record.Verdict.Image.Repository,
            notice.Id,
            () => Task.FromResult(QuarantineAlert.For(notice)),
            cancellation
        );
}
