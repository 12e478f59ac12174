using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports;

/// <summary>
/// A week of ISO 8601 in UTC, Monday to Sunday. The first week of a year holds its first Thursday, so a week's year may
/// differ from the calendar's at either end.
/// </summary>
public sealed record IsoWeek : IComparable<IsoWeek>
{
    private IsoWeek(int year, int number) => (Year, Number) = (year, number);

    public int Year { get; }

    /// <summary>1 to 52 or 53.</summary>
    public int Number { get; }

    /// <summary>The first moment, Monday 00:00 UTC.</summary>
    public DateTimeOffset Start => new(ISOWeek.ToDateTime(Year, Number, DayOfWeek.Monday), TimeSpan.Zero);

    /// <summary>The first moment after it: the start of the next week.</summary>
    public DateTimeOffset End => Start.AddDays(7);

    public IsoWeek Previous => Of(Start.AddDays(-1));

    /// <summary>
    /// The earliest time zone, that of Kiritimati, is 14 hours ahead of UTC: a week ends there 14 hours earlier.
    /// </summary>
    private static readonly TimeSpan EndsFirst = TimeSpan.FromHours(14);

    /// <summary>
    /// The newest week that has ended in some time zone. For who asks on a Monday, by the clocks of any zone, it is the
    /// week before; in UTC, up to 14 hours of it may still be to come.
    /// </summary>
    public static IsoWeek LastEnded(DateTimeOffset now) => Of(now + EndsFirst).Previous;

    /// <summary>The week that holds a moment.</summary>
    public static IsoWeek Of(DateTimeOffset moment)
    {
        var utc = moment.UtcDateTime;
        return new IsoWeek(ISOWeek.GetYear(utc), ISOWeek.GetWeekOfYear(utc));
    }

    /// <summary>Reads <c>2026-W47</c>.</summary>
    /// <exception cref="FormatException">The text is not a week, or the year has no such week.</exception>
    public static IsoWeek Parse(string text) =>
        text is { Length: 8 }
        && text[4] == '-'
        && text[5] == 'W'
        && int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)
        && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && year is >= 1 and < 9999
        && number >= 1
        && number <= ISOWeek.GetWeeksInYear(year)
            ? new IsoWeek(year, number)
            : throw new FormatException($"'{Phrase.Clip(text, 20)}' is not an ISO week; it must look like '2026-W47'.");

    /// <summary>Reads a week of which a report can be made: it has begun.</summary>
    /// <exception cref="FormatException">As <see cref="Parse"/>, or the week has not begun.</exception>
    public static IsoWeek ParseBegun(string text, DateTimeOffset now) =>
        Parse(text) is var week && week.Start <= now
            ? week
            : throw new FormatException(
                $"The week {week} has not begun: it begins {Phrase.Moment(week.Start)}. There is a report of this "
                    + $"week, {Of(now)}, and of weeks before it."
            );

    /// <summary>Whether a moment lies in the week; its end does not.</summary>
    public bool Contains(DateTimeOffset moment) => Start <= moment && moment < End;

    public int CompareTo(IsoWeek? other) => other is null ? 1 : (Year, Number).CompareTo((other.Year, other.Number));

    /// <summary>For example <c>2026-W47</c>: its order as text is its order in time.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:D4}-W{Number:D2}");

    public static bool operator <(IsoWeek left, IsoWeek right) => left.CompareTo(right) < 0;

    public static bool operator <=(IsoWeek left, IsoWeek right) => left.CompareTo(right) <= 0;

    public static bool operator >(IsoWeek left, IsoWeek right) => left.CompareTo(right) > 0;

    public static bool operator >=(IsoWeek left, IsoWeek right) => left.CompareTo(right) >= 0;
}
