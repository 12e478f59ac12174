namespace EcrGuard.Core.Lifecycle;

/// <summary>What EcrGuard has written to a repository and what was there before: for holding it, for noticing another owner, and for putting it back.</summary>
public sealed record Hold
{
    /// <summary>Nothing was ever written.</summary>
    public static Hold None { get; } = new();

    /// <summary>By <see cref="RepositorySetting.Name"/>.</summary>
    public IReadOnlyDictionary<string, Held> Settings { get; init; } = new Dictionary<string, Held>();

    /// <summary>Null where nothing was put back, or the baseline has been held again since.</summary>
    public Restored? Restored { get; init; }

    public Held? Of(RepositorySetting setting) => Settings.GetValueOrDefault(setting.Name);

    /// <summary>As it must stand before the write: what was there is never lost, and what may arrive is known as EcrGuard's.</summary>
    public Hold Intending(Repair repair)
    {
        var held = Of(repair.Setting) ?? new Held(repair.Found, [], "", 0);
        return With(repair.Setting, held with { Ours = [.. held.Ours.Where(ours => ours.Value != repair.Value).Take(1).Prepend(new Written(repair.Value, repair.OwnRules))] }) with { Restored = null };
    }

    /// <summary>As it stands after the write.</summary>
    public Hold Done(Repair repair) =>
        Of(repair.Setting) is { } held ? With(repair.Setting, held with { Wish = repair.Wish, Times = held.Wish == repair.Wish ? held.Times + 1 : 1 }) : this;

    /// <summary>Everything is put back: what is held next begins anew.</summary>
    public static Hold PutBack(Restored restored) => new() { Restored = restored };

    private Hold With(RepositorySetting setting, Held held) => this with { Settings = new Dictionary<string, Held>(Settings) { [setting.Name] = held } };
}

/// <summary>One setting that EcrGuard has written.</summary>
/// <param name="Before">What was there before EcrGuard's first write, byte for byte; null: nothing.</param>
/// <param name="Ours">What EcrGuard wrote or meant to write, the newest first. Two, since the newest may not have arrived.</param>
/// <param name="Wish">What the baseline wished for when it was last written.</param>
/// <param name="Times">How often it was written for that wish: once, and once more each time that somebody else had put another.</param>
public sealed record Held(string? Before, IReadOnlyList<Written> Ours, string Wish, int Times);

/// <param name="OwnRules">How many rules at the head of a lifecycle policy are EcrGuard's; the others are the team's.</param>
public sealed record Written(string Value, int OwnRules);

/// <summary>Somebody had the repository put back as it was before EcrGuard.</summary>
/// <param name="Wish">What the baseline wished for then: as long as it is the same, EcrGuard leaves the repository alone.</param>
public sealed record Restored(string Wish, string Reason, DateTimeOffset At);
