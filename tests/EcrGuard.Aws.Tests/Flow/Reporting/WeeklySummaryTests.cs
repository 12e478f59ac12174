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
            ["blocking.csv", "coverage.csv", "images.csv", "report.html", "report.json", "waivers.csv"],
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
        Assert.Equal(5, fixture.Aws.S3.Keys(Bucket, "reports/").Count);
        Assert.Contains("could not be written", Sent(fixture).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_week_that_is_asked_for_again_later_fills_no_gap()
    {
        await using var fixture = await StartAsync();
        await SweptOnMondayAsync(fixture);
        await fixture.Functions.SummaryAsync("2026-W45");
        Assert.Empty(fixture.Items("W#"));
    }

    private static async Task SweptOnMondayAsync(GuardFixture fixture)
    {
        fixture.Time.Advance(new DateTimeOffset(2026, 11, 23, 6, 0, 0, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        await fixture.Functions.BackfillAsync();
        Assert.True(Assert.Single((await fixture.Functions.SweepAsync()).Runs).Done);
    }

    private static (string Subject, string Text) Sent(GuardFixture fixture)
    {
        var message = Assert.Single(fixture.Aws.Sns.Messages, m => m.TopicArn == fixture.SummaryTopic);
        using var envelope = JsonDocument.Parse(message.Message);
        return (message.Subject!, envelope.RootElement.GetProperty("email").GetString()!);
    }
}
