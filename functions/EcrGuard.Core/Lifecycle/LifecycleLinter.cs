using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Finds what ECR accepts and people did not mean: in a policy alone and, if the repository's images are given, in what
/// it does to them.
/// </summary>
public sealed class LifecycleLinter
{
    /// <summary>A rule with several patterns or prefixes takes only images that carry them all.</summary>
    public const string AndTrap = "and-trap";

    /// <summary>Rules of higher priority decide about everything that the rule selects.</summary>
    public const string ShadowedRule = "shadowed-rule";

    /// <summary>No tag can be written that a pattern or prefix matches.</summary>
    public const string ImpossibleTag = "impossible-tag";

    /// <summary>No image of the repository is selected by the rule.</summary>
    public const string MatchesNothing = "matches-nothing";

    /// <summary>The description names another number, unit, action or tags than the rule.</summary>
    public const string DescriptionDiffers = "description-differs";

    /// <summary>A rule takes untagged images, and images in use may be untagged.</summary>
    public const string UntaggedInUse = "untagged-in-use";

    /// <summary>No rule ever takes an untagged image.</summary>
    public const string NoUntaggedCleanUp = "no-untagged-clean-up";

    /// <summary>A rule of the same storage class has the same list of patterns or prefixes.</summary>
    public const string SameTags = "same-tags";

    /// <summary>A pattern matches the tags that EcrGuard writes.</summary>
    public const string CatchesVerdictTags = "catches-verdict-tags";

    /// <summary>A rule expires archived images, and no rule archives any.</summary>
    public const string NothingArchives = "nothing-archives";

    /// <summary>A rule counts signatures and other artifacts among the images that it keeps.</summary>
    public const string CountsArtifacts = "counts-artifacts";

    /// <summary>The policy is near one of ECR's limits.</summary>
    public const string NearLimit = "near-limit";

    private readonly LifecyclePolicy _policy;
    private readonly int _length;
    private readonly IReadOnlyList<LifecycleImage>? _images;
    private readonly List<LintFinding> _findings = [];

    /// <summary>Each image with the rules that select it, by priority.</summary>
    private readonly IReadOnlyList<(LifecycleImage Image, IReadOnlyList<LifecycleRule> Rules)> _selected;

    private LifecycleLinter(LifecyclePolicy policy, int length, IReadOnlyList<LifecycleImage>? images)
    {
        (_policy, _length, _images) = (policy, length, images);
        _selected =
        [
            .. (images ?? []).Where(image => image.Subject is null).Select(image => (image, RulesOf(policy, image))),
        ];
    }

    /// <summary>Looks at a policy.</summary>
    /// <param name="length">The characters of its text as it is written, white space included.</param>
    /// <param name="images">All images of the repository; null where only the policy is known.</param>
    /// <returns>The findings about the policy as a whole, then those about its rules by priority.</returns>
    public static IReadOnlyList<LintFinding> Lint(
        LifecyclePolicy policy,
        int length,
        IReadOnlyList<LifecycleImage>? images
    )
    {
        var linter = new LifecycleLinter(policy, length, images);
        linter.CheckLimits();
        linter.CheckUntaggedCleanUp();
        foreach (var rule in policy.Rules)
        {
            if (linter.CheckTags(rule))
            {
                var trapped = linter.CheckAndTrap(rule);
                linter.CheckSameTags(rule);
                linter.CheckVerdictTags(rule);
                linter.CheckReach(rule, trapped);
                linter.CheckArchive(rule);
            }
            linter.CheckUntagged(rule);
            if (ArtifactLint.Of(rule, linter.SelectedBy(rule), images is not null) is { } artifacts)
                linter._findings.Add(artifacts);
            linter._findings.AddRange(DescriptionLint.Of(rule, policy));
        }
        return linter._findings;
    }

    private static IReadOnlyList<LifecycleRule> RulesOf(LifecyclePolicy policy, LifecycleImage image) =>
        LifecycleAssumptions.ClassOf(image.Storage) is { } storage
            ? Selection.Of(policy, image.Tags, storage).Rules
            : [];

