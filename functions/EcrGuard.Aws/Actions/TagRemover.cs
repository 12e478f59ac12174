using System.Collections.Concurrent;
using System.Net;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports.Alerts;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Takes EcrGuard's own tags off images. A tag that can move is moved to a manifest that is thrown away (<see
/// cref="RemovalManifest"/>). Each repository has one such manifest for a batch of work, and <see cref="EndAsync"/>
/// deletes it. A tag that cannot move is removed by its name.
/// </summary>
public sealed class TagRemover(
    AwsClients aws,
    EcrReader registry,
    WriteRecords writes,
    Notifier notifier,
    TimeProvider time
) : IDisposable
{
    /// <summary>It is not known whether the tag was removed, so the work is planned again from what is there.</summary>
    internal const string Unanswered =
        "not known: ECR did not answer, or had no time; the tags are read and planned again";

    /// <summary>
    /// How long a reading of a repository's contents is believed, when a manifest is about to take a place in it.
    /// </summary>
    private static readonly TimeSpan ContentsAge = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The time to check the result of a removal by name and to report it, even if the deadline has passed.
    /// </summary>
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly List<Removals> batch = [];

    /// <summary>The contents of the repositories that are being swept.</summary>
    private readonly ConcurrentDictionary<RepositoryId, RepositoryContents> swept = [];

    /// <summary>
    /// The repositories to which the manifests' blobs were uploaded already, as far as this instance knows.
    /// </summary>
    private readonly HashSet<RepositoryId> uploaded = [];

    /// <summary>Where the tags of a repository are moved in this batch of work.</summary>
    internal sealed class Removals(
        RepositoryId repository,
        MutabilityValue? mutability,
        string? lifecyclePolicy,
        bool replicated,
        RemovalManifest manifest
    )
    {
        public RepositoryId Repository => repository;

        /// <summary>As it was read when the batch began; null if there was none.</summary>
        public string? LifecyclePolicy => lifecyclePolicy;

        /// <summary>As it was last read; null if it is not known.</summary>
        public MutabilityValue? Mutability { get; set; } = mutability;

        /// <summary>Whether a push to this repository is replicated to another registry.</summary>
        public bool Replicated => replicated;

        public RemovalManifest Manifest => manifest;

        /// <summary>The tags that were meant to be moved to the manifest.</summary>
        public List<string> Tags { get; } = [];

        /// <summary>
        /// Whether a rule of the lifecycle policy counts the manifest. If so, it is deleted after each tag.
        /// </summary>
        public bool Counts { get; set; }

        /// <summary>Whether ECR may hold the manifest.</summary>
        public bool Put { get; set; }

        /// <summary>Why ECR does not take the manifest; null if it does, or was not asked.</summary>
        public string? Refusal { get; set; }
    }

    /// <summary>Where the next tag of a repository is moved. Costs two calls for each repository and batch.</summary>
    internal async Task<Removals> OfAsync(RepositoryId repository, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var last = batch.LastOrDefault(removals => removals.Repository == repository);
            if (last is null || last.Tags.Count >= RemovalManifest.MaxTags)
            {
                var mutability = last is null
                    ? await MutabilityAsync(repository, cancellation).ConfigureAwait(false)
                    : last.Mutability;
                var policy = last is null
                    ? await registry.LifecyclePolicyAsync(repository, cancellation).ConfigureAwait(false)
                    : last.LifecyclePolicy;
                var replication = await registry.ReplicationAsync(cancellation).ConfigureAwait(false);
                var manifest = RemovalManifest.Of(writes.NewId());
                last = new Removals(repository, mutability, policy, replication.Covers(repository), manifest);
                batch.Add(last);
            }
            return last;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Whether tags of a repository can move, as it is now; null if the repository is gone.</summary>
    internal async Task<MutabilityValue?> MutabilityAsync(RepositoryId repository, CancellationToken cancellation) =>
        await registry.RepositoryAsync(repository, cancellation).ConfigureAwait(false) is { } found
            ? new MutabilityValue(found.Mutability, found.MutabilityExclusions)
            : null;

    /// <summary>
    /// Begins a sweep of a repository. Only a sweep knows all images, and so whether one would be removed because a
    /// manifest takes a place in a count.
    /// </summary>
    /// <param name="contents">The contents as the sweep has read them.</param>
    public void BeginSweep(RepositoryContents contents) => swept[contents.Repository] = contents;

    /// <summary>Ends the sweep, whether or not it was completed.</summary>
    public void EndSweep(RepositoryId repository) => swept.TryRemove(repository, out _);

    /// <summary>
    /// Why a tag may not be moved under a lifecycle policy: the manifest would take the place of an image in a count.
    /// </summary>
    /// <param name="policy">The policy as text, as it was just read; null if there is none.</param>
    /// <returns>A sentence; null if the tag may be moved.</returns>
    internal async Task<string?> WhyNotMoveAsync(
        Removals removals,
        string? policy,
        ImageFacts image,
        string tag,
        CancellationToken cancellation
    )
    {
        if (policy is null)
            return null;
        if (LifecyclePolicy.Read(policy).Policy is not { } present)
            return TagRemoval.CouldNot("The repository's lifecycle policy cannot be understood.");
        if (RemovalManifestEffect.CountedBy(present, removals.Tags.Append(tag)) is not { } rule)
            return null;
        if (await SweptAsync(removals.Repository, cancellation).ConfigureAwait(false) is not { } contents)
            return RemovalManifestEffect.LeftToSweep(rule);
        removals.Counts = true;
        var (manifest, now) = (removals.Manifest.Digest, time.GetUtcNow());
        return RemovalManifestEffect.WhyNot(present, contents, image.Id, tag, manifest, removals.Tags, now);
    }

    /// <summary>The images of a repository as they are now, if it is being swept; null if it is not.</summary>
    private async Task<RepositoryContents?> SweptAsync(RepositoryId repository, CancellationToken cancellation)
    {
        if (!swept.TryGetValue(repository, out var contents) || time.GetUtcNow() - contents.ReadAt < ContentsAge)
            return contents;
        var now = await registry
            .ContentsAsync(repository, null, cancellation, contents.Manifests)
            .ConfigureAwait(false);
        if (now is null)
            return null;
        swept[repository] = now;
        return now;
    }

    /// <summary>Moves a tag off its image.</summary>
    /// <returns>Why it stays; null if the image no longer carries it.</returns>
    internal async Task<string?> MoveAsync(
        Removals removals,
        ImageFacts image,
        string tag,
        CancellationToken cancellation
    )
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!batch.Contains(removals))
                batch.Add(removals);
            removals.Tags.Add(tag);
            removals.Refusal ??= await TryMoveAsync(removals, image, tag, cancellation).ConfigureAwait(false);
            if (removals.Refusal is { } refusal)
                return refusal;
            // A caller that holds this manifest already puts it again, and the end of the work deletes it again.
            if (removals.Counts || removals.Tags.Count >= RemovalManifest.MaxTags)
            {
                var left = await FinishAsync(removals, cancellation).ConfigureAwait(false);
                removals.Put = left is not null;
                if (removals.Counts && left is not null)
                    removals.Refusal = TagRemoval.CouldNot(left);
            }
            return null;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Removes a tag by its name. Nothing may be awaited between the last read of the image and this. The result is
    /// always checked, even if the answer was lost or the deadline has passed. If it cannot be checked, this throws,
    /// and the write stays open for the sweep to end.
    /// </summary>
    /// <param name="image">The image as it was last read.</param>
    /// <param name="write">The ledger's id of the write.</param>
    /// <returns>Why ECR refused it, or <see cref="Unanswered"/>; null if no image carries the tag any more.</returns>
    internal async Task<string?> RemoveAsync(ImageFacts image, string tag, string write, CancellationToken cancellation)
    {
        BatchDeleteImageResponse? answer;
        try
        {
            answer = await DeleteTagAsync(image.Id.Repository, tag, cancellation).ConfigureAwait(false);
        }
        catch (AmazonECRException refused) when (IsRefusal(refused))
        {
            return TagRemoval.CouldNot($"ECR refused to remove the tag '{tag}': {ErrorText.Of(refused)}");
        }
        catch (Exception)
        {
            answer = null;
        }
        if (answer?.Failures is [{ FailureCode.Value: not "ImageNotFound" } failure, ..])
        {
            return TagRemoval.CouldNot(
                $"ECR did not remove the tag '{tag}': {ErrorText.OfReason(failure.FailureReason)}"
            );
        }
        using var soon = new CancellationTokenSource(LookTime);
        if (await WhatElseAsync(image.Id, answer, soon.Token).ConfigureAwait(false) is { } what)
            return await WarnAsync(image.Id, tag, what, write, soon.Token).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return answer is null ? Unanswered : null;
    }

    /// <summary>ECR is asked only once: a second try would come long after the read that allows it.</summary>
    private Task<BatchDeleteImageResponse> DeleteTagAsync(
        RepositoryId repository,
        string tag,
        CancellationToken cancellation
    ) =>
        aws.EcrOnce.BatchDeleteImageAsync(
            new BatchDeleteImageRequest
            {
                RegistryId = repository.Account,
                RepositoryName = repository.Name,
                ImageIds = [new ImageIdentifier { ImageTag = tag }],
            },
            cancellation
        );

    /// <summary>What happened apart from what was meant, a sentence; null if nothing did.</summary>
    /// <param name="answer">Null if there was none.</param>
    private async Task<string?> WhatElseAsync(
        ImageId image,
        BatchDeleteImageResponse? answer,
        CancellationToken cancellation
    )
    {
        if ((answer?.ImageIds ?? []).FirstOrDefault(id => id.ImageDigest != image.Digest.ToString()) is { } wrong)
            return $"It was removed from {wrong.ImageDigest}, to which somebody had moved it in that moment.";
        if (await registry.ListedAsync(image, cancellation).ConfigureAwait(false) is not null)
            return null;
        return answer is null
            ? "ECR did not answer, and the image is gone: the tag may have been its last by then."
            : "The image is gone: it was the last tag by then, since the others had gone in that moment.";
    }

    /// <summary>Ends a batch of work: deletes the manifests to which tags were moved, and the tags with them.</summary>
    /// <param name="repository">The repository whose work is done; null ends the work of all repositories.</param>
    /// <returns>A sentence for each manifest that stays. The next sweep finds it.</returns>
    public async Task<IReadOnlyList<string>> EndAsync(RepositoryId? repository, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var left = new List<string>();
            var ending = batch.Where(removals => repository is null || removals.Repository == repository).ToList();
            foreach (var removals in ending)
            {
                batch.Remove(removals);
                if (removals.Put && await FinishAsync(removals, cancellation).ConfigureAwait(false) is { } why)
                    left.Add(why);
            }
            return left;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Deletes one of EcrGuard's own manifests by its digest, unless it carries a tag that is not EcrGuard's.
    /// </summary>
    /// <returns>Why it stays, a sentence; null if it is gone.</returns>
    public async Task<string?> DeleteAsync(ImageId manifest, CancellationToken cancellation)
    {
        if (await registry.ListedAsync(manifest, cancellation).ConfigureAwait(false) is not { } now)
            return null;
        if (OwnTags.TeamTags(now) is { Count: > 0 } foreign)
        {
            return $"{manifest.Digest}, to which EcrGuard moves its tags to take them off, "
                + $"carries {Phrase.Some(foreign, 3)}, which EcrGuard did not put there: it stays.";
        }
        var answer = await aws
            .Ecr.BatchDeleteImageAsync(
                new BatchDeleteImageRequest
                {
                    RegistryId = manifest.Repository.Account,
                    RepositoryName = manifest.Repository.Name,
                    ImageIds = [new ImageIdentifier { ImageDigest = manifest.Digest.ToString() }],
                },
                cancellation
            )
            .ConfigureAwait(false);
        if (answer.Failures is [{ FailureCode.Value: not "ImageNotFound" } failure, ..])
        {
            return $"ECR did not delete {manifest.Digest}, to which EcrGuard had moved tags: "
                + ErrorText.OfReason(failure.FailureReason);
        }
        var wrong = (answer.ImageIds ?? []).FirstOrDefault(id =>
            id.ImageDigest != manifest.Digest.ToString() || (id.ImageTag is { } tag && !OwnTags.Claims(tag))
        );
        if (wrong is null)
            return null;
        var what =
            $"With the manifest that held tags of EcrGuard's went {wrong.ImageTag ?? "an image"} of "
            + $"{wrong.ImageDigest}.";
        return await WarnAsync(manifest, wrong.ImageTag ?? "", what, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => turn.Dispose();

    private async Task<string?> FinishAsync(Removals removals, CancellationToken cancellation)
    {
        var manifest = new ImageId(removals.Repository, removals.Manifest.Digest);
        try
        {
            return await DeleteAsync(manifest, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            return $"{manifest.Digest}, to which EcrGuard had moved tags, could not be deleted: "
                + ErrorText.Of(failure);
        }
    }

    private async Task<string?> TryMoveAsync(
        Removals removals,
        ImageFacts image,
        string tag,
        CancellationToken cancellation
    )
    {
        try
        {
            if (!uploaded.Contains(removals.Repository))
                await UploadAsync(removals, onlyMissing: true, cancellation).ConfigureAwait(false);
            // ECR may hold the manifest even if its answer is lost.
            removals.Put = true;
            PutImageResponse answer;
            try
            {
                answer = await PutAsync(removals, tag, cancellation).ConfigureAwait(false);
            }
            catch (LayersNotFoundException)
            {
                // ECR deletes blobs that nothing refers to, and it may have done so in between.
                await UploadAsync(removals, onlyMissing: false, cancellation).ConfigureAwait(false);
                answer = await PutAsync(removals, tag, cancellation).ConfigureAwait(false);
            }
            var meant = removals.Manifest.Digest;
            if (answer.Image?.ImageId?.ImageDigest is not { } digest || digest == meant.ToString())
                return null;
            var what = $"ECR put it on {digest} instead of {meant}.";
            return await WarnAsync(image.Id, tag, what, cancellation).ConfigureAwait(false);
        }
        catch (ImageAlreadyExistsException)
        {
            // The tag is there already, as intended.
            return null;
        }
        catch (AmazonECRException refused) when (IsRefusal(refused))
        {
            return TagRemoval.CouldNot(
                $"ECR refused the manifest to which EcrGuard moves its tags to take them off: {ErrorText.Of(refused)}"
            );
        }
    }

    /// <summary>Whether ECR will answer the same tomorrow.</summary>
    private static bool IsRefusal(AmazonECRException refused) =>
        refused.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError
        && refused.ErrorCode
            is not (
                "ThrottlingException"
                or "ExpiredTokenException"
                or "MissingAuthenticationTokenException"
                or "RequestExpired"
            );

    private Task<PutImageResponse> PutAsync(Removals removals, string tag, CancellationToken cancellation) =>
        aws.Ecr.PutImageAsync(
            new PutImageRequest
            {
                RegistryId = removals.Repository.Account,
                RepositoryName = removals.Repository.Name,
                ImageManifest = removals.Manifest.Text,
                ImageManifestMediaType = MediaTypes.OciManifest,
                ImageDigest = removals.Manifest.Digest.ToString(),
                ImageTag = tag,
            },
            cancellation
        );

    /// <summary>Uploads what the manifest refers to.</summary>
    private async Task UploadAsync(Removals removals, bool onlyMissing, CancellationToken cancellation)
    {
        byte[][] blobs = [RemovalManifest.Config.ToArray(), RemovalManifest.Layer.ToArray()];
        var there = new HashSet<string>();
        if (onlyMissing)
        {
            var known = await aws
                .Ecr.BatchCheckLayerAvailabilityAsync(
                    new BatchCheckLayerAvailabilityRequest
                    {
                        RegistryId = removals.Repository.Account,
                        RepositoryName = removals.Repository.Name,
                        LayerDigests = [.. blobs.Select(blob => RemovalManifest.DigestOf(blob).ToString())],
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            there.UnionWith(
                (known.Layers ?? [])
                    .Where(layer => layer.LayerAvailability == LayerAvailability.AVAILABLE)
                    .Select(layer => layer.LayerDigest)
            );
        }
        foreach (var blob in blobs)
        {
            if (!there.Contains(RemovalManifest.DigestOf(blob).ToString()))
                await UploadAsync(removals.Repository, blob, cancellation).ConfigureAwait(false);
        }
        uploaded.Add(removals.Repository);
    }

    private async Task UploadAsync(RepositoryId repository, byte[] blob, CancellationToken cancellation)
    {
        var upload = await aws
            .Ecr.InitiateLayerUploadAsync(
                new InitiateLayerUploadRequest { RegistryId = repository.Account, RepositoryName = repository.Name },
                cancellation
            )
            .ConfigureAwait(false);
        try
        {
            await SendAsync(repository, upload.UploadId, blob, cancellation).ConfigureAwait(false);
            await aws
                .Ecr.CompleteLayerUploadAsync(
                    new CompleteLayerUploadRequest
                    {
                        RegistryId = repository.Account,
                        RepositoryName = repository.Name,
                        UploadId = upload.UploadId,
                        LayerDigests = [RemovalManifest.DigestOf(blob).ToString()],
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (Exception there) when (there is LayerAlreadyExistsException or UploadNotFoundException)
        {
            // Somebody was faster with the same bytes, or the answer to the first try was lost. PutImage shows the
            // rest.
        }
    }

    private async Task SendAsync(RepositoryId repository, string upload, byte[] blob, CancellationToken cancellation)
    {
        try
        {
            using var content = new MemoryStream(blob);
            await aws
                .Ecr.UploadLayerPartAsync(
                    new UploadLayerPartRequest
                    {
                        RegistryId = repository.Account,
                        RepositoryName = repository.Name,
                        UploadId = upload,
                        PartFirstByte = 0,
                        PartLastByte = blob.Length - 1,
                        LayerPartBlob = content,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (InvalidLayerPartException)
        {
            // The part is there already and the answer was lost. ECR takes no part twice, and checks the whole against
            // its digest.
        }
    }

    /// <summary>Reports at once, and not only in the ledger, that something did not happen as it must.</summary>
    private Task<string> WarnAsync(ImageId image, string tag, string what, CancellationToken cancellation) =>
        WarnAsync(image, tag, what, writes.NewId(), cancellation);

    /// <param name="write">The ledger's id of the write. If the sweep reports it again, it is the same alert.</param>
    public async Task<string> WarnAsync(
        ImageId image,
        string tag,
        string what,
        string write,
        CancellationToken cancellation
    )
    {
        var message = TagAlert.ForRemoval(image, tag, what, write, time.GetUtcNow());
        await notifier.AlertAsync(message, cancellation).ConfigureAwait(false);
        return $"EcrGuard removed its tag '{tag}', but the result is not as planned. {what}";
    }
}
