namespace EcrGuard.Core.Reports.Weekly;

/// <summary>The numbers by repository and by team.</summary>
internal static class GroupTables
{
    public static List<GroupRow> ByRepository(
        SummaryFacts facts,
        IReadOnlyList<SeenImage> images,
        IReadOnlyList<RepositoryPast> past,
        RepositoryTeams teams
    )
    {
        var byRepository = images.ToLookup(seen => seen.Repository, StringComparer.Ordinal);
        var histories = past.GroupBy(each => each.Repository, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.First().History, StringComparer.Ordinal);
        var names = facts
            .Repositories.Concat(byRepository.Select(same => same.Key))
            .Concat(histories.Keys)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        return
        [
            .. names.Select(name =>
                WithHistory(
                    Row(name, teams.Of(name), [.. byRepository[name]], facts),
                    histories.GetValueOrDefault(name),
                    facts
                )
            ),
        ];
    }

    private static GroupRow Row(string repository, string? team, List<SeenImage> images, SummaryFacts facts)
    {
        var runningBlocked = images.FindAll(seen => seen is { IsBlocked: true, Runs: true });
        return new GroupRow(
            repository,
            team,
            Repositories: 1,
            images.Count,
            IfRead(images.Count(seen => seen.Runs)),
            images.Count(seen => seen.IsBlocked),
            IfRead(runningBlocked.Count),
            IfRead(runningBlocked.Count(seen => seen.Details.GraceEnds <= facts.GeneratedAt)),
            images.Count(seen => seen is { IsBlocked: true, Details.IsChange: true }),
            images.Count(seen => seen.Gap is not null),
            Open: 0,
            OverSla: 0,
            Fixed: 0
        );

        int? IfRead(int count) => facts.Usage is null ? null : count;
    }

    private static GroupRow WithHistory(GroupRow row, RepositoryHistory? history, SummaryFacts facts)
    {
        var open = history?.Open.Where(each => each.Blocks).ToList() ?? [];
        return row with
        {
            Open = open.Count,
            OverSla = open.Count(facts.IsOverSla),
            Fixed = history?.Fixed.Count(each => facts.Week.Contains(each.FixedAt)) ?? 0,
        };
    }

    public static IReadOnlyList<GroupRow> ByTeam(IReadOnlyList<GroupRow> repositories) =>
        [
            .. repositories
                .GroupBy(row => row.Team ?? "", StringComparer.Ordinal)
                .Select(same => new GroupRow(
                    same.Key,
                    null,
                    same.Count(),
                    same.Sum(row => row.Images),
                    Sum(same, row => row.Running),
                    same.Sum(row => row.Blocked),
                    Sum(same, row => row.RunningBlocked),
                    Sum(same, row => row.PastGrace),
                    same.Sum(row => row.NewlyBlocked),
                    same.Sum(row => row.Uncovered),
                    same.Sum(row => row.Open),
                    same.Sum(row => row.OverSla),
                    same.Sum(row => row.Fixed)
                ))
                .OrderByDescending(row => row.RunningBlocked)
                .ThenByDescending(row => row.Blocked)
                .ThenBy(row => row.Name, StringComparer.Ordinal),
        ];

    /// <summary>Null where a part is not known.</summary>
    private static int? Sum(IEnumerable<GroupRow> rows, Func<GroupRow, int?> number) =>
        rows.Aggregate((int?)0, (sum, row) => sum + number(row));

    /// <summary>Repositories to which nobody has pushed for long, the longest first.</summary>
    public static IReadOnlyList<QuietRepository> Quiet(
        IReadOnlyList<SeenImage> images,
        DateTimeOffset now,
        RepositoryTeams teams
    ) =>
        [
            .. images
                .GroupBy(seen => seen.Repository, StringComparer.Ordinal)
                .Where(same => same.All(seen => seen.PushedAt <= now.AddDays(-SummaryBuilder.QuietDays)))
                .Select(same => new QuietRepository(
                    same.Key,
                    teams.Of(same.Key),
                    same.Max(seen => seen.PushedAt!.Value),
                    same.Count()
                ))
                .OrderBy(quiet => quiet.NewestPush)
                .ThenBy(quiet => quiet.Repository, StringComparer.Ordinal),
        ];
}
