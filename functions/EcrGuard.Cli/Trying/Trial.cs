using System.Text.Json.Serialization;
using EcrGuard.Cli.Judging;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Cli.Trying;

/// <summary>What another policy would change.</summary>
/// <param name="Policy">The file that was tried.</param>
/// <param name="Against">The file of the policy in force; null for the built-in one.</param>
/// <param name="Changes">The changed images, the worst first.</param>
/// <param name="Enforcement">The repositories to which EcrGuard would write something else than now.</param>
/// <param name="Unread">Sentences about what could not be read. Nothing is said about these things.</param>
/// <param name="Notes">Sentences about what else to know.</param>
internal sealed record Trial(
    string Policy,
    string PolicyVersion,
    string? Against,
    string AgainstVersion,
    TrialSummary Summary,
    IReadOnlyList<TriedImage> Changes,
    IReadOnlyList<TriedRepository> Enforcement,
    IReadOnlyList<string> Unread,
    IReadOnlyList<string> Notes
)
{
    [JsonIgnore]
    public int ExitCode =>
        Unread.Count > 0 ? ExitCodes.Undetermined
        : Summary.NewlyBlocked + Summary.NewlyRefused > 0 ? ExitCodes.Wrong
        : ExitCodes.Done;
}

/// <param name="FailingInUse">How many of the newly blocked or refused images are in use, or may be.</param>
/// <param name="Marked">How many images would get the tag that says that they are blocked; the next three: lose it, be
///     archived, be restored.</param>
internal sealed record TrialSummary(
    int Repositories,
    int Images,
    int NewlyBlocked,
    int NewlyRefused,
    int NewlyApproved,
    int Otherwise,
    int Unchanged,
    int FailingInUse,
    int Marked,
    int Unmarked,
    int Archived,
    int Restored
)
{
    public static TrialSummary Of(
        int repositories,
        IReadOnlyList<VerdictChange> changes,
        IReadOnlyList<RepositoryEnforcement> enforcement
    )
    {
        int Count(AnswerChange change) => changes.Count(one => one.Change == change);
        return new TrialSummary(
            repositories,
            changes.Count,
            Count(AnswerChange.NewlyBlocked),
            Count(AnswerChange.NewlyRefused),
            Count(AnswerChange.NewlyApproved),
            Count(AnswerChange.Otherwise),
            Count(AnswerChange.None),
            changes.Count(one => one.FailsRunning),
            enforcement.Sum(one => one.Count(image => image.Marked)),
            enforcement.Sum(one => one.Count(image => image.Unmarked)),
            enforcement.Sum(one => one.Count(image => image.Archived)),
            enforcement.Sum(one => one.Count(image => image.Restored))
        );
    }
}

/// <param name="Use"><c>in-use</c>, <c>not-in-use</c> or <c>unknown</c>.</param>
/// <param name="UsedBy">Sentences, with the strongest use first.</param>
internal sealed record TriedImage(
    string Change,
    string Repository,
    string Digest,
    IReadOnlyList<string> Tags,
    string Use,
    IReadOnlyList<string> UsedBy,
    Judged Before,
    Judged After
)
{
    public static TriedImage Of(VerdictChange change) =>
        new(
            Word(change.Change),
            change.Image.Id.Repository.Name,
            change.Image.Id.Digest.ToString(),
            OwnTags.TeamTags(change.Image),
            Word(change.Usage.Use),
            change.Usage.Why,
            Judged.Of(change.Before),
            Judged.Of(change.After)
        );

    public static string Word(AnswerChange change) =>
        change switch
        {
            AnswerChange.NewlyBlocked => "newly-blocked",
            AnswerChange.NewlyRefused => "newly-refused",
            AnswerChange.NewlyApproved => "newly-approved",
            AnswerChange.Otherwise => "otherwise",
            AnswerChange.None => "none",
        };

    private static string Word(UseState use) =>
        use switch
        {
            Core.Use.UseState.InUse => "in-use",
            Core.Use.UseState.NotInUse => "not-in-use",
            Core.Use.UseState.Unknown => "unknown",
        };
}

/// <summary>What EcrGuard would write to a repository, and does not write now.</summary>
/// <param name="Before"><c>observe</c>, <c>mark</c> or <c>quarantine</c>.</param>
internal sealed record TriedRepository(
    string Repository,
    string Before,
    string After,
    IReadOnlyList<EnforcedImage> Images
)
{
    public static TriedRepository Of(RepositoryEnforcement change) =>
        new(change.Repository, Word(change.Before), Word(change.After), [.. change.Images.Select(EnforcedImage.Of)]);

    private static string Word(EnforcementMode mode) => mode.ToString().ToLowerInvariant();

    public int Count(string write) => Images.Count(image => image.Writes.Contains(write));
}

/// <param name="Writes">Of <c>mark</c>, <c>unmark</c>, <c>archive</c> and <c>restore</c>.</param>
/// <param name="Stays">Why a blocked image is not archived, although the policy says <c>quarantine</c>.</param>
internal sealed record EnforcedImage(
    string Digest,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Writes,
    string? Stays
)
{
    public static EnforcedImage Of(ImageEnforcement change) =>
        new(
            change.Image.Id.Digest.ToString(),
            OwnTags.TeamTags(change.Image),
            [
                .. new[]
                {
                    change.Marked ? "mark" : null,
                    change.Unmarked ? "unmark" : null,
                    change.Archived ? "archive" : null,
                    change.Restored ? "restore" : null,
                }.OfType<string>(),
            ],
            change.Stays
        );
}

/// <summary>What one policy says about an image.</summary>
internal sealed record Judged(
    string Status,
    bool Approved,
    IReadOnlyList<Reason> Reasons,
    IReadOnlyList<WaivedFinding> Waived
)
{
    public static Judged Of(Verdict verdict) =>
        new(verdict.Status.Word(), verdict.Approved, verdict.Reasons, verdict.Waived);
}

[JsonSerializable(typeof(Trial))]
internal sealed partial class TrialJson : JsonSerializerContext
{
    public static TrialJson Readable { get; } = new(VerdictJson.Readable());
}
