using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>One repository of a sweep.</summary>
/// <param name="StartedAt">When the sweep began.</param>
/// <param name="Runs">How often this repository was taken before in this sweep: one run may not be long enough.</param>
/// <param name="Run">The sweep's.</param>
public sealed record SweepItem(string Repository, DateTimeOffset StartedAt, int Runs, string Run);

/// <summary>How far the sweep came in a repository.</summary>
/// <param name="Done">False: time was up, and another run goes on; what is done already costs it next to
///     nothing.</param>
/// <param name="Decided">How many images were decided again in this run.</param>
public sealed record SweptItem(
    string Repository,
    DateTimeOffset StartedAt,
    int Runs,
    string Run,
    bool Done,
    int Images,
    int Decided
);

/// <summary>
/// Repairs in one repository what events have missed: images without a current verdict, shields of images in use,
/// images that are gone, drift from the baseline. And says what time alone has made due.
/// </summary>
public sealed class SweepRepository(
    ImageDecider guard,
    DecisionBatch decisions,
    BaselineEnforcer baselines,
    QuarantineEnforcer quarantines,
    DeploymentRecorder deployedImages,
    TimedNotices notices,
    SweepLease lease,
    EcrReader registry,
    UsageReader usageReader,
    HistoryReader histories,
    ImageRecords records,
    RepositoryRecords repositories,
    ManifestRecords manifests,
    DeploymentRecords deploymentRecords,
    WriteRecords writes,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// How many images are looked at in one go: a repository holds up to 100,000, and the ledger's entry of each takes
    /// kilobytes.
    /// </summary>
    private const int Chunk = 500;

    /// <summary>Nothing new is begun with less time than this left.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>For deleting what tags were moved to, and for the answer.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    /// <summary>What a policy takes before the next sweep is told by this one.</summary>
    private static readonly TimeSpan Tomorrow = TimeSpan.FromHours(26);

    /// <summary>Sweeps come daily: a write that was meant before that has its end.</summary>
    private static readonly TimeSpan StoryAge = TimeSpan.FromDays(7);

    [LambdaFunction]
    public async Task<SweptItem> SweepRepositoryAsync(SweepItem input, ILambdaContext context)
    {
        var repository = registry.Repository(input.Repository);
        var swept = new SweptItem(
            input.Repository,
            input.StartedAt,
            input.Runs + 1,
            input.Run,
            Done: true,
            Images: 0,
            Decided: 0
        );
        using var deadline = Deadline.Before(context, Margin);
        try
        {
            if (await lease.KeepAsync(input.Run, deadline.Token).ConfigureAwait(false) is { } another)
                throw new InvalidOperationException(another);
            // The ledger before the registry: what is pushed between the two is then in the list, and nothing there
            // looks gone.
            var known = await records.DigestsAsync(repository, deadline.Token).ConfigureAwait(false);
            var contents = await registry.ContentsAsync(repository, manifests, deadline.Token).ConfigureAwait(false);
            if (contents is null)
            {
                var readAt = time.GetUtcNow();
                foreach (var digest in known)
                    await records
                        .MarkGoneAsync(
                            new ImageId(repository, digest),
                            readAt,
                            "its repository was deleted",
                            deadline.Token
                        )
                        .ConfigureAwait(false);
                await repositories.ForgetAsync(repository, deadline.Token).ConfigureAwait(false);
                return swept;
            }

            var undone = new List<string>();
            await manifests.RememberAsync(repository, contents.NewNotes, deadline.Token).ConfigureAwait(false);
            contents = contents with
            {
                RemovalManifests = await ClearAsync(contents, undone, deadline.Token).ConfigureAwait(false),
            };
            guard.BeginSweep(contents);
            var namesAt = time.GetUtcNow();
            var deployments = await deploymentRecords.AllAsync(repository, deadline.Token).ConfigureAwait(false);
            var read = await usageReader.LatestAsync(deadline.Token).ConfigureAwait(false);
            var isMeant = UseHistory.IsMeant(read, contents);
            var others = deployments.Where(recorded => !isMeant(recorded));
            var use = await usageReader.OfAsync(contents, read, others, deadline.Token).ConfigureAwait(false);
            await deployedImages.RecordMeaningsAsync(read, contents, deployments, deadline.Token).ConfigureAwait(false);
            var meant = read is null
                ? []
                : UseHistory.Meant(read, contents).Select(meaning => meaning with { SeenAt = read.ReadAt });
            var now = time.GetUtcNow();
            var usages = InUse.Of(use, contents, guard.Policy.Consumers, now);
            var lifecycle = registry.LifecyclePolicyAsync(repository, deadline.Token);
            var own = await lifecycle.ConfigureAwait(false) is { } text ? LifecyclePolicy.Read(text).Policy : null;
            var (quarantined, archived, blocked) = (new HashSet<Digest>(), new List<Digest>(), new List<Digest>());
            if (own is null && await lifecycle.ConfigureAwait(false) is not null)
                undone.Add("Its lifecycle policy could not be understood, so that what it will take is not known.");
            var left = await NoteGoneAsync(contents, known, own, now, deadline.Token).ConfigureAwait(false);

            var stands = await lifecycle.ConfigureAwait(false);
            var puts = await baselines
                .IsAboutToPutAsync(repository, stands, contents, usages, deadline.Token)
                .ConfigureAwait(false);
            var shields = Shields.Of(stands, contents, usages, now, puts);
            if (shields.Withheld is { } withheld && guard.ModeOf(repository) >= EnforcementMode.Mark)
                undone.Add(withheld);
            var current = RepositoryHistory
                .Current(contents, usages)
                .ToDictionary(image => image.Id.Digest, _ => (ImageRecord?)null);
            // Children first: an index is judged by them. Of artifacts there is nothing to judge.
            foreach (
                var chunk in contents
                    .Images.Where(image => image.Kind != ImageKind.Artifact)
                    .OrderBy(image => image.Kind == ImageKind.Index)
                    .Chunk(Chunk)
            )
            {
                var decided = await DecideAsync(
                        repository,
                        chunk,
                        usages,
                        shields.Usages,
                        namesAt,
                        quarantined,
                        archived,
                        blocked,
                        undone,
                        current,
                        context,
                        deadline.Token
                    )
                    .ConfigureAwait(false);
                swept = swept with { Images = swept.Images + chunk.Length, Decided = swept.Decided + decided };
            }

            if (archived.Count > 0)
                undone.Insert(0, Archived(archived));

            foreach (var artifact in contents.Images.Where(image => image.Kind == ImageKind.Artifact))
            {
                if (known.Contains(artifact.Id.Digest))
                    await guard.ForgetAsync(artifact, deadline.Token).ConfigureAwait(false);
                await OrUndoneAsync(
                        $"the tags of {artifact.Id.Digest}",
                        undone,
                        () =>
                            ShieldAsync(
                                artifact,
                                shields.Usages[artifact.Id.Digest].Use,
                                usages[artifact.Id.Digest],
                                undone,
                                deadline.Token
                            ),
                        deadline.Token
                    )
                    .ConfigureAwait(false);
            }

            await OrUndoneAsync(
                    "what tags were moved to",
                    undone,
                    async () =>
                        undone.AddRange(await guard.EndMarkingAsync(repository, deadline.Token).ConfigureAwait(false)),
                    deadline.Token
                )
                .ConfigureAwait(false);
            undone.AddRange(await quarantines.SweepAsync(contents, use, blocked, deadline.Token).ConfigureAwait(false));
            if (
                own is not null
                && ShieldRule.StandsIn(own)
                && PolicySafety.Outruns(
                    own,
                    contents with
                    {
                        LatelyGone = await records
                            .GoneAsync(repository, now - PolicySafety.LookBack, deadline.Token)
                            .ConfigureAwait(false),
                    },
                    usages,
                    now
                )
                    is { } outruns
            )
                undone.Add(outruns);
            if (
                own is not null
                && guard.ModeOf(repository) < EnforcementMode.Mark
                && Shields.Unkept(own, contents, usages) is { } unkept
            )
                undone.Add(unkept);
            if (own is not null && AbandonedPlaces.Warning(own, contents, usages, now + Tomorrow) is { } places)
                undone.Add(places);
            // The shields stand before any policy is put.
            RepositoryFacts? found = null;
            await OrUndoneAsync(
                    "its baseline",
                    undone,
                    async () =>
                        found = await baselines
                            .HoldAsync(
                                repository,
                                repair: true,
                                BaselineEnforcer.Everything,
                                usages,
                                deadline.Token,
                                lifecycle
                            )
                            .ConfigureAwait(false),
                    deadline.Token
                )
                .ConfigureAwait(false);
            await OrUndoneAsync(
                    "the shields of what was deployed meanwhile",
                    undone,
                    () => deployedImages.ShieldLateAsync(repository, deployments.Concat(meant), deadline.Token),
                    deadline.Token
                )
                .ConfigureAwait(false);
            await OrUndoneAsync(
                    "the writes that nobody ended",
                    undone,
                    () => EndAsync(contents, found, deadline.Token),
                    deadline.Token
                )
                .ConfigureAwait(false);
            var sweep = RepositorySweep.Of(
                contents,
                usages,
                quarantined,
                own is null ? null : PolicyEffect.Of(own, contents, usages, shielded: false, now + Tomorrow),
                input.StartedAt
            );
            await repositories
                .StoreSweepAsync(
                    repository,
                    sweep with
                    {
                        Team = await TeamAsync(repository, found, undone, deadline.Token).ConfigureAwait(false),
                        Gone = left.Gone,
                        Expired = left.Expired,
                        Undone = [.. undone.Take(RepositorySweep.MaxListed)],
                        UndoneCount = undone.Count,
                    },
                    await histories
                        .NextAsync(contents, use, usages, current, left, deadline.Token)
                        .ConfigureAwait(false),
                    deadline.Token
                )
                .ConfigureAwait(false);
            return swept;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            log.Info(
                "Time is up; another run goes on.",
                ("repository", repository.Name),
                ("runs", swept.Runs.ToString(System.Globalization.CultureInfo.InvariantCulture))
            );
            return swept with { Done = false };
        }
        finally
        {
            await EndMarkingAsync(repository, context).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Deletes what tags were moved to, also where the deadline or a failure cut the run: ECR counts it as an image.
    /// </summary>
    private async Task EndMarkingAsync(RepositoryId repository, ILambdaContext context)
    {
        using var rest = Deadline.Before(context, AtTheEnd, atLeast: AtTheEnd);
        try
        {
            foreach (var why in await guard.EndSweepAsync(repository, rest.Token).ConfigureAwait(false))
                log.Warning("What tags were moved to stays; the next sweep finds it.", ("why", why));
        }
        catch (Exception failure)
        {
            log.Error("What tags were moved to stays; the next sweep finds it.", failure);
        }
    }

    /// <summary>One sentence for all: a ledger that was restored may not know hundreds.</summary>
    private static string Archived(List<Digest> digests)
    {
        const int named = 3;
        var more = digests.Count > named ? $" and {digests.Count - named} more" : "";
        return $"{Phrase.Count(digests.Count, "image is", "images are")} archived with EcrGuard's blocking tag, and "
            + $"the ledger does not know who archived them: {string.Join(", ", digests.Take(named))}{more}. EcrGuard "
            + "leaves them. Restored by hand (aws ecr update-image-storage-class), they are dealt with as any other.";
    }

    /// <summary>Decides again what is due, puts verdict and use on the tags of all, and moves the clocks on.</summary>
    private async Task<int> DecideAsync(
        RepositoryId repository,
        IReadOnlyList<ImageFacts> images,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        DateTimeOffset namesAt,
        HashSet<Digest> quarantined,
        List<Digest> archived,
        List<Digest> blocked,
        List<string> undone,
        Dictionary<Digest, ImageRecord?> current,
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
                || entry.Record.IsDue(guard.Policy.Version, now)
            )
            .ToDictionary(image => image.Id);
        var decided = await decisions
            .RunAsync(
                due.Keys,
                (id, token) =>
                    guard.JudgeAsync(due[id], [], alerting: true, entries.GetValueOrDefault(id.Digest), token),
                context
            )
            .ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        if (decided.Count < due.Count)
            undone.Add($"{Phrase.Count(due.Count - decided.Count, "image")} could not be decided; the log says why.");

        var unsaid = 0;
        foreach (var image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            var usage = usages[image.Id.Digest];
            if (
                (decided.GetValueOrDefault(image.Id)?.Entry ?? entries.GetValueOrDefault(image.Id.Digest))
                is not { } entry
            )
                continue;
            if (current.ContainsKey(image.Id.Digest) && !entry.Record.ScanningChanged)
                current[image.Id.Digest] = entry.Record;
            if (entry.Quarantine is { State: not QuarantineState.Ended })
                quarantined.Add(image.Id.Digest);
            // A ledger that was restored from before cannot know it, and whoever archived the image may want it so.
            else if (image.Storage == StorageStatus.Archived && image.Tags.Contains(OwnTags.Blocked(image.Id.Digest)))
                archived.Add(image.Id.Digest);
            if (entry.Record.ScanningChanged)
            {
                // It could not be decided again, and what stands is believed no more: no tag goes by it, nor an image.
                await OrUndoneAsync(
                        $"the shield of {image.Id.Digest}",
                        undone,
                        () => ShieldAsync(image, shields[image.Id.Digest].Use, usage, undone, cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false);
                continue;
            }
            if (guard.MayQuarantine(entry.Record, entry.Quarantine))
                blocked.Add(image.Id.Digest);
            entry = await NameAsync(image, entry, usage, namesAt, undone, cancellation).ConfigureAwait(false);
            var shielded = shields[image.Id.Digest].Use;
            if (
                TagPlan.For(image, entry.Record.Verdict.Status, shielded, guard.ModeOf(repository), entry.NamedTags)
                is not { Actions.Count: 0, CouldNot: null }
            )
            {
                // One image that cannot be marked must not keep the others from it.
                await OrUndoneAsync(
                        $"the tags of {image.Id.Digest}",
                        undone,
                        async () =>
                        {
                            entry = await guard
                                .MarkAsync(image, entry, shielded, usage.Use, DateTimeOffset.MaxValue, cancellation)
                                .ConfigureAwait(false);
                            if (
                                shielded == UseState.InUse
                                && entry.Record.CouldNotMark is { } why
                                && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest))
                            )
                                undone.Add($"{image.Id.Digest} is in use and could not be shielded: {why}");
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
            }
            try
            {
                await notices.SayAsync(entry, usage, cancellation).ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                log.Error(
                    "What is due of the image could not be said and is left to the next sweep.",
                    failure,
                    ("image", image.Id.ToString())
                );
                unsaid++;
            }
        }
        if (unsaid > 0)
            undone.Add(
                $"What is due of {Phrase.Count(unsaid, "image")} (a reminder, an escalation or the end of a "
                    + "break-glass) could not be said; the log says why, and the next sweep tries again."
            );
        return decided.Count;
    }

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, so that no event takes one off, and says so: an updater took
    /// one for a version.
    /// </summary>
    /// <param name="namesAt">Before the deployments were read: of what an event noted since, this sweep knows
    ///     nothing.</param>
    private async Task<LedgerEntry> NameAsync(
        ImageFacts image,
        LedgerEntry entry,
        ImageUsage usage,
        DateTimeOffset namesAt,
        List<string> undone,
        CancellationToken cancellation
    )
    {
        var named = usage.NamedTags.Where(name => OwnTags.IsOwn(image.Id.Digest, name.Key)).ToDictionary();
        foreach (var (tag, by) in named)
        {
            undone.Add(
                $"The {by} names EcrGuard's tag '{tag}', which stays as long as it does. "
                    + $"Let what updates it ignore tags like '{OwnTags.Pattern}'."
            );
        }
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
            return entry;
        await deploymentRecords.NoteNamedTagsAsync(image.Id, added, over, cancellation).ConfigureAwait(false);
        return entry with { Named = [.. entry.Named.Except(over), .. added] };
    }

    /// <summary>Whose the repository is; what cannot be read is no reason to end a sweep.</summary>
    private async Task<string?> TeamAsync(
        RepositoryId repository,
        RepositoryFacts? found,
        List<string> undone,
        CancellationToken cancellation
    )
    {
        var tags = found?.ResourceTags;
        if (tags is null)
            await OrUndoneAsync(
                    "its resource tags",
                    undone,
                    async () => tags = await registry.ResourceTagsAsync(repository, cancellation).ConfigureAwait(false),
                    cancellation
                )
                .ConfigureAwait(false);
        return tags?.GetValueOrDefault(guard.Policy.Defaults.TeamTag) is { } team ? Phrase.Clip(team, 256) : null;
    }

    private async Task ShieldAsync(
        ImageFacts artifact,
        UseState shield,
        ImageUsage usage,
        List<string> undone,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var why = await guard
            .ShieldAsync(artifact, shield, usage.Use, cancellation, usage.NamedTags)
            .ConfigureAwait(false);
        if (why is not null && shield == UseState.InUse)
            undone.Add($"{artifact.Id.Digest} is in use and could not be shielded: {why}");
    }

    /// <summary>Deletes what tags were moved to by functions that ended before they could.</summary>
    /// <returns>Those that stay.</returns>
    private async Task<IReadOnlyList<ImageFacts>> ClearAsync(
        RepositoryContents contents,
        List<string> undone,
        CancellationToken cancellation
    )
    {
        var stay = new List<ImageFacts>();
        foreach (var manifest in contents.RemovalManifests)
        {
            stay.Add(manifest);
            await OrUndoneAsync(
                    "what tags were moved to",
                    undone,
                    async () =>
                    {
                        if (await guard.ClearAsync(manifest, cancellation).ConfigureAwait(false) is { } why)
                            undone.Add(why);
                        else
                            stay.Remove(manifest);
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        return stay;
    }

    private async Task<(int Expired, int Gone, long Bytes)> NoteGoneAsync(
        RepositoryContents contents,
        IReadOnlySet<Digest> known,
        LifecyclePolicy? policy,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var there = contents.Images.Select(image => image.Id.Digest).ToHashSet();
        var (left, expired, bytes) = (0, 0, 0L);
        foreach (var chunk in known.Where(digest => !there.Contains(digest)).Chunk(Chunk))
        {
            var gone = await records.FindAsync(contents.Repository, chunk, cancellation).ConfigureAwait(false);
            foreach (
                var (digest, because) in RemovalCause.Attribute(
                    [.. gone.Values.Select(entry => entry.Record)],
                    contents,
                    policy,
                    now
                )
            )
            {
                // False: pushed again since the list was made, or an event was faster.
                if (
                    !await records
                        .MarkGoneAsync(
                            new ImageId(contents.Repository, digest),
                            contents.ReadAt,
                            because is null ? null : $"the lifecycle policy accounts for it: {because}",
                            cancellation
                        )
                        .ConfigureAwait(false)
                )
                    continue;
                left++;
                expired += because is null ? 0 : 1;
                bytes += gone[digest].Record.SizeInBytes ?? 0;
            }
        }
        return (expired, left, bytes);
    }

    /// <summary>
    /// Notes what became of writes whose function ended before it could, so that the ledger tells the story, and tells
    /// where an image may have gone by one.
    /// </summary>
    private async Task EndAsync(RepositoryContents contents, RepositoryFacts? found, CancellationToken cancellation)
    {
        var over = contents.ReadAt - QuarantinePlan.UnderWay;
        await foreach (
            var write in writes
                .UnendedAsync(contents.Repository, over - StoryAge, over, cancellation)
                .ConfigureAwait(false)
        )
        {
            if (write.Alarm(contents) is { } alarm)
                await guard.WarnOfRemovalAsync(write, alarm, cancellation).ConfigureAwait(false);
            var outcome = write.Outcome(contents, found);
            await (
                write.Image is { } image
                    ? writes.OutcomeAsync(image, write.Id, outcome, cancellation, guess: true)
                    : writes.OutcomeAsync(contents.Repository, write.Id, outcome, cancellation, guess: true)
            ).ConfigureAwait(false);
        }
    }

    private async Task OrUndoneAsync(string what, List<string> undone, Func<Task> act, CancellationToken cancellation)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            log.Error("Something could not be done; the next sweep tries again.", failure, ("what", what));
            undone.Add($"{what}: {ErrorText.Of(failure)}");
        }
    }
}
