using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>Decides: facts and policy in, one verdict with its reasons out.</summary>
public static class Judge
{
    /// <summary>The verdict that stood before, and the findings that <see cref="Keep"/> gave to keep beside it; null findings where the ledger no longer holds them.</summary>
    public sealed record Before(Verdict Verdict, IReadOnlyList<Finding>? Findings);

    /// <summary>Decides an image of one platform.</summary>
    /// <param name="before">What stood before. What was found once counts until a completed scan takes its place, so that BLOCKED is sticky, and comes back when a waiver ends although nothing is scanned any more.</param>
    public static Verdict Decide(ImageFacts image, ScanFacts scan, PolicyDocument policy, Before? before, DateTimeOffset now)
    {
        var waitingSince = scan.State == ScanState.Pending ? before?.Verdict.WaitingSince ?? now : (DateTimeOffset?)null;
        if (now - waitingSince >= ScannerWords.ScanEndsWithin)
            scan = scan with { State = ScanState.Overdue };
        var verdict = Fresh(image, scan, Assess(image, scan.Findings, policy, now), policy, now) with { WaitingSince = waitingSince };
        return verdict.Status == Status.Blocked || before is null || Supersedes(scan, before.Verdict) ? verdict : Remembering(verdict, image, policy, before, now);
    }

    /// <summary>
    /// The findings to keep beside a verdict, for the next decision: those of a completed scan; of any other those that were known before as well. Null: the findings that blocked are lost, and stay lost until the next completed scan.
    /// </summary>
    public static IReadOnlyList<Finding>? Keep(ScanFacts scan, Before? before) =>
        before is null || Supersedes(scan, before.Verdict) ? scan.Findings
        : before.Findings is not null ? Findings.Merge(before.Findings.Concat(scan.Findings))
        : before.Verdict.Status == Status.Blocked ? null : scan.Findings;

    /// <summary>
    /// What to remember of a scan beside the findings that <see cref="Keep"/> gave, so that another policy can decide from both as from the scanner itself. Null where it cannot: the scan is not over, or what is kept is not what this scan found.
    /// </summary>
    public static ScanFacts? Remember(ScanFacts scan, IReadOnlyList<Finding>? kept) =>
        scan.State is ScanState.Complete or ScanState.NotScanned or ScanState.Unsupported or ScanState.Ended && (ReferenceEquals(kept, scan.Findings) || kept is []) ? scan with { Findings = [] } : null;

    /// <summary>Decides an image whose facts could not be read: never better than what stood before.</summary>
    /// <param name="before">The verdict that stood before, if any: BLOCKED stays.</param>
    public static Verdict Unreadable(ImageId image, string what, PolicyDocument policy, DateTimeOffset now, Verdict? before = null)
    {
        var unreadable = new Reason("unreadable", $"The facts could not be read: {what}");
        return before is { Status: Status.Blocked }
            ? before with { Reasons = [.. before.Reasons.Where(r => r.Code != unreadable.Code), unreadable] }
            : new Verdict
            {
                Image = image,
                Status = Status.Error,
                Approved = false,
                Reasons = [unreadable],
                ToPass = ["Ask again; if it lasts, see the function's log."],
                PolicyVersion = policy.Version,
                FactsAt = now,
            };
    }

    /// <summary>Decides what no scanner reads: an artifact, or a media type that EcrGuard does not know.</summary>
    public static Verdict NotAnImage(ImageFacts image, PolicyDocument policy) => new()
    {
        Image = image.Id,
        Status = Status.Unsupported,
        Approved = false,
        Reasons = [image.Kind == ImageKind.Artifact
            ? new("artifact", "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy.")
            : new("unknown-media-type", "The media type of this manifest is not known, so that nothing can be said about it.")],
        ToPass = ["Ask about the image itself."],
        PolicyVersion = policy.Version,
        FactsAt = image.ReadAt,
    };

