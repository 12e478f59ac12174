using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>Decides: facts and policy in, one verdict with its reasons out.</summary>
public static class Judge
{
    /// <summary>
    /// How many indexes may lie above one another. An index of indexes of indexes is no image that anybody runs: what
    /// lies deeper is not looked at, and what holds it never approved.
    /// </summary>
    public const int MaxIndexLevels = 3;

    /// <summary>
    /// How many manifests an index may list. There are some sixty platforms; an index of thousands is made to be too
    /// much for whoever reads it.
    /// </summary>
    public const int MaxChildren = 200;

    /// <summary>
    /// The verdict that stood before, and the findings that <see cref="Keep"/> gave to keep beside it; null findings
    /// where the ledger no longer holds them.
    /// </summary>
    public sealed record Before(Verdict Verdict, IReadOnlyList<Finding>? Findings);

    /// <inheritdoc cref="Decide(ImageFacts, ScanFacts, PolicyDocument, Before?, DateTimeOffset)"/>
    public static Verdict Decide(Evidence evidence, PolicyDocument policy, DateTimeOffset now) =>
        Decide(evidence.Image, evidence.Scan, policy, evidence.Before, now);

    /// <summary>Decides an image of one platform.</summary>
    /// <param name="before">What stood before. What was found once counts until a completed scan takes its place, so
    ///     that BLOCKED is sticky, and comes back when a waiver ends although nothing is scanned any more.</param>
    public static Verdict Decide(
        ImageFacts image,
        ScanFacts scan,
        PolicyDocument policy,
        Before? before,
        DateTimeOffset now
    )
    {
        // What waited before the image was pushed or restored was another life of it.
        var waited = before?.Verdict.WaitingSince < image.CameAt ? null : before?.Verdict.WaitingSince;
        var waitingSince = scan.State == ScanState.Pending ? waited ?? now : (DateTimeOffset?)null;
        if (now - waitingSince >= ScannerWords.ScanEndsWithin)
            scan = scan with { State = ScanState.Overdue };
        var supersedes = before is null || Supersedes(scan, before);
        var unseen = Unseen(scan, before);
        var known = supersedes ? With(scan.Findings, unseen) : scan.Findings;
        var verdict = Fresh(image, scan, Assess(image, known, policy, now), policy, now) with
        {
            WaitingSince = waitingSince,
            Counts = FindingCounts.Of(known),
        };
        if (supersedes)
            return unseen.Count > 0 ? Beside(verdict, unseen) : verdict;
        var decided = verdict.Status == Status.Blocked ? verdict : Remembering(verdict, image, policy, before!, now);
        if (decided.Status == Status.Pending && scan.LeavesApproval)
            decided = StillApproved(decided, image, scan, policy, before!, now);
        return decided with
        {
            // Should the findings be lost, no basic scan will lift what it could not see.
            Scanner =
                unseen.Count > 0 ? Scanner.Enhanced
                : before is { Findings: null, Verdict.Status: Status.Blocked } ? before.Verdict.Scanner
                : decided.Scanner,
            // The newest scan stays the one to beat: with the date of an older one, that would take its place the next
            // time.
            // One that is not settled has said nothing yet.
            ScanCompletedAt =
                scan.State == ScanState.Unsettled
                    ? before!.Verdict.ScanCompletedAt
                    : Later(decided.ScanCompletedAt, before!.Verdict.ScanCompletedAt),
        };
    }

    /// <summary>
    /// The findings to keep beside a verdict, for the next decision: those of a completed scan, and those known before
    /// that it cannot see; of any other scan all that were known before as well. Null: the findings that blocked are
    /// lost, and stay lost until the next completed scan.
    /// </summary>
    public static IReadOnlyList<Finding>? Keep(ScanFacts scan, Before? before) =>
        before is null || Supersedes(scan, before) ? With(scan.Findings, Unseen(scan, before))
        : before.Findings is not null ? Findings.Merge(before.Findings.Concat(scan.Findings))
        : before.Verdict.Status == Status.Blocked ? null
        : scan.Findings;

