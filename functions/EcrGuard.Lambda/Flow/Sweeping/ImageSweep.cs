using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>What came of the images of a repository.</summary>
/// <param name="Quarantined">Those that EcrGuard has taken out of reach.</param>
/// <param name="Archived">Those in the archive with EcrGuard's blocking tag, of which the ledger knows nothing.</param>
/// <param name="Blocked">Those for which something may be to do to take them out of reach, or to put them back.</param>
/// <param name="Current">Of <see cref="SweepFacts.Current"/>, those whose records are believed.</param>
/// <param name="Undone">What could not be done.</param>
public sealed record SweptImages(
    IReadOnlyList<Digest> Quarantined,
    IReadOnlyList<Digest> Archived,
    IReadOnlyList<Digest> Blocked,
    IReadOnlyDictionary<Digest, ImageRecord> Current,
    IReadOnlyList<string> Undone
)
{
    public static SweptImages Of(IReadOnlyCollection<SweptImages> parts) =>
        new(
            [.. parts.SelectMany(part => part.Quarantined)],
            [.. parts.SelectMany(part => part.Archived)],
            [.. parts.SelectMany(part => part.Blocked)],
            parts.SelectMany(part => part.Current).ToDictionary(),
            [.. parts.SelectMany(part => part.Undone)]
        );

    public static SweptImages Only(params IReadOnlyList<string> undone) =>
        new([], [], [], new Dictionary<Digest, ImageRecord>(), undone);
}