    /// <summary>
    /// Decides an index: the worst status of its platform children. A child without a verdict is pending; a child that is gone is an error; attestations are passed over.
    /// </summary>
    /// <param name="children">The children as the index lists them, each with its verdict, or null where there is none yet.</param>
    public static Verdict DecideIndex(ImageFacts index, IReadOnlyList<(IndexChild Child, Verdict? Verdict)> children, PolicyDocument policy)
    {
        var platforms = children.Where(c => c.Child.Kind != ImageKind.Artifact).ToList();
        if (platforms.Count == 0)
            return NotAnImage(index, policy) with { Reasons = [new("empty-index", "This index lists no image of any platform.")] };

        var judged = platforms.Select(c => (c.Child.Platform, Verdict: c.Verdict ?? Unjudged(c.Child, index, policy))).OrderBy(c => c.Verdict.Status).ToList();
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
            ToPass = [.. judged.Where(c => !c.Verdict.Approved).SelectMany(c => c.Verdict.ToPass.Select(way => $"{c.Platform}: {way}"))],
            Counts = judged.Aggregate(new FindingCounts(), (sum, c) => sum + c.Verdict.Counts),
            Scanner = judged[0].Verdict.Scanner,
            ScanCompletedAt = judged.Min(c => c.Verdict.ScanCompletedAt),
            StaleAt = judged.Min(c => c.Verdict.StaleAt),
            // Decided by an older policy as long as one of its platforms is: asked about, it is then decided again.
            PolicyVersion = judged.Select(c => c.Verdict.PolicyVersion).FirstOrDefault(version => version != policy.Version) ?? policy.Version,
            FactsAt = index.ReadAt,
            // What a child's record says is believed no longer for being said again by its index.
            ValidUntil = worst == Status.Blocked ? judged.Min(c => c.Verdict.ValidUntil) : Earlier(judged.Min(c => c.Verdict.ValidUntil), judged.Min(c => c.Verdict.FactsAt) + ApprovalAnswer.RecordAge),
        };
    }

    private static Verdict Unjudged(IndexChild child, ImageFacts index, PolicyDocument policy) => new()
    {
        Image = index.Id with { Digest = child.Digest },
        Status = Status.Pending,
        Approved = false,
        Reasons = [new("child-pending", $"The image {child.Digest} of this platform has no verdict yet.")],
        ToPass = ["Wait for the scan of this platform."],
        PolicyVersion = policy.Version,
        FactsAt = index.ReadAt,
    };

    /// <summary>What the rules and waivers make of a list of findings.</summary>
    private sealed record Assessment(IReadOnlyList<(Finding Finding, Rule Rule)> Blocking, IReadOnlyList<Reason> Warnings, IReadOnlyList<WaivedFinding> Waived, DateTimeOffset? ValidUntil);

    private static Assessment Assess(ImageFacts image, IReadOnlyList<Finding> findings, PolicyDocument policy, DateTimeOffset now)
    {
        var blocking = new List<(Finding, Rule)>();
        var warnings = new List<Reason>();
        var waived = new List<WaivedFinding>();
        DateTimeOffset? validUntil = null;
        // What a rule or waiver says of repository, digest and tags is the same for every finding of the image.
        var rules = policy.Rules.Where(rule => RuleMatch.AppliesTo(rule, image)).ToList();
        var ageing = rules.Where(rule => rule.MinAgeDays is not null || rule.MinDaysSinceFix is not null).ToList();
        var waivers = policy.Waivers.Where(waiver => now < waiver.EndsAt && WaiverMatch.AppliesTo(waiver, image.Id)).ToList();
        var statements = VexMatch.Of(policy.Vex, image.Id);
        foreach (var finding in findings)
        {
            var rule = RuleMatch.First(rules, finding, now);
            validUntil = Earlier(validUntil, RuleMatch.NextChange(ageing, finding, now));
            if (rule is null)
                continue;
            // What is no danger needs nobody's patience: a waiver beside it is not used.
            if (statements.Count > 0 && VexMatch.Excusing(statements, finding) is { } statement)
            {
                waived.Add(new WaivedFinding(statement.Document, finding.Vulnerability, finding.Package, rule.Then, statement.Text));
                continue;
            }
            var waiver = waivers.FirstOrDefault(waiver => WaiverMatch.Excuses(waiver, finding));
            if (waiver is not null)
            {
                waived.Add(new WaivedFinding(waiver.Id, finding.Vulnerability, finding.Package, rule.Then));
                if (rule.Then == RuleEffect.Block)
                    validUntil = Earlier(validUntil, waiver.EndsAt);
            }
            // Last: a waiver says who answers for it, and until when.
            else if (finding.Suppressed && policy.Defaults.Suppressed == SuppressedAnswer.Excuse)
            {
                waived.Add(new WaivedFinding(WaivedFinding.Inspector, finding.Vulnerability, finding.Package, rule.Then));
            }
            else if (rule.Then == RuleEffect.Block)
            {
                blocking.Add((finding, rule));
            }
            else
            {
                warnings.Add(Sentences.OfFinding(finding, rule));
            }
        }
        return new Assessment(blocking, warnings, waived, validUntil);
    }

    private static Verdict Fresh(ImageFacts image, ScanFacts scan, Assessment assessment, PolicyDocument policy, DateTimeOffset now)
    {
        var goesStaleAt = GoesStaleAt(scan, policy);
        var status = assessment.Blocking.Count > 0 ? Status.Blocked : scan.State switch
        {
            ScanState.Complete => scan.Continuous || now < goesStaleAt ? Status.Approved : Status.Stale,
            ScanState.Pending => Status.Pending,
            ScanState.NotScanned => Status.Unscanned,
            ScanState.Unsupported => Status.Unsupported,
            ScanState.Ended or ScanState.Archived => Status.Stale,
            ScanState.Failed or ScanState.Overdue or ScanState.Unknown => Status.Error,
        };
        return new Verdict
        {
            Image = image.Id,
            Status = status,
            Approved = Answers(status, policy),
            Reasons = status switch
            {
                Status.Blocked => [.. assessment.Blocking.Select(b => Sentences.OfFinding(b.Finding, b.Rule))],
                Status.Approved => [Sentences.Clean(scan, assessment.Waived)],
                _ => [Sentences.OfState(scan, policy, now)],
            },
            Blocking = Severities(assessment.Blocking.Select(b => b.Finding.Severity)),
            Warnings = assessment.Warnings,
            Waived = assessment.Waived,
            ToPass = Answers(status, policy) ? [] : status == Status.Blocked ? Sentences.ShortestWay(assessment.Blocking.Select(b => b.Finding)) : [Sentences.Remedy(scan)],
            Counts = FindingCounts.Of(scan.Findings),
            Scanner = scan.Scanner,
            ScanCompletedAt = scan.CompletedAt,
            PolicyVersion = policy.Version,
            FactsAt = scan.ReadAt < image.ReadAt ? scan.ReadAt : image.ReadAt,
            StaleAt = goesStaleAt,
            ValidUntil = status == Status.Approved ? Earlier(assessment.ValidUntil, goesStaleAt) : assessment.ValidUntil,
        };
    }

    /// <summary>
    /// Judges again what was found before, because the scanner says nothing newer: it blocks as long as no waiver and no other policy excuses it.
    /// </summary>
    private static Verdict Remembering(Verdict fresh, ImageFacts image, PolicyDocument policy, Before before, DateTimeOffset now)
    {
        if (before.Findings is null)
            return before.Verdict.Status == Status.Blocked ? StillBlocked(fresh, before.Verdict, before.Verdict.Reasons) : fresh;

        var assessment = Assess(image, before.Findings, policy, now);
        var validUntil = Earlier(fresh.ValidUntil, assessment.ValidUntil);
        return assessment.Blocking.Count == 0
            ? fresh with { Waived = [.. fresh.Waived.Concat(assessment.Waived).Distinct()], ValidUntil = validUntil }
            : StillBlocked(fresh, before.Verdict, [.. assessment.Blocking.Select(b => Sentences.OfFinding(b.Finding, b.Rule))]) with
            {
                Blocking = Severities(assessment.Blocking.Select(b => b.Finding.Severity)),
                Warnings = assessment.Warnings,
                Waived = assessment.Waived,
                ToPass = Sentences.ShortestWay(assessment.Blocking.Select(b => b.Finding)),
                Counts = FindingCounts.Of(before.Findings),
                ValidUntil = validUntil,
            };
    }

    private static Verdict StillBlocked(Verdict fresh, Verdict before, IReadOnlyList<Reason> reasons) => fresh with
    {
        Status = Status.Blocked,
        Approved = false,
        Reasons = [.. reasons.Where(r => r.Code != StickyCode), new(StickyCode, $"This rests on the findings last known: only a completed scan without blocking findings, a waiver or the policy lifts it. {fresh.Reasons[0].Sentence}")],
        Blocking = before.Blocking,
        Warnings = before.Warnings,
        Waived = before.Waived,
        ToPass = before.ToPass,
        Counts = before.Counts,
        // The scan that found them stays the one to beat.
        Scanner = before.Scanner,
        ScanCompletedAt = before.ScanCompletedAt,
    };

    private static IReadOnlyList<Severity> Severities(IEnumerable<Severity> severities) => [.. severities.Distinct().OrderDescending()];

    private const string StickyCode = "sticky";

    /// <summary>A completed scan takes the place of what was known, unless it is older (an account switched back to its other scanner, say) or does not say when it was made.</summary>
    private static bool Supersedes(ScanFacts scan, Verdict before) =>
        scan.State == ScanState.Complete && (before.ScanCompletedAt is null || scan.CompletedAt >= before.ScanCompletedAt);

    /// <summary>Null: it does not age. A scan that does not say when it was made is stale at once.</summary>
    private static DateTimeOffset? GoesStaleAt(ScanFacts scan, PolicyDocument policy) =>
        scan is not { State: ScanState.Complete, Continuous: false } ? null
        : scan.CompletedAt is { } completed ? completed.AddDays(policy.Defaults.ScanMaxAgeDays)
        : DateTimeOffset.MinValue;

    private static bool Answers(Status status, PolicyDocument policy) => status switch
    {
        Status.Approved => true,
        Status.Unscanned => policy.Defaults.Unscanned == Answer.Allow,
        Status.Unsupported => policy.Defaults.Unsupported == Answer.Allow,
        Status.Stale => policy.Defaults.Stale == Answer.Allow,
        Status.Blocked or Status.Error or Status.Pending => false,
    };

    internal static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null ? other : other is null || one < other ? one : other;
}