    /// <summary>
    /// What to remember of a scan beside the findings that <see cref="Keep"/> gave, so that another policy can decide
    /// from both as from the scanner itself. Null where it cannot: the scan is not over, or what is kept is not what
    /// this scan found.
    /// </summary>
    public static ScanFacts? Remember(ScanFacts scan, IReadOnlyList<Finding>? kept) =>
        scan.State is ScanState.Complete or ScanState.NotScanned or ScanState.Unsupported or ScanState.Ended
        && (ReferenceEquals(kept, scan.Findings) || kept is [])
            ? scan with
            {
                Findings = [],
            }
            : null;

    /// <summary>Decides an image whose facts could not be read: never better than what stood before.</summary>
    /// <param name="before">The verdict that stood before, if any: BLOCKED stays.</param>
    public static Verdict Unreadable(
        ImageId image,
        string what,
        PolicyDocument policy,
        DateTimeOffset now,
        Verdict? before = null
    )
    {
        var unreadable = new Reason("unreadable", $"The facts could not be read: {what}");
        return before is { Status: Status.Blocked }
            ? before with
            {
                Reasons = [.. before.Reasons.Where(r => r.Code != unreadable.Code), unreadable],
            }
            : new Verdict
            {
                Image = image,
                Status = Status.Error,
                Approved = false,
                Reasons = [unreadable],
                ToPass = ["Ask again; if it lasts, see the function's log."],
                PolicyVersion = policy.Version,
                FactsAt = now,
                WaitingSince = before?.WaitingSince,
            };
    }

    /// <summary>Decides the child of an index that is not there.</summary>
    public static Verdict MissingChild(ImageId child, PolicyDocument policy, DateTimeOffset now, Verdict? before) =>
        Unreadable(child, $"the image {child.Digest} of this platform is not in the repository", policy, now, before);

    /// <summary>Decides an index whose platforms nobody knows.</summary>
    public static Verdict UnreadableIndex(ImageId index, PolicyDocument policy, DateTimeOffset now, Verdict? before) =>
        Unreadable(index, "the manifest of the index, which lists its platforms, cannot be read", policy, now, before);

    /// <summary>Decides what no scanner reads: an artifact, or a media type that EcrGuard does not know.</summary>
    public static Verdict NotAnImage(ImageFacts image, PolicyDocument policy) =>
        new()
        {
            Image = image.Id,
            Status = Status.Unsupported,
            Approved = false,
            Reasons =
            [
                image.Kind == ImageKind.Artifact
                    ? new(
                        "artifact",
                        "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy."
                    )
                    : new(
                        "unknown-media-type",
                        "The media type of this manifest is not known, so that nothing can be said about it."
                    ),
            ],
            ToPass = ["Ask about the image itself."],
            PolicyVersion = policy.Version,
            FactsAt = image.ReadAt,
        };

    /// <summary>
    /// Decides an index that lies deeper than <see cref="MaxIndexLevels"/>, or that holds one which does.
    /// </summary>
    public static Verdict TooDeep(ImageFacts index, PolicyDocument policy) =>
        NotAnImage(index, policy) with
        {
            Reasons =
            [
                new(
                    "nested-too-deep",
                    $"Indexes are nested deeper than {MaxIndexLevels} here, so that not every image in them "
                        + "was looked at."
                ),
            ],
            ToPass = ["Push an index that lists its images itself."],
            IndexLevels = MaxIndexLevels + 1,
        };

    /// <summary>
    /// Decides an index that lists more than <see cref="MaxChildren"/> manifests: none of them is looked at.
    /// </summary>
    public static Verdict TooWide(ImageFacts index, int children, PolicyDocument policy) =>
        NotAnImage(index, policy) with
        {
            Reasons =
            [
                new(
                    "too-many-platforms",
                    $"This index lists {children} manifests, and EcrGuard judges an index of at most "
                        + $"{MaxChildren}, so that none of them was looked at."
                ),
            ],
            ToPass = [$"Push an index of at most {MaxChildren} platforms and attestations."],
        };

