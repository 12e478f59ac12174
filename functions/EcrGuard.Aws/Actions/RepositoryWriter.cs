using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Writes to a repository what its baseline wants, or puts back what was there before. ECR has no conditional write, so
/// that the setting is read again immediately before; intent stands in the ledger before, the outcome after.
/// </summary>
public sealed class RepositoryWriter(IAmazonECR ecr, EcrReader registry, Ledger.Ledger ledger, WriteRate rate)
{
    /// <summary>Writes one setting.</summary>
    /// <param name="found">The value on which it was decided: where it is another by now, nothing is written.</param>
    /// <param name="value">Null takes away a lifecycle policy or a resource tag.</param>
    /// <param name="isStillSo">Asked immediately before: whether it is still to be written; null: it is.</param>
    /// <returns>Why it was not written, a sentence; null where it is in place.</returns>
    public async Task<string?> WriteAsync(
        RepositoryId repository,
        RepositorySetting setting,
        string? found,
        string? value,
        CancellationToken cancellation,
        Func<Task<bool>>? isStillSo = null
    )
    {
        await rate.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await ledger
            .IntendAsync(repository, Change(setting, value), setting, value, cancellation)
            .ConfigureAwait(false);
        // Read after the intent and immediately before the write: whatever took time lies before it.
        var refusal =
            setting.AreSame(
                setting.ValueIn(await ReadAsync(repository, setting, cancellation).ConfigureAwait(false)),
                found
            ) && (isStillSo is null || await isStillSo().ConfigureAwait(false))
                ? await TryWriteAsync(repository, setting, value, cancellation).ConfigureAwait(false)
                : $"Nothing was written to {setting.Words}: it had changed when it was read again.";
        await ledger.OutcomeAsync(repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal;
    }

    private static string Change(RepositorySetting setting, string? value) =>
        (setting.Kind, value) switch
        {
            (SettingKind.LifecyclePolicy, null) => "DeleteLifecyclePolicy",
            (SettingKind.LifecyclePolicy, _) => "PutLifecyclePolicy",
            (SettingKind.TagMutability, _) => "PutImageTagMutability",
            (SettingKind.ScanOnPush, _) => "PutImageScanningConfiguration",
            (SettingKind.ResourceTag, null) => "UntagResource",
            (SettingKind.ResourceTag, _) => "TagResource",
        };

    private async Task<RepositoryFacts> ReadAsync(
        RepositoryId repository,
        RepositorySetting setting,
        CancellationToken cancellation
    )
    {
        var nothing = new RepositoryFacts { Id = repository };
        switch (setting.Kind)
        {
            case SettingKind.LifecyclePolicy:
                return nothing with
                {
                    LifecyclePolicy = await registry
                        .LifecyclePolicyAsync(repository, cancellation)
                        .ConfigureAwait(false),
                };
            case SettingKind.TagMutability:
                var its = await registry.RepositoryAsync(repository, cancellation).ConfigureAwait(false);
                return its is null
                    ? nothing
                    : nothing with
                    {
                        Mutability = its.Mutability,
                        MutabilityExclusions = its.MutabilityExclusions,
                    };
            case SettingKind.ScanOnPush:
                return nothing with
                {
                    Scanning = await registry.ScanningAsync(repository, cancellation).ConfigureAwait(false),
                };
            default:
                return nothing with
                {
                    ResourceTags = await registry.ResourceTagsAsync(repository, cancellation).ConfigureAwait(false),
                };
        }
    }

    private async Task<string?> TryWriteAsync(
        RepositoryId repository,
        RepositorySetting setting,
        string? value,
        CancellationToken cancellation
    )
    {
        try
        {
            await (
                setting.Kind switch
                {
                    SettingKind.LifecyclePolicy => LifecyclePolicyAsync(repository, value, cancellation),
                    SettingKind.TagMutability => TagMutabilityAsync(
                        repository,
                        MutabilityValue.Parse(value!),
                        cancellation
                    ),
                    SettingKind.ScanOnPush => ScanOnPushAsync(repository, value == "true", cancellation),
                    SettingKind.ResourceTag => ResourceTagAsync(repository, setting.Tag!, value, cancellation),
                }
            ).ConfigureAwait(false);
            return null;
        }
        catch (LifecyclePolicyNotFoundException)
        {
            // Gone is what was wanted.
            return null;
        }
        catch (Exception refused)
            when (refused
                    is InvalidParameterException
                        or InvalidTagParameterException
                        or TooManyTagsException
                        or RepositoryNotFoundException
                        or Amazon.ECR.Model.ValidationException
                        or AmazonECRException { ErrorCode: "AccessDeniedException" }
            )
        {
            // ECR will say the same tomorrow: recorded, not retried.
            return $"ECR refused {setting.Words}: {ErrorText.Of(refused)}";
        }
    }

    private Task LifecyclePolicyAsync(RepositoryId repository, string? policy, CancellationToken cancellation) =>
        policy is null
            ? ecr.DeleteLifecyclePolicyAsync(
                new DeleteLifecyclePolicyRequest { RegistryId = repository.Account, RepositoryName = repository.Name },
                cancellation
            )
            : ecr.PutLifecyclePolicyAsync(
                new PutLifecyclePolicyRequest
                {
                    RegistryId = repository.Account,
                    RepositoryName = repository.Name,
                    LifecyclePolicyText = policy,
                },
                cancellation
            );

    private async Task TagMutabilityAsync(
        RepositoryId repository,
        MutabilityValue mutability,
        CancellationToken cancellation
    ) =>
        await ecr.PutImageTagMutabilityAsync(
                new PutImageTagMutabilityRequest
                {
                    RegistryId = repository.Account,
                    RepositoryName = repository.Name,
                    ImageTagMutability = MutabilityValue.Word(mutability.Mode),
                    ImageTagMutabilityExclusionFilters =
                        mutability.Exclusions.Count == 0
                            ? null
                            :
                            [
                                .. mutability.Exclusions.Select(filter => new ImageTagMutabilityExclusionFilter
                                {
                                    Filter = filter,
                                    FilterType = ImageTagMutabilityExclusionFilterType.WILDCARD,
                                }),
                            ],
                },
                cancellation
            )
            .ConfigureAwait(false);

    private async Task ScanOnPushAsync(RepositoryId repository, bool scanOnPush, CancellationToken cancellation) =>
        await ecr.PutImageScanningConfigurationAsync(
                new PutImageScanningConfigurationRequest
                {
                    RegistryId = repository.Account,
                    RepositoryName = repository.Name,
                    ImageScanningConfiguration = new ImageScanningConfiguration { ScanOnPush = scanOnPush },
                },
                cancellation
            )
            .ConfigureAwait(false);

    private Task ResourceTagAsync(RepositoryId repository, string key, string? value, CancellationToken cancellation) =>
        value is null
            ? ecr.UntagResourceAsync(
                new UntagResourceRequest { ResourceArn = repository.Arn, TagKeys = [key] },
                cancellation
            )
            : ecr.TagResourceAsync(
                new TagResourceRequest { ResourceArn = repository.Arn, Tags = [new Tag { Key = key, Value = value }] },
                cancellation
            );

    /// <summary>Starts a basic scan.</summary>
    /// <returns>Why none will run; null where one runs or ran today.</returns>
    public async Task<string?> StartScanAsync(ImageId image, CancellationToken cancellation)
    {
        await rate.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await ledger
            .IntendAsync(image.Repository, "StartImageScan", null, image.Digest.ToString(), cancellation)
            .ConfigureAwait(false);
        var refusal = await TryStartScanAsync(image, cancellation).ConfigureAwait(false);
        await ledger.OutcomeAsync(image.Repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal;
    }

    private async Task<string?> TryStartScanAsync(ImageId image, CancellationToken cancellation)
    {
        try
        {
            await ecr.StartImageScanAsync(
                    new StartImageScanRequest
                    {
                        RegistryId = image.Repository.Account,
                        RepositoryName = image.Repository.Name,
                        ImageId = new ImageIdentifier { ImageDigest = image.Digest.ToString() },
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return null;
        }
        catch (AmazonECRException running)
            when (running is Amazon.ECR.Model.LimitExceededException or { ErrorCode: "ScanAlreadyInProgressException" })
        {
            // One scan an image a day: it was scanned today, and its result is on the way or there.
            return null;
        }
        catch (Exception refused)
            when (refused
                    is UnsupportedImageTypeException
                        or Amazon.ECR.Model.ImageNotFoundException
                        or RepositoryNotFoundException
                        or ImageArchivedException
                        or Amazon.ECR.Model.ValidationException
            )
        {
            return ErrorText.Of(refused);
        }
    }
}