    private IEnumerable<LifecycleImage> SelectedBy(LifecycleRule rule) =>
        _selected.Where(image => image.Rules.Contains(rule)).Select(image => image.Image);

    private void Add(string id, LintSeverity severity, LifecycleRule? rule, string message, string suggestion) =>
        _findings.Add(new(id, severity, rule?.Priority, message, suggestion));

    private void CheckLimits()
    {
        if (_length > LifecyclePolicyCheck.MaxLength)
            Add(
                NearLimit,
                LintSeverity.Warning,
                null,
                $"As it is written the policy has {_length} characters, and ECR takes at most "
                    + $"{LifecyclePolicyCheck.MaxLength}; without white space it has {_policy.Text.Length}.",
                "Send it without white space."
            );
        else if (_policy.Text.Length > LifecyclePolicyCheck.MaxLength * 9 / 10)
            Add(
                NearLimit,
                LintSeverity.Info,
                null,
                $"Without white space the policy has {_policy.Text.Length} of at most "
                    + $"{LifecyclePolicyCheck.MaxLength} characters.",
                "Shorten descriptions or join rules before the next one does not fit."
            );
        if (_policy.Rules.Count > LifecyclePolicyCheck.MaxRules * 9 / 10)
            Add(
                NearLimit,
                LintSeverity.Info,
                null,
                $"The policy has {_policy.Rules.Count} of at most {LifecyclePolicyCheck.MaxRules} rules.",
                "Leave room: EcrGuard puts one rule before a team's where it shields images in use."
            );
    }

    private void CheckUntaggedCleanUp()
    {
        if (
            _policy.Rules.Any(rule =>
                rule is { StorageClass: StorageClass.Standard, TagStatus: TagStatus.Untagged or TagStatus.Any }
            )
        )
            return;
        // The children of an index are untagged, and need no rule: they go with the index.
        if (_images?.Any(image => image is { Kind: ImageKind.Index, Children: null }) == true)
            return;
        var children = (_images ?? []).SelectMany(image => image.Children ?? []).ToHashSet();
        var untagged = _images?.Count(image =>
            image is { Tags.Count: 0, Subject: null, Storage: StorageStatus.Active } && !children.Contains(image.Digest)
        );
        if (untagged == 0)
            return;
        Add(
            NoUntaggedCleanUp,
            untagged is null ? LintSeverity.Info : LintSeverity.Warning,
            null,
            untagged is { } count
                ? $"No rule takes untagged images, and the repository has {Phrase.Count(count, "of them", "of them")}."
                : "No rule takes untagged images: every tag that moves leaves one behind, for ever.",
            "Add a rule with the tagStatus 'untagged', older than 14 days for example."
        );
    }

    /// <summary>Signs that are wildcards elsewhere, and cannot be in a tag.</summary>
    private static readonly char[] OtherWildcards = ['?', '[', ']', '{', '}', '^', '$', '+', '|'];

    /// <returns>Whether every pattern can match. Otherwise no other check of the rule's tags makes sense.</returns>
    private bool CheckTags(LifecycleRule rule)
    {
        var impossible = rule.Tags.Where(tag => !tag.CanMatch).ToList();
        foreach (var tag in impossible)
        {
            var quoted = $"'{Phrase.Clip(tag.Text, 60)}'";
            var asterisk = tag.Text.Contains('*', StringComparison.Ordinal) && TagPattern.Wildcard(tag.Text).CanMatch;
            var wildcard = OtherWildcards.FirstOrDefault(tag.Text.Contains);
            Add(
                ImpossibleTag,
                LintSeverity.Error,
                rule,
                asterisk
                        ? $"In a tagPrefixList '*' stands for itself, and no tag contains one: the prefix {quoted} "
                            + "matches nothing, and so the rule does."
                    : wildcard != '\0'
                        ? $"'{wildcard}' is no wildcard to ECR and stands for itself, and no tag contains one: "
                            + $"{quoted} matches nothing, and so the rule does."
                    : $"No tag matches {quoted}, and so the rule selects nothing: a tag has letters, digits, '_', '.' "
                        + "and '-', does not begin with '.' or '-', and has at most 300 characters.",
                asterisk ? $"Write \"tagPatternList\": [\"{Phrase.Clip(tag.Text, 60)}\"]."
                    : wildcard != '\0' ? "The only wildcard is '*', which is any number of characters."
                    : "Write the pattern as the tags are written, without the repository's name."
            );
        }
        return impossible.Count == 0;
    }

