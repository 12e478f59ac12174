namespace EcrGuard.LocalAws.Ecr;

/// <content>Scanning: configuration, basic scans, and findings of both kinds.</content>
public sealed partial class LocalEcr
{
    private static readonly TimeSpan BetweenScans = TimeSpan.FromHours(24);

    private static IEnumerable<object> Filters(IEnumerable<string> filters) =>
        filters.Select(f => new Members { ["Filter"] = f, ["FilterType"] = "WILDCARD" });

    private static Dictionary<string, int> Counted(IEnumerable<string> severities) =>
        severities.CountBy(s => s).ToDictionary();

    private void StartScanOfPushed(EcrRepository repository, EcrImage image)
    {
        if (scanning.IsEnhanced)
        {
            Inspector.OnPushed(repository.Name, image, scanning);
        }
        else if (
            MediaTypes.IsImage(image.MediaType)
            && image.SubjectDigest is null
            && scanning.FrequencyOf(repository) == "SCAN_ON_PUSH"
        )
        {
            image.Scan = new BasicScan("IN_PROGRESS", account.Now);
        }
    }

    private object StartImageScan(StartImageScanRequest request)
    {
        var repository = Find(request);
        var image = Image(repository, request.ImageId);
        if (scanning.IsEnhanced)
        {
            throw new LocalError(400, "ValidationException", "This feature is disabled");
        }

        if (!image.IsActive)
        {
            throw new LocalError(
                400,
                "ImageArchivedException",
                "The specified image is archived and cannot be scanned."
            );
        }

        if (!MediaTypes.IsImage(image.MediaType))
        {
            throw new LocalError(
                400,
                "UnsupportedImageTypeException",
                $"An artifact with media type '{image.MediaType}' cannot be scanned"
            );
        }

        if (image.Scan is { } last && account.Now - last.StartedAt < BetweenScans)
        {
            throw new LocalError(
                400,
                "LimitExceededException",
                "The scan quota per image has been exceeded. Wait and try again."
            );
        }

