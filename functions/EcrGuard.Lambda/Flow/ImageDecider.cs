using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow;

/// <summary>What became of one image.</summary>
/// <param name="Entry">As it stands in the ledger now.</param>
/// <param name="Facts">What its tags were when they were read.</param>
/// <param name="Indexes">The indexes that hold the image and must be decided again.</param>
/// <param name="Children">The children of an index that had to be judged with it.</param>
public sealed record Judged(
    LedgerEntry Entry,
    ImageFacts Facts,
    IReadOnlyList<ImageId> Indexes,
    IReadOnlyList<Judged> Children
)
{
    /// <summary>
    /// When EcrGuard looks at the image again by itself, where that is still to be put down; null for never.
    /// </summary>
    public DateTimeOffset? LookAt { get; init; }

    public ImageId Image => Entry.Record.Verdict.Image;
}

/// <summary>
/// The one path of an image: facts, decision, ledger, then tags. Every function that decides takes it.
/// </summary>
public sealed class ImageDecider(
    EcrReader registry,
    EvidenceReader evidences,
    ImageRecords images,
    WriteRecords writes,
    ManifestRecords manifests,
    FindingsStore findings,
    TagWriter tagWriter,
    TagRemover tagRemover,
    RepositoryWriter repositoryWriter,
    PolicyDocument policy,
    Settings settings,
    TimeProvider time
)
{
    /// <summary>How often a store is tried that others get in the way of, before the queue has it back.</summary>
    private const int Attempts = 8;

    /// <summary>How many children of an index are asked for at a time.</summary>
    private const int Parallel = 4;

    public PolicyDocument Policy => policy;

    /// <summary>How far EcrGuard may go in a repository: the policy's mode under the deployment's ceiling.</summary>
    public EnforcementMode ModeOf(RepositoryId repository) =>
        (EnforcementMode)Math.Min((int)settings.CeilingOf(repository), (int)policy.EnforcementOf(repository.Name));

    /// <summary>Whether something may be to do to take an image out of reach, or to put it back.</summary>
    public bool MayQuarantine(ImageRecord record, Quarantine? quarantine) =>
        MayPutBack(record, quarantine)
        || (
            record is { Gone: false, Verdict.Status: Status.Blocked }
            && ModeOf(record.Verdict.Image.Repository) == EnforcementMode.Quarantine
        );

    /// <summary>Whether something may be to do to put an image back.</summary>
    public static bool MayPutBack(ImageRecord record, Quarantine? quarantine) =>
        !record.Gone && quarantine is { State: not QuarantineState.Ended };

    /// <summary>
    /// Reads the facts of an image, decides and records. What was judged is to be marked: its tags may have to wait for
    /// their turn, which neither the answer to a gate nor an alert may.
    /// </summary>
    /// <param name="news">The events that lead to this decision, oldest first; none where no event does.</param>
    /// <param name="alerting">False while existing images are judged for the first time.</param>
    /// <param name="before">What the ledger holds; null for nothing.</param>
    /// <returns>Null where the image is gone, or is none to judge.</returns>
    public async Task<Judged?> JudgeAsync(
        ImageId id,
        IReadOnlyList<ImageEvent> news,
        bool alerting,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        var readAt = time.GetUtcNow();
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is { } image)
            return await JudgeAsync(image, news, alerting, before, cancellation).ConfigureAwait(false);
        await images.MarkGoneAsync(id, readAt, because: null, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc cref="JudgeAsync(ImageId, IReadOnlyList{ImageEvent}, bool, LedgerEntry?, CancellationToken)"/>
    public Task<Judged?> JudgeAsync(
        ImageFacts image,
        IReadOnlyList<ImageEvent> news,
        bool alerting,
        LedgerEntry? before,
        CancellationToken cancellation
    ) => JudgeAsync(image, news, alerting, before, within: null, cancellation);

    /// <param name="within">The index with which it is judged.</param>
    private async Task<Judged?> JudgeAsync(
        ImageFacts image,
        IReadOnlyList<ImageEvent> news,
        bool alerting,
        LedgerEntry? before,
        Digest? within,
        CancellationToken cancellation
    )
    {
        switch (image.Kind)
        {
            case ImageKind.Artifact:
                if (before is { Record.Gone: false })
                    await ForgetAsync(image, cancellation).ConfigureAwait(false);
                return null;
            case ImageKind.Unknown:
                return await RecordAsync(
                        image,
                        before,
                        alerting,
                        within,
                        [],
                        _ => Task.FromResult(new Decision(Judge.NotAnImage(image, policy), [], null, [])),
                        cancellation
                    )
                    .ConfigureAwait(false);
            case ImageKind.Index:
                var children = await ChildrenAsync(image, before, cancellation).ConfigureAwait(false);
                var judgedWith = new List<Judged>();
                var judged = await RecordAsync(
                        image,
                        before,
                        alerting,
                        within,
                        [],
                        async entry =>
                            children is null ? new Decision(UnreadableIndex(image, entry), [], null, [])
                            : children.Count > Judge.MaxChildren
                                ? new Decision(Judge.TooWide(image, children.Count, policy), [], null, [])
                            : await DecideIndexAsync(image, children, alerting, judgedWith, cancellation)
                                .ConfigureAwait(false),
                        cancellation
                    )
                    .ConfigureAwait(false);
                return judged! with { Children = judgedWith };
        }

        var heard = news.LastOrDefault(each => each.Scanner != Scanner.Unknown)?.Scanner ?? Scanner.Unknown;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var askedAt = time.GetUtcNow();
            var (read, kept) = await evidences
                .ScanAsync(image, heard, before, policy.Version, cancellation)
                .ConfigureAwait(false);
            if (read is null)
            {
                await images.MarkGoneAsync(image.Id, askedAt, because: null, cancellation).ConfigureAwait(false);
                return null;
            }
            var scan = await StartedAsync(image.Id, read, cancellation).ConfigureAwait(false);
            var (facts, known) = (image, before);
            // Another entry, which somebody has stored meanwhile, has other findings.
            Task<Decision> DecideOnAsync(LedgerEntry? entry) =>
                DecideAsync(facts, scan, entry, news, ReferenceEquals(entry, known) ? kept : null, cancellation);
            if (
                await RecordAsync(image, before, alerting, within, news, DecideOnAsync, cancellation)
                    .ConfigureAwait(false) is
                { } judged
            )
                return judged;
            // Somebody stored newer facts without this news, which may be the only one: it is decided from facts of
            // now.
            before = await images.FindAsync(image.Id, cancellation).ConfigureAwait(false);
            if (await registry.ImageAsync(image.Id, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            image = now;
        }
        throw new InvalidOperationException(
            $"The news of {image.Id} could not be stored: others kept storing without it."
        );
    }

    /// <summary>
    /// What the scanner says once the basic scan is started that nothing else will start: not every image comes by a
    /// push that is scanned. ECR starts one an image a day at most, and knows none where this is asked for.
    /// </summary>
    private async Task<ScanFacts> StartedAsync(ImageId image, ScanFacts scan, CancellationToken cancellation) =>
        scan is { State: ScanState.NotScanned, Scanner: Scanner.Basic }
        && ModeOf(image.Repository) >= EnforcementMode.Mark
        && await registry.ScanTypeAsync(cancellation).ConfigureAwait(false) == Scanner.Basic
        && await repositoryWriter.StartScanAsync(image, cancellation).ConfigureAwait(false) is null
            ? scan with
            {
                State = ScanState.Pending,
                Word = "",
            }
            : scan;

    /// <summary>Records an image that was just pushed and that no scanner has seen yet.</summary>
    /// <param name="scan">What is expected of the scanner.</param>
    public async Task<Judged?> AwaitAsync(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? before,
        CancellationToken cancellation
    ) =>
        await RecordAsync(
                image,
                before,
                alerting: true,
                within: null,
                [],
                entry => DecideAsync(image, scan, entry, [], null, cancellation),
                cancellation
            )
            .ConfigureAwait(false);

    /// <summary>
    /// Puts the verdict that stands, and whether the image is in use, on its tags, which may have changed since.
    /// </summary>
    /// <param name="shield">Whether the image is to be shielded: unknown leaves the shielding tag as it is.</param>
    /// <param name="use">Whether it is in use; unknown to whoever does not know what runs.</param>
    /// <param name="until">How long a turn to write is waited for; what had none by then could not be marked.</param>
    /// <returns>The entry as it stands now.</returns>
    public async Task<LedgerEntry> MarkAsync(
        ImageFacts image,
        LedgerEntry entry,
        UseState shield,
        UseState use,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        foreach (var write in entry.OpenWrites)
            await writes
                .OutcomeAsync(
                    image.Id,
                    write,
                    "not known: the function ended before it was; the tags were read and planned again",
                    cancellation,
                    guess: true
                )
                .ConfigureAwait(false);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var mode = ModeOf(image.Id.Repository);
            var written = await tagWriter
                .ApplyAsync(image, entry, shield, use, mode, until, cancellation)
                .ConfigureAwait(false);
            // Writing takes its turn, and another verdict may be stored by then, by somebody who saw none of these
            // tags.
            var now = written.Wrote
                ? await images.FindAsync(image.Id, cancellation).ConfigureAwait(false) ?? entry
                : entry;
            if (now.Revision == entry.Revision)
            {
                if (written.CouldNot != entry.Record.CouldNotMark)
                    await images.NoteCouldNotMarkAsync(image.Id, written.CouldNot, cancellation).ConfigureAwait(false);
                return entry with { Record = entry.Record with { CouldNotMark = written.CouldNot } };
            }
            entry = now;
            image = await registry.ImageAsync(image.Id, cancellation).ConfigureAwait(false) ?? image;
        }
        throw new InvalidOperationException($"The tags of {image.Id} could not be written: its verdict kept changing.");
    }

    /// <summary>
    /// Puts on the tags of an artifact that stands for itself, or of an image that was just deployed, whether it is in
    /// use: the shield goes by no verdict.
    /// </summary>
    /// <returns>Why that could not be; null where it was, or nothing was to do.</returns>
    public async Task<string?> ShieldAsync(
        ImageFacts artifact,
        UseState shield,
        UseState use,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? named = null
    )
    {
        var mode = ModeOf(artifact.Id.Repository);
        return (
            await tagWriter.ShieldAsync(artifact, shield, use, named, mode, cancellation).ConfigureAwait(false)
        ).CouldNot;
    }

    /// <summary>
    /// Ends the record of what was taken for an image before its manifest said what it is: it is judged, counted and
    /// missed by nobody.
    /// </summary>
    public Task ForgetAsync(ImageFacts artifact, CancellationToken cancellation) =>
        images.MarkGoneAsync(artifact.Id, time.GetUtcNow(), "it is no image: it belongs to one", cancellation);

    /// <summary>
    /// Ends the marking of a batch: until then the tags that came off are on a manifest of EcrGuard's own.
    /// </summary>
    /// <param name="repository">Whose images are done; null for those of all.</param>
    /// <returns>A sentence for each manifest that stays.</returns>
    public Task<IReadOnlyList<string>> EndMarkingAsync(RepositoryId? repository, CancellationToken cancellation) =>
        tagRemover.EndAsync(repository, cancellation);

    /// <summary>
    /// Begins the marking of a sweep, which knows all images: tags may be moved where the lifecycle policy counts what
    /// they are moved to.
    /// </summary>
    public void BeginSweep(RepositoryContents contents) => tagRemover.BeginSweep(contents);

    /// <summary>Ends it, and the marking of the batch with it, however the sweep ended.</summary>
    public Task<IReadOnlyList<string>> EndSweepAsync(RepositoryId repository, CancellationToken cancellation)
    {
        tagRemover.EndSweep(repository);
        return EndMarkingAsync(repository, cancellation);
    }

    /// <summary>
    /// Deletes a manifest that an earlier batch has left behind, under observe too: it is EcrGuard's own and no image,
    /// and ECR counts it as one.
    /// </summary>
    /// <returns>Why it stays; null where it is gone.</returns>
    public Task<string?> ClearAsync(ImageFacts manifest, CancellationToken cancellation) =>
        tagRemover.DeleteAsync(manifest.Id, cancellation);

    /// <summary>Tells that an image may have gone by a write that nobody ended.</summary>
    public Task WarnOfRemovalAsync(UnfinishedWrite write, string what, CancellationToken cancellation) =>
        tagRemover.WarnAsync(write.Image!, write.Tag!, what, write.Id, cancellation);

    /// <summary>What the ledger holds of an image; null for nothing.</summary>
    public Task<LedgerEntry?> KnownAsync(ImageId image, CancellationToken cancellation) =>
        images.FindAsync(image, cancellation);

    /// <summary>
    /// The verdict of an image, from the ledger where it still holds and from fresh facts where not. Writes nothing.
    /// </summary>
    /// <param name="known">What the ledger holds of it, for whoever has asked already.</param>
    public async Task<ApprovalAnswer> AskAsync(
        string asked,
        ImageFacts image,
        CancellationToken cancellation,
        Task<LedgerEntry?>? known = null
    )
    {
        var now = time.GetUtcNow();
        var entry =
            image.Kind == ImageKind.Artifact
                ? null
                : await (known ?? KnownAsync(image.Id, cancellation)).ConfigureAwait(false);
        // What is forced is laid over what stands now, never read from what was stored: whoever shortened it must not
        // wait for a decision.
        if (
            entry?.Record.WithoutBreakGlass() is { } stands
            && ApprovalAnswer.Answers(stands, policy.Version, now)
            && Describes(stands, image)
            && await StandsByChildrenAsync(stands, cancellation).ConfigureAwait(false)
        )
            return Answer(stands.Verdict, stands.Grace, stands.ReasonCount, stands.DecidedAt);

        Verdict verdict;
        try
        {
            verdict = await FreshAsync(image, entry, Judge.MaxIndexLevels, cancellation).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (!cancellation.IsCancellationRequested)
        {
            verdict = Judge.Unreadable(
                image.Id,
                ErrorText.ForCallers(unreadable),
                policy,
                now,
                entry?.Record.Verdict.WithoutBreakGlass()
            );
        }
        return Answer(verdict, Grace.Of(verdict, entry?.Record.Grace, policy, now), verdict.Reasons.Count, now);

        ApprovalAnswer Answer(Verdict decided, Grace? grace, int reasonCount, DateTimeOffset decidedAt)
        {
            var forced = policy.Counting(entry?.Record.Forced);
            var over = ForcedApproval.Over(decided, forced, now);
            return ApprovalAnswer
                .Of(
                    asked,
                    over,
                    reasonCount + over.Reasons.Count - decided.Reasons.Count,
                    decidedAt,
                    over.Status == Status.Blocked ? grace?.Reason(now) : null,
                    ForcedApproval.StandsBy(decided, forced, now)
                )
                .Waiting(decided, image.CameAt, entry?.Record, now);
        }
    }

    /// <summary>
    /// Whether no child of an approved index was refused since: its verdict is stored before the index is decided
    /// again, and the function may die in between.
    /// </summary>
    private async Task<bool> StandsByChildrenAsync(ImageRecord record, CancellationToken cancellation)
    {
        var children = record.Verdict.Approved ? record.Children : [];
        for (var level = 0; children.Count > 0 && level < Judge.MaxIndexLevels; level++)
        {
            var judged = children.Where(child => child.Kind != ImageKind.Artifact).Select(child => child.Digest);
            var known = await images
                .FindAsync(record.Verdict.Image.Repository, judged, cancellation)
                .ConfigureAwait(false);
            if (known.Values.Any(child => !child.Record.WithoutBreakGlass().Verdict.Approved))
                return false;
            children = [.. known.Values.SelectMany(child => child.Record.Children)];
        }
        return true;
    }

    /// <summary>
    /// Whether a record is about the image as it is now: rules may speak of tags, and an archived image is not what was
    /// judged.
    /// </summary>
    private bool Describes(ImageRecord record, ImageFacts image) =>
        record.Verdict.Status == Status.Blocked
        || (
            image.Storage == StorageStatus.Active
            && (
                !RulesSpeakOfTags
                || (
                    record.Tags.Count < ImageRecord.MaxReasons
                    && record.Tags.ToHashSet().SetEquals(OwnTags.TeamTags(image))
                )
            )
        );

    private bool RulesSpeakOfTags => policy.Rules.Any(rule => rule.Tags is not null);

    /// <param name="levels">How many indexes may lie above one another from here on.</param>
    private async Task<Verdict> FreshAsync(
        ImageFacts image,
        LedgerEntry? entry,
        int levels,
        CancellationToken cancellation
    )
    {
        if (image.Kind is ImageKind.Artifact or ImageKind.Unknown)
            return Judge.NotAnImage(image, policy);
        if (image.Kind == ImageKind.Image)
        {
            var (scan, kept) = await evidences
                .ScanAsync(image, Scanner.Unknown, entry, policy.Version, cancellation)
                .ConfigureAwait(false);
            return scan is null
                ? Judge.Unreadable(image.Id, "the image was deleted while it was read", policy, time.GetUtcNow())
                : (await DecideAsync(image, scan, entry, [], kept, cancellation).ConfigureAwait(false)).Verdict;
        }

        if (levels == 0)
            return Judge.TooDeep(image, policy);
        if (await ChildrenAsync(image, entry, cancellation).ConfigureAwait(false) is not { } children)
            return UnreadableIndex(image, entry);
        if (children.Count > Judge.MaxChildren)
            return Judge.TooWide(image, children.Count, policy);
        var readAt = time.GetUtcNow();
        var known = await images
            .FindAsync(image.Id.Repository, children.Select(c => c.Digest), cancellation)
            .ConfigureAwait(false);
        var verdicts = new (IndexChild, Verdict?)[children.Count];
        await System
            .Threading.Tasks.Parallel.ForAsync(
                0,
                children.Count,
                new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation },
                async (at, token) =>
                {
                    var child = children[at];
                    var its = known.GetValueOrDefault(child.Digest);
                    verdicts[at] =
                        child.Kind == ImageKind.Artifact ? (child, null)
                        : its is not null
                        && !RulesSpeakOfTags
                        && ApprovalAnswer.Answers(its.Record, policy.Version, readAt)
                            ? (child, its.Record.Verdict.WithoutBreakGlass())
                        : await FreshChildAsync(image, child, children, its, levels - 1, token).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        return Judge.DecideIndex(image with { ReadAt = readAt }, verdicts, policy);
    }

    /// <summary>
    /// The verdict of a child from fresh facts, under the tags of its index: whoever pulls the tag gets the child, and
    /// rules that speak of tags mean it too.
    /// </summary>
    private async Task<(IndexChild, Verdict?)> FreshChildAsync(
        ImageFacts index,
        IndexChild child,
        IReadOnlyList<IndexChild> children,
        LedgerEntry? entry,
        int levels,
        CancellationToken cancellation
    )
    {
        var id = index.Id with { Digest = child.Digest };
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } facts)
            return (child, MissingChild(id, entry));
        child = child.ShownBy(facts, children);
        return (
            child,
            child.Kind == ImageKind.Artifact
                ? null
                : await FreshAsync(facts with { Tags = [.. facts.Tags.Union(index.Tags)] }, entry, levels, cancellation)
                    .ConfigureAwait(false)
        );
    }

    private Verdict MissingChild(ImageId child, LedgerEntry? entry) =>
        Judge.MissingChild(child, policy, time.GetUtcNow(), entry?.Record.Verdict.WithoutBreakGlass());

    private Verdict UnreadableIndex(ImageFacts index, LedgerEntry? entry) =>
        Judge.UnreadableIndex(index.Id, policy, time.GetUtcNow(), entry?.Record.Verdict.WithoutBreakGlass());

    /// <summary>
    /// What was decided, the findings to keep for the next decision and what was said beside them, and the children of
    /// an index.
    /// </summary>
    private sealed record Decision(
        Verdict Verdict,
        IReadOnlyList<Finding>? Findings,
        ScanFacts? Scan,
        IReadOnlyList<IndexChild> Children
    )
    {
        /// <summary>What is awaited of the scanner; null for an index.</summary>
        public Settling? Settling { get; init; }
    }

    private async Task<Decision> DecideAsync(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? entry,
        IReadOnlyList<ImageEvent> news,
        IReadOnlyList<Finding>? read,
        CancellationToken cancellation
    )
    {
        var evidence = await evidences.OfAsync(image, scan, entry, news, read, cancellation).ConfigureAwait(false);
        var kept = Judge.Keep(evidence.Scan, evidence.Before);
        return new Decision(
            Judge.Decide(evidence, policy, time.GetUtcNow()),
            kept,
            Judge.Remember(evidence.Scan, kept),
            []
        )
        {
            Settling = evidence.Settling,
        };
    }

    /// <summary>
    /// Decides an index from its children's records; an image that the ledger does not know is judged first. An index
    /// in it is looked at afresh and has its record from its own push or the sweep, so that nothing is recorded of what
    /// lies too deep.
    /// </summary>
    private async Task<Decision> DecideIndexAsync(
        ImageFacts index,
        IReadOnlyList<IndexChild> children,
        bool alerting,
        List<Judged> judgedWith,
        CancellationToken cancellation
    )
    {
        // The edges first: a child that is decided while this reads will then find its index.
        var judgeable = children.Where(c => c.Kind != ImageKind.Artifact).Select(c => c.Digest).ToList();
        await manifests.StoreEdgesAsync(index.Id, judgeable, cancellation).ConfigureAwait(false);
        var readAt = time.GetUtcNow();
        const int levels = Judge.MaxIndexLevels - 1;
        var known = await images.FindAsync(index.Id.Repository, judgeable, cancellation).ConfigureAwait(false);
        var verdicts = new List<(IndexChild Child, Verdict? Verdict)>();
        foreach (var child in children)
        {
            var id = index.Id with { Digest = child.Digest };
            var entry = known.GetValueOrDefault(child.Digest);
            if (child.Kind == ImageKind.Artifact)
                verdicts.Add((child, null));
            else if (RulesSpeakOfTags)
                verdicts.Add(
                    await FreshChildAsync(index, child, children, entry, levels, cancellation).ConfigureAwait(false)
                );
            else if (entry is not null && ApprovalAnswer.Answers(entry.Record, policy.Version, readAt))
                verdicts.Add((child, entry.Record.Verdict.WithoutBreakGlass()));
            else if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } facts)
            {
                await images.MarkGoneAsync(id, readAt, because: null, cancellation).ConfigureAwait(false);
                verdicts.Add((child, MissingChild(id, entry)));
            }
            else if (child.ShownBy(facts, children) is { Kind: ImageKind.Artifact } artifact)
            {
                verdicts.Add((artifact, null));
            }
            else if (
                facts.Kind != ImageKind.Index
                && await JudgeAsync(facts, [], alerting, entry, index.Id.Digest, cancellation).ConfigureAwait(false)
                    is { } judged
            )
            {
                judgedWith.Add(judged);
                verdicts.Add((child, judged.Entry.Record.Verdict.WithoutBreakGlass()));
            }
            else
            {
                // An index, or an artifact after all.
                verdicts.Add((child, await FreshAsync(facts, entry, levels, cancellation).ConfigureAwait(false)));
            }
        }
        return new Decision(
            Judge.DecideIndex(index with { ReadAt = readAt }, verdicts, policy),
            [],
            null,
            [.. verdicts.Select(each => each.Child)]
        );
    }

    /// <summary>
    /// The children of an index, which never change, since its digest covers them: what the ledger knows is true. Null
    /// where the manifest cannot be read.
    /// </summary>
    private async Task<IReadOnlyList<IndexChild>?> ChildrenAsync(
        ImageFacts index,
        LedgerEntry? entry,
        CancellationToken cancellation
    )
    {
        if (entry?.Record.Children is { Count: > 0 } known)
            return known;
        if (index.Children is { } read)
            return read;
        try
        {
            return (await registry.ManifestAsync(index.Id, cancellation).ConfigureAwait(false))?.Children();
        }
        catch (System.Text.Json.JsonException)
        {
            // It will not be another one at the next try.
            return null;
        }
    }

    /// <returns>Null where newer facts are stored that do not include the news.</returns>
    private async Task<Judged?> RecordAsync(
        ImageFacts image,
        LedgerEntry? before,
        bool alerting,
        Digest? within,
        IReadOnlyList<ImageEvent> news,
        Func<LedgerEntry?, Task<Decision>> decide,
        CancellationToken cancellation
    )
    {
        // Children of an index are untagged, almost always: what follows for their indexes must not be forgotten.
        var untagged = OwnTags.TeamTags(image).Count == 0;
        var indexes = untagged ? await IndexesAsync(image.Id, cancellation).ConfigureAwait(false) : [];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var decision = await decide(before).ConfigureAwait(false);
            var verdict = ForcedApproval.Over(
                decision.Verdict,
                policy.Counting(before?.Record.Forced),
                time.GetUtcNow()
            );
            var mode = ModeOf(image.Id.Repository);
            var plan = TagPlan.For(image, verdict.Status, UseState.Unknown, mode, before?.NamedTags);
            var record = ImageRecord.Of(
                image,
                verdict,
                before?.Record,
                images.NewChangeId(),
                time.GetUtcNow(),
                OwnTags.TeamTags(image)
            ) with
            {
                FindingsHash = decision.Findings switch
                {
                    // Lost: the hash still says that there were some.
                    null => before?.Record.FindingsHash,
                    [] => null,
                    var keep => await findings
                        .KeepAsync(image.Id, keep, before?.Record.FindingsHash, cancellation)
                        .ConfigureAwait(false),
                },
                Scan = decision.Scan,
                Settling = decision.Settling,
                Children = decision.Children is [] ? before?.Record.Children ?? [] : decision.Children,
                CouldNotMark = plan.CouldNot,
                Forced = before?.Record.Forced,
                Grace = Grace.Of(decision.Verdict, before?.Record.Grace, policy, time.GetUtcNow()),
            };
            var changed = before?.Record.ChangeId != record.ChangeId;
            var alert = changed && alerting ? Alert.For(record) : null;
            if (alert is not null && indexes.Count > 0 && await IsSpokenForAsync().ConfigureAwait(false))
                alert = null;
            // From a changed status something may follow for an index, also of an image that has a tag of its own.
            var put = before is { Open: false } ? before.Record.Settling?.LookAt : null;
            var look = record.Settling?.LookAt is { } at && at != put ? at : (DateTimeOffset?)null;
            var open =
                look is not null
                || changed
                || before?.Open == true
                || before?.OpenWrites.Count > 0
                || plan.Actions.Count > 0
                || untagged
                || MayPutBack(record, before?.Quarantine);
            switch (await images.StoreAsync(record, before, alert, open, cancellation).ConfigureAwait(false))
            {
                case Stored.Yes:
                    var entry = new LedgerEntry(
                        record,
                        (before?.Revision ?? 0) + 1,
                        verdict.FactsAt,
                        changed ? alert?.Id : before?.OpenAlert,
                        before?.OpenWrites ?? [],
                        before?.IntendedTags ?? [],
                        open
                    )
                    {
                        Quarantine = before?.Quarantine,
                        QuarantineRevision = before?.QuarantineRevision ?? 0,
                        Named = before?.Named ?? [],
                    };
                    return await FollowAsync(entry).ConfigureAwait(false) with { LookAt = look };
                case Stored.Superseded:
                    var newer =
                        await images.FindAsync(image.Id, cancellation).ConfigureAwait(false)
                        ?? throw new InvalidOperationException(
                            $"The ledger refused {image.Id} for a newer entry and holds none."
                        );
                    if (
                        news.Any(heard =>
                            heard.TellsOfFindings
                            && !(newer.Record.Settling ?? Settling.Nothing).Knows(heard, time.GetUtcNow())
                        )
                    )
                        return null;
                    return await FollowAsync(newer).ConfigureAwait(false);
                case Stored.Contended:
                    before = await images.FindAsync(image.Id, cancellation).ConfigureAwait(false);
                    break;
            }
        }
        throw new InvalidOperationException($"The verdict of {image.Id} could not be stored: others kept storing it.");

        // The child of an index has no name that anybody knows it by: the alert is the index's, which names the
        // platform. The one that is being decided need not be in the ledger yet.
        async Task<bool> IsSpokenForAsync()
        {
            var known = (
                await manifests.IndexRecordsOfAsync(image.Id, cancellation).ConfigureAwait(false)
            ).ToDictionary(index => index.Verdict.Image.Digest);
            if (within is not null && !known.ContainsKey(within))
                return true;
            foreach (var (digest, index) in known)
            {
                var now = index with { Gone = index.Gone && digest != within, Forced = policy.Counting(index.Forced) };
                // The event of its deletion may be on its way, or lost: what is gone tells nothing.
                if (
                    now.SpeaksForItsChildren(time.GetUtcNow())
                    && (
                        digest == within
                        || await registry
                            .ImageAsync(image.Id with { Digest = digest }, cancellation)
                            .ConfigureAwait(false)
                            is not null
                    )
                )
                    return true;
            }
            return false;
        }

        // Read after the store: an index that was pushed meanwhile has either stored its edges by now, or reads this
        // verdict.
        async Task<Judged> FollowAsync(LedgerEntry entry) =>
            new(entry, image, await IndexesAsync(image.Id, cancellation).ConfigureAwait(false), []);
    }

    private async Task<IReadOnlyList<ImageId>> IndexesAsync(ImageId child, CancellationToken cancellation) =>
        [
            .. (await manifests.IndexesOfAsync(child, cancellation).ConfigureAwait(false)).Select(digest =>
                child with
                {
                    Digest = digest,
                }
            ),
        ];
}