/// <summary>Whether a rule selects a finding. Held against every rule, ten thousand findings are half a million matches: nothing here allocates for one.</summary>
internal static class RuleMatch
{
    /// <summary>Whether repository and tags of the image are within the rule.</summary>
    public static bool AppliesTo(Rule rule, ImageFacts image) =>
        (rule.Repositories is null || rule.Repositories.Any(glob => glob.Matches(image.Id.Repository.Name)))
        && (rule.Tags is null || rule.Tags.Any(glob => image.Tags.Any(tag => glob.Matches(tag))));

    /// <summary>The first rule that selects the finding; null: none does.</summary>
    public static Rule? First(List<Rule> rules, Finding finding, DateTimeOffset now)
    {
        foreach (var rule in rules)
        {
            if (Selects(rule, finding, now))
                return rule;
        }
        return null;
    }

    /// <summary>Whether the finding meets every criterion; a value that the scanner does not give meets those of a blocking rule only.</summary>
    private static bool Selects(Rule rule, Finding finding, DateTimeOffset now)
    {
        var unknown = rule.Then == RuleEffect.Block;
        return (rule.Severities is null || rule.Severities.Contains(finding.Severity))
            && (rule.FixAvailable is null || (finding.Fix == FixAvailability.Unknown ? unknown : rule.FixAvailable.Contains(finding.Fix)))
            && (rule.ExploitAvailable is null || (finding.Exploit == ExploitAvailability.Unknown ? unknown : rule.ExploitAvailable.Contains(finding.Exploit)))
            && (rule.MinEpss is not { } epss || (finding.Epss is { } e ? e >= epss : unknown))
            && (rule.MinScore is not { } score || (finding.Score is { } s ? s >= score : unknown))
            && (rule.PackageManagers is null || (finding.PackageManager is { } manager ? AnyMatches(rule.PackageManagers, manager) : unknown))
            && (rule.MinAgeDays is not { } age || (finding.FirstObservedAt is { } seen ? now >= seen.AddDays(age) : unknown))
            // Without a fix no days have passed since one; only a scanner that does not speak of fixes leaves it open.
            && (rule.MinDaysSinceFix is not { } days || (finding.FixFirstSeenAt is { } fix ? now >= fix.AddDays(days) : unknown && finding.Fix == FixAvailability.Unknown));
    }

