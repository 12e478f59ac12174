using System.Globalization;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <summary>
/// Amazon Inspector's enhanced scanning of ECR images in memory. While <see cref="LocalEcr.Scanning"/> is enhanced, an
/// image is covered from its push on. Tests set its findings.
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
    /// How long the old coverage is still listed after a change. A new value applies from the next change on. ECR's own
    /// status is never behind.
    /// </summary>
    public TimeSpan CoverageListedAfter { get; set; }

    /// <summary>
    /// Whether each page of findings begins with the last finding of the page before. This happens when a list grows
    /// while it is read.
    /// </summary>
    public bool PagesRepeat { get; set; }

    /// <summary>
    /// Ends a scan of an image with these findings: coverage is SUCCESSFUL, or INACTIVE for SCAN_FREQUENCY_SCAN_ON_PUSH
    /// if the repository is scanned only on push. Earlier findings that are not among them are closed. Sends one
    /// <c>Inspector2 Finding</c> for each finding, then <c>Inspector2 Scan</c>, which AWS documents for the initial
    /// scan only.
    /// </summary>
    public void CompleteScan(string repository, string digest, params IReadOnlyList<LocalFinding> findings) =>
        CompleteScan(repository, digest, announce: true, findings);

    /// <summary>
    /// The same. If <paramref name="announce"/> is false, no events are sent; this is for images that were scanned
    /// before anybody listened.
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
    /// Shows an image of a member account with its findings, as the organisation's delegated administrator sees it. The
    /// image is listed beside this account's own images. Its events come here as well, in an envelope of this account.
    /// </summary>
    /// <param name="accountId">The member.</param>
    /// <param name="region">Where the image is.</param>
    /// <param name="repository">This account may have a repository of the same name.</param>
    /// <param name="digest">This account may have an image with the same digest.</param>
    /// <param name="despiteFilter">Whether the image is also listed if the request asks for another account.</param>
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
    /// Changes the coverage of an image and sends <c>Inspector2 Coverage</c> (its form for ECR is undocumented). With
    /// SCAN_ELIGIBILITY_EXPIRED the image's findings are closed, with one event each, although nothing was fixed.
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

    /// <summary>Sends <c>Inspector2 Coverage</c> with the current coverage of an image.</summary>
    public void Announce(string repository, string digest)
    {
        lock (account.Gate)
        {
            EmitCoverage(Cover(repository, digest));
        }
    }

    /// <summary>Sets in how many ECS tasks and EKS pods an image runs now.</summary>
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

    // Called by ECR, which holds the gate.

    internal Coverage? CoverageOf(string repository, string digest) => covered.GetValueOrDefault((repository, digest));

    internal void OnPushed(string repository, EcrImage image, ScanningConfiguration scanning)
    {
        if (scanning.IsEnhanced && MediaTypes.IsImage(image.MediaType) && image.SubjectDigest is null)
        {
            var coverage = Cover(repository, image.Digest);
            var manual = ecr.FrequencyOf(repository) == "MANUAL";
            // A restored image was scanned before. Its findings of that time are closed, and still listed.
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

    /// <param name="again">The ARN of a finding that is found again. The finding keeps this ARN; null for a new
    ///     finding.</param>
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
    /// The accounts under which the image is listed: its own, and the caller's if it is listed despite the filter.
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
