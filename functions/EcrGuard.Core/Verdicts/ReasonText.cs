using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>The sentences of reasons, in one place: answers, alerts and reports say the same.</summary>
internal static class ReasonText
{
    /// <summary>
    /// How long a name, a version and a path may be in a sentence. Whoever built the image chose them, and twenty
    /// reasons must fit into an alert.
    /// </summary>
    private const int MaxName = 120,
        MaxVersion = 60,
        MaxPath = 160;

    /// <summary><c>sha256:</c> and twelve characters.</summary>
    private const int AbbreviatedDigest = 19;

    private enum ExcusedBy
    {
        Waiver,
        Vex,
        Inspector,
    }

    /// <param name="report">The report that the rule selects, where several reports of the finding differ; else the
    ///     finding itself.</param>
    public static Reason OfFinding(Finding finding, Finding report, Rule rule)
    {
        var occurrence = finding.Occurrences.Count > 0 ? finding.Occurrences[0] : null;
        var vulnerability = Phrase.Clip(finding.Vulnerability, MaxVersion);
        var package = finding.Package is null ? null : Phrase.Clip(finding.Package, MaxName);
        var fixedIn = occurrence?.FixedIn is { } version ? Phrase.Clip(version, MaxVersion) : null;
        var manager = finding.PackageManager is { } named ? $" ({Phrase.Clip(named, MaxVersion)})" : "";
        var where = package is null ? "" : $" in {package}{Version(occurrence)}{manager}{Place(occurrence)}";
        var fix = fixedIn is not null
            ? $"fixed in {fixedIn}"
                + (finding.Occurrences.All(o => o.FixedIn is not null) ? "" : ", but not in every place")
            : finding.Fix switch
            {
                FixAvailability.Yes => "a fix exists",
                FixAvailability.Partial => "a fix exists for some of it",
                FixAvailability.No => "no fix yet",
                FixAvailability.Unknown => "the scanner names no fix",
            };
        var more = MorePlaces(finding.Occurrences.Count);
        var unknown = Joined(RuleMatch.NotGiven(rule, report));
        var differing = finding.Reports is { } reports ? string.Join(", ", Differing(reports, rule)) : "";
        var does = rule.Then == RuleEffect.Block ? "blocks" : "warns";
        var silent = report.StandsForMany == true ? "its many reports differ in or do" : "the scanner does";
        var since = unknown.Length == 0 ? "" : $", since {silent} not give {unknown}";
        var unlike = differing.Length == 0 ? "" : $"; its reports differ: {differing}";
        var name = vulnerability.Length > 0 ? vulnerability : "A vulnerability without a name";
        var what = $"{name} ({Severities(finding)}){where}{more}: {fix}";
        var sentence = $"{what}; rule '{rule.Id}' {does}{since}{unlike}.";
        return new Reason(rule.Id, sentence, vulnerability, package, finding.Platform, fixedIn)
        {
            Severity = report.Severity,
            Score = report.Score,
            Epss = report.Epss,
            Installed = Clipped(occurrence?.Version, MaxVersion),
            Path = Clipped(occurrence?.Path, MaxPath),
            Layer = Clipped(occurrence?.Layer, MaxName),
            Link = Clipped(finding.Uri, MaxPath),
        };
    }

