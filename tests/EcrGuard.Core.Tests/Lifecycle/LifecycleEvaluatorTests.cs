using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using static EcrGuard.Core.Tests.Lifecycle.Policies;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class LifecycleEvaluatorTests
{
    private static IReadOnlyList<LifecycleDecision> Evaluate(LifecyclePolicy policy, params LifecycleImage[] images) =>
        LifecycleEvaluator.Evaluate(policy, images, Facts.Now);

    [Fact]
    public void A_rule_counts_what_a_higher_rule_takes_as_if_it_stayed()
    {
        // The newest of three b images goes by rule 1. It is still the first of the two that rule 2 keeps.
        var decisions = Evaluate(
            Of(Expire(1, "old*", 1), Keep(2, "b*", 2)),
            Image(1, 5, "b1"),
            Image(2, 4, "b2"),
            Image(3, 3, "b3", "old")
        );

        Assert.Equal(1, decisions.Of(3).Rule?.Priority);
        Assert.Equal(LifecycleOutcome.Keep, decisions.Of(2).Outcome);
        Assert.Equal(2, decisions.Of(1).Rule?.Priority);
    }

    [Fact]
    public void What_matches_the_tags_of_a_rule_is_never_seen_by_a_later_one()
    {
        var decisions = Evaluate(
            Of(Keep(1, "b*", 1), Keep(2, "p*", 1)),
            Image(1, 10, "b1", "p1"),
            Image(2, 9, "b2", "p2"),
            Image(3, 8, "b3")
        );

        Assert.Equal(
            [1, 2],
            decisions
                .Where(d => d.Rule?.Priority == 1)
                .Select(d => d.Image)
                .OrderBy(i => i.Digest)
                .Select(i => (int)i.Digest.Hex[^1] - '0')
        );
        Assert.DoesNotContain(decisions, d => d.Rule?.Priority == 2);
    }

    [Fact]
    public void A_shielded_image_is_shielded_by_the_first_rule_that_selects_it_and_says_from_which()
    {
        var shielded = Evaluate(
                Of(Keep(1, "ecrguard-inuse-*", 100000), Expire(3, "any", 14)),
                Image(1, 90, "ecrguard-inuse-1")
            )
            .Of(1);

        Assert.Equal(
            (LifecycleOutcome.Keep, null, 1),
            (shielded.Outcome, shielded.Rule, shielded.ShieldedBy?.Priority)
        );
        Assert.Equal(
            "Rule 1 keeps it: it is number 1 from the newest, and 100000 images stay. Rule 3 would take it, "
                + "but rule 1 comes first and shields what it selects.",
            shielded.Reason
        );
    }

    [Fact]
    public void Rules_of_the_standard_class_shield_nothing_in_the_archive()
    {
        var archived = Image(1, 800, "1") with
        {
            Storage = StorageStatus.Archived,
            LastArchivedAt = Facts.Now.AddDays(-366),
        };

        var decision = Evaluate(Of(Archive(1, "any", 30), ExpireArchived(2, "any", 365)), archived).Of(1);

        Assert.Equal(
            "Rule 2 expires it: it was archived 366 days ago (2025-11-17 12:00:00Z), and the limit is 365 days.",
            decision.Reason
        );
    }

    [Theory]
    [InlineData(14, "it was pushed exactly 14 days ago (")]
    [InlineData(14.01, "it was pushed more than 14 days ago (")]
    [InlineData(14.5, "it was pushed 14.5 days ago (")]
    [InlineData(1, "it was pushed 1 day ago (")]
    [InlineData(-32, "it was pushed 32 days after the moment that is asked about (")]
    public void An_age_is_told_as_it_is_against_the_limit(double age, string told) =>
        Assert.Contains(told, Evaluate(Of(Expire(1, "any", 14)), Image(1, age)).Of(1).Reason, StringComparison.Ordinal);

    [Fact]
    public void An_image_of_exactly_the_limit_is_not_older_than_it()
    {
        var decisions = Evaluate(Of(Expire(1, "any", 14)), Image(1, 14), Image(2, 14 + (1.0 / 86400)), Image(3, -1));

        Assert.Equal(
            [LifecycleOutcome.Keep, LifecycleOutcome.Expire, LifecycleOutcome.Keep],
            decisions.OrderBy(d => d.Image.Digest).Select(d => d.Outcome)
        );
    }

    [Fact]
    public void The_longest_limit_that_can_be_written_keeps_what_is_very_old() =>
        Assert.Equal(
            LifecycleOutcome.Keep,
            Evaluate(Of(Expire(1, "any", int.MaxValue)), Image(1, 300_000)).Of(1).Outcome
        );

    [Fact]
    public void Of_images_pushed_in_one_moment_a_count_keeps_exactly_as_many_as_it_says()
    {
        var images = Enumerable.Range(1, 5).Select(i => Image(i, 3)).ToArray();

        Assert.Equal(
            [5, 4],
            Evaluate(Of(Keep(1, "any", 2)), images)
                .Where(d => d.Outcome == LifecycleOutcome.Keep)
                .Select(d => d.Image.Digest.Hex[^1] - '0')
        );
    }

    [Theory]
    [InlineData(StorageStatus.Unknown)]
    [InlineData(StorageStatus.Activating)]
    public void An_image_whose_storage_class_is_not_certain_stays_and_counts_nowhere(StorageStatus storage)
    {
        var decisions = Evaluate(
            Of(Keep(1, "any", 1)),
            Image(1, 900) with
            {
                Storage = storage,
            },
            Image(2, 100),
            Image(3, 1) with
            {
                Storage = storage,
            }
        );

        Assert.All(decisions, d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome));
        Assert.StartsWith("It is being restored", decisions.Of(1).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_without_a_time_stays_and_counts_nowhere()
    {
        var decisions = Evaluate(Of(Keep(1, "any", 1)), Image(1, 0) with { PushedAt = null }, Image(2, 100));

        Assert.All(decisions, d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome));
        Assert.Equal(
            "Rule 1 selects it, and ECR gives no time to measure its age by; what is unknown stays.",
            decisions.Of(1).Reason
        );
    }

    [Fact]
    public void A_restored_image_is_as_old_as_its_restore()
    {
        var restored = Image(1, 400, "1") with
        {
            LastArchivedAt = Facts.Now.AddDays(-100),
            LastActivatedAt = Facts.Now.AddDays(-3),
        };

        var decisions = Evaluate(Of(Keep(1, "any", 1)), restored, Image(2, 10, "2"));

        Assert.Equal(LifecycleOutcome.Keep, decisions.Of(1).Outcome);
        Assert.Equal(LifecycleOutcome.Expire, decisions.Of(2).Outcome);
        Assert.Equal(
            "Rule 1 keeps it: it was restored 3 days ago (2026-11-15 12:00:00Z), and the limit is 14 days.",
            Evaluate(Of(Expire(1, "any", 14)), restored).Of(1).Reason
        );
    }

    [Fact]
    public void A_child_stays_with_its_index_and_may_go_by_its_own_rule_once_the_index_goes()
    {
        var child = Image(1, 40);
        var index = Image(2, 30, "v1") with { Kind = ImageKind.Index, Children = [child.Digest] };

        var stays = Evaluate(Of(Keep(1, "v*", 1), Expire(2, "", 14)), child, index).Of(1);
        var goes = Evaluate(Of(Expire(1, "v*", 14), Expire(2, "", 14)), child, index).Of(1);
        var young = Evaluate(Of(Expire(1, "v*", 14), Expire(2, "", 99)), child, index).Of(1);

        Assert.Equal(
            (LifecycleOutcome.Keep, $"Rule 2 selects it, but the index {index.Digest} refers to it and stays."),
            (stays.Outcome, stays.Reason)
        );
        Assert.Equal(2, goes.Rule?.Priority);
        Assert.Equal(LifecycleOutcome.Keep, young.Outcome);
    }

    [Fact]
    public void A_child_of_two_indexes_stays_with_the_one_that_stays_and_indexes_hold_each_other()
    {
        var child = Image(1, 40);
        var inner = Image(2, 40) with { Kind = ImageKind.Index, Children = [child.Digest] };
        var gone = Image(3, 40) with { Kind = ImageKind.Index, Children = [child.Digest] };
        var outer = Image(4, 40, "v1") with { Kind = ImageKind.Index, Children = [inner.Digest, Facts.Digest(99)] };

        var decisions = Evaluate(Of(Keep(1, "v*", 1), Expire(2, "", 14)), child, inner, gone, outer);

        Assert.Equal(
            [3],
            decisions.Where(d => d.Outcome == LifecycleOutcome.Expire).Select(d => d.Image.Digest.Hex[^1] - '0')
        );
    }

    [Fact]
    public void An_index_in_the_archive_holds_its_children_no_more()
    {
        var child = Image(1, 40);
        var index = Image(2, 40, "v1") with
        {
            Kind = ImageKind.Index,
            Children = [child.Digest],
            Storage = StorageStatus.Archived,
            LastArchivedAt = Facts.Now.AddDays(-1),
        };

        Assert.Equal(
            LifecycleOutcome.Expire,
            Evaluate(Of(Keep(1, "v*", 1), Expire(2, "", 14)), child, index).Of(1).Outcome
        );
    }

    [Fact]
    public void A_referrer_goes_and_stays_with_its_subject_and_takes_no_place()
    {
        var (old, current) = (Image(1, 40, "v1"), Image(2, 30, "v2"));
        var signature = Image(3, 1) with { Kind = ImageKind.Artifact, Subject = old.Digest };
        var ofSignature = Image(4, 1) with { Kind = ImageKind.Artifact, Subject = signature.Digest };
        var kept = Image(5, 90) with { Kind = ImageKind.Artifact, Subject = current.Digest };
        var orphan = Image(6, 90) with { Kind = ImageKind.Artifact, Subject = Facts.Digest(99) };

        var decisions = Evaluate(
            Of(Expire(1, "", 14), Keep(2, "any", 1)),
            old,
            current,
            signature,
            ofSignature,
            kept,
            orphan
        );

        Assert.Equal(
            [1, 3, 4],
            decisions.Where(d => d.Rule?.Priority == 2).Select(d => d.Image.Digest.Hex[^1] - '0').Order()
        );
        Assert.Equal(3, decisions.Count(d => d.Outcome == LifecycleOutcome.Expire));
        Assert.Equal($"It belongs to {old.Digest}, which rule 2 expires; it goes with it.", decisions.Of(3).Reason);
        Assert.Equal($"It belongs to {current.Digest} and stays with it.", decisions.Of(5).Reason);
        Assert.Equal(
            $"It belongs to {Facts.Digest(99)}, which is not among the images; nothing says that it goes.",
            decisions.Of(6).Reason
        );
    }

    [Fact]
    public void A_referrer_of_a_child_that_its_index_holds_stays_with_it()
    {
        var child = Image(1, 40);
        var index = Image(2, 40, "v1") with { Kind = ImageKind.Index, Children = [child.Digest] };
        var signature = Image(3, 40) with { Kind = ImageKind.Artifact, Subject = child.Digest };

        Assert.All(
            Evaluate(Of(Keep(1, "v*", 1), Expire(2, "", 14)), child, index, signature),
            d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome)
        );
    }

    [Fact]
    public void A_referrer_in_the_archive_is_not_archived_again()
    {
        var subject = Image(1, 40, "v1");
        var signature = Image(2, 40) with
        {
            Kind = ImageKind.Artifact,
            Subject = subject.Digest,
            Storage = StorageStatus.Archived,
        };

        var decisions = Evaluate(Of(Archive(1, "any", 14)), subject, signature);

        Assert.Equal(
            (LifecycleOutcome.Archive, LifecycleOutcome.Keep),
            (decisions.Of(1).Outcome, decisions.Of(2).Outcome)
        );
    }

    [Fact]
    public void Artifacts_that_name_each_other_as_subject_stay()
    {
        var first = Image(1, 40) with { Subject = Facts.Digest(2) };
        var second = Image(2, 40) with { Subject = Facts.Digest(1) };

        Assert.All(
            Evaluate(Of(Expire(1, "any", 1)), first, second),
            d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome)
        );
    }

    [Fact]
    public void The_same_image_twice_is_an_error_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => Evaluate(Of(Keep(1, "any", 1)), Image(1, 1), Image(1, 2)));

    [Fact]
    public void No_memory_is_taken_per_image_and_rule()
    {
        var images = Enumerable
            .Range(1, 2000)
            .Select(i => Image(i, i / 100.0, [.. Enumerable.Range(0, 10).Select(t => $"r{(i + t) % 60}-{i}-{t}")]))
            .ToArray();
        var (one, fifty) = (Of(Rules(1)), Of(Rules(50)));
        Allocated(one);

        // 49 more rules need no more memory than a few arrays of that length.
        Assert.InRange(Allocated(fifty) - Allocated(one), -4096, 4096);

        static string[] Rules(int count) => [.. Enumerable.Range(1, count).Select(i => Keep(i, $"r{i}-*", 5))];

        long Allocated(LifecyclePolicy policy)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Evaluate(policy, images);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
