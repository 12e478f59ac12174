using System.Globalization;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <content>Findings and coverage, listed and as events.</content>
public sealed partial class LocalInspector
{
    private const string Source = "aws.inspector2";
    private const string ImageType = "AWS_ECR_CONTAINER_IMAGE";

    private Members ListFindings(ListRequest request)
    {
        var passing = Passing(request, FindingFields(), [], [], prefixes: true);
        var (page, next) = Page(
            "ListFindings",
            request,
            most: 100,
            FindingsPerPage,
            account.Options.EmptyPages,
            PagesRepeat,
            Candidates(request).SelectMany(c => c.ListedFindings(account.Now)).Where(passing)
        );
        return new Members
        {
            ["Findings"] = page.Select(f => Shown(f, d => JsonWire.Epoch(d), onBus: false)),
            ["NextToken"] = next,
        };
    }

    /// <summary>
    /// The images that can have the requested findings. If the criteria name an image, it is the only one.
    /// </summary>
    private IEnumerable<Coverage> Candidates(ListRequest request)
    {
        if (Only(request, "ecrImageRepositoryName") is { } repository && Only(request, "ecrImageHash") is { } digest)
        {
            IEnumerable<Coverage> own = CoverageOf(repository, digest) is { } image ? [image] : [];
            return own.Concat(members);
        }

        return covered.Values.Concat(members);
    }

    /// <summary>
    /// The images whose coverage can be requested. If the criteria name an image, it is the only one.
    /// </summary>
    private IEnumerable<Coverage> Named(ListRequest request)
    {
        var repositories = account.RepositoryArn("");
        var arn = Only(request, "resourceId") ?? "";
        var at = arn.LastIndexOf('/');
        if (!arn.StartsWith(repositories, StringComparison.Ordinal) || at < repositories.Length)
        {
            return covered.Values.Concat(members);
        }

        return CoverageOf(arn[repositories.Length..at], arn[(at + 1)..]) is { } image
            ? new[] { image }
            : Enumerable.Empty<Coverage>();
    }

    private static string? Only(ListRequest request, string field) =>
        request.FilterCriteria?.GetValueOrDefault(field) is [{ Comparison: "EQUALS", Value: var value }] ? value : null;

    private Dictionary<string, Func<Observed, IEnumerable<string>>> FindingFields() =>
        new()
        {
            ["awsAccountId"] = f => AccountsOf(f.Image),
            ["ecrImageHash"] = f => [f.Image.Digest],
            ["ecrImageRegistry"] = f => AccountsOf(f.Image),
            ["ecrImageRepositoryName"] = f => [f.Image.Repository],
            ["ecrImageTags"] = f => TagsOf(f.Image),
            ["exploitAvailable"] = f => Exploit(f.Finding) is { } exploit ? [exploit] : [],
            ["findingArn"] = f => [f.Arn],
            ["findingStatus"] = f => [f.Finding.Status],
            ["findingType"] = _ => ["PACKAGE_VULNERABILITY"],
            ["fixAvailable"] = f => f.Finding.Fix is { } fix ? [fix] : [],
            ["resourceId"] = f => [ArnOf(f.Image)],
            ["resourceType"] = _ => [ImageType],
            ["severity"] = f => [f.Finding.Severity],
            ["title"] = f => [Title(f.Finding)],
            ["vulnerabilityId"] = f => [f.Finding.Vulnerability],
        };

    private Members ListCoverage(ListRequest request)
    {
        var passing = Passing(
            request,
            CoverageFields(),
            new() { ["ecrImageInUseCount"] = c => c.InUseCount },
            new() { ["imagePulledAt"] = PulledAt },
            prefixes: false
        );
        var (page, next) = Page(
            "ListCoverage",
            request,
            most: ResourcesPerPage,
            ResourcesPerPage,
            account.Options.EmptyPages,
            repeats: false,
            Named(request).Where(passing)
        );
        return new Members { ["CoveredResources"] = page.Select(Shown), ["NextToken"] = next };
    }

    /// <summary>A member's image was pulled long ago.</summary>
    private DateTimeOffset? PulledAt(Coverage image) =>
        image.Member is null ? ecr.Image(image.Repository, image.Digest).LastPulledAt : account.Now.AddDays(-60);

    private Dictionary<string, Func<Coverage, IEnumerable<string>>> CoverageFields() =>
        new()
        {
            ["accountId"] = AccountsOf,
            ["ecrImageTags"] = TagsOf,
            ["ecrRepositoryName"] = c => [c.Repository],
            ["resourceId"] = c => [ArnOf(c)],
            ["resourceType"] = _ => [ImageType],
            ["scanStatusCode"] = c => [c.ListedAt(account.Now).StatusCode],
            ["scanStatusReason"] = c => [c.ListedAt(account.Now).Reason],
            ["scanType"] = _ => ["PACKAGE"],
        };