    /// <returns>
    /// Whether the images show that the rule selects none of those it was meant for: then no other check says so again.
    /// </returns>
    private bool CheckAndTrap(LifecycleRule rule)
    {
        // A pattern that covers another one adds nothing: 'v*' beside 'v1*'.
        if (
            rule.Tags.Where(
                    (tag, at) =>
                        !rule
                            .Tags.Where((other, o) => o != at && tag.Covers(other) && (o < at || !other.Covers(tag)))
                            .Any()
                )
                .Take(2)
                .Count() < 2
        )
            return false;
        var all = _selected.Count(image => image.Rules.Contains(rule));
        var some = _selected.Count(image =>
            LifecycleAssumptions.ClassOf(image.Image.Storage) == rule.StorageClass
            && rule.Tags.Any(tag => image.Image.Tags.Any(name => tag.Matches(name)))
        );
        var list = Listed(rule.Tags);
        var (severity, evidence) = (all, some) switch
        {
            (0, 0) => (LintSeverity.Warning, ""),
            (0, _) => (
                LintSeverity.Error,
                $" No image of the repository does; {Phrase.Count(some, "image carries", "images carry")} only "
                    + $"some of them and {(some == 1 ? "is" : "are")} left to later rules."
            ),
            _ when all == some => (LintSeverity.Info, $" {Phrase.Count(all, "image does", "images do")}."),
            _ => (
                LintSeverity.Warning,
                $" {Phrase.Count(all, "image does", "images do")}; "
                    + $"{Phrase.Count(some - all, "image carries", "images carry")} only some of them."
            ),
        };
        Add(
            AndTrap,
            severity,
            rule,
            $"The rule selects only images that carry tags for all of {list} at once, not for one or the "
                + $"other.{evidence}",
            $"If one or the other is meant, write one rule for each of {list}; each then has its own count."
        );
        return severity == LintSeverity.Error;
    }

    private void CheckSameTags(LifecycleRule rule)
    {
        var same = _policy
            .Rules.TakeWhile(other => other != rule)
            .FirstOrDefault(other =>
                other.StorageClass == rule.StorageClass
                && other.TagStatus == TagStatus.Tagged
                && rule.TagStatus == TagStatus.Tagged
                && Set(other).SetEquals(Set(rule))
            );
        if (same is not null)
            Add(
                SameTags,
                LintSeverity.Warning,
                rule,
                $"Rule {same.Priority} selects the same tags, {Listed(rule.Tags)}: the documentation asks "
                    + "that the rules of a storage class have \"a unique set of prefixes\", and ECR may refuse the "
                    + "policy.",
                "Merge the two rules into one."
            );

        static HashSet<string> Set(LifecycleRule of) => [.. of.Tags.Select(tag => tag.Pattern)];
    }

