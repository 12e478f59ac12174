using EcrGuard.Core.Reports;

namespace EcrGuard.Core.Tests.Reports;

public sealed class IsoWeekTests
{
    [Theory]
    [InlineData("2026-11-16T00:00:00Z", "2026-W47")]
    [InlineData("2026-11-22T23:59:59Z", "2026-W47")]
    [InlineData("2026-11-23T00:00:00Z", "2026-W48")]
    [InlineData("2027-01-01T12:00:00Z", "2026-W53")] // a Friday: the week's Thursday is in 2026
    [InlineData("2024-12-30T00:00:00Z", "2025-W01")]
    [InlineData("2026-11-23T01:00:00+02:00", "2026-W47")] // still Sunday in UTC
    public void A_moment_lies_in_the_iso_week_of_its_utc_day(string moment, string week) =>
        Assert.Equal(
            week,
            IsoWeek.Of(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)).ToString()
        );

    [Fact]
    public void A_week_begins_on_monday_and_ends_before_the_next()
    {
        var week = IsoWeek.Parse("2026-W47");
        Assert.Equal(new DateTimeOffset(2026, 11, 16, 0, 0, 0, TimeSpan.Zero), week.Start);
        Assert.True(week.Contains(week.Start));
        Assert.False(week.Contains(week.End));
        Assert.False(week.Contains(week.Start.AddTicks(-1)));
    }

    [Fact]
    public void The_week_before_the_first_is_the_last_of_the_year_before() =>
        Assert.Equal("2026-W53", IsoWeek.Parse("2027-W01").Previous.ToString());

    [Fact]
    public void Weeks_sort_in_time_and_as_text_alike()
    {
        var weeks = Enumerable.Range(0, 120).Select(i => IsoWeek.Of(Facts.Now.AddDays(7 * i))).ToList();
        Assert.Equal(weeks, weeks.AsEnumerable().Reverse().Order());
        Assert.Equal(weeks, weeks.AsEnumerable().Reverse().OrderBy(week => week.ToString(), StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("2026-W54")]
    [InlineData("2025-W53")]
    [InlineData("2026-W00")]
    [InlineData("2026W471")]
    [InlineData("2026-W4")]
    [InlineData("2026-W4x")]
    [InlineData("")]
    public void What_is_no_week_is_refused_with_an_example(string text) =>
        Assert.Contains(
            "2026-W47",
            Assert.Throws<FormatException>(() => IsoWeek.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("UTC")]
    [InlineData("Asia/Tokyo")]
    [InlineData("Pacific/Auckland")]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("Pacific/Honolulu")]
    [InlineData("Pacific/Pago_Pago")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    public void On_a_Monday_at_any_hour_of_any_zone_the_last_week_that_ended_is_the_one_before(string zone)
    {
        var clocks = TimeZoneInfo.FindSystemTimeZoneById(zone);
        // Two years, with every change of the clocks.
        for (var monday = new DateTime(2026, 1, 5); monday.Year < 2028; monday = monday.AddDays(7))
        for (var hour = 0; hour < 24; hour++)
        {
            var now = new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(monday.AddHours(hour), clocks), TimeSpan.Zero);
            var ended = IsoWeek.Of(new DateTimeOffset(monday.AddDays(-7), TimeSpan.Zero));
            Assert.True(ended == IsoWeek.LastEnded(now), $"{zone} {monday:yyyy-MM-dd} {hour}:00 is {now}");
        }
    }
}