/// <summary>
/// Decides again what is due, puts verdict and use on the tags of all images, and moves the clocks on.
/// </summary>
public sealed class ImageSweep(
    ImageDecider decider,
    ImageMarker marker,
    EffectivePolicy policy,
    DecisionBatch decisions,
    ImageRecords records,
    DeploymentRecords deployments,
    TimedNotices notices,
    TimeProvider time,
    Log log
)
{
    /// <summary>One image of a chunk, as the steps of a sweep see it.</summary>
    /// <param name="Shield">Whether it is to be shielded.</param>
    private sealed record Swept(ImageFacts Image, LedgerEntry Entry, ImageUsage Usage, UseState Shield)
    {
        public Digest Digest => Image.Id.Digest;
    }

    /// <summary>Sweeps some images of a repository.</summary>
    /// <returns>What came of them, and how many were decided again.</returns>
    public async Task<(SweptImages Swept, int Decided)> RunAsync(
        SweepFacts facts,
        IReadOnlyList<ImageFacts> images,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        ILambdaContext context,
        CancellationToken cancellation
    )
    {
        var (entries, decided, undecided) = await DecideAsync(facts.Repository, images, context, cancellation)
            .ConfigureAwait(false);
        var swept = new List<SweptImages> { SweptImages.Only([.. undecided]) };
        var unsaid = 0;
        foreach (var image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            var digest = image.Id.Digest;
            if (entries.GetValueOrDefault(digest) is not { } entry)
                continue;
            var one = new Swept(image, entry, facts.Usages[digest], shields[digest].Use);
            var (marked, undone) = await MarkAsync(one, facts.NamesAt, cancellation).ConfigureAwait(false);
            swept.Add(Found(one, facts.Current) with { Undone = undone });
            if (!entry.Record.ScanningChanged && !await SayAsync(one, marked, cancellation).ConfigureAwait(false))
                unsaid++;
        }
        if (unsaid > 0)
            swept.Add(SweptImages.Only(Unsaid(unsaid)));
        return (SweptImages.Of(swept), decided);
    }

    /// <returns>
    /// The entries as they stand now, how many were decided again, and whether all were that are due.
    /// </returns>
    private async Task<(
        IReadOnlyDictionary<Digest, LedgerEntry> Entries,
        int Decided,
        IReadOnlyList<string> Undone
    )> DecideAsync(
        RepositoryId repository,
        IReadOnlyList<ImageFacts> images,
        ILambdaContext context,
        CancellationToken cancellation
    )
    {
        var entries = await records
            .FindAsync(repository, images.Select(image => image.Id.Digest), cancellation)
            .ConfigureAwait(false);
        var now = time.GetUtcNow();
        var due = images
            .Where(image =>
                entries.GetValueOrDefault(image.Id.Digest) is not { Open: false } entry
                || entry.Record.IsDue(policy.Document.Version, now)
            )
            .ToDictionary(image => image.Id);
        var decided = await decisions
            .RunAsync(
                due.Keys,
                (id, token) =>
                    decider.JudgeAsync(due[id], entries.GetValueOrDefault(id.Digest), Occasion.NoEvent, token),
                context
            )
            .ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        var stand = new Dictionary<Digest, LedgerEntry>(entries);
        foreach (var (id, judged) in decided)
        {
            if (judged is not null)
                stand[id.Digest] = judged.Entry;
        }
        return (
            stand,
            decided.Count,
            decided.Count == due.Count
                ? []
                : [$"{Phrase.Count(due.Count - decided.Count, "image")} could not be decided; the log says why."]
        );
    }

    private SweptImages Found(Swept one, IReadOnlySet<Digest> current)
    {
        var (image, entry) = (one.Image, one.Entry);
        var quarantined = entry.Quarantine is { State: not QuarantineState.Ended };
        // A ledger that was restored from before cannot know it, and whoever archived the image may want it so.
        var archived =
            !quarantined && image.Storage == StorageStatus.Archived && image.Tags.Contains(OwnTags.Blocked(one.Digest));
        var believed = !entry.Record.ScanningChanged;
        return new SweptImages(
            quarantined ? [one.Digest] : [],
            archived ? [one.Digest] : [],
            believed && policy.MayQuarantine(entry.Record, entry.Quarantine) ? [one.Digest] : [],
            believed && current.Contains(one.Digest)
                ? new Dictionary<Digest, ImageRecord> { [one.Digest] = entry.Record }
                : new Dictionary<Digest, ImageRecord>(),
            []
        );
    }

    /// <summary>Puts verdict and use on the tags of one image.</summary>
    /// <returns>Its entry as it stands then, and what could not be done.</returns>
    private async Task<(LedgerEntry Entry, IReadOnlyList<string> Undone)> MarkAsync(
        Swept one,
        DateTimeOffset namesAt,
        CancellationToken cancellation
    )
    {
        // It could not be decided again, and what stands is believed no more: no tag goes by it, nor an image.
        if (one.Entry.Record.ScanningChanged)
            return (
                one.Entry,
                await Undone
                    .OrWhyAsync(
                        log,
                        $"the shield of {one.Digest}",
                        () => ShieldAsync(one.Image, one.Shield, one.Usage, cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false)
            );
        var (entry, named) = await NameAsync(one, namesAt, cancellation).ConfigureAwait(false);
        var mode = policy.ModeOf(one.Image.Id.Repository);
        var plan = TagPlan.For(one.Image, entry.Record.Verdict.Status, one.Shield, mode, entry.NamedTags);
        if (plan is { Actions.Count: 0, CouldNot: null })
            return (entry, named);
        // One image that cannot be marked must not keep the others from it.
        var undone = await Undone
            .OrWhyAsync(
                log,
                $"the tags of {one.Digest}",
                async () =>
                {
                    entry = await marker
                        .MarkAsync(one.Image, entry, one.Shield, one.Usage.Use, DateTimeOffset.MaxValue, cancellation)
                        .ConfigureAwait(false);
                    return Unshielded(one, entry.Record.CouldNotMark);
                },
                cancellation
            )
            .ConfigureAwait(false);
        return (entry, [.. named, .. undone]);
    }

    private static IReadOnlyList<string> Unshielded(Swept one, string? why) =>
        one.Shield == UseState.InUse && why is not null && !one.Image.Tags.Contains(OwnTags.InUse(one.Digest))
            ? [$"{one.Digest} is in use and could not be shielded: {why}"]
            : [];

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, so that no event takes one off, and says so: an updater took
    /// one for a version.
    /// </summary>
    private async Task<(LedgerEntry Entry, IReadOnlyList<string> Undone)> NameAsync(
        Swept one,
        DateTimeOffset namesAt,
        CancellationToken cancellation
    )
    {
        var entry = one.Entry;
        var named = one.Usage.NamedTags.Where(name => OwnTags.IsOwn(one.Digest, name.Key)).ToDictionary();
        var said = named.Select(name =>
            $"The {name.Value} names EcrGuard's tag '{name.Key}', which stays as long as it does. "
            + $"Let what updates it ignore tags like '{OwnTags.Pattern}'."
        );
        // Of several notes of one name the newest stays.
        var kept = entry
            .Named.Where(note => named.GetValueOrDefault(note.Tag) == note.By)
            .GroupBy(note => note.Tag, (_, same) => same.MaxBy(note => note.At)!)
            .ToList();
        var over = entry.Named.Except(kept).Where(note => note.At < namesAt).ToList();
        var added = named
            .Where(name => kept.TrueForAll(note => note.Tag != name.Key))
            .Select(name => new NamedTag(name.Key, name.Value, namesAt))
            .ToList();
        if (over.Count == 0 && added.Count == 0)
            return (entry, [.. said]);
        await deployments.NoteNamedTagsAsync(one.Image.Id, added, over, cancellation).ConfigureAwait(false);
        return (entry with { Named = [.. entry.Named.Except(over), .. added] }, [.. said]);
    }

    /// <returns>False where what is due could not be said.</returns>
    private async Task<bool> SayAsync(Swept one, LedgerEntry entry, CancellationToken cancellation)
    {
        try
        {
            await notices.SayAsync(entry, one.Usage, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            log.Error(
                "What is due of the image could not be said and is left to the next sweep.",
                failure,
                ("image", one.Image.Id.ToString())
            );
            return false;
        }
    }

    private static string Unsaid(int images) =>
        $"What is due of {Phrase.Count(images, "image")} (a reminder, an escalation or the end of a break-glass) could "
        + "not be said; the log says why, and the next sweep tries again.";

    /// <summary>Shields the artifacts that are used, of which there is nothing to judge.</summary>
    public async Task<IReadOnlyList<string>> ShieldArtifactsAsync(
        SweepFacts facts,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        CancellationToken cancellation
    )
    {
        var undone = new List<string>();
        foreach (var artifact in facts.Contents.Images.Where(image => image.Kind == ImageKind.Artifact))
        {
            var digest = artifact.Id.Digest;
            if (facts.Known.Contains(digest))
                await records.ForgetArtifactAsync(artifact.Id, time.GetUtcNow(), cancellation).ConfigureAwait(false);
            undone.AddRange(
                await Undone
                    .OrWhyAsync(
                        log,
                        $"the tags of {digest}",
                        () => ShieldAsync(artifact, shields[digest].Use, facts.Usages[digest], cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false)
            );
        }
        return undone;
    }

    private async Task<IReadOnlyList<string>> ShieldAsync(
        ImageFacts image,
        UseState shield,
        ImageUsage usage,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var why = await marker
            .ShieldAsync(image, shield, usage.Use, cancellation, usage.NamedTags)
            .ConfigureAwait(false);
        return why is not null && shield == UseState.InUse
            ? [$"{image.Id.Digest} is in use and could not be shielded: {why}"]
            : [];
    }
}
