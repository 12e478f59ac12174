using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>What became of an order to put a repository back.</summary>
/// <param name="Done">A sentence for each setting that is again what it was before EcrGuard.</param>
/// <param name="Left">A sentence for each that is not, with the reason: another owner has it, ECR refused it, or it
///     would take images in use.</param>
public sealed record RestoreAnswer(string Repository, IReadOnlyList<string> Done, IReadOnlyList<string> Left);

/// <summary>Holds repositories to their baseline.</summary>
public sealed class BaselineEnforcer(
    ImageDecider guard,
    EcrReader registry,
    RepositoryWriter writer,
    UsageReader usageReader,
    PreviewReader previews,
    DeploymentRecorder deployedImages,
    RepositoryRecords repositories,
    TableOwnership ownership,
    ImageRecords images,
    ManifestRecords manifests,
    TimeProvider time,
    Log log
)
{
    /// <summary>As many calls as it takes to look at all that a baseline may name.</summary>
    public const int Everything = 2;

    /// <summary>
    /// A repository that is younger has nothing in it that the last reading of what runs could have missed.
    /// </summary>
    private static readonly TimeSpan New = TimeSpan.FromHours(24);

    /// <summary>Compares a repository with its baseline, repairs what may be repaired, and notes the rest.</summary>
    /// <param name="repair">False: whatever the policy says, differences are only noted.</param>
    /// <param name="spare">How many calls it may make to ECR for what takes one of its own: tag mutability first, then
    ///     resource tags. Where that is not enough for what the baseline names, the rest is not looked at, and what was
    ///     noted of the repository stays.</param>
    /// <param name="usages">Whether the images of the repository are in use, those that are with their shield; null for
    ///     whoever does not know, on a push: a lifecycle policy is then put on a new repository only.</param>
    /// <returns>The repository as it was found.</returns>
    /// <param name="lifecycle">The lifecycle policy there, for whoever has read it already.</param>
    public async Task<RepositoryFacts> HoldAsync(
        RepositoryId id,
        bool repair,
        int spare,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        CancellationToken cancellation,
        Task<string?>? lifecycle = null
    )
    {
        var named = guard.Policy.BaselineOf(id.Name);
        var baseline = Within(named, spare);
        var repository = await ReadAsync(id, baseline, cancellation, lifecycle).ConfigureAwait(false);
        var mode = repair ? guard.ModeOf(id) : EnforcementMode.Observe;
        var drift = BaselinePlan.For(repository, baseline, mode, SettingHistory.None).Drift;
        if (drift.Count > 0 && BaselinePlan.Enforces(baseline, mode))
            drift = await RepairAsync(repository, baseline!, named!, mode, usages, cancellation).ConfigureAwait(false);
        // Said where nothing differs, too. Only the sweep has time to look.
        if (usages is not null)
            drift = await WithUnknownAsync(repository, drift, cancellation).ConfigureAwait(false);
        if (baseline == named)
            await repositories.StoreDriftAsync(id, drift, cancellation).ConfigureAwait(false);
        return repository;
    }

    /// <summary>The drift, with a sentence for each setting of whose original the ledger does not know.</summary>
    private async Task<IReadOnlyList<string>> WithUnknownAsync(
        RepositoryFacts repository,
        IReadOnlyList<string> drift,
        CancellationToken cancellation
    )
    {
        foreach (var setting in new[] { RepositorySetting.LifecyclePolicy, RepositorySetting.TagMutability })
        {
            if (SettingHistory.None.WithoutOriginal(setting, repository) is not { } unknown || drift.Contains(unknown))
                continue;
            var (hold, _) = await repositories.SettingsAsync(repository.Id, cancellation).ConfigureAwait(false);
            if (hold.WithoutOriginal(setting, repository) is null)
                continue;
            // A team may have excepted EcrGuard's tags itself, as the documentation asks: that is no news where nothing
            // was lost.
            if (
                setting.Kind != SettingKind.TagMutability
                || await ownership.WasTakenOverAsync(cancellation).ConfigureAwait(false)
            )
                drift = [.. drift, unknown];
        }
        return drift;
    }

    /// <summary>
    /// Whether the baseline is about to put EcrGuard's rule, as far as can be told before it is: it is wished for, may
    /// be written, and would be safe once the images in use are shielded. Only then are they shielded before it stands.
    /// </summary>
    /// <param name="lifecycle">The lifecycle policy there; null where there is none.</param>
    public async Task<bool> IsAboutToPutAsync(
        RepositoryId id,
        string? lifecycle,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        CancellationToken cancellation
    )
    {
        var (named, mode) = (guard.Policy.BaselineOf(id.Name), guard.ModeOf(id));
        if (named?.LifecyclePolicy is null || !BaselinePlan.Enforces(named, mode))
            return false;
        var facts = new RepositoryFacts { Id = id, LifecyclePolicy = lifecycle };
        if (LifecycleOnly(facts, mode, SettingHistory.None).Repairs.Count == 0)
            return false;
        var (hold, _) = await repositories.SettingsAsync(id, cancellation).ConfigureAwait(false);
        var resourceTags = await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false);
        facts = facts with { ResourceTags = resourceTags };
        if (resourceTags is null || LifecycleOnly(facts, mode, hold).Repairs is not [var repair, ..])
            return false;
        var now = time.GetUtcNow();
        ImageFacts Shielded(ImageFacts image) => Shields.With(image, ImageUsage.Of(usages, image.Id.Digest));
        // The evaluator says what ECR's preview would: that needs the shields themselves.
        var policy = Read(repair.Value);
        var shielded = contents with
        {
            LatelyGone = await LatelyGoneAsync(id, policy, cancellation).ConfigureAwait(false),
            Images = [.. contents.Images.Select(Shielded)],
        };
        var effect = PolicyEffect.Of(policy, shielded, usages, shielded: false, now);
        var taken = effect.Expired.Concat(effect.Archived).Select(image => image.Image.Id.Digest).ToHashSet();
        return PreviewCheck.WhyNot(policy, taken, taken, shielded, usages, [], guard.Policy.Ceilings, now) is null;
    }

    /// <summary>
    /// Puts back what was there before EcrGuard, and leaves the repository alone until its baseline wishes for
    /// something else. The shields of images in use go with the next sweep, where the rule is gone.
    /// </summary>
    /// <returns>Null where EcrGuard has written nothing to the repository.</returns>
    public async Task<RestoreAnswer?> RestoreAsync(RepositoryId id, string reason, CancellationToken cancellation)
    {
        var (hold, revision) = await repositories.SettingsAsync(id, cancellation).ConfigureAwait(false);
        if (hold.Settings.Count == 0)
            return null;
        var baseline = guard.Policy.BaselineOf(id.Name);
        var repository = await ReadAsync(id, EveryPart, cancellation).ConfigureAwait(false);
        var restored = new Restored(
            BaselinePlan.For(repository, baseline, guard.ModeOf(id), hold).Wish,
            reason,
            time.GetUtcNow()
        );
        // First, so that nobody holds meanwhile what is put back here.
        if (
            !await repositories
                .StoreSettingsAsync(id, hold with { Restored = restored }, revision, cancellation)
                .ConfigureAwait(false)
        )
            throw new InvalidOperationException(
                $"The repository {id.Name} was being held to its baseline at the same moment; ask again."
            );

        // Read again: whoever was writing has either written by now, or finds that it is not to.
        var plan = RestorePlan.For(await ReadAsync(id, EveryPart, cancellation).ConfigureAwait(false), hold);
        var (done, left) = (new List<string>(), plan.Left.ToList());
        var open = new List<RepositorySetting>();
        foreach (var (setting, found, before) in plan.PutBacks)
        {
            var exposure =
                setting.Kind == SettingKind.LifecyclePolicy && before is not null
                    ? await ExposureAsync(id, before, cancellation).ConfigureAwait(false)
                    : null;
            if (exposure is not null)
            {
                left.Add(exposure.Refusal(id, before!));
                open.Add(setting);
                continue;
            }
            if (await writer.WriteAsync(id, setting, found, before, cancellation).ConfigureAwait(false) is { } refusal)
            {
                left.Add(refusal);
                open.Add(setting);
            }
            else
            {
                done.Add(before is null ? $"Took away {setting.Words}." : $"Put back {setting.Words}.");
            }
        }
        await repositories
            .StoreSettingsAsync(id, hold.PutBack(restored, open), revision + 1, cancellation)
            .ConfigureAwait(false);
        log.Info("A repository was put back as it was before.", ("repository", id.Name), ("reason", reason));
        return new RestoreAnswer(id.Name, done, left);
    }

    /// <summary>
    /// Decides again what lifecycle policy the baseline puts: whoever made a plan knew neither what EcrGuard has
    /// written to the repository nor whether it was put back, and its team may have opted out since.
    /// </summary>
    /// <param name="view">A first reading of the repository.</param>
    /// <returns>What is to be written; or, where nothing is, why.</returns>
    internal async Task<(BaselineWriter Holding, Repair? Repair, string Why)> AgainAsync(
        RepositoryView view,
        CancellationToken cancellation
    )
    {
        var id = view.Contents.Repository;
        var writing = new BaselineWriter(id, view.Hold, view.HoldRevision, writer, log);
        if (await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false) is not { } tags)
            return (writing, null, Gone);
        var facts = new RepositoryFacts
        {
            Id = id,
            LifecyclePolicy = view.LifecyclePolicy,
            ResourceTags = tags,
        };
        var plan = LifecycleOnly(facts, guard.ModeOf(id), view.Hold);
        return (writing, plan.Repairs is [var repair, ..] ? repair : null, string.Join(' ', plan.Drift));
    }

    /// <summary>What of the baseline is about the lifecycle policy.</summary>
    private BaselinePlan LifecycleOnly(RepositoryFacts facts, EnforcementMode mode, SettingHistory hold)
    {
        var named = guard.Policy.BaselineOf(facts.Id.Name);
        var alone = named is null ? null : named with { ScanOnPush = null, TagMutability = null, ResourceTags = [] };
        return BaselinePlan.For(facts, alone, mode, hold, named);
    }

    /// <summary>What was pushed lately and is gone, where the policy may mind.</summary>
    public async Task<IReadOnlyList<ImageFacts>> LatelyGoneAsync(
        RepositoryId id,
        LifecyclePolicy policy,
        CancellationToken cancellation
    ) =>
        PolicySafety.CountsPushes(policy)
            ? await images.GoneAsync(id, time.GetUtcNow() - PolicySafety.LookBack, cancellation).ConfigureAwait(false)
            : [];

    /// <summary>
    /// What runs is read now: a restore may come at any hour, and a day-old reading knows of nothing that it is not in
    /// use.
    /// </summary>
    private async Task<Exposure?> ExposureAsync(RepositoryId id, string policy, CancellationToken cancellation)
    {
        var read = await usageReader.ReadAsync(cancellation).ConfigureAwait(false);
        if (await ContentsAsync(id, cancellation).ConfigureAwait(false) is not { } contents)
            return null;
        var use = await usageReader.OfAsync(contents, read, cancellation).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return Exposure.Of(policy, contents, InUse.Of(use, contents, guard.Policy.Consumers, now), now);
    }

    /// <summary>Names every part, so that all is read.</summary>
    private static readonly Baseline EveryPart = new()
    {
        Repositories = [],
        Mode = BaselineMode.Observe,
        TagMutability = TagMutability.Mutable,
        ResourceTags = [new RequiredTag("any", Glob.Parse("*"))],
    };

    private static Baseline? Within(Baseline? named, int spare)
    {
        if (named?.TagMutability is not null && spare-- < 1)
            named = named with { TagMutability = null };
        return named?.ResourceTags.Count > 0 && spare < 1 ? named with { ResourceTags = [] } : named;
    }

    private async Task<RepositoryFacts> ReadAsync(
        RepositoryId id,
        Baseline? baseline,
        CancellationToken cancellation,
        Task<string?>? known = null
    )
    {
        var lifecycle = known ?? registry.LifecyclePolicyAsync(id, cancellation);
        var scanning = registry.ScanningAsync(id, cancellation);
        var its = baseline?.TagMutability is null
            ? null
            : await registry.RepositoryAsync(id, cancellation).ConfigureAwait(false);
        return new RepositoryFacts
        {
            Id = id,
            LifecyclePolicy = await lifecycle.ConfigureAwait(false),
            Scanning = await scanning.ConfigureAwait(false),
            Mutability = its?.Mutability ?? TagMutability.Unknown,
            MutabilityExclusions = its?.MutabilityExclusions ?? [],
            ResourceTags =
                baseline?.ResourceTags.Count > 0
                    ? await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false)
                    : null,
        };
    }

    /// <returns>What is left of the drift.</returns>
    private async Task<IReadOnlyList<string>> RepairAsync(
        RepositoryFacts repository,
        Baseline baseline,
        Baseline whole,
        EnforcementMode mode,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        CancellationToken cancellation
    )
    {
        var id = repository.Id;
        if (baseline.ScanOnPush == true && !repository.Scanning.Automatic)
            repository = repository with
            {
                Scanning = repository.Scanning with
                {
                    Scanner = await registry.ScanTypeAsync(cancellation).ConfigureAwait(false),
                },
            };
        var holding = await HoldingAsync(id, cancellation).ConfigureAwait(false);
        var plan = BaselinePlan.For(repository, baseline, mode, holding.Hold, whole);
        // Only who would write asks whether the team has opted out.
        if (plan.Repairs.Count > 0 && repository.ResourceTags is null)
        {
            if (await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false) is not { } tags)
                return plan.Drift;
            plan = BaselinePlan.For(repository with { ResourceTags = tags }, baseline, mode, holding.Hold, whole);
        }

        var drift = plan.Drift.ToList();
        foreach (var repair in plan.Repairs)
        {
            if (
                repair.Setting.Kind == SettingKind.LifecyclePolicy
                && await (
                    usages is null
                        ? WhyNotOnPushAsync(id, repair.Value, cancellation)
                        : WhyNotAsync(id, repair.Value, usages, cancellation)
                ).ConfigureAwait(false)
                    is { } unsafely
            )
            {
                drift.Add(unsafely);
                continue;
            }
            if (await holding.WriteAsync(repair, cancellation).ConfigureAwait(false) is { } refusal)
            {
                drift.Add(refusal);
                continue;
            }
            drift.Remove(repair.Drift);
            if (repair.Setting.Kind == SettingKind.LifecyclePolicy)
                await deployedImages.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
        }
        return drift;
    }

    private async Task<BaselineWriter> HoldingAsync(RepositoryId id, CancellationToken cancellation)
    {
        var (hold, revision) = await repositories.SettingsAsync(id, cancellation).ConfigureAwait(false);
        return new BaselineWriter(id, hold, revision, writer, log);
    }

    /// <summary>
    /// What runs is not known and nothing is shielded, and a preview would take too long: only where there is nothing
    /// yet that the policy could take.
    /// </summary>
    private async Task<string?> WhyNotOnPushAsync(RepositoryId id, string policy, CancellationToken cancellation)
    {
        if (
            await registry.RepositoryAsync(id, cancellation).ConfigureAwait(false) is not { CreatedAt: { } createdAt }
            || time.GetUtcNow() - createdAt > New
        )
            return "The next sweep puts its lifecycle policy, once it has shielded what is in use.";
        return await ContentsAsync(id, cancellation).ConfigureAwait(false) is { } contents
            ? PolicySafety.WhyNot(Read(policy), contents, new Dictionary<Digest, ImageUsage>(), time.GetUtcNow())
            : Gone;
    }

    private async Task<string?> WhyNotAsync(
        RepositoryId id,
        string policy,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        CancellationToken cancellation
    )
    {
        // A preview takes minutes: not for what cannot be.
        if (await ContentsAsync(id, cancellation).ConfigureAwait(false) is not { } before)
            return Gone;
        var gone = await LatelyGoneAsync(id, Read(policy), cancellation).ConfigureAwait(false);
        if (
            PolicySafety.WhyNot(Read(policy), before with { LatelyGone = gone }, usages, time.GetUtcNow()) is
            { } unsafely
        )
            return unsafely;
        var preview = await previews.ReadAsync(id, policy, cancellation).ConfigureAwait(false);
        if (preview.Taken is not { } taken)
            return $"Its lifecycle policy is not put without ECR's preview. {preview.WhyNot}";
        return await ContentsAsync(id, cancellation).ConfigureAwait(false) is not { } contents
            ? Gone
            : PreviewCheck.WhyNot(
                Read(policy),
                taken.Keys.ToHashSet(),
                taken.Keys.ToHashSet(),
                contents with
                {
                    LatelyGone = gone,
                },
                usages,
                [],
                guard.Policy.Ceilings,
                time.GetUtcNow()
            );
    }

    private const string Gone = "The repository was deleted meanwhile.";

    private Task<RepositoryContents?> ContentsAsync(RepositoryId id, CancellationToken cancellation) =>
        registry.ContentsAsync(id, manifests, cancellation);

    private static LifecyclePolicy Read(string policy) => LifecyclePolicy.Read(policy).Policy!;
}
