using System.Globalization;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <summary>
/// Amazon Inspector's enhanced scanning of ECR images in memory. An image is covered from its push on, while
/// <see cref="LocalEcr.Scanning"/> is
/// enhanced; its findings are what a test says they are.
/// </summary>
public sealed partial class LocalInspector : ILocalService
{
    private readonly LocalAccount account;
    private readonly LocalEcr ecr;
    private readonly Dictionary<(string Repository, string Digest), Coverage> covered = [];
    private readonly List<Coverage> members = [];
    private int findingsMade;

    internal LocalInspector(LocalAccount account, LocalEcr ecr)
    {
        this.account = account;
        this.ecr = ecr;
    }

    /// <summary>
    /// How long a changed coverage is still listed as it was, from the next change on; ECR's own status is not behind.
    /// </summary>
    public TimeSpan CoverageListedAfter { get; set; }

    /// <summary>
    /// Whether each page of findings begins with the last one of the page before, as where a list grows while it is
    /// read.
    /// </summary>
    public bool PagesRepeat { get; set; }

    /// <summary>
    /// Ends a scan of an image with these findings: coverage is SUCCESSFUL, or INACTIVE for SCAN_FREQUENCY_SCAN_ON_PUSH
    /// where the repository is scanned only on push. What was found before and is not among them is closed. Sends one
    /// <c>Inspector2 Finding</c>
    /// for each finding, then
    /// <c>Inspector2 Scan</c>, which AWS documents for the initial scan only.
    /// </summary>
    public void CompleteScan(string repository, string digest, params IReadOnlyList<LocalFinding> findings) =>
        CompleteScan(repository, digest, announce: true, findings);

    /// <summary>
    /// The same without events where <paramref name="announce"/> is false, for images that were scanned before anybody
    /// listened.
    /// </summary>
    public void CompleteScan(
        string repository,
        string digest,
        bool announce,
        params IReadOnlyList<LocalFinding> findings
    )
    {
        ArgumentNullException.ThrowIfNull(findings);
        lock (account.Gate)
        {
            var coverage = Cover(repository, digest);
            var onPush = ecr.FrequencyOf(repository) == "SCAN_ON_PUSH";
            Change(
                coverage,
                onPush ? "INACTIVE" : "ACTIVE",
                onPush ? "SCAN_FREQUENCY_SCAN_ON_PUSH" : "SUCCESSFUL",
                scanned: true
            );
            var before = coverage.Findings.FindAll(f => f.Finding.Status != "CLOSED");
            foreach (var finding in findings)
            {
                var again = before.Find(f => IsSame(f.Finding, finding));
                before.Remove(again!);
                Observe(coverage, finding, again?.Arn, announce);
            }

            Change(coverage, f => before.Any(gone => gone.Arn == f.Arn), "CLOSED", announce: announce);

            if (announce)
            {
                EmitScan(coverage);
            }
        }
    }

    /// <summary>
    /// Shows an image of a member account with its findings, as to the organisation's delegated administrator: it
    /// stands in the lists beside this account's own images, and its events come here as well, in
    /// an envelope of this account.
    /// </summary>
    /// <param name="accountId">The member.</param>
    /// <param name="region">Where the image is.</param>
    /// <param name="repository">The name may be one of this account's too.</param>
    /// <param name="digest">The digest as well.</param>
    /// <param name="despiteFilter">Whether it is listed also where another account is asked for.</param>
    /// <param name="findings">What was found on it.</param>
    public void ShowMember(
        string accountId,
        string region,
        string repository,
        string digest,
        bool despiteFilter,
        params IReadOnlyList<LocalFinding> findings
    )
    {
        ArgumentNullException.ThrowIfNull(findings);
        lock (account.Gate)
        {
            var coverage = new Coverage(repository, digest)
            {
                Member = account.Member(accountId, region),
                DespiteFilter = despiteFilter,
                InUseCount = 1,
            };
            Change(coverage, "ACTIVE", "SUCCESSFUL", scanned: true);
            members.Add(coverage);
            foreach (var finding in findings)
            {
                Observe(coverage, finding, again: null, announce: true);
            }

            EmitCoverage(coverage);
        }
    }

    /// <summary>A rescan finds something new. Sends <c>Inspector2 Finding</c>.</summary>
    public void Report(string repository, string digest, LocalFinding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        lock (account.Gate)
        {
            Observe(Cover(repository, digest), finding, again: null, announce: true);
        }
    }

    /// <summary>
    /// Gives every finding of a vulnerability on an image another status (ACTIVE, SUPPRESSED, CLOSED). Sends
    /// <c>Inspector2 Finding</c> for each.
    /// </summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it.</param>
    /// <param name="vulnerability">Such as <c>CVE-2024-6119</c>.</param>
    /// <param name="status">The new status.</param>
    /// <param name="listedAfter">How long the old status is still listed.</param>
    public void SetStatus(
        string repository,
        string digest,
        string vulnerability,
        string status,
        TimeSpan listedAfter = default
    )
    {
        lock (account.Gate)
        {
            Change(Cover(repository, digest), f => f.Finding.Vulnerability == vulnerability, status, listedAfter);
        }
    }

    /// <summary>
    /// Deletes the closed findings of every image, as Inspector does some days after they were closed.
    /// </summary>
    public void DeleteClosed()
    {
        lock (account.Gate)
        {
            foreach (var coverage in covered.Values)
            {
                coverage.Findings.RemoveAll(f => f.Finding.Status == "CLOSED");
            }
        }
    }