    /// <summary>
    /// Decides an index: the worst status of its platform children. A child without a verdict is pending; a child that
    /// is gone is an error; attestations are passed over.
    /// </summary>
    /// <param name="children">The children as the index lists them, each with its verdict, or null where there is none
    ///     yet.</param>
    public static Verdict DecideIndex(
        ImageFacts index,
        IReadOnlyList<(IndexChild Child, Verdict? Verdict)> children,
        PolicyDocument policy
    )
    {
        var platforms = children.Where(c => c.Child.Kind != ImageKind.Artifact).ToList();
        if (platforms.Count == 0)
            return NotAnImage(index, policy) with
            {
                Reasons = [new("empty-index", "This index lists no image of any platform.")],
            };

        var judged = platforms
            .Select(c => (c.Child.Platform, Verdict: c.Verdict ?? Unjudged(c.Child, index, policy)))
            .OrderBy(c => c.Verdict.Status)
            .ToList();
        var levels = 1 + judged.Max(c => c.Verdict.IndexLevels);
        if (levels > MaxIndexLevels)
            return TooDeep(index, policy);
        var worst = judged[0].Verdict.Status;
        var counting = judged.Where(c => c.Verdict.Status == worst).ToList();
        return new Verdict
        {
            Image = index.Id,
            Status = worst,
            Approved = judged.All(c => c.Verdict.Approved),
            Reasons = [.. counting.SelectMany(c => c.Verdict.Reasons.Select(r => r.On(c.Platform)))],
            Blocking = Severities(counting.SelectMany(c => c.Verdict.Blocking)),
            Warnings = [.. judged.SelectMany(c => c.Verdict.Warnings.Select(r => r.On(c.Platform)))],
            Waived = [.. judged.SelectMany(c => c.Verdict.Waived).Distinct()],
            ToPass =
            [
                .. judged
                    .Where(c => !c.Verdict.Approved)
                    .SelectMany(c => c.Verdict.ToPass.Select(way => $"{c.Platform}: {way}")),
            ],
            Counts = judged.Aggregate(new FindingCounts(), (sum, c) => sum + c.Verdict.Counts),
            Scanner = judged[0].Verdict.Scanner,
            ScanCompletedAt = judged.Min(c => c.Verdict.ScanCompletedAt),
            StaleAt = judged.Min(c => c.Verdict.StaleAt),
            // Decided by an older policy as long as one of its platforms is: asked about, it is then decided again.
            PolicyVersion =
                judged.Select(c => c.Verdict.PolicyVersion).FirstOrDefault(version => version != policy.Version)
                ?? policy.Version,
            FactsAt = index.ReadAt,
            IndexLevels = levels,
            OldestFactsAt = judged.Min(c => c.Verdict.OldestFactsAt ?? c.Verdict.FactsAt),
            ValidUntil = judged.Min(c => c.Verdict.ValidUntil),
        };
    }

    private static Verdict Unjudged(IndexChild child, ImageFacts index, PolicyDocument policy) =>
        new()
        {
            Image = index.Id with { Digest = child.Digest },
            Status = Status.Pending,
            Approved = false,
            Reasons = [new("child-pending", $"The image {child.Digest} of this platform has no verdict yet.")],
            ToPass = ["Wait for the scan of this platform."],
            PolicyVersion = policy.Version,
            FactsAt = index.ReadAt,
        };

    /// <summary>A finding that blocks, the report of it that does, and the rule that says so.</summary>
    private readonly record struct Blocker(Finding Finding, Finding Report, Rule Rule);

    /// <summary>
    /// What the policy says to one report of a finding: the rule that selects it, and what excuses it.
    /// </summary>
    private readonly record struct Said(Rule? Rule, WaivedFinding? Excuse);

    /// <summary>What the rules and waivers make of a list of findings.</summary>
    private sealed record Assessment(
        IReadOnlyList<Blocker> Blocking,
        IReadOnlyList<Reason> Warnings,
        IReadOnlyList<WaivedFinding> Waived,
        DateTimeOffset? ValidUntil
    )
    {
        public IReadOnlyList<Reason> Reasons =>
            [.. Blocking.Select(blocker => ReasonText.OfFinding(blocker.Finding, blocker.Report, blocker.Rule))];
    }

