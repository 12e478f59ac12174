using System.Globalization;

namespace EcrGuard.Core.Lifecycle;

/// <summary>What the description of a rule claims, as far as a few words tell it. What is not understood is not claimed.</summary>
internal sealed class RuleDescription
{
    /// <summary>Beginnings of the names that people give to environments, in descriptions and in tags.</summary>
    private static readonly string[] Environments = ["prod", "preprod", "dev", "stag", "test", "uat", "qa", "demo"];

    private static readonly (string Word, int[] Days)[] Units =
        [("day", [1]), ("week", [7]), ("fortnight", [14]), ("month", [28, 30, 31]), ("quarter", [90, 91, 92]), ("year", [365, 366])];

    private readonly string[] _words;

    public RuleDescription(string text)
    {
        _words = text.ToLowerInvariant().Replace("pre-prod", "preprod", StringComparison.Ordinal)
            .Split([' ', ',', ';', ':', '(', ')', '/', '\'', '"', '.', '!', '?', '[', ']', '\t', '-', '_'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Each whole number and what may be meant by it: itself, or that many days if a unit of time follows. The number of a rule ("Rule 1") is none.</summary>
    public IEnumerable<(string Written, IReadOnlyList<long> Values, bool IsTime)> Numbers()
    {
        for (var w = 0; w < _words.Length; w++)
        {
            if (!int.TryParse(_words[w], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (w > 0 && _words[w - 1] is "rule" or "priority" or "step"))
                continue;
            var unit = Units.FirstOrDefault(u => w + 1 < _words.Length && (_words[w + 1] == u.Word || _words[w + 1] == u.Word + "s"));
            yield return unit.Word is null
                ? (_words[w], [number], false)
                : ($"{_words[w]} {_words[w + 1]}", [.. unit.Days.Select(days => (long)number * days)], true);
        }
    }

    /// <summary>Whether a number of images is claimed: "30 images", with words between that are no unit of time ("30 dev and staging images").</summary>
    public bool CountsImages => Numbers().Any(n => !n.IsTime) && Has("image");

    public bool SaysKeep => Has("keep", "retain", "preserve", "protect");

    public bool SaysProtect => Has("protect", "never", "forever") || _words.Zip(_words.Skip(1)).Any(pair => pair is ("keep" or "retain", "all" or "every"));

    public bool SaysExpire => Has("expire", "expiring", "expiration", "delete", "deleting", "remove", "removing", "purge", "clean", "prune");

    public bool SaysArchive => Has("archive", "archiving", "transition");

    public bool SaysUntagged => _words.Contains("untagged");

    /// <summary>The environments that it names.</summary>
    public IReadOnlyList<string> NamedEnvironments => [.. _words.Where(word => Environments.Any(known => word.StartsWith(known, StringComparison.Ordinal)))];

    /// <summary>Whether the patterns name environments too, and none that is named here.</summary>
    public bool NamesOtherEnvironmentsThan(IReadOnlyList<TagPattern> patterns)
    {
        var theirs = Environments.Where(known => patterns.Any(pattern => pattern.Text.Contains(known, StringComparison.OrdinalIgnoreCase))).ToList();
        return theirs.Count > 0 && NamedEnvironments is { Count: > 0 } ours && !ours.Any(word => theirs.Any(known => word.StartsWith(known, StringComparison.Ordinal)));
    }

    private bool Has(params ReadOnlySpan<string> beginnings)
    {
        foreach (var beginning in beginnings)
        {
            foreach (var word in _words)
            {
                if (word.StartsWith(beginning, StringComparison.Ordinal))
                    return true;
            }
        }
        return false;
    }
}
