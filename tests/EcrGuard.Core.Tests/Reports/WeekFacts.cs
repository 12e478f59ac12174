using System.Text;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>What the tests of the weekly summary share.</summary>
internal static class WeekFacts
{
    public const int Sns = 262_144;
    public const string Whole = "s3://reports/2026-W47/summary.json";
    public static readonly DateTimeOffset Tuesday = new(2026, 11, 17, 9, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset LastWeek = new(2026, 11, 10, 9, 0, 0, TimeSpan.Zero);

    public static readonly DateTimeOffset Monday = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);

    public static readonly SummaryFacts Registry = new()
    {
        Account = "123456789012",
        Region = "eu-central-1",
        Week = IsoWeek.Parse("2026-W47"),
        GeneratedAt = Monday,
        Policy = Facts.Policy,
        Ceiling = EnforcementMode.Mark,
        Repositories = ["pay/api", "web/shop"],
        Usage = new UsageReading { ReadAt = Monday },
        Sweeps = [.. Facts.Swept(Monday, "pay/api", "web/shop")],
    };

    public static WeeklySummary Sum(SummaryFacts facts, params IEnumerable<ImageRecord> records) =>
        records.Aggregate(new SummaryBuilder(facts), (builder, record) => builder.Add(record)).Build();

    public static WeeklySummary Sum(params IEnumerable<ImageRecord> records) => Sum(Registry, records);

    /// <summary>Every form of a report, by its file name; the mail is <c>mail</c>.</summary>
    public static Dictionary<string, string> Forms(WeeklySummary summary)
    {
        var forms = new Dictionary<string, string> { ["mail"] = Render(summary) };
        foreach (var file in SummaryForms.Of(summary))
        {
            using var output = new MemoryStream();
            file.Write(output);
            forms[file.Name] = Encoding.UTF8.GetString(output.ToArray());
        }
        return forms;
    }

    public static string Render(WeeklySummary summary) => summary.ToText(Sns, Whole);
}
