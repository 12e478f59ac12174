using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;

namespace EcrGuard.Lambda.Flow.Reporting;

/// <summary>The numbers of each week, from which the trend is made. Stored as documents in the ledger.</summary>
public sealed class WeekRollUps(RegistryDocuments documents)
{
    /// <summary>
    /// The weeks before a week, newest first, as far as they are known and as far back as the trend goes.
    /// </summary>
    public async Task<IReadOnlyList<WeekRollUp>> BeforeAsync(IsoWeek week, CancellationToken cancellation)
    {
        var weeks = new List<WeekRollUp>();
        var oldest = IsoWeek.Of(week.Start.AddDays(-7 * RepositoryHistory.Weeks));
        for (var before = week.Previous; before > oldest; before = before.Previous)
        {
            if (await FindAsync(before, cancellation).ConfigureAwait(false) is { } numbers)
                weeks.Add(numbers);
        }
        return weeks;
    }

    public async Task<WeekRollUp?> FindAsync(IsoWeek week, CancellationToken cancellation)
    {
        var (numbers, _) = await documents.FindAsync(StoredForms.Week(week), cancellation).ConfigureAwait(false);
        return numbers;
    }

    public async Task StoreAsync(WeekRollUp numbers, CancellationToken cancellation)
    {
        var form = StoredForms.Week(numbers.Week);
        var (_, revision) = await documents.FindAsync(form, cancellation).ConfigureAwait(false);
        await documents.StoreAsync(form, numbers, revision, cancellation).ConfigureAwait(false);
    }
}
