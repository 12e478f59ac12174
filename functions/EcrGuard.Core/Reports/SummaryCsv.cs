using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// The tables of the weekly report as CSV (RFC 4180): a header, then one record in each line. Texts that a spreadsheet
/// would read as formulas are changed (OWASP, CSV injection).
/// </summary>
public static class SummaryCsv
{
    /// <summary>Every image; an index counts once.</summary>
    public static void Images(WeeklySummary summary, TextWriter output)
    {
        Line(
            output,
            "repository",
            "digest",
            "tags",
            "status",
            "since",
            "pushed",
            "deployable",
            "running",
            "run_by",
            "team",
            "severity",
            "grace_ends",
            "reason"
        );
        foreach (var image in summary.All)
            Line(
                output,
                image.Repository,
                image.Digest.ToString(),
                string.Join(' ', image.Tags),
                image.Status.Word(),
                Time(image.Since),
                Time(image.PushedAt),
                YesNo(image.Deployable),
                YesNo(image.Runs),
                string.Join("; ", image.RunBy),
                image.Team,
                image.Severity is { } severity ? Grace.Word(severity) : null,
                Time(image.GraceEnds),
                image.Why
            );
    }

    /// <summary>Every finding that blocks, of each image.</summary>
    public static void Blocking(WeeklySummary summary, TextWriter output)
    {
        Line(
            output,
            "repository",
            "digest",
            "tags",
            "vulnerability",
            "severity",
            "cvss",
            "epss",
            "package",
            "installed",
            "fixed_in",
            "running",
            "team",
            "grace_ends"
        );
        foreach (var image in summary.All.Where(image => image.Status == Status.Blocked))
        foreach (var finding in image.Blocking)
            Line(
                output,
                image.Repository,
                image.Digest.ToString(),
                string.Join(' ', image.Tags),
                finding.Vulnerability,
                finding.Severity is { } severity ? Grace.Word(severity) : null,
                Number(finding.Score),
                Number(finding.Epss),
                finding.Package,
                finding.Installed,
                finding.FixedIn,
                YesNo(image.Runs),
                image.Team,
                Time(image.GraceEnds)
            );
    }

    /// <summary>Every vulnerability that is open in current images.</summary>
    public static void Open(WeeklySummary summary, TextWriter output)
    {
        Line(
            output,
            "repository",
            "team",
            "vulnerability",
            "package",
            "severity",
            "first_seen",
            "days_open",
            "sla_days",
            "over_sla"
        );
        foreach (var open in summary.Open)
            Line(
                output,
                open.Repository,
                open.Team,
                open.Finding.Vulnerability,
                open.Finding.Package,
                Grace.Word(open.Finding.Severity),
                Time(open.Finding.FirstSeen),
                Number(Math.Round(open.Days, 1)),
                Number(open.SlaDays),
                open.SlaDays is null ? null : YesNo(open.OverSla)
            );
    }

    /// <summary>The waivers of the policy, and other excuses.</summary>
    public static void Waivers(WeeklySummary summary, TextWriter output)
    {
        Line(
            output,
            "id",
            "kind",
            "vulnerability",
            "package",
            "owner",
            "approved_by",
            "expires",
            "state",
            "images",
            "reason"
        );
        foreach (var waiver in summary.Waivers)
            Line(
                output,
                waiver.Id,
                "waiver",
                waiver.Vulnerability,
                waiver.Package,
                waiver.Owner,
                waiver.ApprovedBy,
                waiver.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                waiver.Lapsed ? "ended"
                    : waiver.Unused ? "unused"
                    : waiver.EndsSoon ? "ends soon"
                    : "in force",
                Number(waiver.Images),
                waiver.Reason
            );
        foreach (var excuse in summary.OtherExcuses)
            Line(
                output,
                excuse.By,
                excuse.By == WaivedFinding.Inspector ? "suppression" : "vex",
                null,
                null,
                excuse.Owner,
                null,
                null,
                "in force",
                Number(excuse.Images),
                null
            );
    }

    /// <summary>Images without a current scan, by repository and cause.</summary>
    public static void Coverage(WeeklySummary summary, TextWriter output)
    {
        Line(output, "repository", "status", "code", "images", "deployable", "example", "what_would_change_it");
        foreach (var gap in summary.CoverageGaps)
            Line(
                output,
                gap.Repository,
                gap.Status.Word(),
                gap.Code,
                Number(gap.Images),
                Number(gap.Deployable),
                gap.Example,
                FixText.For(gap.Status)
            );
    }

    private static void Line(TextWriter output, params ReadOnlySpan<string?> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0)
                output.Write(',');
            output.Write(Field(fields[i]));
        }
        output.Write("\r\n");
    }

    /// <summary>
    /// Always quoted, so that no separator of a spreadsheet splits it. An apostrophe stands before a text that would
    /// begin a formula, also behind blanks.
    /// </summary>
    internal static string Field(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        var clean = Phrase.Clip(value, value.Length);
        var formula = clean.TrimStart() is ['=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠', ..];
        return $"\"{(formula ? "'" : "")}{clean.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>Empty where it is not known.</summary>
    private static string? YesNo(bool? yes) =>
        yes switch
        {
            true => "yes",
            false => "no",
            null => null,
        };

    private static string? Time(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Number(double? number) => number?.ToString("0.####", CultureInfo.InvariantCulture);
}