    /// <summary>The next moment at which a criterion of age starts to hold; null: none does.</summary>
    /// <param name="rules">Those with such a criterion.</param>
    public static DateTimeOffset? NextChange(List<Rule> rules, Finding finding, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var rule in rules)
        {
            next = Judge.Earlier(next, Coming(finding.FirstObservedAt, rule.MinAgeDays, now));
            next = Judge.Earlier(next, Coming(finding.FixFirstSeenAt, rule.MinDaysSinceFix, now));
        }
        return next;
    }

    private static DateTimeOffset? Coming(DateTimeOffset? since, int? days, DateTimeOffset now) =>
        since is { } from && days is { } count && from.AddDays(count) is var change && change > now ? change : null;

    private static bool AnyMatches(IReadOnlyList<Glob> globs, string name)
    {
        for (var i = 0; i < globs.Count; i++)
        {
            if (globs[i].Matches(name))
                return true;
        }
        return false;
    }
}

/// <summary>Whether a waiver excuses a finding. What the scanner does not give never matches: a waiver cannot widen.</summary>
internal static class WaiverMatch
{
    public static bool AppliesTo(Waiver waiver, ImageId image) =>
        (waiver.Repositories is null || waiver.Repositories.Any(glob => glob.Matches(image.Repository.Name)))
        && (waiver.Digest is null || waiver.Digest == image.Digest);

