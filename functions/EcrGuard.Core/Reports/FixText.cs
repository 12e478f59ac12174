using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>The remedies of problems, in words.</summary>
internal static class FixText
{
    public static string For(IReadOnlyList<BlockingFinding> blocking)
    {
        var updates = blocking
            .Where(finding => finding.FixedIn is not null)
            .GroupBy(finding => (finding.Package ?? finding.Vulnerability, FixVersion.Of(finding.FixedIn!).Line))
            .Select(same => $"{same.Key.Item1} to {FixVersion.Highest(same.Select(finding => finding.FixedIn!))}")
            .ToList();
        var without = blocking
            .Where(finding => finding.FixedIn is null)
            .Select(finding => finding.Vulnerability)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var update = updates.Count == 0 ? "" : $"Update {Phrase.Some(updates, 3)}, push again and deploy that.";
        var wait =
            without.Count == 0
                ? ""
                : $"No fixed version is named for {Phrase.Some(without, 3)}: take another base image, or ask for a "
                    + "waiver.";
        return updates.Count == 0 && without.Count == 0
            ? "Push an image that passes, and deploy that."
            : string.Join(' ', new[] { update, wait }.Where(part => part.Length > 0));
    }

    /// <summary>An update as a line of a list: "update openssl to 3.0.13", "No fix yet: CVE-1 in zlib".</summary>
    public static string Line(FixGroup fix) =>
        fix.FixedIn is { } version
            ? $"update {fix.Package ?? Phrase.Some([.. fix.Vulnerabilities], 3)} to {version}"
            : $"No fix yet: {Phrase.Some([.. fix.Vulnerabilities], 3)}"
                + (fix.Package is { } package ? $" in {package}" : "");

    /// <summary>How an image gets a current scan.</summary>
    public static string For(Status status) =>
        status switch
        {
            Status.Unscanned => "Turn on scanning for the repository: a rule of the registry's scanning configuration "
                + "(ECR console, Private registry, Features & Settings, Scanning).",
            Status.Unsupported => "The scanner cannot read this image: build it on a base image that the scanner "
                + "supports, or let the policy decide (defaults.unsupported).",
            Status.Stale => "Scan the image again (basic scanning), push it again, or let the scanner look longer: the "
                + "re-scan duration in Amazon Inspector's settings for ECR, or scanMaxAgeDays in the policy.",
            Status.Pending => "The scan does not come to an end: look at it in the ECR console, and push the image "
                + "again.",
            Status.Error => "The facts could not be read: the reason names the error. EcrGuard tries again every day.",
            Status.Blocked or Status.Approved => "Nothing.",
        };

    public static string Day(DateOnly day) => day.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>A severity as a word inside a sentence.</summary>
    public static string Word(Severity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>"1.4 GB"; 1000 bytes are a kilobyte, as AWS bills them.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["bytes", "KB", "MB", "GB", "TB", "PB"];
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1000 && unit < units.Length - 1)
            (value, unit) = (value / 1000, unit + 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(unit == 0 ? value : Math.Round(value, 1))} {units[unit]}"
        );
    }

    /// <summary>"3.5"; a dash where nothing is known.</summary>
    public static string Number(double? number) =>
        number is { } value ? value.ToString("0.#", CultureInfo.InvariantCulture) : "–";
}
