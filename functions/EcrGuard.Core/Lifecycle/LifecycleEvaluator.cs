using System.Numerics;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// What a lifecycle policy does to a repository, as ECR documents it
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html). All rules are evaluated at once,
/// then applied by priority. A rule never takes an image whose tags match an earlier rule, whether or not that one
/// takes it. So only the first rule that selects an image decides about it, while every rule counts all that it
/// selects. <see cref="LifecycleAssumptions"/> says what happens where the documentation is silent.
/// </summary>
public sealed class LifecycleEvaluator
{
    private readonly LifecycleRule[] _rules;
    private readonly DateTimeOffset _now;

    /// <summary>The pattern of each rule that asks for one tag, as nearly all do; null for the others.</summary>
    private readonly TagPattern?[] _patterns;

    /// <summary>The indexes of those others.</summary>
    private readonly int[] _others;

    private readonly TagFilter _filter;

    /// <summary>The newest first, so that the result does not depend on the order of the input.</summary>
    private readonly LifecycleImage[] _images;

    private readonly ImageState[] _states;

    /// <summary>How many images each rule has counted.</summary>
    private readonly int[] _counted;

    private string[] _tags = new string[16];

    private LifecycleEvaluator(LifecyclePolicy policy, IReadOnlyCollection<LifecycleImage> images, DateTimeOffset now)
    {
        _rules = [.. policy.Rules];
        _now = now;
        _patterns = [.. _rules.Select(rule => rule.Tags is [var only] ? only : null)];
        _others = [.. Enumerable.Range(0, _rules.Length).Where(r => _patterns[r] is null)];
        _filter = new TagFilter(_patterns);
        _images = Sorted(images);
        _states = new ImageState[_images.Length];
        _counted = new int[_rules.Length];
    }

    /// <summary>Decides about every image of a repository.</summary>
    /// <param name="images">All images of the repository, in any order: a missing one changes counts.</param>
    /// <returns>One decision for each image, the newest image first.</returns>
    /// <exception cref="ArgumentException">Two images have the same digest.</exception>
    public static IReadOnlyList<LifecycleDecision> Evaluate(
        LifecyclePolicy policy,
        IReadOnlyCollection<LifecycleImage> images,
        DateTimeOffset now
    )
    {
        var evaluator = new LifecycleEvaluator(policy, images, now);
        evaluator.Select();
        evaluator.Relate();
        return evaluator.Decisions();
    }

    private static LifecycleImage[] Sorted(IReadOnlyCollection<LifecycleImage> images)
    {
        // The time is computed once for an image, not once for a comparison. An image without a time is the oldest.
        LifecycleImage[] sorted = [.. images];
        var keys = Array.ConvertAll(
            sorted,
            static image => LifecycleAssumptions.PushedAt(image) is { } at ? -at.UtcTicks : long.MaxValue
        );
        Array.Sort(keys, sorted);
        for (var first = 0; first < keys.Length; )
        {
            var end = first + 1;
            while (end < keys.Length && keys[end] == keys[first])
                end++;
            if (end - first > 1)
                sorted.AsSpan(first, end - first).Sort(LifecycleAssumptions.NewerOfOneMoment);
            first = end;
        }
        return sorted;
    }

    /// <summary>
    /// The rules whose tags and storage class select the image, a bit each (ECR allows at most fifty); the lowest bit
    /// has the highest priority.
    /// </summary>
    private ulong Selecting(LifecycleImage image, StorageClass storage)
    {
        var tags = TagsOf(image);
        var selecting = 0UL;
        foreach (var r in _others)
        {
            if (Selects(_rules[r], tags, storage))
                selecting |= 1UL << r;
        }
        foreach (var tag in tags)
        {
            for (var candidates = _filter.Candidates(tag) & ~selecting; candidates != 0; candidates &= candidates - 1)
            {
                var r = BitOperations.TrailingZeroCount(candidates);
                if (_rules[r].StorageClass == storage && _patterns[r]!.Matches(tag))
                    selecting |= 1UL << r;
            }
        }
        return selecting;
    }

    internal static bool Selects(LifecycleRule rule, ReadOnlySpan<string> tags, StorageClass storage) =>
        rule.StorageClass == storage
        && rule.TagStatus switch
        {
            TagStatus.Any => true,
            TagStatus.Untagged => tags.IsEmpty,
            TagStatus.Tagged => HasAll(tags, rule.Tags),
        };

    private static bool HasAll(ReadOnlySpan<string> tags, IReadOnlyList<TagPattern> patterns)
    {
        for (var p = 0; p < patterns.Count; p++)
        {
            var found = false;
            for (var t = 0; t < tags.Length && !found; t++)
                found = patterns[p].Matches(tags[t]);
            if (!found)
                return false;
        }
        return true;
    }

    private ReadOnlySpan<string> TagsOf(LifecycleImage image)
    {
        var count = image.Tags.Count;
        if (count > _tags.Length)
            _tags = new string[count];
        for (var t = 0; t < count; t++)
            _tags[t] = image.Tags[t];
        return _tags.AsSpan(0, count);
    }

    /// <summary>Each image by its own rules.</summary>
    private void Select()
    {
        for (var i = 0; i < _images.Length; i++)
            _states[i] = StateOf(_images[i]);
    }

