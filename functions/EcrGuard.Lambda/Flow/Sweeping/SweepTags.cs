using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>An image as the steps of a sweep see it.</summary>
/// <param name="Shield">Whether the image must be shielded.</param>
public sealed record SweptImage(ImageFacts Image, LedgerEntry Entry, ImageUsage Usage, UseState Shield)
{
    public Digest Digest => Image.Id.Digest;
}

/// <summary>Writes verdict and use as tags on images. If one image cannot be marked, the others still are.</summary>
public sealed class SweepTags(
    ImageMarker marker,
    ImageRecords records,
    DeploymentRecords deployments,
    EffectivePolicy policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>Writes verdict and use as tags on one image.</summary>
    /// <returns>The image's entry after that, what could not be done, and whether tags had to be written.</returns>
    public async Task<(LedgerEntry Entry, IReadOnlyList<string> Undone, bool Wrote)> MarkAsync(
        SweptImage one,
        DateTimeOffset namesAt,
        CancellationToken cancellation
    )
    {
        // The image could not be decided again, and its record is no longer trusted. So no tag is written from that
        // record, and no image is taken out of reach by it.
        if (one.Entry.Record.ScanningChanged)
            return (
                one.Entry,
                await Attempt
                    .OrWhyAsync(
                        log,
                        $"the shield of {one.Digest}",
                        () => ShieldAsync(one.Image, one.Shield, one.Usage, cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false),
                true
            );
        var (entry, named) = await NameAsync(one, namesAt, cancellation).ConfigureAwait(false);
        var mode = policy.ModeOf(one.Image.Id.Repository);
        var plan = TagPlan.For(one.Image, entry.Record.Verdict.Status, one.Shield, mode, entry.NamedTags);
        if (plan is { Actions.Count: 0, CouldNot: null })
            return (entry, named, false);
        var undone = await Attempt
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
        return (entry, [.. named, .. undone], true);
    }

    private static IReadOnlyList<string> Unshielded(SweptImage one, string? why) =>
        one.Shield == UseState.InUse && why is not null && !one.Image.Tags.Contains(OwnTags.InUse(one.Digest))
            ? [$"{one.Digest} is in use and could not be shielded: {why}"]
            : [];

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, so that no event takes such a tag off. It also tells of them:
    /// an updater took the tag for a version.
    /// </summary>
    private async Task<(LedgerEntry Entry, IReadOnlyList<string> Undone)> NameAsync(
        SweptImage one,
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
        // If there are several notes with one name, the newest stays.
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

    /// <summary>Shields the artifacts that are in use. Artifacts are not judged.</summary>
    /// <returns>What could not be done, and whether tags may have been written.</returns>
    public async Task<(IReadOnlyList<string> Undone, bool Wrote)> ShieldArtifactsAsync(
        SweepFacts facts,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        CancellationToken cancellation
    )
    {
        var (undone, wrote) = (new List<string>(), false);
        foreach (var artifact in facts.Contents.Images.Where(image => image.Kind == ImageKind.Artifact))
        {
            var digest = artifact.Id.Digest;
            if (facts.Known.Contains(digest))
                await records.ForgetArtifactAsync(artifact.Id, time.GetUtcNow(), cancellation).ConfigureAwait(false);
            wrote |= artifact.Tags.Contains(OwnTags.InUse(digest)) != (shields[digest].Use == UseState.InUse);
            undone.AddRange(
                await Attempt
                    .OrWhyAsync(
                        log,
                        $"the tags of {digest}",
                        () => ShieldAsync(artifact, shields[digest].Use, facts.Usages[digest], cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false)
            );
        }
        return (undone, wrote);
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