    private static string Joined(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";

    private static string Severities(Finding finding) =>
        finding.Reports is not { } reports
            ? Grace.Word(finding.Severity)
            : reports.Select(report => Grace.Word(report.Severity)).Distinct().ToList() switch
            {
                [var one] => one,
                [var one, var other] => $"{one} in one report and {other} in another",
                var words => $"{Joined(words)} in different reports",
            };

    /// <summary>
    /// The values, besides the severity, that the rule asks for and in which reports of one finding differ.
    /// </summary>
    private static IEnumerable<string> Differing(IReadOnlyList<Finding> reports, Rule rule)
    {
        string? Told(bool asked, string what, Func<Finding, string> value)
        {
            List<string> values = asked ? [.. reports.Select(value).Distinct()] : [];
            return values.Count > 1 ? $"{what} {string.Join(" and ", values)}" : null;
        }
        static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "not given";
        return new[]
        {
            Told(
                rule.FixAvailable is not null || rule.MinDaysSinceFix is not null,
                "fix",
                f => f.Fix.ToString().ToUpperInvariant()
            ),
            Told(rule.ExploitAvailable is not null, "exploit", f => f.Exploit.ToString().ToUpperInvariant()),
            Told(rule.MinEpss is not null, "EPSS", f => Number(f.Epss)),
            Told(rule.MinScore is not null, "score", f => Number(f.Score)),
        }.OfType<string>();
    }

    /// <summary>Where it is in the image: the file, or else the layer that brought it.</summary>
    private static string Place(PackageOccurrence? occurrence) =>
        occurrence?.Path is { } path ? $" at {Phrase.Clip(path, MaxPath)}"
        : occurrence?.Layer is { } layer ? $" in layer {Phrase.Clip(layer, AbbreviatedDigest)}"
        : "";

    private static string? Clipped(string? text, int length) => text is null ? null : Phrase.Clip(text, length);

    public static Reason Clean(ScanFacts scan, IReadOnlyList<WaivedFinding> waived)
    {
        var needed = waived
            .Where(w => w.Instead == RuleEffect.Block)
            .ToLookup(w =>
                w.Vex is not null ? ExcusedBy.Vex
                : w.Waiver == WaivedFinding.Inspector ? ExcusedBy.Inspector
                : ExcusedBy.Waiver
            );
        string Needed(ExcusedBy by, string one, string several) =>
            needed[by].Select(w => Phrase.Clip(w.Waiver, MaxName)).Distinct().ToList() is { Count: > 0 } ids
                ? $", with {(ids.Count == 1 ? one : several)} "
                    + $"{string.Join(", ", ids.Take(10))}{(ids.Count > 10 ? " and more" : "")}"
                : "";
        var hidden = needed[ExcusedBy.Inspector].Count();
        var excused =
            Needed(ExcusedBy.Waiver, "waiver", "waivers")
            + Needed(ExcusedBy.Vex, "the VEX document", "the VEX documents")
            + (hidden == 0 ? "" : $", with {Phrase.Count(hidden, "finding")} that Amazon Inspector suppresses");
        return new Reason(
            "clean",
            $"The {Name(scan.Scanner)} scan{When(scan)} found {Phrase.Count(scan.Findings.Count, "finding")}, "
                + $"and none blocks{excused}."
        );
    }

    /// <summary>Findings that a completed basic scan cannot see.</summary>
    public static Reason Unseen(int findings) =>
        new(
            "basic-reads-os-only",
            $"Basic scanning reads the operating system's packages only: {Phrase.Count(findings, "finding")} of "
                + $"the enhanced scan before in other packages {(findings == 1 ? "stays" : "stay")}, until a "
                + "completed enhanced scan, a waiver or the policy says otherwise."
        );

    /// <summary>The code of a scan that counts findings and does not list them.</summary>
    public const string Contradictory = "contradictory";

    /// <summary>Stands in place of a severity for findings of single events.</summary>
    public const string ToldByEvents = "told";

    /// <summary>What a scan has announced and not listed yet, with both numbers.</summary>
    public static string NotListedYet(IReadOnlyList<(string Severity, int Announced, int Listed)> missing)
    {
        static string Counted((string Severity, int Announced, int Listed) m)
        {
            var (before, behind) = m.Severity.Length == 0 ? ("", " in all") : ($"{m.Severity} ", "");
            var (findings, are) = (m.Announced == 1 ? "finding" : "findings", m.Listed == 1 ? "is" : "are");
            return $"{m.Announced} {before}{findings}{behind}, and {m.Listed} {are} listed so far";
        }
        var counted = missing.Where(m => m.Severity != ToldByEvents).Select(Counted).ToList();
        var told = missing
            .Where(m => m.Severity == ToldByEvents)
            .Select(m => $"Events told of {Phrase.Count(m.Announced, "finding")}, and {m.Listed} are listed so far.");
        string[] announced = counted.Count == 0 ? [] : [$"The scan announced {string.Join("; ", counted)}."];
        return string.Join(" ", [.. announced, .. told]);
    }

    /// <summary>The same after a day, for the sentence about a contradictory scan.</summary>
    public static string StillMissing(IReadOnlyList<(string Severity, int Announced, int Listed)> missing)
    {
        static string Counted((string Severity, int Announced, int Listed) m) =>
            m.Severity switch
            {
                ToldByEvents => $"{m.Announced} told of",
                "" => $"{m.Announced} in all counted",
                _ => $"{m.Announced} {m.Severity} counted",
            };
        var after = Phrase.Count((int)Settling.EndsWithin.TotalHours, "hour");
        return string.Join("; ", missing.Select(m => $"{Counted(m)}, {m.Listed} listed after {after}"));
    }

    /// <summary>The sentence that findings may still follow a scan.</summary>
    public static string MayFollow(ScanFacts scan, DateTimeOffset until, DateTimeOffset now)
    {
        var ended = scan.CompletedAt is { } at
            ? $"ended {Phrase.Count(Math.Max(0, (int)(now - at).TotalMinutes), "minute")} ago"
            : "does not say when it ended";
        var listed = scan.Listed?.Counts.Total is null or 0
            ? "lists nothing so far"
            : "has not announced how many findings it made";
        return $"The {Name(scan.Scanner)} scan {ended} and {listed}: findings may follow until {Phrase.Moment(until)}.";
    }

    /// <summary>An approval that stays during an unsettled rescan.</summary>
    public static Reason StillApproved(int findings, ScanFacts scan) =>
        new("clean", $"The scan before found {Phrase.Count(findings, "finding")}, and none blocks. {scan.Word}");

    /// <summary>Why there is no current, complete scan.</summary>
    public static Reason OfState(ScanFacts scan, PolicyDocument policy, DateTimeOffset now)
    {
        if (scan.State == ScanState.Unsettled)
            return new Reason("unsettled", scan.Word);
        var word = scan.Word.Length == 0 ? "" : $" ({scan.Word})";
        var told = scan.Message is null ? "" : $": {scan.Message}";
        // The scanner calls a scan complete that is too old, or that lists half of its findings.
        var code =
            scan.State == ScanState.Complete ? "scan-too-old"
            : scan.State == ScanState.Contradictory ? Contradictory
            : scan.Word.Length == 0 ? scan.State.ToString().ToLowerInvariant()
            : scan.Word;
        return new Reason(
            code,
            scan.State switch
            {
                ScanState.Complete when scan.CompletedAt is null =>
                    $"The {Name(scan.Scanner)} scan does not say when it was made, or names a moment to come{word}.",
                ScanState.Complete => $"The {Name(scan.Scanner)} scan is {Age(now - scan.CompletedAt.Value, policy)} "
                    + $"old; the policy allows {policy.Defaults.ScanMaxAgeDays}.",
                ScanState.Pending or ScanState.Unsettled => $"The {Name(scan.Scanner)} scan is not finished{word}.",
                ScanState.Overdue => $"The {Name(scan.Scanner)} scan has not finished in "
                    + $"{Phrase.Count((int)ScannerWords.ScanEndsWithin.TotalHours, "hour")}{word}: it may never.",
                ScanState.NotScanned when scan.Word == ScannerWords.NotFound =>
                    $"The {Name(scan.Scanner)} scanner has not scanned this image: pushes to this repository "
                        + "are scanned, but the image came before that or before the account had this scanner, or "
                        + $"its scan never began{word}.",
                ScanState.NotScanned => scan.Scanner switch
                {
                    Scanner.Basic or Scanner.Unknown =>
                        "No scan was made and none is coming: no scanning filter of the registry matches "
                            + $"this repository, and it does not scan its pushes by itself{word}.",
                    Scanner.Enhanced =>
                        "No scan was made and none is coming: no enhanced scanning filter of the registry "
                            + $"matches this repository, or it scans by hand only{word}.",
                },
                ScanState.Unsupported => $"The {Name(scan.Scanner)} scanner cannot read this image{word}{told}.",
                ScanState.Ended =>
                    $"The {Name(scan.Scanner)} scanner no longer monitors this image{word}: that it lists no "
                        + "findings says nothing.",
                ScanState.Archived => $"The image is archived, and archived images are not scanned{word}.",
                ScanState.Failed => $"The {Name(scan.Scanner)} scan failed{word}{told}.",
                ScanState.Contradictory =>
                    $"The {Name(scan.Scanner)} scan counts findings that it does not list{word}: what is "
                        + "missing may block.",
                ScanState.Unknown =>
                    $"The {Name(scan.Scanner)} scanner answered a state that EcrGuard does not know{word}{told}.",
            }
        );
    }

    /// <summary>In whole days; "more than" where it would look like the limit.</summary>
    private static string Age(TimeSpan age, PolicyDocument policy)
    {
        var days = (int)age.TotalDays;
        return (days == policy.Defaults.ScanMaxAgeDays ? "more than " : "") + Phrase.Count(days, "day");
    }

    /// <summary>What to do about a missing scan.</summary>
    public static string Remedy(ScanFacts scan) =>
        scan.State switch
        {
            ScanState.Complete => scan.Scanner == Scanner.Basic
                ? "Scan the image again (aws ecr start-image-scan), or rebuild it."
                : "Rebuild the image, or turn on continuous scanning for the repository.",
            ScanState.Pending => "Wait for the scan.",
            ScanState.Unsettled => "Wait: its findings follow a scan by minutes, and EcrGuard looks again by itself.",
            ScanState.Overdue or ScanState.Failed when scan.Scanner == Scanner.Enhanced =>
                "Rebuild the image and push it; if that is not scanned either, see what Amazon Inspector "
                    + "says of its coverage.",
            ScanState.Overdue => "Start another scan of the image (aws ecr start-image-scan), or rebuild it.",
            ScanState.NotScanned when scan.Scanner == Scanner.Enhanced && scan.Word == ScannerWords.NotFound =>
                "Rebuild the image and push it: enhanced scanning cannot be started by hand.",
            ScanState.NotScanned when scan.Word == ScannerWords.NotFound =>
                "Start a scan of the image (aws ecr start-image-scan), or rebuild it and push it.",
            ScanState.NotScanned when scan.Scanner == Scanner.Enhanced =>
                "Add a filter that matches the repository to the registry's enhanced scanning, then push the "
                    + "image again.",
            ScanState.NotScanned => "Turn on scanning for the repository, then push the image again or start a scan.",
            ScanState.Unsupported when scan.Word == "IMAGE_SIZE_EXCEEDED" =>
                "Make the image smaller, or let the policy allow unsupported images.",
            ScanState.Unsupported =>
                "Build on a base image that the scanner supports, or let the policy allow unsupported images.",
            ScanState.Ended when scan.Word == "PENDING_DISABLE" =>
                "Turn Amazon Inspector on again for ECR in this account.",
            ScanState.Ended => "Push the image again, or lengthen Inspector's re-scan duration.",
            ScanState.Archived => "Restore the image to the standard storage class; it is then scanned again.",
            ScanState.Contradictory => "Ask for all findings again; if it lasts, scan the image again, or rebuild it.",
            ScanState.Failed or ScanState.Unknown => "Start the scan again; if it fails again, rebuild the image.",
        };

    /// <summary>
    /// One line for each package to update, and one for all findings without a fix. A package in several places counts
    /// once for each.
    /// </summary>
    public static IReadOnlyList<string> ShortestWay(IEnumerable<Finding> blocking)
    {
        var ways = new List<string>();
        var unfixed = new List<string>();
        foreach (var package in blocking.GroupBy(f => (f.PackageManager, f.Package)))
        {
            unfixed.AddRange(package.Select(Unfixed).OfType<string>());
            var fixable = package.SelectMany(f => f.Occurrences).Where(o => o.FixedIn is not null).ToList();
            if (fixable.Count == 0)
                continue;
            var steps = fixable
                .GroupBy(o => o.Version, o => o.FixedIn)
                .GroupBy(same => Target([.. same]), same => same.Key)
                .Select(same => $"{(Versions(same) is { Length: > 0 } from ? from + " " : "")}→ {same.Key}");
            var fixedHere = package.Where(f => f.Occurrences.Any(o => o.FixedIn is not null));
            var what = package.Key.Package is { } name
                ? Phrase.Clip(name, MaxName)
                : "the unnamed package with "
                    + Phrase.Clip(string.Join(", ", fixedHere.Select(f => f.Vulnerability)), MaxName);
            ways.Add($"Update {what} {Phrase.Clip(string.Join(", ", steps), 4 * MaxVersion)}.");
        }
        if (unfixed.Distinct().ToList() is { Count: > 0 } open)
        {
            var named = Phrase.Clip(string.Join(", ", open.Take(10)), 10 * MaxVersion);
            var more = open.Count > 10 ? " and more" : "";
            ways.Add($"No fixed version is named for {named}{more}: remove the package, or ask for a waiver.");
        }
        return ways;
    }

    /// <summary>Only the package manager knows which of several versions is the highest.</summary>
    private static string Target(IReadOnlyList<string?> fixedIn) =>
        fixedIn.Distinct().Count() == 1
            ? Versions(fixedIn)
            : $"the highest of {Versions(fixedIn.Order(StringComparer.Ordinal))}";

    /// <summary>
    /// The vulnerability without a fixed version, with its place if other places have one; null where all have one.
    /// </summary>
    private static string? Unfixed(Finding finding)
    {
        var vulnerability =
            finding.Vulnerability.Length > 0
                ? Phrase.Clip(finding.Vulnerability, MaxVersion)
                : "a vulnerability without a name";
        var open = finding.Occurrences.Where(o => o.FixedIn is null).ToList();
        if (open.Count == finding.Occurrences.Count)
            return vulnerability;
        if (open is not [var first, ..])
            return null;
        var package = finding.Package is { } named ? Phrase.Clip(named, MaxName) : "an unnamed package";
        return $"{vulnerability} in {package}{Version(first)}{Place(first)}{MorePlaces(open.Count)}";
    }

    private static string Version(PackageOccurrence? occurrence) =>
        occurrence?.Version is { } version ? " " + Phrase.Clip(version, MaxVersion) : "";

    private static string MorePlaces(int places) => places > 1 ? $" and {Phrase.Count(places - 1, "more place")}" : "";

    private static string Versions(IEnumerable<string?> versions) =>
        Phrase.Clip(string.Join(", ", versions.OfType<string>().Distinct()), 2 * MaxVersion);

    private static string Name(Scanner scanner) =>
        scanner switch
        {
            Scanner.Basic => "basic",
            Scanner.Enhanced => "enhanced",
            Scanner.Unknown => "image",
        };

    private static string When(ScanFacts scan) =>
        scan.Continuous ? " (continuous)"
        : scan.CompletedAt is { } at ? $" of {Phrase.Moment(at)}"
        : "";
}
