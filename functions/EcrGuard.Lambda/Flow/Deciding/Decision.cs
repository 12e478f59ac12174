using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>What was decided about an image, and what the ledger keeps for the next decision.</summary>
public sealed record Decision(Verdict Verdict)
{
    /// <summary>The findings to keep; null if they are lost.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; } = [];

    /// <summary>The hash of the findings as the scanner listed them; null where it is not known.</summary>
    public string? ListedHash { get; init; }

    /// <summary>Whether the findings that are stored are those that are to be kept.</summary>
    public bool IsUnchanged { get; init; }

    /// <summary>What the scanner said apart from the findings; null for an index.</summary>
    public ScanFacts? Scan { get; init; }

    /// <summary>What the scanner must still deliver; null for an index.</summary>
    public Settling? Settling { get; init; }

    /// <summary>The children of an index.</summary>
    public IReadOnlyList<IndexChild> Children { get; init; } = [];
}
