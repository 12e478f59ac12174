using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>The complete sentences that gates, alerts and reports print.</summary>
public sealed class ReasonTextTests
{
    private static readonly Finding Bare = new() { Vulnerability = "CVE-1", Severity = Severity.Low };
    private static readonly Finding InZlib = Bare with { Package = "zlib", Fix = FixAvailability.No };

    private static readonly Rule Blocks = new() { Id = "r", Then = RuleEffect.Block };
    private static readonly Rule Warns = new() { Id = "r", Then = RuleEffect.Warn };
    private static readonly Rule Likely = Blocks with
    {
        MinEpss = 0.5,
        MinScore = 7,
        ExploitAvailable = [ExploitAvailability.Yes],
    };

    private static Verdict Decide(ScanFacts scan, PolicyDocument? policy = null) =>
        Facts.Decide(Facts.Image(1, "1.0"), scan, policy);

    private static Finding At(Finding finding, params PackageOccurrence[] places) =>
        finding with
        {
            Occurrences = places,
        };

    private static PackageOccurrence Place(string? version, string? fixedIn, string? path = null) =>
        new(version, fixedIn, path, null);

    public static TheoryData<Finding, Rule, string> OfFindings =>
        new()
        {
            { Bare, Blocks, "CVE-1 (LOW): the scanner names no fix; rule 'r' blocks." },
            { Bare with { Fix = FixAvailability.Yes }, Blocks, "CVE-1 (LOW): a fix exists; rule 'r' blocks." },
            {
                Bare with
                {
                    Fix = FixAvailability.Partial,
                },
                Blocks,
                "CVE-1 (LOW): a fix exists for some of it; rule 'r' blocks."
            },
            { InZlib, Blocks, "CVE-1 (LOW) in zlib: no fix yet; rule 'r' blocks." },
            { InZlib, Warns, "CVE-1 (LOW) in zlib: no fix yet; rule 'r' warns." },
            { At(InZlib, Place(null, "1.3")), Warns, "CVE-1 (LOW) in zlib: fixed in 1.3; rule 'r' warns." },
            {
                At(InZlib with { PackageManager = "OS" }, Place("1.2", "1.3", "/lib/a"), Place("1.2", "1.3", "/lib/b")),
                Warns,
                "CVE-1 (LOW) in zlib 1.2 (OS) at /lib/a and 1 more place: fixed in 1.3; rule 'r' warns."
            },
            {
                InZlib,
                Likely,
                "CVE-1 (LOW) in zlib: no fix yet; rule 'r' blocks, since the scanner does not give EPSS, "
                    + "a score and whether an exploit exists."
            },
            {
                InZlib with
                {
                    Score = 9,
                },
                Likely,
                "CVE-1 (LOW) in zlib: no fix yet; rule 'r' blocks, since the scanner does not give EPSS and "
                    + "whether an exploit exists."
            },
            {
                InZlib with
                {
                    Epss = 0.9,
                    Score = 9,
                    Exploit = ExploitAvailability.Yes,
                },
                Likely,
                "CVE-1 (LOW) in zlib: no fix yet; rule 'r' blocks."
            },
        };

    /// <summary>Every criterion of a rule, with a finding that says nothing about it.</summary>
    public static TheoryData<Rule, string> NotGiven =>
        new()
        {
            { Blocks with { FixAvailable = [FixAvailability.Yes] }, "whether a fix exists" },
            { Blocks with { ExploitAvailable = [ExploitAvailability.Yes] }, "whether an exploit exists" },
            { Blocks with { MinEpss = 0.5 }, "EPSS" },
            { Blocks with { MinScore = 5 }, "a score" },
            { Blocks with { PackageManagers = [Glob.Parse("NPM")] }, "a package manager" },
            { Blocks with { MinAgeDays = 7 }, "when it first saw it" },
            { Blocks with { MinDaysSinceFix = 7 }, "since when a fix exists" },
        };

    [Theory]
    [MemberData(nameof(NotGiven))]
    public void What_a_rule_asks_for_and_no_scanner_gives_is_named_where_it_blocks(Rule rule, string what)
    {
        var silent = new Finding { Vulnerability = "CVE-1", Severity = Severity.Low };

        Assert.Equal(
            $"CVE-1 (LOW): the scanner names no fix; rule 'r' blocks, since the scanner does not give {what}.",
            Assert.Single(Decide(Facts.Scan(silent), Facts.Policy with { Rules = [rule] }).Reasons).Sentence
        );
    }