    private object Shown(Coverage coverage)
    {
        var listed = coverage.ListedAt(account.Now);
        return new Members
        {
            ["ResourceType"] = ImageType,
            ["ResourceId"] = ArnOf(coverage),
            ["AccountId"] = Of(coverage).Options.AccountId,
            ["ScanType"] = "PACKAGE",
            ["ScanStatus"] = new Members { ["StatusCode"] = listed.StatusCode, ["Reason"] = listed.Reason },
            ["ResourceMetadata"] = new Members
            {
                ["EcrImage"] = new Members
                {
                    ["Tags"] = TagsOf(coverage),
                    ["ImagePulledAt"] = JsonWire.Epoch(PulledAt(coverage)),
                    ["LastInUseAt"] = JsonWire.Epoch(coverage.LastInUseAt),
                    ["InUseCount"] = coverage.InUseCount,
                },
            },
            ["LastScannedAt"] = JsonWire.Epoch(listed.LastScannedAt),
        };
    }

    /// <summary>
    /// A finding in Inspector's own shape, for answers and for the bus. On the bus it says more about the image, and
    /// dates have another form.
    /// </summary>
    private Members Shown(Observed observed, Func<DateTimeOffset, object> date, bool onBus)
    {
        var finding = observed.Finding;
        var (image, owner, tags) = (observed.Image, Of(observed.Image).Options, TagsOf(observed.Image));
        var pushedAt = image.Member is null
            ? ecr.Image(image.Repository, image.Digest).PushedAt
            : observed.FirstObservedAt;
        return new Members
        {
            ["FindingArn"] = observed.Arn,
            ["AwsAccountId"] = owner.AccountId,
            ["Type"] = "PACKAGE_VULNERABILITY",
            ["Description"] = finding.Description,
            ["Title"] = Title(finding),
            ["Remediation"] = new Members { ["Recommendation"] = new Members { ["Text"] = "None Provided" } },
            ["Severity"] = finding.Severity,
            ["FirstObservedAt"] = date(observed.FirstObservedAt),
            ["LastObservedAt"] = date(observed.UpdatedAt),
            ["UpdatedAt"] = date(observed.UpdatedAt),
            ["Status"] = finding.Status,
            ["Resources"] = new[]
            {
                new Members
                {
                    ["Type"] = ImageType,
                    ["Id"] = ArnOf(image),
                    ["Partition"] = "aws",
                    ["Region"] = owner.Region,
                    ["Provider"] = onBus ? "AWS" : null,
                    ["ProviderAccountId"] = onBus ? owner.AccountId : null,
                    ["Details"] = new Members
                    {
                        ["AwsEcrContainerImage"] = new Members
                        {
                            ["RepositoryName"] = image.Repository,
                            ["ImageTags"] = tags,
                            ["PushedAt"] = date(pushedAt),
                            ["Architecture"] = "amd64",
                            ["ImageHash"] = image.Digest,
                            ["Registry"] = owner.AccountId,
                            ["Platform"] = "DEBIAN_12",
                        },
                        ["Image"] = !onBus
                            ? null
                            : new Members
                            {
                                ["RepositoryName"] = image.Repository,
                                ["Registry"] = owner.AccountId,
                                ["ImageTags"] = tags,
                                ["ImageDigest"] = image.Digest,
                                ["PushedAt"] = date(pushedAt),
                                ["Architecture"] = "amd64",
                                ["Platform"] = "DEBIAN_12",
                            },
                    },
                },
            },
            ["InspectorScore"] = finding.Score,
            ["InspectorScoreDetails"] = finding.Score is not { } score
                ? null
                : new Members
                {
                    ["AdjustedCvss"] = new Members
                    {
                        ["ScoreSource"] = "NVD",
                        ["CvssSource"] = "NVD",
                        ["Version"] = "3.1",
                        ["Score"] = score,
                        ["ScoringVector"] = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
                    },
                },
            ["PackageVulnerabilityDetails"] = Details(finding, withRemediation: true),
            ["FixAvailable"] = finding.Fix,
            ["ExploitAvailable"] = Exploit(finding),
            ["Epss"] = finding.Epss is { } epss ? new Members { ["Score"] = epss } : null,
        };
    }