    public static bool Excuses(Waiver waiver, Finding finding) =>
        waiver.Vulnerability.Matches(finding.Vulnerability)
        && (waiver.Package is null || (finding.Package is { } package && waiver.Package.Matches(package)));
}

/// <summary>The sentences of reasons: one place, so that answers, alerts and reports say the same.</summary>
internal static class Sentences
{
    /// <summary>What a name, a version and a path may take of a sentence: whoever built the image chose them, and twenty reasons must fit an alert.</summary>
    private const int MaxName = 120, MaxVersion = 60, MaxPath = 160;

    /// <summary><c>sha256:</c> and twelve characters.</summary>
    private const int AbbreviatedDigest = 19;

    private enum ExcusedBy
    {
        Waiver,
        Vex,
        Inspector,
    }

    public static Reason OfFinding(Finding finding, Rule rule)
    {
        var occurrence = finding.Occurrences.Count > 0 ? finding.Occurrences[0] : null;
        var vulnerability = Text.Clip(finding.Vulnerability, MaxVersion);
        var package = finding.Package is null ? null : Text.Clip(finding.Package, MaxName);
        var fixedIn = occurrence?.FixedIn is { } named ? Text.Clip(named, MaxVersion) : null;
        var where = package is null ? "" : $" in {package}{(occurrence?.Version is { } version ? " " + Text.Clip(version, MaxVersion) : "")}{(finding.PackageManager is { } manager ? $" ({Text.Clip(manager, MaxVersion)})" : "")}{Place(occurrence)}";
        var fix = fixedIn is not null ? $"fixed in {fixedIn}" : finding.Fix switch
        {
            FixAvailability.Yes or FixAvailability.Partial => "a fix exists",
            FixAvailability.No => "no fix yet",
            FixAvailability.Unknown => "the scanner names no fix",
        };
        var more = finding.Occurrences.Count > 1 ? $" and {Text.Count(finding.Occurrences.Count - 1, "more place")}" : "";
        var unknown = string.Join(" and ", Unknown(finding, rule));
        var sentence = $"{vulnerability} ({finding.Severity.ToString().ToUpperInvariant()}){where}{more}: {fix}; rule '{rule.Id}' {(rule.Then == RuleEffect.Block ? "blocks" : "warns")}{(unknown.Length == 0 ? "" : $", since the scanner does not give {unknown}")}.";
        return new Reason(rule.Id, sentence, vulnerability, package, finding.Platform, fixedIn)
        {
            Installed = Clipped(occurrence?.Version, MaxVersion),
            Path = Clipped(occurrence?.Path, MaxPath),
            Layer = Clipped(occurrence?.Layer, MaxName),
        };
    }

    /// <summary>Where in the image it is: the file, or else the layer that brought it.</summary>
    private static string Place(PackageOccurrence? occurrence) =>
        occurrence?.Path is { } path ? $" at {Text.Clip(path, MaxPath)}"
        : occurrence?.Layer is { } layer ? $" in layer {Text.Clip(layer, AbbreviatedDigest)}"
        : "";