    /// <summary>
    /// Changes the coverage of an image and sends <c>Inspector2 Coverage</c> (whose form for ECR is undocumented). With
    /// SCAN_ELIGIBILITY_EXPIRED the image's findings are closed, one event each, though nothing was fixed.
    /// </summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it.</param>
    /// <param name="statusCode">ACTIVE or INACTIVE.</param>
    /// <param name="reason">Such as PENDING_INITIAL_SCAN, SUCCESSFUL, UNSUPPORTED_OS.</param>
    public void SetCoverage(string repository, string digest, string statusCode, string reason)
    {
        lock (account.Gate)
        {
            var coverage = Cover(repository, digest);
            Change(coverage, statusCode, reason);
            EmitCoverage(coverage);
            if (reason == "SCAN_ELIGIBILITY_EXPIRED")
            {
                Change(coverage, f => f.Finding.Status != "CLOSED", "CLOSED");
            }
        }
    }

    /// <summary>Sends <c>Inspector2 Coverage</c> of an image as it is.</summary>
    public void Announce(string repository, string digest)
    {
        lock (account.Gate)
        {
            EmitCoverage(Cover(repository, digest));
        }
    }

    /// <summary>Says in how many tasks of ECS and pods of EKS an image runs now.</summary>
    public void SetInUse(string repository, string digest, int count)
    {
        lock (account.Gate)
        {
            var coverage = Cover(repository, digest);
            coverage.InUseCount = count;
            if (count > 0)
            {
                coverage.LastInUseAt = account.Now;
            }
        }
    }

    // ECR's calls, under the gate.

    internal Coverage? CoverageOf(string repository, string digest) => covered.GetValueOrDefault((repository, digest));

    internal void OnPushed(string repository, EcrImage image, ScanningConfiguration scanning)
    {
        if (scanning.IsEnhanced && MediaTypes.IsImage(image.MediaType) && image.SubjectDigest is null)
        {
            var coverage = Cover(repository, image.Digest);
            var manual = ecr.FrequencyOf(repository) == "MANUAL";
            // What is restored was scanned before: what was found then is closed, and still listed.
            Change(
                coverage,
                manual ? "INACTIVE" : "ACTIVE",
                manual ? "SCAN_FREQUENCY_MANUAL"
                    : coverage.LastScannedAt is null ? "PENDING_INITIAL_SCAN"
                    : "PENDING_REVIVAL_SCAN"
            );
        }
    }

    internal void OnArchived(string repository, EcrImage image)
    {
        if (CoverageOf(repository, image.Digest) is { } coverage)
        {
            Change(coverage, "INACTIVE", "IMAGE_ARCHIVED");
            Change(coverage, f => f.Finding.Status != "CLOSED", "CLOSED", announce: false);
        }
    }

    internal void Forget(string repository, string digest) => covered.Remove((repository, digest));

    private Coverage Cover(string repository, string digest)
    {
        ecr.Image(repository, digest);
        if (!covered.TryGetValue((repository, digest), out var coverage))
        {
            coverage = new Coverage(repository, digest);
            covered.Add((repository, digest), coverage);
        }

        return coverage;
    }

    private static bool IsSame(LocalFinding one, LocalFinding other) =>
        one.Vulnerability == other.Vulnerability
        && one.Packages.Select(p => p.Name).SequenceEqual(other.Packages.Select(p => p.Name));

    /// <param name="again">The ARN of the finding that is found again, and keeps it; null for a new one.</param>
    private void Observe(Coverage coverage, LocalFinding finding, string? again, bool announce)
    {
        var at = coverage.Findings.FindIndex(f => f.Arn == again);
        if (at < 0)
        {
            var id = (++findingsMade).ToString("x32", CultureInfo.InvariantCulture);
            var of = Of(coverage);
            var arn = $"arn:aws:inspector2:{of.Options.Region}:{of.Options.AccountId}:finding/{id}";
            at = coverage.Findings.Count;
            coverage.Findings.Add(
                new Observed(arn, coverage, finding, finding.FirstObservedAt ?? account.Now, account.Now)
            );
        }
        else
        {
            coverage.Findings[at] = coverage.Findings[at].ChangedTo(finding, account.Now);
        }

        if (announce)
        {
            EmitFinding(coverage.Findings[at]);
        }
    }

    private void Change(Coverage coverage, string statusCode, string reason, bool scanned = false) =>
        coverage.ChangeTo(statusCode, reason, scanned ? account.Now : null, account.Now + CoverageListedAfter);

    private LocalAccount Of(Coverage image) => image.Member ?? account;

    private string ArnOf(Coverage image) => Of(image).ImageArn(image.Repository, image.Digest);

    /// <summary>
    /// The accounts under which it is listed: its own, and that of the caller where it is listed all the same.
    /// </summary>
    private IEnumerable<string> AccountsOf(Coverage image)
    {
        yield return Of(image).Options.AccountId;
        if (image.DespiteFilter)
        {
            yield return account.Options.AccountId;
        }
    }

    private List<string> TagsOf(Coverage image) =>
        image.Member is null ? ecr.Image(image.Repository, image.Digest).Tags : [];

    private void Change(
        Coverage coverage,
        Func<Observed, bool> which,
        string status,
        TimeSpan listedAfter = default,
        bool announce = true
    )
    {
        for (var i = 0; i < coverage.Findings.Count; i++)
        {
            if (which(coverage.Findings[i]))
            {
                var was = coverage.Findings[i];
                coverage.Findings[i] = was.ChangedTo(
                    was.Finding with
                    {
                        Status = status,
                        ListedAfter = listedAfter,
                    },
                    account.Now
                );
                if (announce)
                {
                    EmitFinding(coverage.Findings[i]);
                }
            }
        }
    }
}