    private ImageState StateOf(LifecycleImage image)
    {
        var state = new ImageState
        {
            First = -1,
            Next = -1,
            Spared = -1,
        };
        if (LifecycleAssumptions.ClassOf(image.Storage) is not { } storage)
            return state with { Ground = Ground.NoStorageClass };
        if (image.Subject is not null)
            return state with { Ground = Ground.NoSubject, Other = image.Subject };

        for (var selecting = Selecting(image, storage); selecting != 0; selecting &= selecting - 1)
        {
            var r = BitOperations.TrailingZeroCount(selecting);
            var rule = _rules[r];
            var time = LifecycleAssumptions.TimeFor(rule.CountType, image);
            var place = time is null ? 0 : ++_counted[r];
            var takes =
                time is not null
                && (
                    rule.CountType == CountType.ImageCountMoreThan
                        ? place > rule.CountNumber
                        : LifecycleAssumptions.IsOlder(time.Value, rule.CountNumber, _now)
                );
            if (state.First < 0)
                (state.First, state.Place, state.Ground) = (
                    (sbyte)r,
                    place,
                    time is null ? Ground.NoTime
                    : takes ? Ground.Taken
                    : Ground.Within
                );
            else
            {
                state.Next = state.Next < 0 ? (sbyte)r : state.Next;
                state.Spared = state.Spared < 0 && takes ? (sbyte)r : state.Spared;
            }
        }
        return state;
    }

    /// <summary>
    /// Relates images to those that they belong to. A child stays with its index, and a referrer goes or stays with its
    /// subject. At first all that may go is assumed to go. Then each image that stays keeps others, and these keep
    /// others in turn.
    /// </summary>
    private void Relate()
    {
        var positions = new Positions(_images);
        var referrers = Referrers(positions);
        GoWithSubjects(referrers);
        StayWithIndexesAndSubjects(positions, referrers);
    }

    private Dictionary<int, List<int>> Referrers(Positions positions)
    {
        var referrers = new Dictionary<int, List<int>>();
        for (var i = 0; i < _images.Length; i++)
        {
            if (_states[i].Ground != Ground.NoSubject || !positions.TryGet(_images[i].Subject!, out var subject))
                continue;
            if (!referrers.TryGetValue(subject, out var list))
                referrers.Add(subject, list = []);
            list.Add(i);
            _states[i].Ground = Ground.SubjectStays;
        }
        return referrers;
    }

    private void GoWithSubjects(Dictionary<int, List<int>> referrers)
    {
        var going = new Queue<int>(referrers.Keys.Where(i => _states[i].Ground == Ground.Taken));
        while (going.TryDequeue(out var subject))
        {
            var rule = _states[subject].First;
            foreach (var i in referrers.GetValueOrDefault(subject) ?? [])
            {
                // What is in the archive already is not archived again.
                if (_rules[rule].Action == LifecycleAction.Archive && _images[i].Storage == StorageStatus.Archived)
                    continue;
                (_states[i].Ground, _states[i].First) = (Ground.WithSubject, rule);
                going.Enqueue(i);
            }
        }
    }

    private void StayWithIndexesAndSubjects(Positions positions, Dictionary<int, List<int>> referrers)
    {
        var staying = new Queue<int>();
        for (var i = 0; i < _images.Length; i++)
        {
            if (!_states[i].Leaves && (_images[i].Children is { Count: > 0 } || referrers.ContainsKey(i)))
                staying.Enqueue(i);
        }
        while (staying.TryDequeue(out var i))
        {
            // An archived index no longer keeps its children.
            foreach (var child in _images[i].Storage == StorageStatus.Archived ? [] : _images[i].Children ?? [])
            {
                if (positions.TryGet(child, out var position))
                    Hold(position, Ground.IndexStays, _images[i].Digest);
            }
            foreach (var referrer in referrers.GetValueOrDefault(i) ?? [])
                Hold(referrer, Ground.SubjectStays, _images[i].Digest);
        }

        void Hold(int held, Ground ground, Digest by)
        {
            if (!_states[held].Leaves)
                return;
            (_states[held].Ground, _states[held].Other) = (ground, by);
            staying.Enqueue(held);
        }
    }

    private LifecycleDecision[] Decisions()
    {
        var evaluation = new Evaluation(_rules, _now);
        var decisions = new LifecycleDecision[_images.Length];
        for (var i = 0; i < decisions.Length; i++)
            decisions[i] = new LifecycleDecision(evaluation, _images[i], _states[i]);
        return decisions;
    }

    /// <summary>
    /// Finds the place of a digest, in eight to sixteen bytes for each image. A dictionary takes three times as much.
    /// </summary>
    private sealed class Positions
    {
        private readonly LifecycleImage[] _images;

        /// <summary>Places from 1; 0 is free.</summary>
        private readonly int[] _places;

        /// <exception cref="ArgumentException">Two images have the same digest.</exception>
        public Positions(LifecycleImage[] images)
        {
            _images = images;
            _places = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(images.Length, 1) * 2)];
            for (var i = 0; i < images.Length; i++)
            {
                ref var place = ref PlaceOf(images[i].Digest);
                if (place != 0)
                    throw new ArgumentException($"The image {images[i].Digest} is there twice.");
                place = i + 1;
            }
        }

        public bool TryGet(Digest digest, out int position)
        {
            position = PlaceOf(digest) - 1;
            return position >= 0;
        }

        private ref int PlaceOf(Digest digest)
        {
            var mask = _places.Length - 1;
            for (var at = digest.GetHashCode() & mask; ; at = (at + 1) & mask)
            {
                ref var place = ref _places[at];
                if (place == 0 || _images[place - 1].Digest.Equals(digest))
                    return ref place;
            }
        }
    }
}