    private static Assessment Assess(
        ImageFacts image,
        IReadOnlyList<Finding> findings,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var blocking = new List<Blocker>();
        var warnings = new List<Reason>();
        var waived = new List<WaivedFinding>();
        DateTimeOffset? validUntil = null;
        // What a rule or waiver says of repository, digest and tags is the same for every finding of the image.
        var rules = policy.Rules.Where(rule => RuleMatch.AppliesTo(rule, image)).ToList();
        var ageing = rules.Where(rule => rule.MinAgeDays is not null || rule.MinDaysSinceFix is not null).ToList();
        var waivers = policy
            .Waivers.Where(waiver => now < waiver.EndsAt && WaiverMatch.AppliesTo(waiver, image.Id))
            .ToList();
        var statements = VexMatch.Of(policy.Vex, image.Id);
        foreach (var finding in findings)
        {
            if (finding.Reports is null)
            {
                var said = Ask(finding);
                if (said.Excuse is { } excuse)
                    waived.Add(excuse);
                else
                    Note(finding, finding, said.Rule);
            }
            else
            {
                AskEach(finding, finding.Reports);
            }
        }
        return new Assessment(blocking, warnings, waived, validUntil);

        Said Ask(Finding report)
        {
            var rule = RuleMatch.First(rules, report, now);
            validUntil = Earlier(validUntil, RuleMatch.NextChange(ageing, report, now));
            if (rule is null)
                return default;
            // What is no danger needs nobody's patience: a waiver beside it is not used.
            if (statements.Count > 0 && VexMatch.Excusing(statements, report) is { } statement)
                return new Said(rule, Excused(report, rule, statement.Document, statement.Text));
            if (WaiverMatch.First(waivers, report) is { } waiver)
            {
                if (rule.Then == RuleEffect.Block)
                    validUntil = Earlier(validUntil, waiver.EndsAt);
                return new Said(rule, Excused(report, rule, waiver.Id));
            }
            // Last: a waiver says who answers for it, and until when.
            var hidden = report.Suppressed && policy.Defaults.Suppressed == SuppressedAnswer.Excuse;
            return new Said(rule, hidden ? Excused(report, rule, WaivedFinding.Inspector) : null);
        }

        static WaivedFinding Excused(Finding report, Rule rule, string by, string? vex = null) =>
            new(by, report.Vulnerability, report.Package, rule.Then, vex);

        // The worse answer stands, and what is excused is excused in every report of it.
        void AskEach(Finding finding, IReadOnlyList<Finding> reports)
        {
            var (by, worst) = (finding, (Rule?)null);
            var excuses = new List<WaivedFinding>();
            foreach (var report in reports)
            {
                var said = Ask(report);
                if (said.Excuse is { } excuse)
                    excuses.Add(excuse);
                else if (said.Rule is { } rule && (worst is null || rule.Then > worst.Then))
                    (by, worst) = (report, rule);
            }
            Note(finding, by, worst);
            var needed = excuses.Count == 0 ? (RuleEffect?)null : excuses.Max(excuse => excuse.Instead);
            if (worst is null || needed > worst.Then)
                waived.AddRange(excuses.Where(excuse => excuse.Instead == needed).Distinct());
        }

        void Note(Finding finding, Finding report, Rule? rule)
        {
            if (rule?.Then == RuleEffect.Block)
                blocking.Add(new Blocker(finding, report, rule));
            else if (rule is not null)
                warnings.Add(ReasonText.OfFinding(finding, report, rule));
        }
    }

