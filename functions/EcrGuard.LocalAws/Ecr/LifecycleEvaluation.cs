namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// What a lifecycle policy does to the images of a repository. It follows, sentence by sentence,
/// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html without regard to speed. It is kept
/// apart from the product's own evaluator, so that two readings of the documentation check each other.
/// </summary>
internal sealed class LifecycleEvaluation(IReadOnlyList<EcrImage> images, LifecycleReading reading, DateTimeOffset now)
{
    private readonly ILookup<string, EcrImage> indexesOf = images
        .SelectMany(i => i.Children.Distinct(), (index, child) => (Index: index, Child: child))
        .ToLookup(p => p.Child, p => p.Index);

    /// <summary>The images that expire or are archived, each with its rule, in the order of their push.</summary>
    public IReadOnlyList<(EcrImage Image, LifecycleRule Rule)> Apply(IEnumerable<LifecycleRule> rules)
    {
        var taken = TakenByRules(rules);
        var subjects = AddReferrers(taken);
        HoldBack(taken, subjects);
        return [.. images.Where(taken.ContainsKey).Select(image => (image, taken[image]))];
    }

    /// <summary>
    /// "An image that matches the tagging requirements of a rule cannot be expired or archived by a rule with a lower
    /// priority", but lower rules "can still identify them as if they haven't been expired or archived".
    /// </summary>
    private Dictionary<EcrImage, LifecycleRule> TakenByRules(IEnumerable<LifecycleRule> rules)
    {
        var selectable = images.Where(IsSelectable).ToList();
        var taken = new Dictionary<EcrImage, LifecycleRule>();
        var shielded = new HashSet<EcrImage>();
        foreach (var rule in rules.OrderBy(r => r.RulePriority))
        {
            var matching = selectable.Where(i => rule.Selection.Matches(i.Tags)).ToList();
            var identified = matching.Where(i => i.StorageClass == rule.Selection.StorageClass).ToList();
            foreach (var image in Marked(rule.Selection, identified).Where(i => !shielded.Contains(i)))
            {
                taken.Add(image, rule);
            }

            shielded.UnionWith(reading.ShieldsAcrossStorageClasses ? matching : identified);
        }

        return taken;
    }

    private bool IsSelectable(EcrImage image) =>
        (reading.SelectsReferrers || image.SubjectDigest is null)
        && (reading.SelectsChildren || !indexesOf.Contains(image.Digest));

    private IEnumerable<EcrImage> Marked(LifecycleSelection selection, IReadOnlyList<EcrImage> identified) =>
        selection.CountType switch
        {
            // "images are sorted from youngest to oldest based on pushed_at_time and then all images greater than the
            // specified count are expired or archived"
            "imageCountMoreThan" => YoungestFirst(identified).Skip(selection.CountNumber),
            "sinceImagePushed" => identified.Where(i => IsOlder(PushedAt(i), selection.CountNumber)),
            "sinceImagePulled" => identified.Where(i => IsOlder(LastUsedAt(i), selection.CountNumber)),
            _ => identified.Where(i => IsOlder(i.LastArchivedAt!.Value, selection.CountNumber)),
        };

    private IEnumerable<EcrImage> YoungestFirst(IReadOnlyList<EcrImage> identified)
    {
        var byTime = identified.OrderByDescending(PushedAt);
        return reading.Ties == LifecycleTies.HigherDigestIsYounger
            ? byTime.ThenByDescending(i => i.Digest, StringComparer.Ordinal)
            : byTime.ThenByDescending(i => i.Sequence);
    }

    private DateTimeOffset PushedAt(EcrImage image) =>
        reading.RestoreCountsAsPush ? image.LastActivatedAt ?? image.PushedAt : image.PushedAt;

    /// <summary>
    /// The time of the last pull. For an image that was never pulled, the push; for one that was not pulled since its
    /// restore, the restore.
    /// </summary>
    private static DateTimeOffset LastUsedAt(EcrImage image)
    {
        var used = image.LastPulledAt ?? image.PushedAt;
        return image.LastActivatedAt is { } activated && activated > used ? activated : used;
    }

    private bool IsOlder(DateTimeOffset time, int days)
    {
        var age = reading.CountsCalendarDays ? now.UtcDateTime.Date - time.UtcDateTime.Date : now - time;
        return age.Days > days || (age.Days == days && age > TimeSpan.FromDays(days));
    }

    /// <summary>
    /// Referrers go with their subject, by the subject's rule. An image that is archived already is not archived again.
    /// </summary>
    /// <returns>For each referrer that goes with its subject, the subject.</returns>
    private Dictionary<EcrImage, EcrImage> AddReferrers(Dictionary<EcrImage, LifecycleRule> taken)
    {
        var referrers = images.Where(i => i.StorageClass is not null).ToLookup(i => i.SubjectDigest ?? string.Empty);
        var subjects = new Dictionary<EcrImage, EcrImage>();
        var going = new Queue<EcrImage>(taken.Keys);
        while (going.TryDequeue(out var subject))
        {
            var rule = taken[subject];
            foreach (var referrer in referrers[subject.Digest].Where(r => !rule.Archives || !r.IsArchived))
            {
                if (taken.TryAdd(referrer, rule))
                {
                    subjects.Add(referrer, subject);
                    going.Enqueue(referrer);
                }
            }
        }

        return subjects;
    }

    /// <summary>
    /// "If an image is referenced by a manifest list, it cannot be expired or archived without the manifest list being
    /// deleted or archived first". A referrer stays if its subject stays.
    /// </summary>
    private void HoldBack(Dictionary<EcrImage, LifecycleRule> taken, Dictionary<EcrImage, EcrImage> subjects)
    {
        List<EcrImage> held;
        do
        {
            held =
            [
                .. taken.Keys.Where(i =>
                    indexesOf[i.Digest].Any(Stays)
                    || (subjects.TryGetValue(i, out var subject) && !taken.ContainsKey(subject))
                ),
            ];
            held.ForEach(i => taken.Remove(i));
        } while (held.Count > 0);

        bool Stays(EcrImage index) => !index.IsArchived && !taken.ContainsKey(index);
    }
}