    private static string? Clipped(string? text, int length) => text is null ? null : Text.Clip(text, length);

    /// <summary>What the rule asks for and the scanner does not give: a blocking rule takes it for the worst.</summary>
    private static IEnumerable<string> Unknown(Finding finding, Rule rule)
    {
        if (rule.MinEpss is not null && finding.Epss is null)
            yield return "EPSS";
        if (rule.MinScore is not null && finding.Score is null)
            yield return "a score";
        if (rule.ExploitAvailable is not null && finding.Exploit == ExploitAvailability.Unknown)
            yield return "whether an exploit exists";
    }

    public static Reason Clean(ScanFacts scan, IReadOnlyList<WaivedFinding> waived)
    {
        var needed = waived.Where(w => w.Instead == RuleEffect.Block).ToLookup(w => w.Vex is not null ? ExcusedBy.Vex : w.Waiver == WaivedFinding.Inspector ? ExcusedBy.Inspector : ExcusedBy.Waiver);
        string Needed(ExcusedBy by, string one, string several) =>
            needed[by].Select(w => Text.Clip(w.Waiver, MaxName)).Distinct().ToList() is { Count: > 0 } ids ? $", with {(ids.Count == 1 ? one : several)} {string.Join(", ", ids.Take(10))}{(ids.Count > 10 ? " and more" : "")}" : "";
        var hidden = needed[ExcusedBy.Inspector].Count();
        var excused = Needed(ExcusedBy.Waiver, "waiver", "waivers") + Needed(ExcusedBy.Vex, "the VEX document", "the VEX documents") + (hidden == 0 ? "" : $", with {Text.Count(hidden, "finding")} that Amazon Inspector suppresses");
        return new Reason("clean", $"The {Name(scan.Scanner)} scan{When(scan)} found {Text.Count(scan.Findings.Count, "finding")}, and none blocks{excused}.");
    }

    /// <summary>Why there is no current, complete scan.</summary>
    public static Reason OfState(ScanFacts scan, PolicyDocument policy, DateTimeOffset now)
    {
        var word = scan.Word.Length == 0 ? "" : $" ({scan.Word})";
        // The scanner calls a scan that is too old complete.
        var code = scan.State == ScanState.Complete ? "scan-too-old" : scan.Word.Length == 0 ? scan.State.ToString().ToLowerInvariant() : scan.Word;
        return new Reason(code, scan.State switch
        {
            ScanState.Complete when scan.CompletedAt is null => $"The {Name(scan.Scanner)} scan does not say when it was made{word}.",
            ScanState.Complete => $"The {Name(scan.Scanner)} scan is {Days(now - scan.CompletedAt.Value)} old; the policy allows {policy.Defaults.ScanMaxAgeDays}.",
            ScanState.Pending => $"The {Name(scan.Scanner)} scan is not finished{word}.",
            ScanState.Overdue => $"The {Name(scan.Scanner)} scan has not finished in {Text.Count((int)ScannerWords.ScanEndsWithin.TotalHours, "hour")}{word}: it may never.",
            ScanState.NotScanned when scan.Word == ScannerWords.NotFound => $"The {Name(scan.Scanner)} scanner has not scanned this image: pushes to this repository are scanned, but the image came before that or before the account had this scanner, or its scan never began{word}.",
            ScanState.NotScanned => scan.Scanner switch
            {
                Scanner.Basic or Scanner.Unknown => $"No scan was made and none is coming: no scanning filter of the registry matches this repository, and it does not scan its pushes by itself{word}.",
                Scanner.Enhanced => $"No scan was made and none is coming: no enhanced scanning filter of the registry matches this repository, or it scans by hand only{word}.",
            },
            ScanState.Unsupported => $"The {Name(scan.Scanner)} scanner cannot read this image{word}.",
            ScanState.Ended => $"The {Name(scan.Scanner)} scanner no longer monitors this image{word}: that it lists no findings says nothing.",
            ScanState.Archived => $"The image is archived, and archived images are not scanned{word}.",
            ScanState.Failed => $"The {Name(scan.Scanner)} scan failed{word}.",
            ScanState.Unknown => $"The {Name(scan.Scanner)} scanner answered a state that EcrGuard does not know{word}.",
        });
    }