    private static Verdict Fresh(
        ImageFacts image,
        ScanFacts scan,
        Assessment assessment,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var goesStaleAt = GoesStaleAt(scan, policy);
        var status =
            assessment.Blocking.Count > 0
                ? Status.Blocked
                : scan.State switch
                {
                    ScanState.Complete => scan.Continuous || now < goesStaleAt ? Status.Approved : Status.Stale,
                    ScanState.Pending or ScanState.Unsettled => Status.Pending,
                    ScanState.NotScanned => Status.Unscanned,
                    ScanState.Unsupported => Status.Unsupported,
                    ScanState.Ended or ScanState.Archived => Status.Stale,
                    ScanState.Failed or ScanState.Overdue or ScanState.Contradictory or ScanState.Unknown =>
                        Status.Error,
                };
        return new Verdict
        {
            Image = image.Id,
            Status = status,
            Approved = Answers(status, policy),
            Reasons = status switch
            {
                Status.Blocked => assessment.Reasons,
                Status.Approved => [ReasonText.Clean(scan, assessment.Waived)],
                _ => [ReasonText.OfState(scan, policy, now)],
            },
            Blocking = Severities(assessment.Blocking.Select(b => b.Report.Severity)),
            Warnings = assessment.Warnings,
            Waived = assessment.Waived,
            ToPass =
                Answers(status, policy) ? []
                : status == Status.Blocked ? ReasonText.ShortestWay(assessment.Blocking.Select(b => b.Finding))
                : [ReasonText.Remedy(scan)],
            Scanner = scan.Scanner,
            ScanCompletedAt = scan.State == ScanState.Unsettled ? null : scan.CompletedAt,
            PolicyVersion = policy.Version,
            FactsAt = scan.ReadAt < image.ReadAt ? scan.ReadAt : image.ReadAt,
            StaleAt = goesStaleAt,
            ValidUntil = Earlier(
                status == Status.Approved ? Earlier(assessment.ValidUntil, goesStaleAt) : assessment.ValidUntil,
                scan.UnsettledUntil
            ),
        };
    }

    /// <summary>
    /// Judges again what was found before, because the scanner says nothing newer: it blocks as long as no waiver and
    /// no other policy excuses it.
    /// </summary>
    private static Verdict Remembering(
        Verdict fresh,
        ImageFacts image,
        PolicyDocument policy,
        Before before,
        DateTimeOffset now
    )
    {
        if (before.Findings is null)
            return before.Verdict.Status == Status.Blocked
                ? StillBlocked(fresh, before.Verdict, before.Verdict.Reasons)
                : fresh;

        var assessment = Assess(image, before.Findings, policy, now);
        var validUntil = Earlier(fresh.ValidUntil, assessment.ValidUntil);
        return assessment.Blocking.Count == 0
            ? fresh with
            {
                Waived = [.. fresh.Waived.Concat(assessment.Waived).Distinct()],
                ValidUntil = validUntil,
            }
            : StillBlocked(fresh, before.Verdict, assessment.Reasons) with
            {
                Blocking = Severities(assessment.Blocking.Select(b => b.Report.Severity)),
                Warnings = assessment.Warnings,
                Waived = assessment.Waived,
                ToPass = ReasonText.ShortestWay(assessment.Blocking.Select(b => b.Finding)),
                Counts = FindingCounts.Of(before.Findings),
                ValidUntil = validUntil,
            };
    }

    /// <summary>
    /// A rescan whose findings are not all listed takes no approval away: what was found before and what is listed now
    /// are judged together, for as long as the scan before does not become too old.
    /// </summary>
    private static Verdict StillApproved(
        Verdict fresh,
        ImageFacts image,
        ScanFacts scan,
        PolicyDocument policy,
        Before before,
        DateTimeOffset now
    )
    {
        if (before is not { Findings: { } found, Verdict.Status: Status.Approved } || now >= before.Verdict.StaleAt)
            return fresh;
        var known = Findings.Merge(found.Concat(scan.Findings));
        var assessment = Assess(image, known, policy, now);
        return assessment.Blocking.Count > 0
            ? fresh
            : fresh with
            {
                Status = Status.Approved,
                Approved = true,
                Reasons = [ReasonText.StillApproved(known.Count, scan)],
                Warnings = assessment.Warnings,
                Waived = assessment.Waived,
                ToPass = [],
                Counts = FindingCounts.Of(known),
                Scanner = before.Verdict.Scanner,
                StaleAt = before.Verdict.StaleAt,
                ValidUntil = Earlier(Earlier(assessment.ValidUntil, before.Verdict.StaleAt), scan.UnsettledUntil),
            };
    }