    /// <summary>
    /// A finding in the shape of ECR's DescribeImageScanFindings, which has neither EPSS nor the packages' remediation.
    /// </summary>
    internal object ForEcr(Observed observed)
    {
        var finding = observed.Finding;
        return new Members
        {
            ["AwsAccountId"] = account.Options.AccountId,
            ["Description"] = finding.Description,
            ["FindingArn"] = observed.Arn,
            ["FirstObservedAt"] = JsonWire.Epoch(observed.FirstObservedAt),
            ["LastObservedAt"] = JsonWire.Epoch(observed.UpdatedAt),
            ["PackageVulnerabilityDetails"] = Details(finding, withRemediation: false),
            ["Remediation"] = new Members { ["Recommendation"] = new Members { ["Text"] = "None Provided" } },
            ["Resources"] = new[]
            {
                new Members
                {
                    ["Id"] = account.ImageArn(observed.Image.Repository, observed.Image.Digest),
                    ["Type"] = ImageType,
                },
            },
            ["Score"] = finding.Score,
            ["Severity"] = finding.Severity,
            ["Status"] = finding.Status,
            ["Title"] = Title(finding),
            ["Type"] = "PACKAGE_VULNERABILITY",
            ["UpdatedAt"] = JsonWire.Epoch(observed.UpdatedAt),
            ["FixAvailable"] = finding.Fix,
            ["ExploitAvailable"] = Exploit(finding),
        };
    }

    private static Members Details(LocalFinding finding, bool withRemediation) =>
        new Members
        {
            ["VulnerabilityId"] = finding.Vulnerability,
            ["VulnerablePackages"] = finding.Packages.Select(p => new Members
            {
                ["Name"] = p.Name,
                ["Version"] = p.Version,
                ["Epoch"] = 0,
                ["PackageManager"] = p.Manager,
                ["FilePath"] = p.Path,
                ["FixedInVersion"] = p.FixedIn,
                ["Remediation"] =
                    withRemediation && p is { Manager: "OS", FixedIn: not null }
                        ? "apt-get update && apt-get upgrade"
                        : null,
            }),
            ["Source"] = "NVD",
            ["SourceUrl"] = $"https://nvd.nist.gov/vuln/detail/{finding.Vulnerability}",
            ["Cvss"] = Array.Empty<object>(),
            ["ReferenceUrls"] = Array.Empty<string>(),
            ["RelatedVulnerabilities"] = Array.Empty<string>(),
        };

    private static string Title(LocalFinding finding) =>
        $"{finding.Vulnerability} - {string.Join(", ", finding.Packages.Select(p => p.Name))}";

    private static string? Exploit(LocalFinding finding) =>
        finding.Exploit switch
        {
            true => "YES",
            false => "NO",
            null => null,
        };

    private void EmitFinding(Observed observed) =>
        account.Emit(
            Source,
            "Inspector2 Finding",
            ArnOf(observed.Image),
            Shown(
                observed,
                d => d.UtcDateTime.ToString("ddd MMM dd HH:mm:ss.fff 'UTC' yyyy", CultureInfo.InvariantCulture),
                onBus: true
            )
        );

    private void EmitScan(Coverage coverage)
    {
        var active = coverage.Findings.Where(f => f.Finding.Status == "ACTIVE").ToList();
        account.Emit(
            Source,
            "Inspector2 Scan",
            account.RepositoryArn(coverage.Repository),
            new Dictionary<string, object>
            {
                ["scan-status"] = "INITIAL_SCAN_COMPLETE",
                ["repository-name"] = account.RepositoryArn(coverage.Repository),
                ["finding-severity-counts"] = new Dictionary<string, int>
                {
                    ["CRITICAL"] = active.Count(f => f.Finding.Severity == "CRITICAL"),
                    ["HIGH"] = active.Count(f => f.Finding.Severity == "HIGH"),
                    ["MEDIUM"] = active.Count(f => f.Finding.Severity == "MEDIUM"),
                    ["TOTAL"] = active.Count,
                },
                ["image-digest"] = coverage.Digest,
                ["image-tags"] = ecr.Image(coverage.Repository, coverage.Digest).Tags.ToArray(),
                ["version"] = "1.0",
            }
        );
    }

    private void EmitCoverage(Coverage coverage) =>
        account.Emit(
            Source,
            "Inspector2 Coverage",
            ArnOf(coverage),
            new Members
            {
                ["ScanStatus"] = new Members
                {
                    ["Reason"] = coverage.Reason,
                    ["StatusCodeValue"] = coverage.StatusCode,
                },
                ["ScanType"] = "PACKAGE",
                ["Provider"] = "AWS",
                ["ProviderAccountId"] = Of(coverage).Options.AccountId,
                ["ProviderRegion"] = Of(coverage).Options.Region,
                ["EventTimestamp"] = account.Now.UtcDateTime.ToString(
                    "yyyy-MM-ddTHH:mm:ss.fffZ",
                    CultureInfo.InvariantCulture
                ),
                ["Version"] = "1.0",
            }
        );
}
