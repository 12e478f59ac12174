using System.Buffers;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Tells which of up to 64 patterns a tag may match, by its first and last few characters, and for all patterns at
/// once: each has a bit. Policies have up to fifty rules, and nearly all of them begin or end differently.
/// </summary>
internal sealed class TagFilter
{
    /// <summary>How many characters are compared at either end.</summary>
    private const int Depth = 4;

    /// <summary>The last one stands for all characters outside ASCII.</summary>
    private const int Characters = 128;

    /// <summary>
    /// By place and character, the patterns that may have it there; then by place, those that need nothing there.
    /// </summary>
    private readonly ulong[] _fromStart = new ulong[Depth * Characters],
        _fromEnd = new ulong[Depth * Characters];
    private readonly ulong[] _openAtStart = new ulong[Depth],
        _openAtEnd = new ulong[Depth];

    /// <summary>
    /// The patterns that need a text in the middle of a tag, and the longest such text of each. All are searched for at
    /// once: hardly any tag has one.
    /// </summary>
    private readonly ulong _withMiddle;
    private readonly SearchValues<string> _middles;

    /// <param name="patterns">Null where the bit is not used.</param>
    public TagFilter(IReadOnlyList<TagPattern?> patterns)
    {
        var middles = new List<string>();
        for (var bit = 0; bit < patterns.Count; bit++)
        {
            if (patterns[bit] is not { } pattern)
                continue;
            for (var place = 0; place < Depth; place++)
            {
                Add(
                    _fromStart,
                    _openAtStart,
                    place,
                    place < pattern.First.Length ? pattern.First[place] : null,
                    1UL << bit
                );
                Add(
                    _fromEnd,
                    _openAtEnd,
                    place,
                    place < pattern.Last.Length ? pattern.Last[^(place + 1)] : null,
                    1UL << bit
                );
            }
            if (pattern.Middle is { } middle)
            {
                _withMiddle |= 1UL << bit;
                middles.Add(middle);
            }
        }
        _middles = SearchValues.Create([.. middles], StringComparison.Ordinal);
    }

    /// <summary>A superset of the patterns that match.</summary>
    public ulong Candidates(ReadOnlySpan<char> tag)
    {
        var candidates = ulong.MaxValue;
        for (var place = 0; place < Depth; place++)
        {
            candidates &=
                place < tag.Length
                    ? _fromStart[(place * Characters) + Index(tag[place])]
                        & _fromEnd[(place * Characters) + Index(tag[^(place + 1)])]
                    : _openAtStart[place] & _openAtEnd[place];
        }
        return (candidates & _withMiddle) != 0 && !tag.ContainsAny(_middles) ? candidates & ~_withMiddle : candidates;
    }

    private static void Add(ulong[] table, ulong[] open, int place, char? needed, ulong bit)
    {
        var characters = table.AsSpan(place * Characters, Characters);
        if (needed is { } one)
        {
            characters[Index(one)] |= bit;
            return;
        }
        open[place] |= bit;
        foreach (ref var any in characters)
            any |= bit;
    }

    private static int Index(char character) => Math.Min(character, (char)(Characters - 1));
}