    [Fact]
    public void Of_many_reports_that_differ_the_reason_says_so()
    {
        var reports = Enumerable.Range(0, 17).Select(at => Bare with { Epss = at / 100.0 }).ToArray();

        Assert.EndsWith(
            "rule 'r' blocks, since its many reports differ in or do not give EPSS.",
            Assert
                .Single(
                    Decide(Facts.Scan(reports), Facts.Policy with { Rules = [Blocks with { MinEpss = 0.9 }] }).Reasons
                )
                .Sentence,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(30.5, "The basic scan is more than 30 days old; the policy allows 30.")]
    [InlineData(31.5, "The basic scan is 31 days old; the policy allows 30.")]
    public void The_age_of_a_scan_is_told_as_it_is_against_the_limit(double age, string sentence) =>
        Assert.Equal(
            sentence,
            Assert.Single(Decide(Facts.Scan() with { CompletedAt = Facts.Now.AddDays(-age) }).Reasons).Sentence
        );

    [Fact]
    public void A_vulnerability_without_a_name_is_told_as_one() =>
        Assert.StartsWith(
            "A vulnerability without a name (LOW): ",
            Assert
                .Single(
                    Decide(Facts.Scan(Bare with { Vulnerability = "" }), Facts.Policy with { Rules = [Blocks] }).Reasons
                )
                .Sentence,
            StringComparison.Ordinal
        );

    [Theory]
    [MemberData(nameof(OfFindings))]
    public void A_finding_is_told_with_what_is_known_of_it_and_what_is_not(Finding finding, Rule rule, string sentence)
    {
        var verdict = Decide(Facts.Scan(finding), Facts.Policy with { Rules = [rule] });
        Assert.Equal(
            sentence,
            Assert.Single(rule.Then == RuleEffect.Block ? verdict.Reasons : verdict.Warnings).Sentence
        );
    }

    [Theory]
    [InlineData(Scanner.Basic, false, "The basic scan of 2026-11-18 11:00 UTC found 1 finding, and none blocks.")]
    [InlineData(Scanner.Enhanced, false, "The enhanced scan of 2026-11-18 11:00 UTC found 1 finding, and none blocks.")]
    [InlineData(Scanner.Enhanced, true, "The enhanced scan (continuous) found 1 finding, and none blocks.")]
    [InlineData(Scanner.Unknown, false, "The image scan of 2026-11-18 11:00 UTC found 1 finding, and none blocks.")]
    public void An_approval_names_the_scan_that_it_rests_on(Scanner scanner, bool continuous, string sentence) =>
        Assert.Equal(
            sentence,
            Assert.Single(Decide(Facts.Scan(Bare) with { Scanner = scanner, Continuous = continuous }).Reasons).Sentence
        );

    [Theory]
    [InlineData(1, 0, ", with waiver W01")]
    [InlineData(2, 0, ", with waivers W01, W02")]
    [InlineData(0, 1, ", with the VEX document V01")]
    [InlineData(0, 2, ", with the VEX documents V01, V02")]
    [InlineData(10, 0, ", with waivers W01, W02, W03, W04, W05, W06, W07, W08, W09, W10")]
    [InlineData(11, 0, ", with waivers W01, W02, W03, W04, W05, W06, W07, W08, W09, W10 and more")]
    [InlineData(1, 1, ", with waiver W01, with the VEX document V01")]
    public void An_approval_names_what_was_needed_for_it(int waivers, int documents, string needed)
    {
        var (waived, excused) = (Enumerable.Range(1, waivers).ToList(), Enumerable.Range(1, documents).ToList());
        var policy = Facts.Policy with
        {
            Waivers = [.. waived.Select(i => Facts.Waiver($"W{i:00}", $"CVE-W-{i:00}"))],
            Vex =
            [
                .. excused.Select(i => new VexStatement
                {
                    Document = $"V{i:00}",
                    Vulnerabilities = [$"CVE-V-{i:00}"],
                    AllNames = new HashSet<string> { $"CVE-V-{i:00}" },
                    Products = [new VexProduct(Facts.Image(1).Id, null)],
                    Status = VexStatus.Fixed,
                    At = Facts.Now,
                }),
            ],
        };
        var scan = Facts.Scan([
            .. waived.Select(i => Facts.Finding($"CVE-W-{i:00}")),
            .. excused.Select(i => Facts.Finding($"CVE-V-{i:00}")),
        ]);
        Assert.Equal(
            $"The basic scan of 2026-11-18 11:00 UTC found {Phrase.Count(waivers + documents, "finding")}, and "
                + $"none blocks{needed}.",
            Assert.Single(Decide(scan, policy).Reasons).Sentence
        );
    }

    [Theory]
    [InlineData(
        ScanState.Pending,
        Scanner.Basic,
        "",
        "pending",
        "The basic scan is not finished.",
        "Wait for the scan."
    )]
    [InlineData(
        ScanState.Pending,
        Scanner.Enhanced,
        "PENDING_INITIAL_SCAN",
        "PENDING_INITIAL_SCAN",
        "The enhanced scan is not finished (PENDING_INITIAL_SCAN).",
        "Wait for the scan."
    )]
    [InlineData(
        ScanState.Overdue,
        Scanner.Basic,
        "IN_PROGRESS",
        "IN_PROGRESS",
        "The basic scan has not finished in 24 hours (IN_PROGRESS): it may never.",
        "Start another scan of the image (aws ecr start-image-scan), or rebuild it."
    )]
    [InlineData(
        ScanState.Overdue,
        Scanner.Enhanced,
        "",
        "overdue",
        "The enhanced scan has not finished in 24 hours: it may never.",
        "Rebuild the image and push it; if that is not scanned either, see what Amazon Inspector says of its coverage."
    )]
    [InlineData(
        ScanState.NotScanned,
        Scanner.Basic,
        ScannerWords.NotFound,
        ScannerWords.NotFound,
        "The basic scanner has not scanned this image: pushes to this repository are scanned, but the image "
            + "came before that or before the account had this scanner, or its scan never began (SCAN_NOT_FOUND).",
        "Start a scan of the image (aws ecr start-image-scan), or rebuild it and push it."
    )]
    [InlineData(
        ScanState.NotScanned,
        Scanner.Enhanced,
        ScannerWords.NotFound,
        ScannerWords.NotFound,
        "The enhanced scanner has not scanned this image: pushes to this repository are scanned, but the "
            + "image came before that or before the account had this scanner, or its scan never began "
            + "(SCAN_NOT_FOUND).",
        "Rebuild the image and push it: enhanced scanning cannot be started by hand."
    )]
    [InlineData(
        ScanState.NotScanned,
        Scanner.Basic,
        "SCAN_FREQUENCY_MANUAL",
        "SCAN_FREQUENCY_MANUAL",
        "No scan was made and none is coming: no scanning filter of the registry matches this repository, "
            + "and it does not scan its pushes by itself (SCAN_FREQUENCY_MANUAL).",
        "Turn on scanning for the repository, then push the image again or start a scan."
    )]
    [InlineData(
        ScanState.NotScanned,
        Scanner.Enhanced,
        "SCAN_FREQUENCY_MANUAL",
        "SCAN_FREQUENCY_MANUAL",
        "No scan was made and none is coming: no enhanced scanning filter of the registry matches this "
            + "repository, or it scans by hand only (SCAN_FREQUENCY_MANUAL).",
        "Add a filter that matches the repository to the registry's enhanced scanning, then push the image again."
    )]
    [InlineData(
        ScanState.Unsupported,
        Scanner.Enhanced,
        "UNSUPPORTED_OS",
        "UNSUPPORTED_OS",
        "The enhanced scanner cannot read this image (UNSUPPORTED_OS).",
        "Build on a base image that the scanner supports, or let the policy allow unsupported images."
    )]
    [InlineData(
        ScanState.Unsupported,
        Scanner.Enhanced,
        "IMAGE_SIZE_EXCEEDED",
        "IMAGE_SIZE_EXCEEDED",
        "The enhanced scanner cannot read this image (IMAGE_SIZE_EXCEEDED).",
        "Make the image smaller, or let the policy allow unsupported images."
    )]
    [InlineData(
        ScanState.Ended,
        Scanner.Enhanced,
        "SCAN_ELIGIBILITY_EXPIRED",
        "SCAN_ELIGIBILITY_EXPIRED",
        "The enhanced scanner no longer monitors this image (SCAN_ELIGIBILITY_EXPIRED): that it lists no "
            + "findings says nothing.",
        "Push the image again, or lengthen Inspector's re-scan duration."
    )]
    [InlineData(
        ScanState.Ended,
        Scanner.Enhanced,
        "PENDING_DISABLE",
        "PENDING_DISABLE",
        "The enhanced scanner no longer monitors this image (PENDING_DISABLE): that it lists no findings says nothing.",
        "Turn Amazon Inspector on again for ECR in this account."
    )]
    [InlineData(
        ScanState.Archived,
        Scanner.Basic,
        "IMAGE_ARCHIVED",
        "IMAGE_ARCHIVED",
        "The image is archived, and archived images are not scanned (IMAGE_ARCHIVED).",
        "Restore the image to the standard storage class; it is then scanned again."
    )]
    [InlineData(
        ScanState.Failed,
        Scanner.Basic,
        "FAILED",
        "FAILED",
        "The basic scan failed (FAILED).",
        "Start the scan again; if it fails again, rebuild the image."
    )]
    [InlineData(
        ScanState.Failed,
        Scanner.Enhanced,
        "INTERNAL_ERROR",
        "INTERNAL_ERROR",
        "The enhanced scan failed (INTERNAL_ERROR).",
        "Rebuild the image and push it; if that is not scanned either, see what Amazon Inspector says of its coverage."
    )]
    [InlineData(
        ScanState.Contradictory,
        Scanner.Basic,
        "2 HIGH counted, 1 listed",
        "contradictory",
        "The basic scan counts findings that it does not list (2 HIGH counted, 1 listed): what is missing may block.",
        "Ask for all findings again; if it lasts, scan the image again, or rebuild it."
    )]
    [InlineData(
        ScanState.Unknown,
        Scanner.Unknown,
        "BETTER_THAN_EVER",
        "BETTER_THAN_EVER",
        "The image scanner answered a state that EcrGuard does not know (BETTER_THAN_EVER).",
        "Start the scan again; if it fails again, rebuild the image."
    )]
    public void Where_there_is_no_complete_scan_the_answer_says_why_and_what_to_do(
        ScanState state,
        Scanner scanner,
        string word,
        string code,
        string sentence,
        string remedy
    )
    {
        var verdict = Decide(Facts.Scan(state, word) with { Scanner = scanner });
        Assert.Equal(
            (code, sentence, remedy),
            (Assert.Single(verdict.Reasons).Code, verdict.Reasons[0].Sentence, Assert.Single(verdict.ToPass))
        );
    }

    [Theory]
    [InlineData(
        Scanner.Basic,
        "The basic scan is 45 days old; the policy allows 30.",
        "Scan the image again (aws ecr start-image-scan), or rebuild it."
    )]
    [InlineData(
        Scanner.Enhanced,
        "The enhanced scan is 45 days old; the policy allows 30.",
        "Rebuild the image, or turn on continuous scanning for the repository."
    )]
    public void A_scan_that_is_too_old_says_how_old_it_is(Scanner scanner, string sentence, string remedy)
    {
        var verdict = Decide(Facts.Scan() with { Scanner = scanner, CompletedAt = Facts.Now.AddDays(-45) });
        Assert.Equal(
            ("scan-too-old", sentence, remedy),
            (Assert.Single(verdict.Reasons).Code, verdict.Reasons[0].Sentence, Assert.Single(verdict.ToPass))
        );
    }

    private static Finding Critical(string vulnerability, string? package, params PackageOccurrence[] places) =>
        At(Facts.Finding(vulnerability, package: package), places);

    public static TheoryData<Finding[], string[]> WaysToPass =>
        new()
        {
            { [Critical("CVE-1", "zlib", Place(null, "1.3"))], ["Update zlib → 1.3."] },
            {
                [
                    Critical("CVE-1", null, Place("1.2", "1.3")),
                    Critical("CVE-2", null, Place("1.2", "1.3"), Place("1.1", null)),
                ],
                [
                    "Update the unnamed package with CVE-1, CVE-2 1.2 → 1.3.",
                    "No fixed version is named for CVE-2 in an unnamed package 1.1: remove the package, or "
                        + "ask for a waiver.",
                ]
            },
            {
                [Critical("CVE-1", "zlib", Place("1.2", "1.3"), Place(null, null, "/lib/z"))],
                [
                    "Update zlib 1.2 → 1.3.",
                    "No fixed version is named for CVE-1 in zlib at /lib/z: remove the package, or ask for a waiver.",
                ]
            },
            {
                [Critical("CVE-1", "a"), Critical("CVE-2", "b")],
                ["No fixed version is named for CVE-1, CVE-2: remove the package, or ask for a waiver."]
            },
            {
                [.. Enumerable.Range(10, 10).Select(i => Critical($"C-{i}", "a"))],
                [
                    "No fixed version is named for C-10, C-11, C-12, C-13, C-14, C-15, C-16, C-17, C-18, "
                        + "C-19: remove the package, or ask for a waiver.",
                ]
            },
            {
                [.. Enumerable.Range(10, 11).Select(i => Critical($"C-{i}", "a"))],
                [
                    "No fixed version is named for C-10, C-11, C-12, C-13, C-14, C-15, C-16, C-17, C-18, "
                        + "C-19 and more: remove the package, or ask for a waiver.",
                ]
            },
        };

    [Theory]
    [MemberData(nameof(WaysToPass))]
    public void The_shortest_way_names_no_more_than_is_known(Finding[] findings, string[] ways) =>
        Assert.Equal(ways, Decide(Facts.Scan(findings)).ToPass);
}
