using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// What EcrGuard has written to a repository and what was there before: for holding it, for noticing another owner, and
/// for putting it back.
/// </summary>
public sealed record SettingHistory
{
    /// <summary>Nothing was ever written.</summary>
    public static SettingHistory None { get; } = new();

    /// <summary>By <see cref="RepositorySetting.Name"/>.</summary>
    public IReadOnlyDictionary<string, Held> Settings { get; init; } = new Dictionary<string, Held>();

    /// <summary>Null where nothing was put back, or the baseline has been held again since.</summary>
    public Restored? Restored { get; init; }

    public Held? Of(RepositorySetting setting) => Settings.GetValueOrDefault(setting.Name);

    /// <summary>
    /// Where a setting has what only EcrGuard puts there and the ledger, lost or restored since, knows of no write: a
    /// sentence that what was there before is not known. Nothing is put over it then, or EcrGuard's own value would be
    /// taken for the team's and given back as such. Null where all is known, or a value does not show who put it.
    /// </summary>
    public string? WithoutOriginal(RepositorySetting setting, RepositoryFacts repository) =>
        Restored is not null || Of(setting) is not null
            ? null
            : setting.Kind switch
            {
                SettingKind.LifecyclePolicy
                    when repository.LifecyclePolicy is { } text
                        && LifecyclePolicy.Read(text).Policy is { } policy
                        && ShieldRule.StandsIn(policy) =>
                    "Its lifecycle policy begins with EcrGuard's rule, and the ledger does not know what was there "
                        + "before: EcrGuard leaves it as it is, and 'ecrguard restore' cannot put anything back. "
                        + "Put the policy that is wanted there by hand, without that rule.",
                SettingKind.TagMutability
                    when repository.Mutability == TagMutability.ImmutableWithExclusion
                        && repository.MutabilityExclusions.Contains(OwnTags.Pattern) =>
                    $"Its tag mutability excepts '{OwnTags.Pattern}', and the ledger does not know who put that there, "
                        + "nor what was there before: EcrGuard leaves it as it is, and 'ecrguard restore' cannot put "
                        + "anything back. Put the mutability that is wanted there by hand, without "
                        + $"'{OwnTags.Pattern}'.",
                SettingKind.LifecyclePolicy
                or SettingKind.TagMutability
                or SettingKind.ScanOnPush
                or SettingKind.ResourceTag => null,
            };

    /// <summary>
    /// As it must stand before the write: what the team had there is never lost, and what may arrive is known as
    /// EcrGuard's.
    /// </summary>
    public SettingHistory Intending(Repair repair)
    {
        var held = Of(repair.Setting) ?? new Held(null, [], "", 0);
        if (!held.Ours.Any(ours => ours.Is(repair.Setting, repair.Found)))
            held = held with { Before = Theirs(repair, held.Ours) };
        return With(
            repair.Setting,
            held with
            {
                Ours =
                [
                    .. held
                        .Ours.Where(ours => ours.Value != repair.Value)
                        .Take(1)
                        .Prepend(new Written(repair.Value, repair.OwnRules)),
                ],
            }
        ) with
        {
            Restored = null,
        };
    }

    /// <summary>As it stands after the write.</summary>
    public SettingHistory Done(Repair repair) =>
        Of(repair.Setting) is { } held
            ? With(
                repair.Setting,
                held with
                {
                    Wish = repair.Wish,
                    Times = held.Wish == repair.Wish ? held.Times + 1 : 1,
                }
            )
            : this;

    /// <summary>As it stands after a restore: what is held next begins anew.</summary>
    /// <param name="left">What could not be put back, or not safely: another restore may.</param>
    public SettingHistory PutBack(Restored restored, params IReadOnlyCollection<RepositorySetting> left) =>
        new()
        {
            Restored = restored,
            Settings = Settings.Where(setting => left.Any(its => its.Name == setting.Key)).ToDictionary(),
        };

    /// <summary>
    /// What of the value found is not EcrGuard's: all of it; or, where somebody has changed a lifecycle policy of
    /// EcrGuard's, the rules behind its own.
    /// </summary>
    private static string? Theirs(Repair repair, IReadOnlyList<Written> ours)
    {
        if (
            repair.Setting.Kind != SettingKind.LifecyclePolicy
            || repair.Found is null
            || RuleList.Read(repair.Found) is not { } found
        )
            return repair.Found;
        var own = ours.Select(ours => RuleList.Read(ours.Value)!.First(ours.OwnRules))
            .FirstOrDefault(own => found.First(own.Count).IsSameAs(own));
        return own is null ? repair.Found
            : found.Without(own) is { Count: > 0 } theirs ? theirs.Text()
            : null;
    }

    private SettingHistory With(RepositorySetting setting, Held held) =>
        this with
        {
            Settings = new Dictionary<string, Held>(Settings) { [setting.Name] = held },
        };
}

/// <summary>One setting that EcrGuard has written.</summary>
/// <param name="Before">
/// What the team last had there, byte for byte; null: nothing. Found before EcrGuard's first write, and found anew
/// whenever somebody has put another since: whoever has the setting put back expects what they had last,
/// whether EcrGuard then merged it, replaced it or put its own where it was taken away. Where somebody has changed
/// EcrGuard's own lifecycle policy, their rules without EcrGuard's.
/// </param>
/// <param name="Ours">What EcrGuard wrote or meant to write, the newest first. Two, since the newest may not have
///     arrived.</param>
/// <param name="Wish">What the baseline wished for when it was last written.</param>
/// <param name="Times">How often it was written for that wish: once, and once more each time that somebody else had put
///     another.</param>
public sealed record Held(string? Before, IReadOnlyList<Written> Ours, string Wish, int Times);

/// <param name="OwnRules">How many rules at the head of a lifecycle policy are EcrGuard's; the others are the
///     team's.</param>
public sealed record Written(string Value, int OwnRules)
{
    /// <summary>Whether a value that was found is this one; ECR need not give a policy back as it was put.</summary>
    internal bool Is(RepositorySetting setting, string? found) => setting.AreSame(found, Value);
}

/// <summary>Somebody had the repository put back as it was before EcrGuard.</summary>
/// <param name="Wish">What the baseline wished for then: as long as it is the same, EcrGuard leaves the repository
///     alone.</param>
public sealed record Restored(string Wish, string Reason, DateTimeOffset At);
