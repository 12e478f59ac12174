using System.Globalization;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Inspector2;
using Amazon.Inspector2.Model;
using EcrGuard.Core.Images;
using Finding = EcrGuard.Core.Images.Finding;
using Severity = EcrGuard.Core.Images.Severity;
using StringComparison = Amazon.Inspector2.StringComparison;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what the scanners say of an image: all pages or none, and never from the counts in an event.
/// </summary>
public sealed class ScanReader(IAmazonECR ecr, IAmazonInspector2 inspector, EcrReader registry, TimeProvider time)
{
    /// <summary>DescribeImageScanFindings gives at most 1000 findings a page.</summary>
    private const int BasicPage = 1000;

    /// <summary>ListFindings takes at most 100 and may give fewer.</summary>
    private const int EnhancedPage = 100;

    /// <summary>The scan facts of one image.</summary>
    /// <param name="heard">The scanner that an event came from, which saves asking the registry; unknown if there was
    ///     no event.</param>
    /// <returns>Null if the image is gone.</returns>
    public async Task<ScanFacts?> ReadAsync(ImageFacts image, Scanner heard, CancellationToken cancellation)
    {
        if (image.Storage is StorageStatus.Archived or StorageStatus.Activating)
            return new ScanFacts
            {
                Scanner = heard,
                State = ScanState.Archived,
                Word = "IMAGE_ARCHIVED",
                ReadAt = image.ReadAt,
            };

        var scanner =
            heard == Scanner.Unknown ? await registry.ScanTypeAsync(cancellation).ConfigureAwait(false) : heard;
        var facts =
            scanner == Scanner.Enhanced
                ? await EnhancedAsync(image, cancellation).ConfigureAwait(false)
                    ?? await BasicAsync(image, cancellation).ConfigureAwait(false)
                : await BasicAsync(image, cancellation).ConfigureAwait(false);
        return facts is { Scanner: Scanner.Unknown } ? facts with { Scanner = scanner } : facts;
    }

    private async Task<ScanFacts?> BasicAsync(ImageFacts image, CancellationToken cancellation)
    {
        var readAt = time.GetUtcNow();
        DescribeImageScanFindingsResponse last;
        List<ImageScanFinding> findings;
        try
        {
            (last, findings) = await BasicPagesAsync(image.Id, cancellation).ConfigureAwait(false);
        }
        catch (ScanNotFoundException)
        {
            var scanning = await registry.ScanningAsync(image.Id.Repository, cancellation).ConfigureAwait(false);
            return ScannerWords.Nothing(scanning, image.PushedAt, readAt);
        }
        catch (Exception gone) when (gone is Amazon.ECR.Model.ImageNotFoundException or RepositoryNotFoundException)
        {
            return null;
        }
        var isEnhanced =
            IsEnhanced(last) || await IsOfInspectorAsync(last, findings, readAt, cancellation).ConfigureAwait(false);
        return isEnhanced
            ? await EnhancedOrPendingAsync(image, last, readAt, cancellation).ConfigureAwait(false)
            : OfBasic(last, findings, readAt);
    }

    /// <returns>The last page, and the findings of all pages. A page of enhanced scanning is always the last.</returns>
    private async Task<(DescribeImageScanFindingsResponse Last, List<ImageScanFinding> Findings)> BasicPagesAsync(
        ImageId image,
        CancellationToken cancellation
    )
    {
        var request = new DescribeImageScanFindingsRequest
        {
            RegistryId = image.Repository.Account,
            RepositoryName = image.Repository.Name,
            ImageId = new ImageIdentifier { ImageDigest = image.Digest.ToString() },
            MaxResults = BasicPage,
        };
        var findings = new List<ImageScanFinding>();
        DateTime? completedAt = null;
        DescribeImageScanFindingsResponse page;
        do
        {
            page = await ecr.DescribeImageScanFindingsAsync(request, cancellation).ConfigureAwait(false);
            if (IsEnhanced(page))
                break;
            if (request.NextToken is not null && page.ImageScanFindings?.ImageScanCompletedAt != completedAt)
                throw new FactsChangedException(
                    $"Another scan of {image} finished while the findings of the last one were read."
                );
            completedAt = page.ImageScanFindings?.ImageScanCompletedAt;
            findings.AddRange(page.ImageScanFindings?.Findings ?? []);
            request.NextToken = page.NextToken;
        } while (!string.IsNullOrEmpty(request.NextToken));
        return (page, findings);
    }

    /// <summary>
    /// Whether the registry was switched to enhanced scanning. These findings then lack what the policy may ask for, so
    /// Inspector is asked instead.
    /// </summary>
    private static bool IsEnhanced(DescribeImageScanFindingsResponse page) =>
        page.ImageScanStatus?.Status?.Value == "ACTIVE" || page.ImageScanFindings?.EnhancedFindings is { Count: > 0 };

