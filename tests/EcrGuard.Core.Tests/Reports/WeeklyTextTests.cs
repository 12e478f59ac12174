using System.Text;
using System.Text.Json;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Page;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Reports.WeekFacts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>The text, JSON and attributes of the weekly summary.</summary>
public sealed class WeeklyTextTests
{
    [Fact]
    public void Numbers_stand_beside_their_difference_to_the_week_before()
    {
        var before = Sum(Facts.Record(Status.Blocked), Facts.Record(Status.Approved, Facts.Image(2, "2.0")))
            .RollUp() with
        {
            Week = Registry.Week.Previous,
        };
        var text = Render(Sum(Registry with { Trend = [before] }, Facts.Record(Status.Approved)));
        Assert.Contains("2 repositories (±0), 1 image (-1), 0 of them running", text, StringComparison.Ordinal);
        Assert.Contains("\nBlocked: 0 (-1)\n", text, StringComparison.Ordinal);
        Assert.Contains("\nApproved: 1 (±0)\n", text, StringComparison.Ordinal);
        Assert.Contains("difference to 2026-W46.", text, StringComparison.Ordinal);
        Assert.Contains("no report of the week before", Render(Sum()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_roll_up_survives_its_json()
    {
        var rollUp = Sum(
                Facts.Record(Status.Blocked),
                Facts.Record(Status.Blocked, Facts.Image(1, "1.0").In("web/shop")),
                Facts.Record(Status.Stale, Facts.Image(2, "2.0"))
            )
            .RollUp();
        Assert.Equal(1, rollUp.BlockedDigests);
        var json = JsonSerializer.Serialize(rollUp, WeekRollUp.Json);
        Assert.Equal(
            json,
            JsonSerializer.Serialize(JsonSerializer.Deserialize(json, WeekRollUp.Json)!, WeekRollUp.Json)
        );
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"week":"2026-W99"}""")]
    [InlineData("""{"week":7}""")]
    public void What_is_no_roll_up_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, WeekRollUp.Json));

    [Fact]
    public void The_same_facts_in_any_order_give_the_same_bytes()
    {
        var records = Enumerable
            .Range(0, 60)
            .Select(i =>
                Facts.Record(
                    (Status)(i % 7),
                    Facts.Image(i, $"{i}").In(i % 3 == 0 ? "pay/api" : "web/shop"),
                    was: (Status)(i % 5),
                    since: Tuesday
                )
            )
            .ToList();
        Assert.Equal(Sum(records).ToJson(), Sum(records.AsEnumerable().Reverse()).ToJson());
        Assert.Equal(Render(Sum(records)), Render(Sum(records.OrderBy(record => record.Verdict.Image.Digest.Hex[^1]))));
    }

    [Fact]
    public void The_json_names_its_version_and_what_could_not_be_read_first_and_uses_the_words_of_the_product()
    {
        using var json = JsonDocument.Parse(
            Sum(Facts.Record(Status.Blocked, was: Status.Approved, since: Tuesday)).ToJson()
        );
        Assert.Equal(
            ["schemaVersion", "unread"],
            json.RootElement.EnumerateObject().Take(2).Select(property => property.Name)
        );
        Assert.Equal("2026-W47", json.RootElement.GetProperty("week").GetString());
        Assert.Equal("mark", json.RootElement.GetProperty("enforcementCeiling").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("statuses").GetProperty("blocked").GetInt32());
        Assert.Equal("APPROVED", json.RootElement.GetProperty("newlyBlocked")[0].GetProperty("was").GetString());
        Assert.Equal(
            Facts.Digest(1).ToString(),
            json.RootElement.GetProperty("newlyBlocked")[0].GetProperty("digest").GetString()
        );
    }

    [Theory]
    [InlineData(1_900)]
    [InlineData(2_200)]
    public void A_text_that_does_not_fit_is_cut_after_a_whole_record_and_says_what_is_missing(int maxBytes)
    {
        var records = Enumerable
            .Range(0, 400)
            .Select(i =>
                Facts.Record(
                    i % 2 == 0 ? Status.Blocked : Status.Unscanned,
                    Facts.Image(i, $"ünïcode-{i}").In($"team/repo-{i}"),
                    was: Status.Approved,
                    since: Tuesday
                )
            );
        var text = Sum(records).ToText(maxBytes, Whole);
        var lines = text.TrimEnd('\n').Split('\n');
        var shown = lines.Count(line => line.Contains("had been approved: CVE", StringComparison.Ordinal));

        Assert.InRange(Encoding.UTF8.GetByteCount(text), maxBytes - 1000, maxBytes);
        Assert.Contains($"{10 - shown} of 'became blocked'", lines[^1], StringComparison.Ordinal);
        Assert.InRange(shown, 1, 9);
        Assert.Contains("And 190 more in the report.", lines);
        Assert.All(
            lines.Where(line => line.Contains("had been approved: CVE", StringComparison.Ordinal)),
            line => Assert.EndsWith("rule 'critical' blocks.", line, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_text_that_fits_says_nothing_of_limits_to_the_last_byte()
    {
        var summary = Sum(Facts.Record(Status.Blocked, was: Status.Approved, since: Tuesday));
        Assert.DoesNotContain("Left out", Render(summary), StringComparison.Ordinal);
        Assert.Contains(Whole, Render(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_below_the_fixed_lines_is_refused_and_not_broken() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sum().ToText(100, Whole));

    [Fact]
    public void Names_of_strangers_cannot_forge_a_line()
    {
        var record = Facts.Record(Status.Blocked, Facts.Image(1, "1.0\nAPPROVED 999\u2028\u202e"), since: Tuesday) with
        {
            CouldNotMark = "a\r\nb",
        };
        var text = Render(
            Sum(
                Registry with
                {
                    Unread = [new Unread("x\ny", "z")],
                    Notes = [new RepositoryNote("web/shop", ["a\nb"])],
                },
                record
            )
        );
        Assert.DoesNotContain("\nAPPROVED 999", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, c => c is '\r' or '\u2028' or '\u202e');
        Assert.Contains("x\ufffdy: z", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_subject_fits_sns_whatever_the_numbers_are()
    {
        var subject = (
            Sum() with
            {
                Region = "us-isob-east-1",
                Statuses = new StatusCounts(Blocked: 1_000_000),
                Unread = [new Unread("a", "b")],
            }
        ).Subject;
        Assert.InRange(subject.Length, 1, 99);
        Assert.All(subject, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal("EcrGuard 2026-W47 123456789012 eu-central-1: nothing to do, 0 blocked", Sum().Subject);
    }

    [Fact]
    public void Attributes_carry_the_worst_status_and_the_counts_as_numbers()
    {
        var attributes = Sum(
            Facts.Record(Status.Blocked, since: Tuesday),
            Facts.Record(Status.Stale, Facts.Image(2, "2"))
        ).Attributes;
        Assert.Contains(new FilterValue("status", "blocked"), attributes);
        Assert.Contains(new FilterValue("week", "2026-W47"), attributes);
        Assert.Contains(new FilterValue("newlyBlocked", "1", IsNumber: true), attributes);
        Assert.Contains(new FilterValue("actions", "0", IsNumber: true), attributes);
        Assert.Equal(10, attributes.Count);
        Assert.Contains(new FilterValue("status", "empty"), Sum().Attributes);
    }

    [Fact]
    public void A_registry_of_a_hundred_thousand_images_is_summed_up()
    {
        var builder = new SummaryBuilder(Registry);
        var records = Enum.GetValues<Status>().Select(status => Facts.Record(status, since: Tuesday)).ToList();
        for (var i = 0; i < 100_000; i++)
        {
            var record = records[i % records.Count];
            builder.Add(
                record with
                {
                    Verdict = record.Verdict with { Image = Facts.Image(i).In($"team/repo-{i % 1000}").Id },
                }
            );
        }
        var summary = builder.Build();
        Assert.Equal(100_000, summary.Images);
        Assert.InRange(Encoding.UTF8.GetByteCount(Render(summary)), 1, 20_000);
        Assert.InRange(SummaryPage.Of(summary).Length, 1, 5_000_000);
    }
}
