using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Finds what ECR accepts and people did not mean, in a policy alone and, where the repository's images are given, in
/// what it does to them.
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

    /// <summary>The description names a number, a unit, an action or tags that are not the rule's.</summary>
    public const string DescriptionDiffers = "description-differs";

    /// <summary>A rule takes untagged images, and images in use may be untagged.</summary>
    public const string UntaggedInUse = "untagged-in-use";

    /// <summary>No rule ever takes an untagged image.</summary>
    public const string NoUntaggedCleanUp = "no-untagged-clean-up";

    /// <summary>A rule of the same storage class has the same list of patterns or prefixes.</summary>
    public const string SameTags = "same-tags";

    /// <summary>A pattern matches the tags that EcrGuard writes.</summary>
    public const string CatchesVerdictTags = "catches-verdict-tags";

    /// <summary>A rule for archived images, and no rule archives such.</summary>
    public const string NothingArchives = "nothing-archives";

    /// <summary>A rule counts signatures and other artifacts among the images that it keeps.</summary>
    public const string CountsArtifacts = "counts-artifacts";

    /// <summary>The policy is near one of ECR's limits.</summary>
    public const string NearLimit = "near-limit";

    private readonly LifecyclePolicy _policy;
    private readonly int _length;
    private readonly IReadOnlyList<LifecycleImage>? _images;
    private readonly List<LintFinding> _findings = [];

    /// <summary>Of each image the rules that select it, by priority.</summary>
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
            linter.CheckArtifacts(rule);
            linter.CheckDescription(rule);
        }
        return linter._findings;
    }

    private static IReadOnlyList<LifecycleRule> RulesOf(LifecyclePolicy policy, LifecycleImage image)
    {
        string[] tags = [.. image.Tags];
        return LifecycleChoices.ClassOf(image.Storage) is { } storage
            ? [.. policy.Rules.Where(rule => LifecycleEvaluator.Selects(rule, tags, storage))]
            : [];
    }

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
        // What an index refers to is untagged, and no rule need take it: it goes with the index.
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

    /// <summary>What has a meaning in the patterns of others, and none in a tag.</summary>
    private static readonly char[] OtherWildcards = ['?', '[', ']', '{', '}', '^', '$', '+', '|'];

    /// <returns>Whether every pattern can match, so that more can be said about the rule.</returns>
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
                        + "and '-', begins with none of the last two and has at most 300 characters.",
                asterisk ? $"Write \"tagPatternList\": [\"{Phrase.Clip(tag.Text, 60)}\"]."
                    : wildcard != '\0' ? "The only wildcard is '*', which is any number of characters."
                    : "Write the pattern as the tags are written, without the repository's name."
            );
        }
        return impossible.Count == 0;
    }

    /// <returns>
    /// Whether the images show that the rule selects none of those it was meant for, so that nothing more need be said
    /// about that.
    /// </returns>
    private bool CheckAndTrap(LifecycleRule rule)
    {
        // A pattern that another one covers asks for nothing more: 'v*' beside 'v1*'.
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
            LifecycleChoices.ClassOf(image.Image.Storage) == rule.StorageClass
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
        // Any digest will do: a pattern that matches some of them and not others is not written by accident.
        var sample = Digest.Parse("sha256:" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)));
        var blocked = OwnTags.Blocked(sample);
        // Behind EcrGuard's own rule no other decides about an image in use.
        if (!shielded && rule.Tags.FirstOrDefault(tag => tag.Matches(OwnTags.InUse(sample))) is { } inUse)
        {
            Add(
                CatchesVerdictTags,
                LintSeverity.Warning,
                rule,
                $"'{inUse}' also matches the tags by which EcrGuard shields images in use "
                    + $"('{OwnTags.Prefix}-inuse-…'): an image that gets one moves into this rule, which takes "
                    + "it beyond its limit, and out of the reach of later ones.",
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
        // A rule for untagged images, or for what is archived, waits for some, and that there are none is its work.
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
        // A rule for any image is there for what the others leave, be it nothing today.
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

    /// <summary>Which earlier rules select all that the rule selects; null where something is left to it.</summary>
    private static string? Shadow(LifecycleRule rule, List<LifecycleRule> before)
    {
        // An earlier one with fewer or wider patterns: each of them is covered by one that the image must match anyway.
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
            || _selected.Any(image => image.Image.Storage == StorageStatus.Archived && image.Rules.Contains(rule))
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
    /// Whether what one rule archives is, in the archive, for the other without happening to carry tags of two kinds. A
    /// tag may move on from an archived image; a push that gives it one takes it out of the archive.
    /// </summary>
    private static bool MayLeave(LifecycleRule archiving, LifecycleRule expiring) =>
        (archiving.TagStatus, expiring.TagStatus) switch
        {
            (TagStatus.Tagged, TagStatus.Tagged) => archiving.Tags.Any(tag => expiring.Tags.Any(tag.Meets)),
            (TagStatus.Untagged, TagStatus.Tagged) => false,
            _ => true,
        };

    /// <summary>
    /// Each sub-rule is sure of one thing: the one number that is claimed, the one action, that all images stay, which
    /// tags are meant. What else a description says is left to people.
    /// </summary>
    private void CheckDescription(LifecycleRule rule)
    {
        if (string.IsNullOrWhiteSpace(rule.Description))
            return;
        var says = new RuleDescription(rule.Description, rule.Tags);
        var counts = rule.CountType == CountType.ImageCountMoreThan;
        var number = Phrase.Count(rule.CountNumber, counts ? "image" : "day");

        if (says.Number is { } claim && !NeverReached(rule) && NumberDiffers(rule, claim) is { } how)
            Differs(how);

        if (rule.Action == LifecycleAction.Expire && rule.StorageClass == StorageClass.Standard && says.SaysArchive)
            Differs("speaks of archiving, and the rule deletes");
        if (rule.Action == LifecycleAction.Archive && says.SaysDelete)
            Differs("speaks of deleting, and the rule archives: the images stay and are charged for");
        if (says.SaysProtect && rule.Action == LifecycleAction.Expire && !NeverReached(rule))
            Differs($"promises to keep, and the rule deletes beyond {number}");

        if (says.SaysUntagged && rule.TagStatus != TagStatus.Untagged && !LeavesUntagged(rule))
            Differs(
                "speaks of untagged images, and the rule takes "
                    + $"{(rule.TagStatus == TagStatus.Any ? "all" : "tagged ones")}"
            );
        else if (rule.TagStatus == TagStatus.Untagged && !says.SaysUntagged && says.NamedEnvironments.Count > 0)
            Differs($"speaks of {string.Join(" and ", says.NamedEnvironments)}, and the rule takes untagged images");
        else if (rule.TagStatus == TagStatus.Tagged && says.NamesOtherEnvironmentsThan(rule.Tags))
            Differs(
                $"speaks of {string.Join(" and ", says.NamedEnvironments)}, and the rule selects {Listed(rule.Tags)}"
            );

        void Differs(string what) =>
            Add(
                DescriptionDiffers,
                LintSeverity.Warning,
                rule,
                $"The description \"{Phrase.Clip(rule.Description, 100)}\" {what}.",
                "Correct whichever of the two is wrong; ECR goes by the rule."
            );
    }

    private static string? NumberDiffers(LifecycleRule rule, NumberClaim claim)
    {
        var counts = rule.CountType == CountType.ImageCountMoreThan;
        var number = Phrase.Count(rule.CountNumber, counts ? "image" : "day");
        // "Older than 120 days" may be 30 days in the repository and 90 in the archive.
        if (
            rule.StorageClass == StorageClass.Archive
            && !(rule.Description ?? "").Contains("archiv", StringComparison.OrdinalIgnoreCase)
        )
            return null;
        return (claim.IsTime, counts) switch
        {
            (true, true) => $"speaks of time ({claim.Written}), and the rule counts {number}",
            (false, false) => $"counts images ({claim.Written}), and the rule measures {number}",
            _ when claim.Allows(rule.CountNumber) => null,
            _ => $"speaks of {claim.Written}, the rule of {number}",
        };
    }

    /// <summary>
    /// Whether a rule shields what it selects: by a limit that nobody reaches, or since a tag is on one image only and
    /// one is never more than one.
    /// </summary>
    private static bool NeverReached(LifecycleRule rule) =>
        rule.CountType == CountType.ImageCountMoreThan
            ? rule.CountNumber >= 1000 || rule.Tags.Any(tag => tag.IsExact)
            : rule.CountNumber >= 3650;

    /// <summary>
    /// Whether a rule for any image is left the untagged ones only, since an earlier rule decides about all others.
    /// </summary>
    private bool LeavesUntagged(LifecycleRule rule) =>
        rule.TagStatus == TagStatus.Any
        && _policy
            .Rules.TakeWhile(other => other != rule)
            .Any(other =>
                other.StorageClass == rule.StorageClass
                && other.TagStatus == TagStatus.Tagged
                && other.Tags.All(tag => tag.MatchesEverything)
            );

    /// <summary>
    /// What is stored beside an image under a tag of its own (<c>sha256-….sig</c>) is an image like any other to a
    /// lifecycle rule. ECR does not document whether referrers, which have no tag, take places too, so that nothing is
    /// said of them.
    /// </summary>
    private void CheckArtifacts(LifecycleRule rule)
    {
        if (
            rule is not { CountType: CountType.ImageCountMoreThan, StorageClass: StorageClass.Standard }
            || rule.TagStatus == TagStatus.Untagged
            || NeverReached(rule)
            || rule.Tags.Any(IsForArtifacts)
        )
            return;
        var sample = "sha256-" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
        if (
            rule.TagStatus == TagStatus.Tagged
            && !ArtifactEnds.Any(end => rule.Tags.All(tag => tag.Matches(sample + end)))
        )
            return;
        var taken = _selected.Count(image =>
            image.Rules.Contains(rule)
            && image.Image.Tags.Any(tag => Artifacts.Named(tag) is { } other && other != image.Image.Digest)
        );
        // A pattern that takes them is seldom meant; a rule for any image is right wherever nothing is signed.
        if (taken == 0 && (_images is not null || rule.TagStatus == TagStatus.Any))
            return;
        Add(
            CountsArtifacts,
            LintSeverity.Warning,
            rule,
            _images is null
                ? "The rule counts what is stored under tags such as 'sha256-….sig' (signatures, attestations, "
                    + "SBOMs) as it counts images: with signed images fewer than "
                    + $"{Phrase.Count(rule.CountNumber, "image")} stay."
                : $"{taken} of what the rule counts "
                    + $"{(taken == 1 ? "is a signature or another artifact" : "are signatures and other artifacts")} "
                    + $"(tags such as 'sha256-….sig'): fewer than {Phrase.Count(rule.CountNumber, "image")} stay.",
            // A rule of their own takes them out of this one's reach, and this one goes on counting them (Amazon ECR
            // User Guide, "How lifecycle policies work").
            "Go by age (sinceImagePushed), or count by a pattern that begins as the tags of images begin; behind a "
                + "rule of their own artifacts are counted all the same."
        );
    }

    /// <summary>Whether only what is stored beside images has such tags.</summary>
    private static bool IsForArtifacts(TagPattern tag) =>
        tag.First.StartsWith("sha256-", StringComparison.Ordinal)
        || ArtifactEnds.Any(end => end.Length > 0 && tag.Last.EndsWith(end, StringComparison.Ordinal));

    /// <summary>
    /// The ends of the tags under which cosign and registries without referrers store what belongs to an image.
    /// </summary>
    private static readonly string[] ArtifactEnds = ["", ".sig", ".att", ".sbom"];

    private static string Listed(IReadOnlyList<TagPattern> tags)
    {
        string[] quoted = [.. tags.Take(6).Select(tag => $"'{Phrase.Clip(tag.Pattern, 60)}'")];
        return tags.Count > 6 ? $"{string.Join(", ", quoted)} and {tags.Count - 6} more"
            : quoted.Length == 1 ? quoted[0]
            : $"{string.Join(", ", quoted[..^1])} and {quoted[^1]}";
    }
}