    /// <summary>
    /// Whether the scan is Inspector's. ECR reports COMPLETE for an enhanced scan on push too, before its findings are
    /// there. Only the registry says whose scan it is, if it is asked after the scan has ended.
    /// </summary>
    private async Task<bool> IsOfInspectorAsync(
        DescribeImageScanFindingsResponse last,
        List<ImageScanFinding> findings,
        DateTimeOffset readAt,
        CancellationToken cancellation
    )
    {
        if (findings.Count > 0 || StateOf(last) != ScanState.Complete)
            return false;
        var over = EcrReader.Utc(last.ImageScanFindings?.ImageScanCompletedAt) ?? readAt;
        return await registry.ScanTypeAsync(over, cancellation).ConfigureAwait(false) != Scanner.Basic;
    }

    private static ScanState StateOf(DescribeImageScanFindingsResponse page) =>
        ScannerWords.OfBasic(page.ImageScanStatus?.Status?.Value, page.ImageScanStatus?.Description);

    private static ScanFacts OfBasic(
        DescribeImageScanFindingsResponse last,
        List<ImageScanFinding> findings,
        DateTimeOffset readAt
    )
    {
        var state = StateOf(last);
        var missing =
            state == ScanState.Complete
                ? Findings.Missing(
                    findings.Select(finding => finding.Severity?.Value),
                    last.ImageScanFindings?.FindingSeverityCounts
                )
                : null;
        return new ScanFacts
        {
            Scanner = Scanner.Basic,
            State = missing is null ? state : ScanState.Contradictory,
            Word = missing ?? last.ImageScanStatus?.Status?.Value ?? "",
            Message = ScannerWords.MessageOf(state, last.ImageScanStatus?.Description),
            CompletedAt = EcrReader.Utc(last.ImageScanFindings?.ImageScanCompletedAt),
            Findings = Findings.Merge(findings.Select(OfBasic)),
            ReadAt = readAt,
        };
    }

    /// <summary>
    /// What Inspector says, if ECR reports a scan by Inspector. Inspector may not list the image yet.
    /// </summary>
    private async Task<ScanFacts> EnhancedOrPendingAsync(
        ImageFacts image,
        DescribeImageScanFindingsResponse told,
        DateTimeOffset readAt,
        CancellationToken cancellation
    ) =>
        await EnhancedAsync(image, cancellation).ConfigureAwait(false)
        ?? new ScanFacts
        {
            Scanner = Scanner.Enhanced,
            State = ScanState.Pending,
            Word = told.ImageScanStatus?.Status?.Value ?? "",
            ReadAt = readAt,
        };

    /// <summary>Null if Inspector does not cover the image. Then ECR's own answer says whether anything does.</summary>
    private async Task<ScanFacts?> EnhancedAsync(ImageFacts image, CancellationToken cancellation)
    {
        var readAt = time.GetUtcNow();
        if (await CoverageAsync(image.Id, cancellation).ConfigureAwait(false) is not { } covered)
            return null;

        var (state, continuous) = ScannerWords.OfEnhanced(
            covered.ScanStatus?.StatusCode?.Value,
            covered.ScanStatus?.Reason?.Value
        );
        // A finding blocks whatever the state is. If the image can no longer be scanned, what was found still holds.
        var reported =
            state == ScanState.Archived
                ? null
                : await EnhancedFindingsAsync(image.Id, cancellation).ConfigureAwait(false);
        // Findings are closed when monitoring ends, and another scan opens others. So what was read counts as complete
        // only if the coverage was the same before and after.
        if (
            state == ScanState.Complete
            && Comparable(await CoverageAsync(image.Id, cancellation).ConfigureAwait(false)) is var after
            && after != Comparable(covered)
        )
            throw new FactsChangedException(
                $"Inspector's coverage of {image.Id} changed from {Comparable(covered)} to {after} while its "
                    + "findings were read."
            );

        return new ScanFacts
        {
            Scanner = Scanner.Enhanced,
            State = state,
            Word = covered.ScanStatus?.Reason?.Value ?? "",
            CompletedAt = EcrReader.Utc(covered.LastScannedAt),
            Continuous = continuous,
            Listed = reported is null
                ? null
                : new ListedFindings(reported.Select(f => (Reported(f), f.Severity?.Value))),
            // A closed finding does not count. It only says that it was listed.
            Findings = Findings.Merge((reported ?? []).Where(f => f.Status?.Value != "CLOSED").SelectMany(OfEnhanced)),
            ReadAt = readAt,
        };
    }

