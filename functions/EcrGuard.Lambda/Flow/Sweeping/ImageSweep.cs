using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>The results for the images of a repository.</summary>
/// <param name="Quarantined">Those that EcrGuard has taken out of reach.</param>
/// <param name="Archived">The images in the archive that have EcrGuard's blocking tag but no current quarantine in the
///     ledger.</param>
/// <param name="Blocked">The images that may have to be taken out of reach or put back.</param>
/// <param name="Current">The images of <see cref="SweepFacts.Current"/> whose records are still trusted.</param>
/// <param name="Undone">What could not be done.</param>
/// <param name="Wrote">Whether tags had to be written.</param>
public sealed record SweptImages(
    IReadOnlyList<Digest> Quarantined,
    IReadOnlyList<Digest> Archived,
    IReadOnlyList<Digest> Blocked,
    IReadOnlyDictionary<Digest, ImageRecord> Current,
    IReadOnlyList<string> Undone,
    bool Wrote
)
{
    public static SweptImages Of(IReadOnlyCollection<SweptImages> parts) =>
        new(
            [.. parts.SelectMany(part => part.Quarantined)],
            [.. parts.SelectMany(part => part.Archived)],
            [.. parts.SelectMany(part => part.Blocked)],
            parts.SelectMany(part => part.Current).ToDictionary(),
            [.. parts.SelectMany(part => part.Undone)],
            parts.Any(part => part.Wrote)
        );

    public static SweptImages Only(params IReadOnlyList<string> undone) =>
        new([], [], [], new Dictionary<Digest, ImageRecord>(), undone, Wrote: false);
}

/// <summary>
/// Decides again what is due, writes verdict and use as tags on all images, and moves the clocks forward.
/// </summary>
public sealed class ImageSweep(
    SweepDecisions decisions,
    SweepTags tags,
    TimedNotices timed,
    Notices notices,
    EffectivePolicy policy,
    Log log
)
{
    /// <summary>Sweeps some images of a repository.</summary>
    /// <returns>The results, and how many images were decided again.</returns>
    public async Task<(SweptImages Swept, int Decided)> RunAsync(
        SweepFacts facts,
        IReadOnlyList<ImageFacts> images,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        ILambdaContext context,
        CancellationToken cancellation
    )
    {
        var (entries, decided, undecided) = await decisions
            .RunAsync(facts, images, context, cancellation)
            .ConfigureAwait(false);
        var swept = new List<SweptImages> { SweptImages.Only([.. undecided]) };
        var (due, unsaid) = (new List<ImageNews>(), 0);
        foreach (var image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            var digest = image.Id.Digest;
            if (entries.GetValueOrDefault(digest) is not { } entry)
                continue;
            var one = new SweptImage(image, entry, facts.Usages[digest], shields[digest].Use);
            var (marked, undone, wrote) = await tags.MarkAsync(one, facts.NamesAt, cancellation).ConfigureAwait(false);
            swept.Add(Found(one, facts.Current) with { Undone = undone, Wrote = wrote });
            if (entry.Record.ScanningChanged)
                continue;
            if (await DueAsync(one, marked, cancellation).ConfigureAwait(false) is { } news)
                due.AddRange(news);
            else
                unsaid++;
        }
        unsaid += (await notices.PublishOnceAsync(due, cancellation).ConfigureAwait(false)).Count;
        if (unsaid > 0)
            swept.Add(SweptImages.Only(Unsaid(unsaid)));
        return (SweptImages.Of(swept), decided);
    }

    private SweptImages Found(SweptImage one, IReadOnlySet<Digest> current)
    {
        var (image, entry) = (one.Image, one.Entry);
        var quarantined = entry.Quarantine is { State: not QuarantineState.Ended };
        // A ledger that was restored from an earlier time cannot know it, and whoever archived the image may want it
        // so.
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
            [],
            Wrote: false
        );
    }

    /// <returns>Null if what is due could not be found.</returns>
    private async Task<IReadOnlyList<ImageNews>?> DueAsync(
        SweptImage one,
        LedgerEntry entry,
        CancellationToken cancellation
    )
    {
        try
        {
            return await timed.DueAsync(entry, one.Usage, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            log.Error(
                "What is due of the image could not be found and is left to the next sweep.",
                failure,
                ("image", one.Image.Id.ToString())
            );
            return null;
        }
    }

    private static string Unsaid(int images) =>
        $"What is due of {Phrase.Count(images, "image")} (a reminder, an escalation or the end of a break-glass) could "
        + "not be said; the log says why, and the next sweep tries again.";
}