    private void CheckVerdictTags(LifecycleRule rule)
    {
        var shielded = ShieldRule.StandsIn(_policy);
        if (shielded && rule == _policy.Rules[0])
            return;
        // Any digest will do: nobody writes a pattern by accident that matches some digests and not others.
        var sample = Digest.Parse("sha256:" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)));
        var blocked = OwnTags.Blocked(sample);
        // Behind EcrGuard's own rule no other decides about an image in use.
        if (!shielded && rule.Tags.FirstOrDefault(tag => tag.Matches(OwnTags.InUse(sample))) is { } inUse)
        {
            Add(
                CatchesVerdictTags,
                LintSeverity.Warning,
                rule,
                $"'{inUse}' also matches EcrGuard's tags for images in use ('{OwnTags.Prefix}-inuse-…'). Such an "
                    + "image falls under this rule, and no longer under a later one. The rule takes it when the limit "
                    + "is passed.",
                "Begin the pattern as the team's tags begin, for example 'v*', or let a first rule keep "
                    + $"'{OwnTags.InUsePattern}' with imageCountMoreThan {Selection.EveryImage}."
            );
        }
        else if (rule.Tags.FirstOrDefault(tag => tag.Matches(blocked)) is { } caught)
        {
            var meant = caught.Text.StartsWith(OwnTags.Prefix + '-', StringComparison.Ordinal);
            Add(
                CatchesVerdictTags,
                meant ? LintSeverity.Info : LintSeverity.Warning,
                rule,
                $"'{caught}' {(meant ? "" : "also ")}matches the tags that EcrGuard writes "
                    + $"('{OwnTags.Prefix}-blocked-…'): an image that gets one moves into this rule, and out "
                    + "of the reach of later ones.",
                meant
                    ? "Leave it if that is meant: an image that is no longer blocked moves out again."
                    : "Begin the pattern as the team's tags begin, for example 'v*'."
            );
        }
    }

    private void CheckReach(LifecycleRule rule, bool trapped)
    {
        var before = _policy
            .Rules.TakeWhile(other => other != rule)
            .Where(other => other.StorageClass == rule.StorageClass && other.Tags.All(tag => tag.CanMatch))
            .ToList();
        if (Shadow(rule, before) is { } shadow)
        {
            Add(
                ShadowedRule,
                LintSeverity.Error,
                rule,
                $"The rule never acts: {shadow} everything that it selects, and an image is left to the first "
                    + "rule that its tags match.",
                "Remove the rule, or give it the higher priority (the lower number). To archive first and "
                    + "expire later, expire with \"storageClass\": \"archive\" and sinceImageTransitioned."
            );
            return;
        }
        if (trapped || _images is not { Count: > 0 })
            return;
        var selected = _selected.Where(image => image.Rules.Contains(rule)).ToList();
        // EcrGuard's own rule waits for images to come into use.
        if (selected.Count == 0 && rule.Tags is [var only] && only.Text == OwnTags.InUsePattern)
            return;
        // A rule for untagged or archived images may have none because it works, or because nothing waits for it now.
        if (selected.Count == 0 && rule.TagStatus != TagStatus.Tagged)
            return;
        if (selected.Count == 0)
            Add(
                MatchesNothing,
                LintSeverity.Warning,
                rule,
                $"The rule selects none of the repository's {Phrase.Count(_images.Count, "image")}.",
                "Compare its tags with those in the repository; remove the rule if such images no longer come."
            );
        // A rule for any image takes what the others leave, even if that is nothing today.
        else if (rule.TagStatus != TagStatus.Any && selected.All(image => image.Rules[0] != rule))
        {
            var by = selected.Select(image => image.Rules[0].Priority).Distinct().Order();
            Add(
                ShadowedRule,
                LintSeverity.Warning,
                rule,
                $"Rules of higher priority ({string.Join(", ", by)}) decide about every image that the rule "
                    + $"selects ({selected.Count}).",
                "Give it the higher priority (the lower number) if it should decide."
            );
        }
    }

    /// <summary>Which earlier rules select all that the rule selects; null where they leave something.</summary>
    private static string? Shadow(LifecycleRule rule, List<LifecycleRule> before)
    {
        // An earlier rule with fewer or wider patterns: an image that matches this rule's patterns matches those, too.
        var wider = before.Find(other =>
            other.TagStatus == rule.TagStatus && other.Tags.All(wide => rule.Tags.Any(wide.Covers))
        );
        if (wider is not null)
            return $"rule {wider.Priority} selects";
        var everyTag = before.Find(other =>
            other.TagStatus == TagStatus.Tagged && other.Tags.All(tag => tag.MatchesEverything)
        );
        var untagged = before.Find(other => other.TagStatus == TagStatus.Untagged);
        return rule.TagStatus == TagStatus.Any && everyTag is not null && untagged is not null
            ? $"rules {Math.Min(everyTag.Priority, untagged.Priority)} and "
                + $"{Math.Max(everyTag.Priority, untagged.Priority)} select"
            : null;
    }

    private void CheckUntagged(LifecycleRule rule)
    {
        if (rule is not { TagStatus: TagStatus.Untagged, StorageClass: StorageClass.Standard })
            return;
        var children = _selected.SelectMany(image => image.Image.Children ?? []).ToHashSet();
        var pulledLate = _selected.Count(image =>
            image.Image is { Tags.Count: 0, PushedAt: { } pushed, LastPulledAt: { } pulled }
            && image.Rules.Contains(rule)
            && !children.Contains(image.Image.Digest)
            && rule.CountType == CountType.SinceImagePushed
            && pulled - pushed > TimeSpan.FromDays(Math.Min(rule.CountNumber, 36_500))
        );
        if (pulledLate > 0)
            Add(
                UntaggedInUse,
                LintSeverity.Warning,
                rule,
                $"{Phrase.Count(pulledLate, "untagged image was", "untagged images were")} pulled more than "
                    + $"{Phrase.Count(rule.CountNumber, "day")} after the push: something runs by digest what this "
                    + "rule takes.",
                PinAdvice
            );
        else
            Add(
                UntaggedInUse,
                LintSeverity.Info,
                rule,
                "Lambda and ECS run images by digest: once a tag moves on, the image that still runs is "
                    + "untagged, and this rule takes it.",
                PinAdvice
            );
    }

    private const string PinAdvice =
        "Give each build a tag of its own that does not move, or shield what is in use by a rule of higher priority.";

    private void CheckArchive(LifecycleRule rule)
    {
        if (
            rule.StorageClass != StorageClass.Archive
            || SelectedBy(rule).Any(image => image.Storage == StorageStatus.Archived)
        )
            return;
        var archiving = _policy
            .Rules.Where(other => other.Action == LifecycleAction.Archive && other.Tags.All(tag => tag.CanMatch))
            .ToList();
        if (archiving.Count == 0)
            Add(
                NothingArchives,
                LintSeverity.Warning,
                rule,
                "The rule expires archived images, and no rule of the policy archives any.",
                "Add a rule with the action 'transition', or remove this one unless images are archived by hand."
            );
        else if (
            !archiving.Exists(other => MayLeave(other, rule))
            && !_selected.Any(image =>
                image.Rules is [{ Action: LifecycleAction.Archive }, ..]
                && LifecycleEvaluator.Selects(rule, [.. image.Image.Tags], StorageClass.Archive)
            )
        )
            Add(
                NothingArchives,
                LintSeverity.Warning,
                rule,
                $"The rule expires archived images with tags for {Listed(rule.Tags)}, and the policy archives "
                    + $"{string.Join(" and ", archiving.Select(Archived))}: "
                    + (
                        archiving.Exists(other => other.TagStatus == TagStatus.Tagged)
                            ? "only an image that carries tags of both kinds comes to it."
                            : "none of them comes to it."
                    ),
                "Give it the tags that are archived, or the tagStatus 'any'; remove it unless images are "
                    + "archived by hand."
            );

        static string Archived(LifecycleRule other) =>
            other.TagStatus == TagStatus.Tagged
                ? $"those for {Listed(other.Tags)} (rule {other.Priority})"
                : $"untagged ones (rule {other.Priority})";
    }

    /// <summary>
    /// Whether an image that one rule archives may later come to the other rule, unless it carries tags of both kinds
    /// by chance. A tag may move on from an archived image. A push that gives it a tag takes it out of the archive.
    /// </summary>
    private static bool MayLeave(LifecycleRule archiving, LifecycleRule expiring) =>
        (archiving.TagStatus, expiring.TagStatus) switch
        {
            (TagStatus.Tagged, TagStatus.Tagged) => archiving.Tags.Any(tag => expiring.Tags.Any(tag.Meets)),
            (TagStatus.Untagged, TagStatus.Tagged) => false,
            _ => true,
        };

    internal static string Listed(IReadOnlyList<TagPattern> tags)
    {
        string[] quoted = [.. tags.Take(6).Select(tag => $"'{Phrase.Clip(tag.Pattern, 60)}'")];
        return tags.Count > 6 ? $"{string.Join(", ", quoted)} and {tags.Count - 6} more"
            : quoted.Length == 1 ? quoted[0]
            : $"{string.Join(", ", quoted[..^1])} and {quoted[^1]}";
    }
}
