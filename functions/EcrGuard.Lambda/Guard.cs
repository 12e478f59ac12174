using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda;

/// <summary>What became of one image.</summary>
/// <param name="Entry">As it stands in the ledger now.</param>
/// <param name="Indexes">The indexes that hold the image and must be decided again.</param>
public sealed record Judged(LedgerEntry Entry, IReadOnlyList<ImageId> Indexes);

/// <summary>The one path of an image: facts, decision, ledger, tags. Every function that decides takes it.</summary>
public sealed class Guard(Registry registry, Scans scans, Ledger ledger, FindingsStore findings, TagWriter tagWriter, PolicyDocument policy, Settings settings, TimeProvider time)
{
    /// <summary>How often a store is tried that others get in the way of, before the queue has it back.</summary>
    private const int Attempts = 8;

    /// <summary>How many children of an index are asked for at a time.</summary>
    private const int Parallel = 4;

    /// <summary>An index of indexes of indexes is no image that anybody runs.</summary>
    private const int MaxDepth = 3;

    public PolicyDocument Policy => policy;

    /// <summary>How far EcrGuard may go in a repository: the policy's mode under the deployment's ceiling.</summary>
    public EnforcementMode ModeOf(RepositoryId repository) => (EnforcementMode)Math.Min((int)settings.Enforcement, (int)policy.EnforcementOf(repository.Name));