        image.Scan = new BasicScan("IN_PROGRESS", account.Now);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageId"] = Identity(image, request.ImageId),
            ["ImageScanStatus"] = new Members { ["Status"] = image.Scan.Status },
        };
    }

    private static ImageIdentifier Identity(EcrImage image, ImageIdentifier asked) =>
        asked with
        {
            ImageDigest = image.Digest,
        };

    private object DescribeImageScanFindings(DescribeImageScanFindingsRequest request)
    {
        var repository = Find(request);
        var image = Image(repository, request.ImageId);
        return scanning.IsEnhanced
            ? EnhancedFindings(request, repository, image)
            : BasicFindings(request, repository, image);
    }

    private Members BasicFindings(DescribeImageScanFindingsRequest request, EcrRepository repository, EcrImage image)
    {
        var scan = image.Scan ?? throw ScanNotFound(repository, request.ImageId);
        var findings = scan.Findings.SelectMany(f => f.Packages.Select(p => (Finding: f, Package: p))).ToList();
        var (page, next) = PageOf(request, repository, image, findings.FindAll(f => f.Finding.Listed));
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageId"] = Identity(image, request.ImageId),
            ["ImageScanStatus"] = new Members { ["Status"] = scan.Status, ["Description"] = scan.Description },
            ["ImageScanFindings"] =
                scan.Status != "COMPLETE"
                    ? null
                    : new Members
                    {
                        ["ImageScanCompletedAt"] = JsonWire.Epoch(scan.CompletedAt),
                        ["VulnerabilitySourceUpdatedAt"] = JsonWire.Epoch(scan.CompletedAt),
                        ["FindingSeverityCounts"] = Counted(findings.Select(f => f.Finding.Severity)),
                        ["Findings"] = page.Select(f => Shown(f.Finding, f.Package)),
                    },
            ["NextToken"] = next,
        };
    }

    private static Members Shown(LocalFinding finding, LocalPackage package)
    {
        var attributes = new List<object>
        {
            new Members { ["Key"] = "package_name", ["Value"] = package.Name },
            new Members { ["Key"] = "package_version", ["Value"] = package.Version },
        };
        if (finding.Score is { } score)
        {
            attributes.Add(
                new Members
                {
                    ["Key"] = "CVSS3_SCORE",
                    ["Value"] = score.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture),
                }
            );
        }

        return new Members
        {
            ["Name"] = finding.Vulnerability,
            ["Description"] = finding.Description,
            ["Uri"] = $"https://www.cve.org/CVERecord?id={finding.Vulnerability}",
            ["Severity"] = finding.Severity,
            ["Attributes"] = attributes,
        };
    }

    private Members EnhancedFindings(DescribeImageScanFindingsRequest request, EcrRepository repository, EcrImage image)
    {
        var coverage =
            Inspector.CoverageOf(repository.Name, image.Digest) ?? throw ScanNotFound(repository, request.ImageId);
        var active = coverage.ListedFindings(account.Now).Where(f => f.Finding.Status == "ACTIVE").ToList();
        var (page, next) = PageOf(request, repository, image, active);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageId"] = Identity(image, request.ImageId),
            ["ImageScanStatus"] = new Members
            {
                ["Status"] = coverage.ImageScanStatus,
                ["Description"] = coverage.Reason,
            },
            ["ImageScanFindings"] = new Members
            {
                ["ImageScanCompletedAt"] = JsonWire.Epoch(coverage.LastScannedAt),
                ["VulnerabilitySourceUpdatedAt"] = JsonWire.Epoch(coverage.LastScannedAt),
                ["FindingSeverityCounts"] = Counted(active.Select(f => f.Finding.Severity)),
                ["EnhancedFindings"] = page.Select(f => Inspector.ForEcr(f)),
            },
            ["NextToken"] = next,
        };
    }

    private (IReadOnlyList<T> Items, string? NextToken) PageOf<T>(
        DescribeImageScanFindingsRequest request,
        EcrRepository repository,
        EcrImage image,
        IReadOnlyList<T> findings
    )
    {
        var (page, next) = Page(
            $"DescribeImageScanFindings {repository.Name}@{image.Digest}",
            request.NextToken,
            request.MaxResults,
            after => Enumerable.Range(0, findings.Count).Skip((int)Position(after)),
            i => (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
        return ([.. page.Select(i => findings[i])], next);
    }

    private LocalError ScanNotFound(EcrRepository repository, ImageIdentifier id) =>
        new(
            400,
            "ScanNotFoundException",
            $"Image scan does not exist for the image with '{{imageDigest:'{id.ImageDigest ?? "null"}', "
                + $"imageTag:'{id.ImageTag ?? "null"}'}}' in the repository with name '{repository.Name}' in the "
                + $"registry with id '{Options.AccountId}'"
        );

    private object GetRegistryScanningConfiguration(GetRegistryScanningConfigurationRequest request) =>
        new Members { ["RegistryId"] = Options.AccountId, ["ScanningConfiguration"] = Shown(scanning) };

    private static Members Shown(ScanningConfiguration scanning) =>
        new Members
        {
            ["ScanType"] = scanning.ScanType,
            ["Rules"] = scanning.Rules.Select(r => new Members
            {
                ["ScanFrequency"] = r.Frequency,
                ["RepositoryFilters"] = Filters(r.RepositoryFilters),
            }),
        };

    private object PutRegistryScanningConfiguration(PutRegistryScanningConfigurationRequest request)
    {
        var type = request.ScanType ?? "BASIC";
        CheckOneOf("scanType", type, "BASIC", "ENHANCED");
        var rules = request.Rules ?? [];
        if (rules.Count > 2)
        {
            throw Invalid("rules", "Member must have length less than or equal to 2");
        }

        foreach (var rule in rules)
        {
            CheckOneOf("scanFrequency", rule.ScanFrequency, "SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL");
            if (type == "BASIC" && rule.ScanFrequency == "CONTINUOUS_SCAN")
            {
                throw new LocalError(
                    400,
                    "ValidationException",
                    "CONTINUOUS_SCAN is not supported for BASIC scanning."
                );
            }
        }

        var before = scanning;
        scanning = new ScanningConfiguration(
            type,
            [.. rules.Select(r => new ScanningRule(r.ScanFrequency, [.. r.RepositoryFilters.Select(f => f.Filter)]))]
        );
        AnnounceChange(before);
        return new Members { ["RegistryScanningConfiguration"] = Shown(scanning) };
    }

    private void AnnounceChange(ScanningConfiguration before)
    {
        var changed = repositories
            .Values.Where(r => before.FrequencyOf(r) != scanning.FrequencyOf(r))
            .OrderBy(r => r.Name, StringComparer.Ordinal)
            .ToList();
        if (!scanning.IsEnhanced || changed.Count == 0)
        {
            return;
        }

        account.Emit(
            "aws.ecr",
            "ECR Scan Resource Change",
            null,
            new Dictionary<string, object>
            {
                ["action-type"] = "SCAN_FREQUENCY_CHANGE",
                ["repositories"] = changed.Select(r => new Dictionary<string, object>
                {
                    ["repository-name"] = r.Name,
                    ["repository-arn"] = r.Arn,
                    ["scan-frequency"] = scanning.FrequencyOf(r),
                    ["previous-scan-frequency"] = before.FrequencyOf(r),
                }),
                ["resource-type"] = "REPOSITORY",
                ["scan-type"] = scanning.ScanType,
            }
        );
    }

    private object PutImageScanningConfiguration(PutImageScanningConfigurationRequest request)
    {
        var repository = Find(request);
        repository.ScanOnPush = request.ImageScanningConfiguration.ScanOnPush;
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageScanningConfiguration"] = new Members { ["ScanOnPush"] = repository.ScanOnPush },
        };
    }

    private object BatchGetRepositoryScanningConfiguration(BatchGetRepositoryScanningConfigurationRequest request)
    {
        CheckCount("repositoryNames", request.RepositoryNames, 25);
        return new Members
        {
            ["ScanningConfigurations"] = request
                .RepositoryNames.Select(n => repositories.GetValueOrDefault(n))
                .OfType<EcrRepository>()
                .Select(r => new Members
                {
                    ["RepositoryArn"] = r.Arn,
                    ["RepositoryName"] = r.Name,
                    ["ScanOnPush"] = scanning.FrequencyOf(r) != "MANUAL",
                    ["ScanFrequency"] = scanning.FrequencyOf(r),
                    ["AppliedScanFilters"] = Filters(scanning.FiltersFor(r.Name)),
                }),
            ["Failures"] = request
                .RepositoryNames.Where(n => !repositories.ContainsKey(n))
                .Select(n => new Members
                {
                    ["RepositoryName"] = n,
                    ["FailureCode"] = "REPOSITORY_NOT_FOUND",
                    ["FailureReason"] =
                        $"The repository with name '{n}' does not exist in the registry with id "
                        + $"'{Options.AccountId}'",
                }),
        };
    }
}
