using System.Collections.Concurrent;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what verdicts rest on, apart from the policy. What still holds in the ledger comes from there, the rest from
/// the scanners.
/// </summary>
/// <param name="records">Null for a reader without a ledger, like <paramref name="findings"/>: nothing is then known of
///     earlier scans.</param>
/// <param name="settlingTime">How long a scan may take to settle if no counts are known for it.</param>
public sealed class EvidenceReader(
    ScanReader scans,
    ImageRecords? records,
    FindingsStore? findings,
    TimeProvider time,
    TimeSpan settlingTime
)
{
    /// <summary>How many images are asked about at once.</summary>
    private const int AtOnce = 4;

    /// <summary>
    /// What the scanner says of an image. It comes from the ledger if only the policy or the time asks for a new
    /// decision, so that a new policy does not read all of ECR again.
    /// </summary>
    /// <param name="heard">The scanner that an event came from. It has news, so it is asked itself.</param>
    /// <param name="policyVersion">The version of the policy that is to judge.</param>
    /// <returns>The scan, null if the image is gone; and the stored findings, if the scan rests on them.</returns>
    public async Task<(ScanFacts? Scan, IReadOnlyList<Finding>? Kept)> ScanAsync(
        ImageFacts image,
        Scanner heard,
        LedgerEntry? entry,
        string policyVersion,
        CancellationToken cancellation
    ) =>
        heard == Scanner.Unknown
        && entry?.Record.Remembered(image, policyVersion, time.GetUtcNow()) is { } known
        && await KeptAsync(image.Id, entry.Record, cancellation).ConfigureAwait(false) is { } kept
            ? (known with { Findings = kept }, kept)
            : (await scans.ReadAsync(image, heard, cancellation).ConfigureAwait(false), null);

    /// <summary>The evidence for an image of one platform.</summary>
    /// <param name="read">The stored findings of this very entry, if the caller has read them already.</param>
    /// <param name="news">What events have reported about it since.</param>
    /// <param name="policy">The policy that is to judge. If it does not ask since when fixes are known, and the scanner
    ///     lists the same as before, the stored findings are not read.</param>
    public async Task<Evidence> OfAsync(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? entry,
        IReadOnlyList<ImageEvent> news,
        IReadOnlyList<Finding>? read,
        PolicyDocument policy,
        CancellationToken cancellation
    )
    {
        var hash = scan is { State: ScanState.Complete, Findings.Count: > 0 }
            ? findings?.ListedHash(scan.Findings)
            : null;
        var listsTheSame =
            hash is not null
            && entry?.Record is { Gone: false } record
            && record.ListedHash == hash
            && record.Scan?.Scanner == scan.Scanner
            && policy.Rules.All(rule => rule.MinDaysSinceFix is null);
        if (listsTheSame && Of(image, scan, entry, scan.Findings, news) is { Scan.State: ScanState.Complete } settled)
            return settled with { ListedHash = hash, IsUnchanged = true };
        // An unsettled scan is stored with the findings before it, and these know since when their fixes exist.
        var kept = read ?? await KeptAsync(image.Id, entry, cancellation).ConfigureAwait(false);
        return Of(image, scan, entry, kept, news) with { ListedHash = hash };
    }

    /// <summary>
    /// The evidence for a repository's images. Each is asked about once, even if it is the child of several indexes.
    /// </summary>
    /// <param name="wanted">The images that are to be judged. Their children are read with them.</param>
    /// <param name="policyVersion">The version of a policy that has judged none of them yet, so that what the ledger
    ///     holds can be used.</param>
    public async Task<RepositoryEvidence> OfAsync(
        RepositoryContents contents,
        IReadOnlyCollection<Digest> wanted,
        string policyVersion,
        CancellationToken cancellation
    )
    {
        var all = WithChildren(contents, wanted);
        var entries = records is null
            ? new Dictionary<Digest, LedgerEntry>()
            : await records.FindAsync(contents.Repository, all, cancellation).ConfigureAwait(false);
        var images = new ConcurrentDictionary<Digest, Evidence>();
        var (unread, gone) = (new ConcurrentDictionary<Digest, string>(), new ConcurrentBag<Digest>());
        var asked = contents.Images.Where(image => image.Kind == ImageKind.Image && all.Contains(image.Id.Digest));
        await Parallel
            .ForEachAsync(
                asked,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (image, token) =>
                {
                    var digest = image.Id.Digest;
                    try
                    {
                        var entry = entries.GetValueOrDefault(digest);
                        if (await OneAsync(image, entry, policyVersion, token).ConfigureAwait(false) is { } evidence)
                            images[digest] = evidence;
                        else
                            gone.Add(digest);
                    }
#pragma warning disable CA1031 // Whatever went wrong, this image was not read; the others are.
                    catch (Exception unreadable) when (!token.IsCancellationRequested)
#pragma warning restore CA1031
                    {
                        unread[digest] = ErrorText.Of(unreadable);
                    }
                }
            )
            .ConfigureAwait(false);
        return new RepositoryEvidence(
            contents with
            {
                Images = [.. contents.Images.ExceptBy(gone, image => image.Id.Digest)],
            },
            images,
            entries.ToDictionary(entry => entry.Key, entry => entry.Value.Record.Verdict.WithoutBreakGlass()),
            unread
        );
    }

    /// <returns>Null if the image is gone.</returns>
    private async Task<Evidence?> OneAsync(
        ImageFacts image,
        LedgerEntry? entry,
        string policyVersion,
        CancellationToken cancellation
    )
    {
        var (scan, read) = await ScanAsync(image, Scanner.Unknown, entry, policyVersion, cancellation)
            .ConfigureAwait(false);
        if (scan is null)
            return null;
        var kept = read ?? await KeptAsync(image.Id, entry, cancellation).ConfigureAwait(false);
        return Of(image, scan, entry, kept, []);
    }

    private Evidence Of(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? entry,
        IReadOnlyList<Finding>? kept,
        IReadOnlyList<ImageEvent> news
    )
    {
        var now = time.GetUtcNow();
        var before = entry?.Record.Verdict.WithoutBreakGlass();
        var (settled, settling) = (entry?.Record.Settling ?? Settling.Nothing).Check(
            news,
            image,
            scan,
            before,
            settlingTime,
            now
        );
        return new Evidence(
            image,
            settled with
            {
                Findings = Findings.WithFixDates(scan.Findings, entry is null ? [] : kept, now),
            },
            before is null ? null : new Judge.Before(before, kept)
        )
        {
            Settling = settling.IsNothing ? null : settling,
        };
    }

    /// <summary>The vulnerabilities in all findings of some images; null if some findings are no longer kept.</summary>
    public async Task<IReadOnlySet<string>?> VulnerabilitiesAsync(
        IReadOnlyList<ImageRecord> records,
        CancellationToken cancellation
    )
    {
        var vulnerabilities = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if (await KeptAsync(record.Verdict.Image, record, cancellation).ConfigureAwait(false) is not { } kept)
                return null;
            vulnerabilities.UnionWith(kept.Select(finding => finding.Vulnerability));
        }
        return vulnerabilities;
    }

    /// <summary>The findings that belong to an entry; null if they are lost, or there is no entry.</summary>
    private async Task<IReadOnlyList<Finding>?> KeptAsync(
        ImageId image,
        LedgerEntry? entry,
        CancellationToken cancellation
    ) => entry is null ? null : await KeptAsync(image, entry.Record, cancellation).ConfigureAwait(false);

    /// <summary>The findings that belong to a record; null if they are lost.</summary>
    private async Task<IReadOnlyList<Finding>?> KeptAsync(
        ImageId image,
        ImageRecord record,
        CancellationToken cancellation
    ) =>
        record.FindingsHash is { } hash
            ? await findings!.FindAsync(image, hash, cancellation).ConfigureAwait(false)
            : [];

    private static HashSet<Digest> WithChildren(RepositoryContents contents, IEnumerable<Digest> wanted)
    {
        var all = new HashSet<Digest>();
        var next = new Stack<Digest>(wanted);
        while (next.TryPop(out var digest))
        {
            if (!all.Add(digest))
                continue;
            foreach (var child in contents.Children.GetValueOrDefault(digest) ?? [])
                next.Push(child.Digest);
        }
        return all;
    }
}