    /// <summary>Reads the facts of an image, decides, records and marks it.</summary>
    /// <param name="heard">The scanner that an event came from.</param>
    /// <param name="alerting">False while existing images are judged for the first time.</param>
    /// <returns>Null where the image is gone, or is none to judge.</returns>
    public async Task<Judged?> JudgeAsync(ImageId id, Scanner heard, bool alerting, LedgerEntry? before, CancellationToken cancellation)
    {
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is { } image)
            return await JudgeAsync(image, heard, alerting, before, cancellation).ConfigureAwait(false);
        await ledger.MarkGoneAsync(id, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc cref="JudgeAsync(ImageId, Scanner, bool, LedgerEntry?, CancellationToken)"/>
    public async Task<Judged?> JudgeAsync(ImageFacts image, Scanner heard, bool alerting, LedgerEntry? before, CancellationToken cancellation)
    {
        switch (image.Kind)
        {
            case ImageKind.Artifact:
                return null;
            case ImageKind.Unknown:
                return await RecordAsync(image, before, alerting, _ => Task.FromResult(new Decision(Judge.NotAnImage(image, policy), [], [])), cancellation).ConfigureAwait(false);
            case ImageKind.Index:
                var children = await ChildrenAsync(image, before, cancellation).ConfigureAwait(false);
                return await RecordAsync(image, before, alerting, async _ => new Decision(await DecideIndexAsync(image, children, alerting, cancellation).ConfigureAwait(false), [], children), cancellation).ConfigureAwait(false);
        }

        if (await scans.ReadAsync(image, heard, cancellation).ConfigureAwait(false) is { } scan)
            return await RecordAsync(image, before, alerting, entry => DecideAsync(image, scan, entry, cancellation), cancellation).ConfigureAwait(false);
        await ledger.MarkGoneAsync(image.Id, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <summary>Records an image that was just pushed and that no scanner has seen yet.</summary>
    /// <param name="scan">What is expected of the scanner.</param>
    public async Task<Judged?> AwaitAsync(ImageFacts image, ScanFacts scan, LedgerEntry? before, CancellationToken cancellation) =>
        await RecordAsync(image, before, alerting: true, entry => DecideAsync(image, scan, entry, cancellation), cancellation).ConfigureAwait(false);

    /// <summary>Puts the verdict that stands on the image's tags, which may have changed since.</summary>
    public async Task<Judged> MarkAsync(ImageFacts image, LedgerEntry entry, CancellationToken cancellation)
    {
        foreach (var write in entry.OpenWrites)
            await ledger.OutcomeAsync(image.Id, write, "not known: the function ended before it was; the tags were read and planned again", cancellation).ConfigureAwait(false);
        var couldNot = await tagWriter.ApplyAsync(image, entry.Record.Verdict.Status, ModeOf(image.Id.Repository), cancellation).ConfigureAwait(false);
        if (couldNot != entry.Record.CouldNotMark)
            await ledger.NoteCouldNotMarkAsync(image.Id, couldNot, cancellation).ConfigureAwait(false);
        return new Judged(entry with { Record = entry.Record with { CouldNotMark = couldNot } }, []);
    }

    /// <summary>The verdict of an image, from the ledger where it still holds and from fresh facts where not. Writes nothing.</summary>
    public async Task<ApprovalAnswer> AskAsync(string asked, ImageFacts image, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var entry = await ledger.FindAsync(image.Id, cancellation).ConfigureAwait(false);
        if (entry is not null && ApprovalAnswer.Answers(entry.Record, policy.Version, now))
            return ApprovalAnswer.Of(asked, entry.Record.Verdict, entry.Record.ReasonCount, entry.Record.DecidedAt);

        Verdict verdict;
        try
        {
            verdict = await FreshAsync(image, entry, MaxDepth, cancellation).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is Amazon.Runtime.AmazonServiceException or Amazon.Runtime.AmazonClientException or HttpRequestException or System.Text.Json.JsonException)
        {
            verdict = Judge.Unreadable(image.Id, unreadable.Message, policy, now, entry?.Record.Verdict);
        }
        return ApprovalAnswer.Of(asked, verdict, verdict.Reasons.Count, now);
    }

    private async Task<Verdict> FreshAsync(ImageFacts image, LedgerEntry? entry, int depth, CancellationToken cancellation)
    {
        if (image.Kind is ImageKind.Artifact or ImageKind.Unknown || depth == 0)
            return Judge.NotAnImage(image, policy);
        if (image.Kind == ImageKind.Image)
        {
            var scan = await scans.ReadAsync(image, Scanner.Unknown, cancellation).ConfigureAwait(false);
            return scan is null
                ? Judge.Unreadable(image.Id, "the image was deleted while it was read", policy, time.GetUtcNow())
                : (await DecideAsync(image, scan, entry, cancellation).ConfigureAwait(false)).Verdict;
        }

        var children = await ChildrenAsync(image, entry, cancellation).ConfigureAwait(false);
        var readAt = time.GetUtcNow();
        var known = await ledger.FindAsync(image.Id.Repository, children.Select(c => c.Digest), cancellation).ConfigureAwait(false);
        var verdicts = new (IndexChild, Verdict?)[children.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, children.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation }, async (at, token) =>
        {
            var child = children[at];
            verdicts[at] = (child, child.Kind == ImageKind.Artifact ? null : await ChildAsync(child, token).ConfigureAwait(false));
        }).ConfigureAwait(false);
        return Judge.DecideIndex(image with { ReadAt = readAt }, verdicts, policy);

        async Task<Verdict> ChildAsync(IndexChild child, CancellationToken token)
        {
            var its = known.GetValueOrDefault(child.Digest);
            if (its is not null && ApprovalAnswer.Answers(its.Record, policy.Version, readAt))
                return its.Record.Verdict;
            var id = image.Id with { Digest = child.Digest };
            return await registry.ImageAsync(id, token).ConfigureAwait(false) is { } facts
                ? await FreshAsync(facts, its, depth - 1, token).ConfigureAwait(false)
                : Judge.Unreadable(id, $"the image {child.Digest} of this platform is not in the repository", policy, readAt);
        }
    }

    /// <summary>What was decided, the findings to keep for the next decision, and the children of an index.</summary>
    private sealed record Decision(Verdict Verdict, IReadOnlyList<Finding>? Findings, IReadOnlyList<IndexChild> Children);

    private async Task<Decision> DecideAsync(ImageFacts image, ScanFacts scan, LedgerEntry? entry, CancellationToken cancellation)
    {
        var before = entry is null ? null : new Judge.Before(entry.Record.Verdict, entry.Record.FindingsHash is { } hash ? await findings.FindAsync(image.Id, hash, cancellation).ConfigureAwait(false) : []);
        var now = time.GetUtcNow();
        var dated = scan with { Findings = Findings.WithFixDates(scan.Findings, before?.Findings ?? [], now) };
        return new Decision(Judge.Decide(image, dated, policy, before, now), Judge.Keep(dated, before), []);
    }

    /// <summary>Decides an index from its children's records; a child that the ledger does not know is judged first.</summary>
    private async Task<Verdict> DecideIndexAsync(ImageFacts index, IReadOnlyList<IndexChild> children, bool alerting, CancellationToken cancellation)
    {
        // The edges first: a child that is decided while this reads will then find its index.
        var judgeable = children.Where(c => c.Kind != ImageKind.Artifact).Select(c => c.Digest).ToList();
        await ledger.StoreEdgesAsync(index.Id, judgeable, cancellation).ConfigureAwait(false);
        var readAt = time.GetUtcNow();
        var known = await ledger.FindAsync(index.Id.Repository, judgeable, cancellation).ConfigureAwait(false);
        var verdicts = new List<(IndexChild, Verdict?)>();
        foreach (var child in children)
        {
            var id = index.Id with { Digest = child.Digest };
            if (child.Kind == ImageKind.Artifact)
                verdicts.Add((child, null));
            else if (known.TryGetValue(child.Digest, out var entry) && !entry.Record.Gone)
                verdicts.Add((child, entry.Record.Verdict));
            else if (await JudgeAsync(id, Scanner.Unknown, alerting, null, cancellation).ConfigureAwait(false) is { } judged)
                verdicts.Add((child, judged.Entry.Record.Verdict));
            else
                verdicts.Add((child, Judge.Unreadable(id, $"the image {child.Digest} of this platform is not in the repository", policy, readAt)));
        }
        return Judge.DecideIndex(index with { ReadAt = readAt }, verdicts, policy);
    }

    /// <summary>The children of an index never change, since its digest covers them: what the ledger knows is true.</summary>
    private async Task<IReadOnlyList<IndexChild>> ChildrenAsync(ImageFacts index, LedgerEntry? entry, CancellationToken cancellation) =>
        entry?.Record.Children is { Count: > 0 } known ? known
        : await registry.ManifestAsync(index.Id, cancellation).ConfigureAwait(false) is { } manifest ? manifest.Children()
        : [];

    private async Task<Judged> RecordAsync(ImageFacts image, LedgerEntry? before, bool alerting, Func<LedgerEntry?, Task<Decision>> decide, CancellationToken cancellation)
    {
        before ??= await ledger.FindAsync(image.Id, cancellation).ConfigureAwait(false);
        IReadOnlyList<ImageId> indexes = [.. (await ledger.IndexesOfAsync(image.Id, cancellation).ConfigureAwait(false)).Select(digest => image.Id with { Digest = digest })];
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var decision = await decide(before).ConfigureAwait(false);
            var verdict = decision.Verdict;
            var plan = TagPlan.For(image, verdict.Status, ModeOf(image.Id.Repository), settings.Tags);
            var record = ImageRecord.Of(image, verdict, before?.Record, ledger.NewId(), time.GetUtcNow(), settings.Tags.TeamTags(image)) with
            {
                FindingsHash = decision.Findings switch
                {
                    // Lost: the hash still says that there were some.
                    null => before?.Record.FindingsHash,
                    [] => null,
                    var keep => await findings.KeepAsync(image.Id, keep, before?.Record.FindingsHash, cancellation).ConfigureAwait(false),
                },
                Children = decision.Children,
                CouldNotMark = plan.CouldNot,
            };
            var changed = before?.Record.ChangeId != record.ChangeId;
            var alert = changed && alerting ? Alert.For(record) : null;
            var open = alert is not null || (!changed && before?.OpenAlert is not null) || before?.OpenWrites.Count > 0 || plan.Actions.Count > 0 || indexes.Count > 0;
            switch (await ledger.StoreAsync(record, before, alert, open, cancellation).ConfigureAwait(false))
            {
                case Stored.Yes:
                    var entry = new LedgerEntry(record, (before?.Revision ?? 0) + 1, changed ? alert?.Id : before?.OpenAlert, before?.OpenWrites ?? [], before?.IntendedTags ?? [], open);
                    return await MarkAsync(image, entry, cancellation).ConfigureAwait(false) with { Indexes = indexes };
                case Stored.Superseded:
                    var newer = await ledger.FindAsync(image.Id, cancellation).ConfigureAwait(false) ?? throw new InvalidOperationException($"The ledger refused {image.Id} for a newer entry and holds none.");
                    return await MarkAsync(image, newer, cancellation).ConfigureAwait(false) with { Indexes = indexes };
                case Stored.Contended:
                    before = await ledger.FindAsync(image.Id, cancellation).ConfigureAwait(false);
                    break;
            }
        }
        throw new InvalidOperationException($"The verdict of {image.Id} could not be stored: others kept storing it.");
    }
}
