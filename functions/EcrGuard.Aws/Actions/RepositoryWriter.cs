using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Writes to a repository what its baseline wants, or puts back what was there before. ECR has no conditional write, so
/// the setting is read again immediately before. The intent is in the ledger before the write, and the outcome after.
/// </summary>
public sealed class RepositoryWriter(
    IAmazonECR ecr,
    EcrReader registry,
    WriteRecords writes,
    RepositoryRecords repositories,
    WriteRates rates
)
{
    /// <summary>Writes one setting.</summary>
    /// <param name="found">The value that the decision rests on. If the value is another one by now, nothing is
    ///     written.</param>
    /// <param name="value">Null removes a lifecycle policy or a resource tag.</param>
    /// <returns>Why it was not written, a sentence; null if it is in place.</returns>
    public async Task<string?> WriteAsync(
        RepositoryId repository,
        RepositorySetting setting,
        string? found,
        string? value,
        CancellationToken cancellation
    )
    {
        await rates.Others.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await writes
            .IntendAsync(repository, Change(setting, value), setting, value, cancellation)
            .ConfigureAwait(false);
        var refusal = await WriteAsync(repository, setting, found, value, held: null, cancellation)
            .ConfigureAwait(false);
        await writes.OutcomeAsync(repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal;
    }

    /// <summary>Writes one setting as its baseline wants it.</summary>
    /// <param name="held">What the ledger then says about the repository.</param>
    public async Task<SettingWritten> HoldAsync(
        RepositoryId repository,
        Repair repair,
        SettingWrite held,
        CancellationToken cancellation
    )
    {
        var (setting, value) = (repair.Setting, repair.Value);
        // The wait comes before the intent, so that nothing waits between the intent and the write.
        await rates.Others.WaitAsync(cancellation).ConfigureAwait(false);
        // Nothing is meant to be written to a repository whose team has opted out, so that the ledger holds no intent.
        var tags = await registry.ResourceTagsAsync(repository, cancellation).ConfigureAwait(false);
        var why = tags is null ? "The repository was deleted meanwhile" : BaselinePlan.OptOut(tags);
        if (why is not null)
            return new SettingWritten(false, $"Nothing was written to {setting.Words}. {why}.", Task.FromResult(false));
        var intent = await writes
            .IntendAsync(repository, Change(setting, value), setting, value, held, cancellation)
            .ConfigureAwait(false);
        // Somebody else is holding the repository at the moment, and will leave it different from what was read.
        if (intent is not { } id)
            return new SettingWritten(
                false,
                $"Nothing was written to {setting.Words}: somebody else was holding the repository to its baseline at "
                    + "the same moment.",
                Task.FromResult(false)
            );
        var refusal = await WriteAsync(repository, setting, repair.Found, value, held, cancellation)
            .ConfigureAwait(false);
        return new SettingWritten(
            true,
            refusal,
            refusal is null ? writes.WrittenAsync(repository, id, held, cancellation) : NotDoneAsync(refusal)
        );

        async Task<bool> NotDoneAsync(string why)
        {
            await writes.OutcomeAsync(repository, id, why, cancellation).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>
    /// The setting is read after the intent and immediately before the write, so that everything that takes time comes
    /// earlier. The same holds for the ledger: somebody may have had the repository put back meanwhile.
    /// </summary>
    private async Task<string?> WriteAsync(
        RepositoryId repository,
        RepositorySetting setting,
        string? found,
        string? value,
        SettingWrite? held,
        CancellationToken cancellation
    )
    {
        var present = ReadAsync(repository, setting, cancellation);
        var isHeld = held is null ? Task.FromResult(true) : IsStillAsync(held.Revision + 1);
        await Task.WhenAll(present, isHeld).ConfigureAwait(false);
        return
            setting.AreSame(setting.ValueIn(await present.ConfigureAwait(false)), found)
            && await isHeld.ConfigureAwait(false)
            ? await TryWriteAsync(repository, setting, value, cancellation).ConfigureAwait(false)
            : $"Nothing was written to {setting.Words}: it had changed when it was read again.";

        async Task<bool> IsStillAsync(long revision) =>
            (await repositories.SettingsAsync(repository, cancellation).ConfigureAwait(false)).Revision == revision;
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
            // It is gone, as intended.
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
            // ECR will answer the same tomorrow, so this is recorded, not retried.
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
    /// <returns>Why no scan will run; null if one is running or ran today.</returns>
    public async Task<string?> StartScanAsync(ImageId image, CancellationToken cancellation)
    {
        await rates.Others.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await writes
            .IntendAsync(image.Repository, "StartImageScan", null, image.Digest.ToString(), cancellation)
            .ConfigureAwait(false);
        var refusal = await TryStartScanAsync(image, cancellation).ConfigureAwait(false);
        await writes.OutcomeAsync(image.Repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
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
            // An image can be scanned once a day. This one was scanned today, and its result is there or on its way.
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

/// <summary>The outcome of writing a setting.</summary>
/// <param name="Begun">Whether the intent got into the ledger.</param>
/// <param name="Refusal">Why it was not written, a sentence; null if it is in place.</param>
/// <param name="Noted">Ends when the outcome is in the ledger. False if the setting was not written, or if somebody
///     else had stored what EcrGuard has written to the repository.</param>
public sealed record SettingWritten(bool Begun, string? Refusal, Task<bool> Noted);
