using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>What security must know at once.</summary>
public enum AlertKind
{
    /// <summary>An image became blocked.</summary>
    Blocked,

    /// <summary>An image is no longer blocked.</summary>
    Lifted,

    /// <summary>An approved image no longer is, because it has no current scan.</summary>
    NoLongerApproved,

    /// <summary>Findings that a scan of an image announced were not listed for a day.</summary>
    NeverSettled,
}

/// <summary>A change of status that is worth a message.</summary>
/// <param name="Id">Digest, transition and history id. No two images share it, and it is stable, so that a receiver can
///     drop a duplicate.</param>
public sealed record Alert(string Id, AlertKind Kind, ImageRecord Record)
{
    /// <summary>Who is known to run the image, by name; empty where nobody is known.</summary>
    public IReadOnlyList<string> RunsIn { get; init; } = [];

    /// <summary>The team that owns the repository; null where none is known.</summary>
    public string? Team { get; init; }

    /// <summary>
    /// The alert about a record's last change of status; null where there is nothing to say. A first verdict is
    /// reported only if it blocks. PENDING and ERROR are left to the weekly summary, except for findings that never
    /// came. If an approval is lost through PENDING or ERROR, the alert comes once the next status is known.
    /// </summary>
    public static Alert? For(ImageRecord record)
    {
        AlertKind? kind = (record.PreviousStatus, record.Verdict.Status) switch
        {
            (not Status.Blocked, Status.Blocked) => AlertKind.Blocked,
            (Status.Blocked, not Status.Blocked) => AlertKind.Lifted,
            (_, Status.Unscanned or Status.Unsupported or Status.Stale) when record.SettledBefore == Status.Approved =>
                AlertKind.NoLongerApproved,
            (not Status.Error, Status.Error) when IsContradictory(record.Verdict) => AlertKind.NeverSettled,
            _ => null,
        };
        var (was, now) = (record.PreviousStatus?.Word() ?? "NEW", record.Verdict.Status.Word());
        return kind is { } told
            ? new Alert($"{record.Verdict.Image.Digest.Hex}:{was}-{now}:{record.ChangeId}", told, record)
            : null;
    }

    /// <summary>
    /// Basic scanning says at once that it lists less than it counts, as it does of every scan that fails.
    /// </summary>
    private static bool IsContradictory(Verdict verdict) =>
        verdict.Scanner == Scanner.Enhanced && verdict.Reasons.Any(reason => reason.Code == ReasonText.Contradictory);
}