    private static Verdict StillBlocked(Verdict fresh, Verdict before, IReadOnlyList<Reason> reasons) =>
        fresh with
        {
            Status = Status.Blocked,
            Approved = false,
            Reasons =
            [
                .. reasons.Where(r => r.Code != StickyCode),
                new(
                    StickyCode,
                    "This rests on the findings last known: only a completed scan without blocking findings, "
                        + $"a waiver or the policy lifts it. {fresh.Reasons[0].Sentence}"
                ),
            ],
            Blocking = before.Blocking,
            Warnings = before.Warnings,
            Waived = before.Waived,
            ToPass = before.ToPass,
            Counts = before.Counts,
            Scanner = before.Scanner,
        };

    /// <summary>
    /// A verdict on what a basic scan has found together with what it cannot see and was found before.
    /// </summary>
    private static Verdict Beside(Verdict verdict, IReadOnlyList<Finding> unseen) =>
        verdict with
        {
            Reasons =
                verdict.Status == Status.Blocked
                    ? [.. verdict.Reasons, ReasonText.Unseen(unseen.Count)]
                    : verdict.Reasons,
            Warnings =
                verdict.Status == Status.Blocked
                    ? verdict.Warnings
                    : [.. verdict.Warnings, ReasonText.Unseen(unseen.Count)],
            Scanner = Scanner.Enhanced,
        };

    private static IReadOnlyList<Severity> Severities(IEnumerable<Severity> severities) =>
        [.. severities.Distinct().OrderDescending()];

    private const string StickyCode = "sticky";

    /// <summary>
    /// A completed scan takes the place of what was known, unless it is older (an account switched back to its other
    /// scanner, say) or does not say when it was made; a basic one not of what it cannot see, which findings that are
    /// lost may be.
    /// </summary>
    private static bool Supersedes(ScanFacts scan, Before before) =>
        scan.State == ScanState.Complete
        && (before.Verdict.ScanCompletedAt is null || scan.CompletedAt >= before.Verdict.ScanCompletedAt)
        && (
            before.Findings is not null
            || before.Verdict.Status != Status.Blocked
            || scan.Scanner == Scanner.Enhanced
            || before.Verdict.Scanner != Scanner.Enhanced
        );

    /// <summary>
    /// What was known before and stays so until a completed enhanced scan: basic scanning reads the operating system's
    /// packages only, and that it lists nothing else says nothing of the rest.
    /// </summary>
    private static IReadOnlyList<Finding> Unseen(ScanFacts scan, Before? before) =>
        before?.Findings is { } known && !(scan.Scanner == Scanner.Enhanced && Supersedes(scan, before))
            ? [.. known.Where(finding => finding.PackageManager != Finding.OperatingSystem)]
            : [];

    private static IReadOnlyList<Finding> With(IReadOnlyList<Finding> found, IReadOnlyList<Finding> unseen) =>
        unseen.Count == 0 ? found : Findings.Merge(found.Concat(unseen));

    /// <summary>Null: it does not age. A scan that does not say when it was made is stale at once.</summary>
    private static DateTimeOffset? GoesStaleAt(ScanFacts scan, PolicyDocument policy) =>
        scan is not { State: ScanState.Complete, Continuous: false } ? null
        : scan.CompletedAt is { } completed ? completed.AddDays(policy.Defaults.ScanMaxAgeDays)
        : DateTimeOffset.MinValue;

    private static bool Answers(Status status, PolicyDocument policy) =>
        status switch
        {
            Status.Approved => true,
            Status.Unscanned => policy.Defaults.Unscanned == Answer.Allow,
            Status.Unsupported => policy.Defaults.Unsupported == Answer.Allow,
            Status.Stale => policy.Defaults.Stale == Answer.Allow,
            Status.Blocked or Status.Error or Status.Pending => false,
        };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one > other ? one
        : other;

    internal static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one < other ? one
        : other;
}
