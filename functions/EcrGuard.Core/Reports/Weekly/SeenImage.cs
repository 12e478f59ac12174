using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What one image adds to the summary, unless it turns out to be part of an index.</summary>
internal sealed record SeenImage(ReportedImage Image, bool Forced, bool TimeIsUp)
{
    public string Repository => Image.Repository;
    public Digest Digest => Image.Digest;
    public Status Status => Image.Status;
    public IReadOnlyList<string> Waivers { get; init; } = [];
    public ChangedImage? Changed { get; init; }
    public (string Code, string Sentence)? Gap { get; init; }
    public FirstVerdict? First { get; init; }

    /// <summary>Who names it although it is in quarantine.</summary>
    public IReadOnlyList<string> NamedBy { get; init; } = [];
}