    /// <summary>What to do about a scan that is missing.</summary>
    public static string Remedy(ScanFacts scan) => scan.State switch
    {
        ScanState.Complete => scan.Scanner == Scanner.Basic ? "Scan the image again (aws ecr start-image-scan), or rebuild it." : "Rebuild the image, or turn on continuous scanning for the repository.",
        ScanState.Pending => "Wait for the scan.",
        ScanState.Overdue or ScanState.Failed when scan.Scanner == Scanner.Enhanced => "Rebuild the image and push it; if that is not scanned either, see what Amazon Inspector says of its coverage.",
        ScanState.Overdue => "Start another scan of the image (aws ecr start-image-scan), or rebuild it.",
        ScanState.NotScanned when scan.Scanner == Scanner.Enhanced && scan.Word == ScannerWords.NotFound => "Rebuild the image and push it: enhanced scanning cannot be started by hand.",
        ScanState.NotScanned when scan.Word == ScannerWords.NotFound => "Start a scan of the image (aws ecr start-image-scan), or rebuild it and push it.",
        ScanState.NotScanned when scan.Scanner == Scanner.Enhanced => "Add a filter that matches the repository to the registry's enhanced scanning, then push the image again.",
        ScanState.NotScanned => "Turn on scanning for the repository, then push the image again or start a scan.",
        ScanState.Unsupported when scan.Word == "IMAGE_SIZE_EXCEEDED" => "Make the image smaller, or let the policy allow unsupported images.",
        ScanState.Unsupported => "Build on a base image that the scanner supports, or let the policy allow unsupported images.",
        ScanState.Ended when scan.Word == "PENDING_DISABLE" => "Turn Amazon Inspector on again for ECR in this account.",
        ScanState.Ended => "Push the image again, or lengthen Inspector's re-scan duration.",
        ScanState.Archived => "Restore the image to the standard storage class; it is then scanned again.",
        ScanState.Failed or ScanState.Unknown => "Start the scan again; if it fails again, rebuild the image.",
    };

    /// <summary>One line per package to update, and one for what has no fix yet.</summary>
    public static IReadOnlyList<string> ShortestWay(IEnumerable<Finding> blocking)
    {
        var ways = new List<string>();
        var unfixed = new List<string>();
        foreach (var package in blocking.GroupBy(f => (f.PackageManager, f.Package)))
        {
            var places = package.SelectMany(f => f.Occurrences).ToList();
            var open = package.Where(f => !f.Occurrences.Any(o => o.FixedIn is not null)).Select(f => Text.Clip(f.Vulnerability, MaxVersion)).Distinct().ToList();
            unfixed.AddRange(open);
            if (!places.Exists(o => o.FixedIn is not null))
                continue;
            var from = Versions(places.Select(o => o.Version));
            var to = Versions(places.Select(o => o.FixedIn));
            var what = package.Key.Package is { } name ? Text.Clip(name, MaxName) : $"what has {Text.Clip(string.Join(", ", package.Select(f => f.Vulnerability).Except(open)), MaxName)}";
            ways.Add($"Update {what} {(from.Length == 0 ? "" : from + " ")}→ {to}.");
        }
        if (unfixed.Count > 0)
            ways.Add($"No fixed version is named for {string.Join(", ", unfixed.Distinct().Take(10))}{(unfixed.Distinct().Count() > 10 ? " and more" : "")}: remove the package, or ask for a waiver.");
        return ways;
    }

    private static string Versions(IEnumerable<string?> versions) => Text.Clip(string.Join(", ", versions.OfType<string>().Distinct()), 2 * MaxVersion);

    private static string Name(Scanner scanner) => scanner switch
    {
        Scanner.Basic => "basic",
        Scanner.Enhanced => "enhanced",
        Scanner.Unknown => "image",
    };

    private static string When(ScanFacts scan) =>
        scan.Continuous ? " (continuous)" : scan.CompletedAt is { } at ? $" of {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC" : "";

    private static string Days(TimeSpan span) => Text.Count((int)Math.Max(0, span.TotalDays), "day");
}
