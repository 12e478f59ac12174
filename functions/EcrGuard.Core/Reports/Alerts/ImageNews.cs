using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>
/// News of one image. All messages about images are made of it, so that each says the same about its image, alone or
/// with many others.
/// </summary>
/// <param name="Id">Stable, so that a receiver can drop a duplicate.</param>
/// <param name="Kind">What happened, one word for filter policies.</param>
/// <param name="At">When it happened or was seen. A waiver to paste is counted from then.</param>
public sealed record ImageNews(string Id, string Kind, ImageId Image, DateTimeOffset At)
{
    /// <summary>What happened, a sentence.</summary>
    public required string Headline { get; init; }

    /// <summary>The subject of its own message, without the product's name.</summary>
    public required string Subject { get; init; }

    /// <summary>The record by whose verdict it counts; null where the ledger has none.</summary>
    public ImageRecord? Record { get; init; }

    /// <summary>Who is known to run it; null where it is not known whether anything does.</summary>
    public IReadOnlyList<string>? RunsIn { get; init; }

    /// <summary>The team that owns the repository; null where none is known.</summary>
    public string? Team { get; init; }

    /// <summary>The status before, if it has changed and there was one.</summary>
    public Status? PreviousStatus { get; init; }

    /// <summary>Whether it was approved before its status changed; null where no status changed.</summary>
    public bool? WasApproved { get; init; }

    /// <summary>The clock of what runs; null where none counts.</summary>
    public Grace? Grace { get; init; }

    /// <summary>What only this kind of news says: a word, and a text.</summary>
    public IReadOnlyList<(string What, string Text)> Lines { get; init; } = [];

    /// <summary>What to do besides mending the image, a sentence; null: nothing.</summary>
    public string? Do { get; init; }

    internal ForcedNews? BreakGlass { get; init; }
    internal Release? Released { get; init; }

    /// <summary>Whether its approval is forced from now on.</summary>
    internal bool IsForced => BreakGlass is not null && Kind == "break-glass";

    internal bool Runs => RunsIn is { Count: > 0 };

    /// <summary>Whether it is blocked and runs.</summary>
    internal bool IsUrgent => Runs && Record?.Verdict.Status == Status.Blocked;

    internal IReadOnlyList<Reason> Reasons => Record?.Verdict.Reasons ?? [];

    internal IReadOnlyList<string> Tags => AlertMessage.Tags(Record?.Tags ?? []);

    /// <summary>The remedy of what blocks, a sentence; null where nothing blocks.</summary>
    internal string? Fix =>
        Record?.Verdict.Status != Status.Blocked
            ? null
            : FixText.For([
                .. Reasons
                    .Where(reason => reason.Vulnerability is not null)
                    .Select(reason => reason.Clip())
                    .Select(reason => new BlockingFinding(
                        reason.Vulnerability!,
                        reason.Package,
                        reason.Severity,
                        reason.Installed,
                        reason.FixedIn,
                        reason.Score,
                        reason.Epss
                    )),
            ]);

    /// <summary>A waiver for the first finding that blocks; null where none does.</summary>
    internal string? Waiver =>
        Record?.Verdict.Status == Status.Blocked
        && Reasons.FirstOrDefault(reason => reason.Vulnerability is not null) is { } first
            ? Links.Waiver(first.Vulnerability!, first.Package, Image.Repository.Name, At)
            : null;

    internal ImageNews Cut(int most) => this with { Record = Record?.Cut(most) };
}

/// <summary>An approval that was forced, as messages have it.</summary>
internal sealed record ForcedNews(
    string By,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until,
    ApiRequest? Request,
    Revocation? Revoked
);
