using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class JudgeProperties
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0");

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static readonly Gen<DateTimeOffset?> Moments = Gen.OneOf(
        Gen.Const((DateTimeOffset?)null),
        Gen.Int[0, 40].Select(days => (DateTimeOffset?)Facts.Now.AddDays(-days))
    );

    private static readonly Gen<Finding> AnyFinding = Gen.Select(
        Gen.Select(Gen.Int[1, 5], Gen.Enum<Severity>(), OneOf("openssl", "zlib", null), OneOf("3.0.2", "3.0.3", null)),
        Gen.Select(
            Gen.Enum<FixAvailability>(),
            Gen.Enum<ExploitAvailability>(),
            OneOf<double?>(0.1, 0.5, 0.9, null),
            Moments
        ),
        (what, values) =>
            new Finding
            {
                Vulnerability = $"CVE-{what.Item1}",
                Severity = what.Item2,
                Package = what.Item3,
                PackageManager = what.Item3 is null ? null : "OS",
                Occurrences = [new PackageOccurrence("3.0.1", what.Item4, null, null)],
                Fix = values.Item1,
                Exploit = values.Item2,
                Epss = values.Item3,
                FirstObservedAt = values.Item4,
                Uri = what.Item4,
            }
    );

    private static readonly Gen<Rule> AnyRule = Gen.Select(
        Gen.Enum<RuleEffect>(),
        Gen.Enum<Severity>().Array[0, 3],
        Gen.Enum<FixAvailability>().Array[0, 2],
        OneOf<double?>(0.5, null),
        OneOf<int?>(7, 30, null),
        (then, severities, fixes, epss, age) =>
            new Rule
            {
                Id = "r",
                Then = then,
                Severities = severities.Length == 0 ? null : severities,
                FixAvailable = fixes.Length == 0 ? null : fixes,
                MinEpss = epss,
                MinAgeDays = age,
            }
    );

    private static readonly Gen<Waiver> AnyWaiver = Gen.Select(
        OneOf("CVE-1", "CVE-2", "CVE-*"),
        OneOf("openssl", null),
        OneOf("pay/*", "web/*", null),
        OneOf<int?>(1, 2, null),
        Gen.Int[-3, 3],
        (vulnerability, package, repository, digest, days) =>
            Facts.Waiver($"W{days}", vulnerability) with
            {
                Package = package is null ? null : Glob.Parse(package),
                Repositories = repository is null ? null : [Glob.Parse(repository)],
                Digest = digest is { } number ? Facts.Digest(number) : null,
                Expires = DateOnly.FromDateTime(Facts.Now.UtcDateTime).AddDays(days),
            }
    );

    private static readonly Gen<PolicyDocument> AnyPolicy = Gen.Select(
        AnyRule.Array[0, 4],
        AnyWaiver.Array[0, 2],
        (rules, waivers) => Facts.Policy with { Rules = rules, Waivers = waivers }
    );

    private static readonly Gen<ScanFacts> AnyScan = Gen.Select(
        Gen.Enum<ScanState>(),
        AnyFinding.Array[0, 6],
        (state, findings) => Facts.Scan(findings) with { State = state }
    );

    private static Verdict Decide(ScanFacts scan, PolicyDocument policy) =>
        Judge.Decide(Image, scan, policy, null, Facts.Now);

    [Fact]
    public void The_order_in_which_findings_are_reported_is_irrelevant() =>
        Gen.Select(AnyPolicy, AnyFinding.Array[0, 12], Gen.Int.Array[12])
            .Sample(
                (policy, findings, keys) =>
                {
                    var shuffled = findings.Zip(keys).OrderBy(pair => pair.Second).Select(pair => pair.First).ToArray();
                    Assert.Equal(
                        Told(Decide(Facts.Scan(findings), policy)),
                        Told(Decide(Facts.Scan(shuffled), policy))
                    );
                    Assert.Equal(
                        Facts.Scan(findings).Findings.Select(finding => finding.Uri),
                        Facts.Scan(shuffled).Findings.Select(finding => finding.Uri)
                    );
                },
                iter: 1000
            );

    [Fact]
    public void Another_policy_decides_from_what_is_remembered_as_from_the_scanner() =>
        Gen.Select(AnyScan, AnyScan, AnyPolicy, AnyPolicy)
            .Sample(
                (first, scan, policy, other) =>
                {
                    var earlier = new Judge.Before(Decide(first, policy), Judge.Keep(first, null));
                    var before = new Judge.Before(
                        Judge.Decide(Image, scan, policy, earlier, Facts.Now),
                        Judge.Keep(scan, earlier)
                    );
                    if (Judge.Remember(scan, before.Findings) is { } remembered)
                        Assert.Equal(
                            Told(Judge.Decide(Image, scan, other, before, Facts.Now)),
                            Told(
                                Judge.Decide(
                                    Image,
                                    remembered with
                                    {
                                        Findings = before.Findings!,
                                    },
                                    other,
                                    before,
                                    Facts.Now
                                )
                            )
                        );
                }
            );

    [Fact]
    public void Another_finding_never_improves_a_verdict() =>
        Gen.Select(AnyPolicy, AnyScan, AnyFinding)
            .Sample(
                (policy, scan, more) =>
                {
                    var worse = scan with
                    {
                        Findings = Findings.Merge(scan.Findings.Append(more with { Vulnerability = "CVE-9" })),
                    };
                    Assert.True(Decide(worse, policy).Status <= Decide(scan, policy).Status);
                },
                iter: 1000
            );

    [Fact]
    public void A_waiver_makes_no_image_worse_and_leaves_those_it_does_not_name_as_they_are() =>
        Gen.Select(AnyPolicy, AnyScan, AnyWaiver)
            .Sample(
                (policy, scan, waiver) =>
                {
                    var (without, with) = (
                        Decide(scan, policy),
                        Decide(scan, policy with { Waivers = [.. policy.Waivers, waiver] })
                    );
                    Assert.True(with.Status >= without.Status);
                    if (
                        waiver.EndsAt <= Facts.Now
                        || waiver.Digest == Facts.Digest(2)
                        || waiver.Repositories?[0].Pattern == "web/*"
                    )
                        Assert.Equal(Told(without), Told(with));
                },
                iter: 1000
            );

    [Fact]
    public void A_gate_never_says_yes_to_what_is_blocked_pending_or_in_error_and_never_no_without_a_way_to_pass() =>
        Gen.Select(AnyPolicy, AnyScan, Gen.Enum<Answer>())
            .Sample(
                (policy, scan, answer) =>
                {
                    var verdict = Decide(scan, policy with { Defaults = new PolicyDefaults(answer, answer, answer) });
                    Assert.False(
                        verdict.Approved && verdict.Status is Status.Blocked or Status.Pending or Status.Error
                    );
                    Assert.NotEmpty(verdict.Reasons);
                    Assert.Equal(verdict.Approved, verdict.ToPass.Count == 0);
                },
                iter: 1000
            );

    private static readonly Gen<DateTimeOffset?> ScanDates = Gen.OneOf(
        Gen.Const((DateTimeOffset?)null),
        Gen.Int[-20, 20].Select(hours => (DateTimeOffset?)Facts.Now.AddHours(hours))
    );

    /// <summary>
    /// The model is the set of known findings and the date of the newest scan. A completed scan that is at least as new
    /// replaces the findings; anything else adds to them. Lost findings that blocked go on to block until the next such
    /// scan.
    /// </summary>
    [Fact]
    public void What_blocks_is_forgotten_over_any_sequence_only_through_a_completed_scan_that_is_as_new_as_any_before() =>
        Gen.Select(
                Gen.Enum<ScanState>(),
                Gen.Enum<Severity>().Array[0, 2],
                Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true))),
                ScanDates,
                Gen.Bool
            )
            .Array[1, 12]
            .Sample(
                steps =>
                {
                    var waiving = Facts.Policy with { Waivers = [Facts.Waiver(vulnerability: "CVE-*")] };
                    Judge.Before? before = null;
                    var known = new HashSet<Severity>();
                    var lostBlocking = false;
                    DateTimeOffset? newest = null;
                    for (var i = 0; i < steps.Length; i++)
                    {
                        var (state, severities, lost, completedAt, waived) = steps[i];
                        var scan = Facts.Scan([
                            .. severities.Select(severity => Facts.Finding($"CVE-{severity}", severity)),
                        ]) with
                        {
                            State = state,
                            CompletedAt = completedAt,
                        };
                        var verdict = Judge.Decide(
                            Image,
                            scan,
                            waived ? waiving : Facts.Policy,
                            before,
                            Facts.Now.AddHours(i)
                        );

                        if (state == ScanState.Complete && (newest is null || completedAt >= newest))
                        {
                            known.Clear();
                            lostBlocking = false;
                        }
                        known.UnionWith(severities);
                        // A scan that is not settled has said nothing yet.
                        newest =
                            state == ScanState.Unsettled || completedAt is null || newest > completedAt
                                ? newest
                                : completedAt;
                        Assert.Equal(
                            lostBlocking || (known.Contains(Severity.Critical) && !waived),
                            verdict.Status == Status.Blocked
                        );

                        before = new Judge.Before(verdict, lost ? null : Judge.Keep(scan, before));
                        lostBlocking = verdict.Status == Status.Blocked && (lost || before.Findings is null);
                        if (lost)
                            known.Clear();
                    }
                },
                iter: 2000
            );

    [Fact]
    public void No_switching_of_scanners_turns_a_blocking_finding_in_a_language_s_package_green() =>
        Gen.Select(
                OneOf(Scanner.Basic, Scanner.Enhanced, Scanner.Unknown),
                Gen.Enum<ScanState>(),
                AnyFinding.Array[0, 3],
                Gen.Bool,
                ScanDates
            )
            .Array[1, 12]
            .Sample(
                steps =>
                {
                    var inJar = Facts.Finding("CVE-2021-44228", package: "log4j-core") with { PackageManager = "JAR" };
                    var first = Facts.Scan(inJar) with { Scanner = Scanner.Enhanced };
                    var before = new Judge.Before(Decide(first, Facts.Policy), Judge.Keep(first, null));
                    for (var i = 0; i < steps.Length; i++)
                    {
                        var (scanner, state, findings, lost, completedAt) = steps[i];
                        // Only another enhanced scan could tell this.
                        if ((scanner, state) is (Scanner.Enhanced, ScanState.Complete))
                            findings = [.. findings, inJar];
                        var scan = Facts.Scan(findings) with
                        {
                            Scanner = scanner,
                            State = state,
                            CompletedAt = completedAt,
                        };
                        var verdict = Judge.Decide(Image, scan, Facts.Policy, before, Facts.Now.AddHours(i));
                        Assert.Equal(Status.Blocked, verdict.Status);
                        before = new Judge.Before(verdict, lost ? null : Judge.Keep(scan, before));
                    }
                },
                iter: 1000
            );

    private static readonly Gen<PolicyDocument> AnyAskingPolicy = Gen.Select(
        AnyPolicy,
        Gen.Select(
            Gen.Enum<RuleEffect>(),
            OneOf<double?>(5, null),
            Gen.Enum<ExploitAvailability>().Array[0, 2],
            OneOf<int?>(0, 3, null),
            OneOf("OS", "GO*", null)
        ).Array[0, 3],
        Gen.Enum<SuppressedAnswer>(),
        Gen.Select(Gen.Enum<VexStatus>(), OneOf("3.0.1", null), Gen.Int[1, 3]).Array[0, 2],
        (policy, rules, suppressed, statements) =>
            policy with
            {
                Defaults = policy.Defaults with { Suppressed = suppressed },
                Rules =
                [
                    .. rules.Select(r => new Rule
                    {
                        Id = "more",
                        Then = r.Item1,
                        MinScore = r.Item2,
                        ExploitAvailable = r.Item3.Length == 0 ? null : r.Item3,
                        MinDaysSinceFix = r.Item4,
                        PackageManagers = r.Item5 is { } manager ? [Glob.Parse(manager)] : null,
                    }),
                    .. policy.Rules,
                ],
                Vex =
                [
                    .. statements.Select(s => new VexStatement
                    {
                        Document = "x:1",
                        Vulnerabilities = [$"CVE-{s.Item3}"],
                        AllNames = new HashSet<string> { $"CVE-{s.Item3}" },
                        Products =
                        [
                            new VexProduct(
                                Image.Id,
                                s.Item2 is null ? null : [new VexPackage(Ecosystem.Of("OS")!, "openssl", s.Item2)]
                            ),
                        ],
                        Status = s.Item1,
                        At = Facts.Now.AddDays(-s.Item3),
                    }),
                ],
            }
    );

    private static readonly Gen<Finding> AnyReport = Gen.Select(
        AnyFinding,
        Gen.Bool,
        Gen.Bool,
        OneOf<double?>(2, 9.8, null),
        OneOf<string?>("3.0.1", "2.0.0", null, ""),
        (finding, suppressed, unknown, score, version) =>
            finding with
            {
                Suppressed = suppressed,
                SeverityUnknown = unknown,
                Score = score,
                Occurrences = version is "" ? [] : [new PackageOccurrence(version, null, null, null)],
            }
    );

    /// <summary>Issue 9: a merge hides no report, whatever the policy asks.</summary>
    [Fact]
    public void Another_report_of_a_finding_never_improves_a_verdict() =>
        Gen.Select(AnyAskingPolicy, AnyReport.Array[1, 4], AnyReport, Gen.Int[0, 40])
            .Sample(
                (policy, reports, more, days) =>
                {
                    var same = more with
                    {
                        Vulnerability = reports[0].Vulnerability,
                        Package = reports[0].Package,
                        PackageManager = reports[0].PackageManager,
                    };
                    var without = Judge.Decide(Image, Of(reports), policy, null, Facts.Now);
                    var with = Judge.Decide(Image, Of([same, .. reports]), policy, null, Facts.Now);

                    Assert.True(with.Status <= without.Status);
                    Assert.Equal(without.Counts.Total, with.Counts.Total);
                    Assert.Equal(
                        Told(with),
                        Told(Judge.Decide(Image, Of([.. reports.Reverse(), same]), policy, null, Facts.Now))
                    );
                    // The same holds if the ledger keeps one report and the scanner gives the other.
                    var before = new Judge.Before(without, Of(reports).Findings);
                    var unfinished = Of([same]) with { State = ScanState.Failed };
                    if (without.Status == Status.Blocked)
                        Assert.Equal(
                            Status.Blocked,
                            Judge
                                .Decide(
                                    Image,
                                    Facts.Scan(ScanState.Failed),
                                    policy,
                                    new Judge.Before(without, Judge.Keep(unfinished, before)),
                                    Facts.Now
                                )
                                .Status
                        );

                    ScanFacts Of(IEnumerable<Finding> found) =>
                        Facts.Scan() with
                        {
                            Findings = Findings.WithFixDates(Findings.Merge(found), [], Facts.Now.AddDays(-days)),
                        };
                },
                iter: 3000
            );

    [Fact]
    public void Reports_without_number_are_as_bad_as_each_of_them() =>
        Gen.Select(AnyAskingPolicy, AnyReport.Array[20, 60])
            .Sample(
                (policy, reports) =>
                {
                    var same = reports
                        .Select(report =>
                            report with
                            {
                                Vulnerability = "CVE-1",
                                Package = "openssl",
                                PackageManager = "OS",
                            }
                        )
                        .ToList();
                    var worst = same.Min(report => Decide(Facts.Scan(report), policy).Status);

                    var scan = Facts.Scan([.. same]);
                    Assert.True(Assert.Single(scan.Findings).Reports is null or { Count: <= 16 });
                    Assert.True(Decide(scan, policy).Status <= worst);
                },
                iter: 1000
            );

    private static string Told(Verdict verdict) =>
        string.Join(
            '\n',
            [
                verdict.Status,
                verdict.Counts,
                verdict.ValidUntil,
                .. verdict.Reasons,
                .. verdict.Warnings,
                .. verdict.Waived,
                .. verdict.ToPass,
            ]
        );
}
