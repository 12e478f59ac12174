using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>The result for one thing that a plan wants.</summary>
/// <param name="Repository">Null for the plan as a whole.</param>
/// <param name="Item"><c>plan</c>, <c>put-policy</c>, <c>delete</c> or <c>archive</c>.</param>
/// <param name="Digest">Null for an item as a whole.</param>
/// <param name="Why">A sentence.</param>
public sealed record Applied(string? Repository, string Item, string? Digest, string Why);

/// <summary>The result for the whole plan, including what earlier calls have done.</summary>
/// <param name="PlanId">Null if the plan could not be read.</param>
/// <param name="Superseded">Left alone, because something has changed since the plan was made.</param>
/// <param name="Refused">Not done. It may help to apply the plan again once the reason is gone.</param>
/// <param name="More">The time was up: call again with the same plan.</param>
public sealed record ApplyAnswer(
    string? PlanId,
    IReadOnlyList<Applied> Done,
    IReadOnlyList<Applied> Superseded,
    IReadOnlyList<Applied> Refused,
    bool More
);

/// <summary>Collects the results of a plan. Several repositories are worked on at the same time.</summary>
public sealed class PlanResults(Plan plan)
{
    private readonly Lock gate = new();
    private readonly List<Applied> done = [],
        superseded = [],
        refused = [];
    private readonly Dictionary<string, int> order = plan
        .Repositories.Select((repository, at) => KeyValuePair.Create(repository.Name, at))
        .ToDictionary(StringComparer.Ordinal);

    public void Do(RepositoryId id, PlanItem item, string how, PlannedImage? image = null) =>
        Add(done, id, item, how, image);

    public void Supersede(RepositoryId id, PlanItem item, string why, PlannedImage? image = null) =>
        Add(superseded, id, item, why, image);

    public void Refuse(RepositoryId id, PlanItem item, string why, PlannedImage? image = null) =>
        Add(refused, id, item, why, image);

    /// <summary>The result for each thing, in the order of the plan.</summary>
    public ApplyAnswer Answer(string planId, bool more) =>
        new(planId, InOrder(done), InOrder(superseded), InOrder(refused), more);

    private void Add(List<Applied> list, RepositoryId id, PlanItem item, string why, PlannedImage? image)
    {
        lock (gate)
            list.Add(new Applied(id.Name, item.Word, image?.Digest.ToString(), why));
    }

    private List<Applied> InOrder(List<Applied> list)
    {
        lock (gate)
            return [.. list.OrderBy(applied => order[applied.Repository!])];
    }
}
