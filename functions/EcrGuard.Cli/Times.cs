using System.Globalization;

namespace EcrGuard.Cli;

/// <summary>Reads times as they are written in files and options.</summary>
internal static class Times
{
    private const string Date = "yyyy-MM-dd";

    private static readonly string[] Iso =
    [
        Date,
        "yyyy-MM-ddTHH:mm:ssK",
        "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
        "yyyy-MM-ddTHH:mmK",
    ];

    private static readonly string[] Printed =
    [
        .. Iso,
        // The form in Inspector's events
        // (https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html).
        "ddd MMM d HH:mm:ss.FFFFFFF K yyyy",
        "ddd MMM d HH:mm:ss K yyyy",
        "MMM d, yyyy, h:mm:ss tt",
        "MMM d, yyyy h:mm:ss tt",
    ];

    /// <summary>
    /// Reads ISO 8601, the form of Python's <c>str()</c> (a space instead of the T, six digits after the second), and
    /// the form in EventBridge's events. Without an offset, the time is UTC.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            Plain(text.Trim()),
            Printed,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out time
        );

    /// <summary>Reads ISO 8601 as people write it in an option. Without an offset, the time is UTC.</summary>
    public static bool TryParseIso(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>Reads a whole number with a unit: <c>90s</c>, <c>15m</c>, <c>2h</c>. At most a day.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (
            text.Length < 2
            || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > 86_400
        )
            return false;
        switch (text[^1])
        {
            case 's':
                duration = TimeSpan.FromSeconds(number);
                break;
            case 'm':
                duration = TimeSpan.FromMinutes(number);
                break;
            case 'h':
                duration = TimeSpan.FromHours(number);
                break;
            default:
                return false;
        }
        return duration <= TimeSpan.FromDays(1);
    }

    private static string Plain(string text)
    {
        // Newer Java versions put a narrow space before AM and PM.
        text = text.Replace('\u202F', ' ').Replace('\u00A0', ' ').Replace(" UTC", " Z", StringComparison.Ordinal);
        if (text.Length <= Date.Length || text[Date.Length] is not (' ' or 'T' or 't') || !char.IsAsciiDigit(text[0]))
            return text;
        var clock = text[(Date.Length + 1)..]
            .ToUpperInvariant()
            .Replace(" Z", "Z", StringComparison.Ordinal)
            .Replace(" +", "+", StringComparison.Ordinal);
        // "+0000" means "+00:00".
        if (clock.Length > 5 && clock[^5] is '+' or '-' && clock[^4..].All(char.IsAsciiDigit))
            clock = clock.Insert(clock.Length - 2, ":");
        // Nanoseconds are cut: .NET has seven digits.
        var dot = clock.IndexOf('.', StringComparison.Ordinal);
        var end = dot < 0 ? dot : dot + 1;
        while (end >= 0 && end < clock.Length && char.IsAsciiDigit(clock[end]))
            end++;
        if (end - dot > 8)
            clock = clock.Remove(dot + 8, end - dot - 8);
        return $"{text[..Date.Length]}T{clock}";
    }
}
