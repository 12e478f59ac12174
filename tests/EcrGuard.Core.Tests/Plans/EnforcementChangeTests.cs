using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>What another policy lets EcrGuard write, and the one in force does not.</summary>
public sealed class EnforcementChangeTests
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0");

    private static PolicyDocument Policy(EnforcementMode mode) =>
        Facts.Policy with
        {
            Enforcement = [new EnforcementRule([Glob.Parse("*")], mode)],
        };

    private static string Change(
        EnforcementMode inForce,
        EnforcementMode tried,
        Status before,
        Status after,
        ImageFacts? image = null,
        UseState use = UseState.NotInUse,
        KnownQuarantine? known = null
    )
    {
        image ??= Image;
        var change = ImageEnforcement.Of(
            new VerdictChange(
                image,
                Facts.Verdict(before, image),
                Facts.Verdict(after, image),
                new ImageUsage(use, ["Because."], [])
            ),
            Facts.Contents([image]),
            Policy(inForce),
            Policy(tried),
            known ?? KnownQuarantine.None,
            null,
            Facts.Now
        );
        return string.Join(
            ' ',
            new[]
            {
                change.Marked ? "mark" : null,
                change.Unmarked ? "unmark" : null,
                change.Archived ? "archive" : null,
                change.Restored ? "restore" : null,
                change.Stays is { } why ? $"stays: {why}" : null,
            }.OfType<string>()
        );
    }

    [Theory]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Mark, Status.Blocked, Status.Blocked, "mark")]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Quarantine, Status.Blocked, Status.Blocked, "mark archive")]
    [InlineData(EnforcementMode.Mark, EnforcementMode.Mark, Status.Approved, Status.Blocked, "mark")]
    [InlineData(EnforcementMode.Mark, EnforcementMode.Quarantine, Status.Blocked, Status.Blocked, "archive")]
    [InlineData(EnforcementMode.Mark, EnforcementMode.Observe, Status.Blocked, Status.Blocked, "")]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Observe, Status.Approved, Status.Blocked, "")]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Quarantine, Status.Approved, Status.Approved, "")]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Quarantine, Status.Pending, Status.Pending, "")]
    public void A_mode_writes_what_it_allows_for_the_images_that_are_blocked(
        EnforcementMode inForce,
        EnforcementMode tried,
        Status before,
        Status after,
        string writes
    ) => Assert.Equal(writes, Change(inForce, tried, before, after));

    [Theory]
    [InlineData(UseState.InUse, "mark stays: It is in use. Because.")]
    [InlineData(UseState.Unknown, "mark stays: Whether it is in use is not known. Because.")]
    public void An_image_that_may_be_in_use_is_marked_and_stays(UseState use, string writes) =>
        Assert.Equal(
            writes,
            Change(EnforcementMode.Observe, EnforcementMode.Quarantine, Status.Blocked, Status.Blocked, use: use)
        );

    [Fact]
    public void An_image_that_passes_loses_its_tag_and_one_that_somebody_released_stays()
    {
        var marked = Facts.Image(1, "1.0", OwnTags.Blocked(Facts.Digest(1)));
        Assert.Equal(
            "unmark",
            Change(EnforcementMode.Mark, EnforcementMode.Mark, Status.Blocked, Status.Approved, marked)
        );
        var released = new Quarantine
        {
            State = QuarantineState.Ended,
            ChangeId = "c1",
            Since = Facts.Now,
            Release = new Release("arn:aws:iam::123456789012:user/a", Facts.Now, "We need its logs."),
        };
        string Released(string change) =>
            Change(
                EnforcementMode.Mark,
                EnforcementMode.Quarantine,
                Status.Blocked,
                Status.Blocked,
                marked,
                known: new KnownQuarantine(released, change, null)
            );
        Assert.Equal(("", "archive"), (Released("c1"), Released("c2")));
    }

    [Fact]
    public void What_EcrGuard_archived_comes_back_under_a_policy_that_archives_nothing()
    {
        var archived = Facts.Image(1, "1.0", OwnTags.Blocked(Facts.Digest(1))) with
        {
            Storage = StorageStatus.Archived,
        };
        var held = new Quarantine
        {
            State = QuarantineState.Held,
            ChangeId = "c1",
            Since = Facts.Now,
        };
        Assert.Equal(
            "restore",
            Change(
                EnforcementMode.Quarantine,
                EnforcementMode.Mark,
                Status.Blocked,
                Status.Blocked,
                archived,
                known: new KnownQuarantine(held, "c1", null)
            )
        );
    }
}
