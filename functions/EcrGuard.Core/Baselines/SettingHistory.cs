using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// What EcrGuard has written to a repository, and what was there before. It serves to keep the baseline, to notice
/// another owner, and to restore.
/// </summary>
public sealed record SettingHistory
{
    /// <summary>Nothing was ever written.</summary>
    public static SettingHistory None { get; } = new();

    /// <summary>By <see cref="RepositorySetting.Name"/>.</summary>
    public IReadOnlyDictionary<string, WrittenSetting> Settings { get; init; } =
        new Dictionary<string, WrittenSetting>();

    /// <summary>Null where nothing was restored, or EcrGuard has written again since.</summary>
    public Restored? Restored { get; init; }

    public WrittenSetting? Of(RepositorySetting setting) => Settings.GetValueOrDefault(setting.Name);

    /// <summary>
    /// A sentence where a setting has a value that only EcrGuard writes, but the ledger was lost or restored and knows
    /// of no write. The value before is then not known, and nothing is written: EcrGuard would take its own value for
    /// the team's, and restore that. Null where all is known, or the value does not show who wrote it.
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
    /// The history before the write. The team's value is never lost, and the value that may arrive is known to be
    /// EcrGuard's.
    /// </summary>
    public SettingHistory Intending(Repair repair)
    {
        var written = Of(repair.Setting) ?? new WrittenSetting(null, [], "", 0);
        if (!written.Ours.Any(ours => ours.Is(repair.Setting, repair.Found)))
            written = written with { Before = Theirs(repair, written.Ours) };
        return With(
            repair.Setting,
            written with
            {
                Ours =
                [
                    .. written
                        .Ours.Where(ours => ours.Value != repair.Value)
                        .Take(1)
                        .Prepend(new WrittenValue(repair.Value, repair.OwnRules)),
                ],
            }
        ) with
        {
            Restored = null,
        };
    }

    /// <summary>The history after the write.</summary>
    public SettingHistory Done(Repair repair) =>
        Of(repair.Setting) is { } written
            ? With(
                repair.Setting,
                written with
                {
                    WantedHash = repair.WantedHash,
                    Times = written.WantedHash == repair.WantedHash ? written.Times + 1 : 1,
                }
            )
            : this;

    /// <summary>The history after a restore: it begins anew.</summary>
    /// <param name="left">The settings that could not be restored, or not safely. Another restore may do it.</param>
    public SettingHistory PutBack(Restored restored, params IReadOnlyCollection<RepositorySetting> left) =>
        new()
        {
            Restored = restored,
            Settings = Settings.Where(setting => left.Any(its => its.Name == setting.Key)).ToDictionary(),
        };

    /// <summary>
    /// The part of the found value that is not EcrGuard's: all of it, or, if somebody has changed EcrGuard's lifecycle
    /// policy, the rules behind EcrGuard's own.
    /// </summary>
    private static string? Theirs(Repair repair, IReadOnlyList<WrittenValue> ours)
    {
        if (
            repair.Setting.Kind != SettingKind.LifecyclePolicy
            || repair.Found is null
            || RuleList.Read(repair.Found) is not { } found
        )
            return repair.Found;
        var own = ours.Select(written => written.Rules()).FirstOrDefault(own => found.First(own.Count).IsSameAs(own));
        return own is null ? repair.Found
            : found.Without(own) is { Count: > 0 } theirs ? theirs.Text()
            : null;
    }

    private SettingHistory With(RepositorySetting setting, WrittenSetting written) =>
        this with
        {
            Settings = new Dictionary<string, WrittenSetting>(Settings) { [setting.Name] = written },
        };
}

/// <summary>One setting that EcrGuard has written.</summary>
/// <param name="Before">The team's last value, byte for byte; null: none. It is noted before EcrGuard's first write,
///     and again whenever somebody has changed the value since: people expect a restore to bring back what they had
///     last. If somebody has changed EcrGuard's lifecycle policy, it holds their rules without EcrGuard's.</param>
/// <param name="Ours">What EcrGuard wrote or was about to write, the newest first. There are two, since the newest may
///     not have arrived.</param>
/// <param name="WantedHash">The hash of what the baseline wanted when the setting
///     was last written.</param>
/// <param name="Times">How often it was written for that: once, and once more each time somebody else had changed
///     it.</param>
public sealed record WrittenSetting(
    string? Before,
    IReadOnlyList<WrittenValue> Ours,
    [property: JsonPropertyName("wish")] string WantedHash,
    int Times
);

/// <param name="OwnRules">How many rules at the head of a lifecycle policy are EcrGuard's; the others are the
///     team's.</param>
public sealed record WrittenValue(string Value, int OwnRules)
{
    /// <summary>
    /// Whether a value that was found is this one. ECR may return a policy in another form than it was put.
    /// </summary>
    internal bool Is(RepositorySetting setting, string? found) => setting.AreSame(found, Value);

    /// <summary>EcrGuard's own rules of a lifecycle policy.</summary>
    internal RuleList Rules() => RuleList.Read(Value)!.First(OwnRules);
}

/// <summary>Somebody had the repository restored as it was before EcrGuard.</summary>
/// <param name="WantedHash">The hash of what the baseline wanted then: as long as it is the same, EcrGuard
///     leaves the repository alone.</param>
public sealed record Restored([property: JsonPropertyName("wish")] string WantedHash, string Reason, DateTimeOffset At);
