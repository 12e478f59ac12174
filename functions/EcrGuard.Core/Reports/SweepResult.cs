using System.Globalization;

namespace EcrGuard.Core.Reports;

/// <summary>The result of a sweep over the whole registry.</summary>
/// <param name="Run">The name of the run, and a part of the alert's id.</param>
/// <param name="Unfinished">Repositories of the list that the sweep did not finish.</param>
/// <param name="Unread">Consumers that could not be read: images that they might use count as in use.</param>
/// <param name="UnreadBefore">Those of the sweep before: only a change is worth a message.</param>
public sealed record SweepResult(
    string Run,
    string Account,
    string Region,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int Repositories,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<SweptRepository> Swept,
    IReadOnlyList<Unread> Unread,
    IReadOnlyList<Unread> UnreadBefore
)
{
    public int Images => Swept.Sum(s => s.Sweep.Images);

    public int Undone => Swept.Sum(s => s.Sweep.Undone.Count + s.Sweep.UndoneUnlisted);

    /// <summary>
    /// Whether it is worth a message: something could not be done, or other consumers could not be read than in the
    /// sweep before.
    /// </summary>
    public bool IsWorthAMessage =>
        Unfinished.Count > 0
        || Undone > 0
        || !Unread.Select(u => u.What).ToHashSet(StringComparer.Ordinal).SetEquals(UnreadBefore.Select(u => u.What));

    /// <summary>For CloudWatch: name, value and unit.</summary>
    public IReadOnlyList<(string Name, double Value, string Unit)> Metrics =>
        [
            ("SweptRepositories", Swept.Count, "Count"),
            ("UnfinishedRepositories", Unfinished.Count, "Count"),
            ("SweptImages", Images, "Count"),
            ("ImagesInUse", Swept.Sum(s => s.Sweep.InUse), "Count"),
            ("ImagesOfUnknownUse", Swept.Sum(s => s.Sweep.UseUnknown), "Count"),
            ("ImagesInUseAtRisk", Swept.Sum(s => s.Sweep.AtRiskCount), "Count"),
            ("AbandonedImages", Swept.Sum(s => s.Sweep.AbandonedCount), "Count"),
            ("LeftOverArtifacts", Swept.Sum(s => s.Sweep.LeftOverCount), "Count"),
            ("ImagesGone", Swept.Sum(s => s.Sweep.Gone), "Count"),
            ("ImagesExpired", Swept.Sum(s => s.Sweep.Expired), "Count"),
            ("NotDone", Undone, "Count"),
            ("UnreadConsumers", Unread.Count, "Count"),
            ("SweepDuration", (EndedAt - StartedAt).TotalSeconds, "Seconds"),
        ];

    internal string AlertId => string.Create(CultureInfo.InvariantCulture, $"sweep:{Account}:{Region}:{Run}");
}
