using System.Text.Json;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>The weekly summary is sent even if something could not be read, and says so first.</summary>
public sealed class WeeklySummaryTests
{
    [Fact]
    public async Task It_counts_what_stands_in_the_ledger_and_lies_whole_in_the_bucket()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await fixture.ScannedAsync("2");
        await SweptOnMondayAsync(fixture);
        var report = await fixture.Functions.SummaryAsync();

        var (subject, text) = Sent(fixture);
        Assert.Contains("W47", subject, StringComparison.Ordinal);
        Assert.True(!subject.Contains("INCOMPLETE", StringComparison.Ordinal), text);
        Assert.Contains("CVE-2026-1001", text, StringComparison.Ordinal);
        Assert.Equal($"s3://{Bucket}/reports/123456789012/eu-central-1/2026-W47/", report.Whole);
        Assert.Equal(
            ["blocking.csv", "coverage.csv", "images.csv", "open.csv", "report.html", "report.json", "waivers.csv"],
            fixture.Aws.S3.Keys(Bucket, "reports/").Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Contains(
            $"console.aws.amazon.com/s3/object/{Bucket}?region=eu-central-1&prefix=reports/123456789012/",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("X-Amz-Signature", text, StringComparison.Ordinal);
        Assert.Equal("W#2026-W47", Assert.Single(fixture.Items("W#"))["sk"]!.GetValue<string>());
    }

    /// <summary>Somebody tries the function on a Sunday. The schedule starts it on Monday.</summary>
    [Fact]
    public async Task A_report_that_was_sent_before_its_week_had_ended_is_sent_whole_once_afterwards()
    {
        await using var fixture = await StartAsync();
        fixture.Time.Advance(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        await fixture.Functions.SummaryAsync();
        await fixture.Functions.SummaryAsync();
        Assert.Contains("(UTC, without its last 12 hours)", Sent(fixture).Text, StringComparison.Ordinal);
        fixture.Aws.Sns.Messages.Take();
        fixture.Time.Advance(TimeSpan.FromHours(18));

        await fixture.Functions.SummaryAsync();
        await fixture.Functions.SummaryAsync();

        Assert.DoesNotContain("without its last", Sent(fixture).Text, StringComparison.Ordinal);
        Assert.Equal(
            "2026-11-23T06:00",
            Report(fixture, "2026-W47").RootElement.GetProperty("generatedAt").GetString()![..16]
        );
    }

    [Theory]
    [InlineData("Query", 2)]
    [InlineData("Query", 9)]
    [InlineData("DescribeRepositories", 1)]
    public async Task What_could_not_be_read_is_said_first_and_the_rest_is_sent(string operation, int call)
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await SweptOnMondayAsync(fixture);
        fixture.Aws.Faults.Add(Fault.InternalError with { Operation = operation, From = call });
        await fixture.Functions.SummaryAsync();

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        var (subject, text) = Sent(fixture);
        Assert.Contains("INCOMPLETE", subject, StringComparison.Ordinal);
        Assert.Contains(
            "NOT EVERYTHING COULD BE READ: 1.",
            text[..text.IndexOf("\nNOW\n", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_summary_that_was_not_sent_fails_and_is_sent_by_the_next_try_and_by_no_other()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1");
        await SweptOnMondayAsync(fixture);
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });
        await Assert.ThrowsAnyAsync<Amazon.Runtime.AmazonServiceException>(() => fixture.Functions.SummaryAsync());
        await fixture.Functions.SummaryAsync();
        await fixture.Functions.SummaryAsync();
        Assert.NotEmpty(Sent(fixture).Text);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_keeps_no_mail_back()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1");
        await SweptOnMondayAsync(fixture);
        fixture.Aws.Faults.Add(Fault.Refuse(403, "AccessDenied", "no") with { Operation = "PutObject" });
        await fixture.Functions.SummaryAsync();

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal(6, fixture.Aws.S3.Keys(Bucket, "reports/").Count);
        Assert.Contains("could not be written", Sent(fixture).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_week_that_is_asked_for_again_later_fills_no_gap_and_says_that_its_lists_are_of_now()
    {
        await using var fixture = await StartAsync();
        await SweptOnMondayAsync(fixture);
        await fixture.Functions.SummaryAsync("2026-W45");
        Assert.Empty(fixture.Items("W#"));
        Assert.Contains(
            "Its lists and figures show the registry at that moment, not at the end of week 2026-W45.",
            Sent(fixture).Text,
            StringComparison.Ordinal
        );
        var trend = Report(fixture, "2026-W45").RootElement.GetProperty("trend");
        Assert.Equal(JsonValueKind.Null, trend[11].GetProperty("numbers").ValueKind);

        // The schedule's own report comes as if nobody had asked.
        await fixture.Functions.SummaryAsync();
        Assert.Equal("W#2026-W47", Assert.Single(fixture.Items("W#"))["sk"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(60)]
    public async Task A_report_that_is_out_is_kept_as_it_is_when_its_week_is_asked_for_again(int daysLater)
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await SweptOnMondayAsync(fixture);
        await fixture.Functions.SummaryAsync();
        var kept = fixture.Aws.S3.Keys(Bucket, "reports/").ToDictionary(key => key, key => Content(fixture, key));
        var numbers = Assert.Single(fixture.Items("W#")).ToJsonString();
        fixture.Aws.Sns.Messages.Take();

        fixture.Time.Advance(TimeSpan.FromDays(daysLater));
        await fixture.ScannedAsync("2");
        await fixture.Functions.SummaryAsync("2026-W47");

        Assert.All(kept, file => Assert.Equal(file.Value, Content(fixture, file.Key)));
        Assert.Equal(numbers, Assert.Single(fixture.Items("W#")).ToJsonString());
        var text = Sent(fixture).Text;
        Assert.Contains(
            "Its own report of 2026-11-23 06:00 UTC is kept; it counted 1 image, 1 of them blocked.",
            text[..text.IndexOf("\nNOW\n", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("2026-W48")]
    [InlineData("2027-W20")]
    public async Task A_week_that_has_not_begun_is_refused_and_nothing_is_sent_or_stored(string week)
    {
        await using var fixture = await StartAsync();
        fixture.Time.Advance(new DateTimeOffset(2026, 11, 22, 23, 59, 0, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        var refusal = await Assert.ThrowsAsync<FormatException>(() => fixture.Functions.SummaryAsync(week));
        Assert.Contains($"The week {week} has not begun: it begins ", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Aws.Sns.Messages);
        Assert.Empty(fixture.Aws.S3.Keys(Bucket, "reports/"));
    }

    [Fact]
    public async Task A_week_that_goes_on_may_be_asked_for_and_its_own_report_still_comes()
    {
        await using var fixture = await StartAsync();
        await SweptOnMondayAsync(fixture);
        await fixture.Functions.SummaryAsync("2026-W48");
        Assert.Contains("(UTC, so far)", Sent(fixture).Text, StringComparison.Ordinal);
        fixture.Aws.Sns.Messages.Take();
        fixture.Time.Advance(TimeSpan.FromDays(7));
        await fixture.Functions.SummaryAsync();
        Assert.Contains("report 2026-W48\n", Sent(fixture).Text, StringComparison.Ordinal);
        Assert.Equal(
            "2026-11-30T06:00",
            Report(fixture, "2026-W48").RootElement.GetProperty("generatedAt").GetString()![..16]
        );
    }

    [Fact]
    public async Task Monday_morning_in_Tokyo_is_Sunday_in_UTC_and_its_report_covers_the_week_that_ends_there()
    {
        await using var fixture = await StartAsync();
        fixture.Time.Advance(new DateTimeOffset(2026, 11, 22, 22, 0, 0, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        await fixture.Functions.SummaryAsync();
        Assert.Contains("(UTC, without its last 2 hours)", Sent(fixture).Text, StringComparison.Ordinal);
        Assert.Equal("W#2026-W47", Assert.Single(fixture.Items("W#"))["sk"]!.GetValue<string>());
    }

    private static async Task SweptOnMondayAsync(GuardFixture fixture)
    {
        fixture.Time.Advance(new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        await fixture.Functions.BackfillAsync();
        Assert.True(Assert.Single((await fixture.Functions.SweepAsync()).Runs).Done);
    }

    private static string Content(GuardFixture fixture, string key) =>
        Convert.ToBase64String(fixture.Aws.S3.Find(Bucket, key)!.Content.Span);

    private static JsonDocument Report(GuardFixture fixture, string week) =>
        JsonDocument.Parse(
            fixture.Aws.S3.Find(Bucket, $"reports/123456789012/eu-central-1/{week}/report.json")!.Content
        );

    private static (string Subject, string Text) Sent(GuardFixture fixture)
    {
        var message = Assert.Single(fixture.Aws.Sns.Messages, m => m.TopicArn == fixture.SummaryTopic);
        using var envelope = JsonDocument.Parse(message.Message);
        return (message.Subject!, envelope.RootElement.GetProperty("email").GetString()!);
    }
}
