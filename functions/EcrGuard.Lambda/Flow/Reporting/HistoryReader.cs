using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Reporting;

/// <summary>Reads what a sweep adds to the history of a repository. Reports are made from this history.</summary>
public sealed class HistoryReader(EvidenceReader evidences, PolicyDocument policy, TimeProvider time)
{
    /// <summary>The history of the repository after this sweep, for later reports.</summary>
    /// <param name="before">What earlier sweeps have remembered; null if none has.</param>
    /// <param name="use">What runs, by the last reading; null if it is not known.</param>
    /// <param name="current">The images of <see cref="RepositoryHistory.Current"/>, each with its record if it has
    ///     one.</param>
    /// <param name="left">What left the repository since the sweep before.</param>
    public async Task<RepositoryHistory> NextAsync(
        RepositoryHistory? before,
        RepositoryContents contents,
        UsageReading? use,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        Dictionary<Digest, ImageRecord?> current,
        (int Expired, int Gone, long Bytes) left,
        CancellationToken cancellation
    )
    {
        var now = time.GetUtcNow();
        var isFresh = use is not null && now - use.ReadAt <= InUse.MaxAge;
        // If nothing that was read runs here, a consumer that could not be read may still run something. Then the
        // newest image says nothing.
        var follows =
            current.Keys.Any(image => RepositoryHistory.Runs(usages[image]))
            || (isFresh && use!.Unread.All(consumer => consumer.BySetting == true));
        List<ImageRecord> records = follows ? [.. current.Values.OfType<ImageRecord>()] : [];
        var isCertain = follows && isFresh && records.Count == current.Count && UseHistory.IsThere(use!, contents);
        var findings = new CurrentFindings(records);
        return RepositoryHistory.Next(
            before,
            findings,
            isCertain,
            isCertain && RepositoryHistory.Misses(before, findings)
                ? await evidences.VulnerabilitiesAsync(records, cancellation).ConfigureAwait(false)
                : new HashSet<string>(),
            left,
            policy,
            now
        );
    }
}
