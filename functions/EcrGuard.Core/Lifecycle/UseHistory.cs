using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// What one reading of the consumers leaves to the next, so that no single reading takes an image's protection: a reference stays while its consumer cannot be read, and until two daily
/// readings in a row did not see it. A reference by tag means whatever holds the tag. The digest that a consumer resolved the tag to, where AWS tells it (tasks, service revisions,
/// functions, Inspector), is a reference of its own and stays as long: a tag that moves on lets go of nothing that was seen to run.
/// </summary>
public static class UseHistory
{
    /// <summary>A reference counts for at least this long after it was last seen.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(48);

    /// <summary>Of two readings that do not see a reference, the second is at least this much later: a day, less what the start of a sweep wanders. What came before, a night in which nothing could be read or no sweep ran, does not matter.</summary>
    public static readonly TimeSpan BetweenReadings = TimeSpan.FromHours(22);

    /// <summary>A reading, with the references of those before it that still count. Those that it saw itself come first, and as they are.</summary>
    /// <param name="before">What was last kept, itself carried on; null where nothing was.</param>
    public static UseFacts Carry(UseFacts? before, UseFacts read)
    {
        if (before is null)
            return read;
        var seen = read.Uses.Select(Itself).ToHashSet();
        return read with
        {
            Uses = [.. read.Uses, .. before.Uses.Where(use => !seen.Contains(Itself(use))).Select(use => Carried(use with { SeenAt = use.SeenAt ?? before.ReadAt }, read)).OfType<ImageUse>()],
        };
    }

    /// <summary>Null for one that has been gone for long enough.</summary>
    private static ImageUse? Carried(ImageUse use, UseFacts read)
    {
        if (read.Unread.Any(consumer => Hides(consumer, use)))
            return use with { AbsentSince = null };
        var absentSince = use.AbsentSince ?? read.ReadAt;
        return read.ReadAt - use.SeenAt < Kept || read.ReadAt - absentSince < BetweenReadings ? use with { AbsentSince = absentSince } : null;
    }

    private static bool Hides(UnreadConsumer consumer, ImageUse use)
    {
        // arn:partition:service:region:account:resource. Inspector gives no names: it is asked about this registry, in its account and region.
        var (region, account) = use.By.Name.Split(':', 6) is ["arn", _, _, var of, var owner, _] ? (of, owner) : (use.Repository.Region, use.Repository.Account);
        return consumer.Account == account
            && (consumer.Kind is null || consumer.Kind == use.By.Kind)
            && (consumer.Region is null || consumer.Region == region)
            && consumer.But?.Split(' ').Any(glob => Glob.Parse(glob).Matches(use.Repository.Name)) != true;
    }

    private static ImageUse Itself(ImageUse use) => use with { SeenAt = null, AbsentSince = null };
}