    private static string Comparable(CoveredResource? covered) =>
        covered is null
            ? "none"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{covered.ScanStatus?.StatusCode?.Value} {covered.ScanStatus?.Reason?.Value}, scanned "
                    + $"{covered.LastScannedAt:O}"
            );

    private async Task<CoveredResource?> CoverageAsync(ImageId image, CancellationToken cancellation)
    {
        var request = new ListCoverageRequest
        {
            FilterCriteria = new CoverageFilterCriteria
            {
                AccountId = [new() { Comparison = CoverageStringComparison.EQUALS, Value = image.Repository.Account }],
                ResourceId =
                [
                    new CoverageStringFilter { Comparison = CoverageStringComparison.EQUALS, Value = image.Arn },
                ],
                ResourceType =
                [
                    new CoverageStringFilter
                    {
                        Comparison = CoverageStringComparison.EQUALS,
                        Value = "AWS_ECR_CONTAINER_IMAGE",
                    },
                ],
            },
        };
        do
        {
            var page = await inspector.ListCoverageAsync(request, cancellation).ConfigureAwait(false);
            if (
                page.CoveredResources?.FirstOrDefault(r =>
                    r.ResourceId == image.Arn && r.ScanType?.Value is null or "PACKAGE"
                ) is
                { } covered
            )
                return covered;
            request.NextToken = page.NextToken;
        } while (!string.IsNullOrEmpty(request.NextToken));
        return null;
    }

    /// <summary>
    /// Every finding, in every status. A finding that a suppression rule hides is still there, and the policy says
    /// whether it counts. Closed findings show how far the list has come.
    /// </summary>
    private async Task<List<Amazon.Inspector2.Model.Finding>> EnhancedFindingsAsync(
        ImageId image,
        CancellationToken cancellation
    )
    {
        var request = new ListFindingsRequest
        {
            MaxResults = EnhancedPage,
            FilterCriteria = new FilterCriteria
            {
                AwsAccountId = [Equal(image.Repository.Account)],
                EcrImageHash = [Equal(image.Digest.ToString())],
                EcrImageRepositoryName = [Equal(image.Repository.Name)],
            },
        };
        var findings = new List<Amazon.Inspector2.Model.Finding>();
        do
        {
            var page = await inspector.ListFindingsAsync(request, cancellation).ConfigureAwait(false);
            findings.AddRange(page.Findings?.Where(finding => IsOf(finding, image)) ?? []);
            request.NextToken = page.NextToken;
        } while (!string.IsNullOrEmpty(request.NextToken));
        return findings;
    }

    private static bool IsOf(Amazon.Inspector2.Model.Finding finding, ImageId image) =>
        FindingResource.AreOf(
            [.. (finding.Resources ?? []).Select(resource => new FindingResource(resource?.Type?.Value, resource?.Id))],
            image
        );

    private static StringFilter Equal(string value) => new() { Comparison = StringComparison.EQUALS, Value = value };

    private static Finding OfBasic(ImageScanFinding finding) =>
        Findings.OfBasic(
            finding.Name,
            finding.Severity?.Value,
            finding.Uri,
            key => finding.Attributes?.FirstOrDefault(a => a.Key == key)?.Value
        );

    /// <summary>A finding in the form that events report too.</summary>
    private static ReportedFinding Reported(Amazon.Inspector2.Model.Finding finding) =>
        ReportedFinding.Of(
            finding.FindingArn ?? "",
            finding.Status?.Value,
            finding.Severity?.Value,
            finding.FixAvailable?.Value,
            finding.ExploitAvailable?.Value,
            finding.Epss?.Score,
            finding.InspectorScore,
            EcrReader.Utc(finding.UpdatedAt)
        );

    /// <summary>
    /// Inspector gives one finding with all its packages. Here each package has a finding of its own.
    /// </summary>
    private static IEnumerable<Finding> OfEnhanced(Amazon.Inspector2.Model.Finding finding)
    {
        var details = finding.PackageVulnerabilityDetails;
        var common = new Finding
        {
            Vulnerability = details?.VulnerabilityId ?? finding.Title ?? finding.FindingArn ?? "",
            Severity = ScannerWords.OfSeverity(finding.Severity?.Value) ?? Severity.Undefined,
            SeverityUnknown = ScannerWords.OfSeverity(finding.Severity?.Value) is null,
            Fix = ScannerWords.OfFix(finding.FixAvailable?.Value),
            Exploit = ScannerWords.OfExploit(finding.ExploitAvailable?.Value),
            Epss = finding.Epss?.Score,
            Score = finding.InspectorScore,
            FirstObservedAt = EcrReader.Utc(finding.FirstObservedAt),
            Uri = details?.SourceUrl,
            Suppressed = finding.Status?.Value == "SUPPRESSED",
        };
        return details?.VulnerablePackages is { Count: > 0 } packages
            ? packages.Select(package =>
                common with
                {
                    Package = package.Name,
                    PackageManager = package.PackageManager?.Value,
                    Occurrences =
                    [
                        new PackageOccurrence(
                            ScannerWords.OfVersion(package.Epoch, package.Version, package.Release),
                            ScannerWords.OfFixedIn(package.FixedInVersion),
                            package.FilePath,
                            package.SourceLayerHash
                        ),
                    ],
                }
            )
            : [common];
    }
}

/// <summary>
/// The facts changed while they were read, so they do not belong together. The next try reads them again.
/// </summary>
public sealed class FactsChangedException(string message) : Exception(message);
