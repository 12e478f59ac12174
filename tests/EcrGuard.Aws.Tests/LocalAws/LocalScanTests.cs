using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Inspector2;
using Amazon.Inspector2.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;
using StringComparison = Amazon.Inspector2.StringComparison;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalScanTests
{
    private const string Repository = "pay/api";

    private static readonly LocalFinding OpenSsl = new(
        "CVE-2024-6119",
        "HIGH",
        new LocalPackage("openssl", "3.0.13", "3.0.14"),
        new LocalPackage("libssl3", "3.0.13", "3.0.14")
    )
    {
        Epss = 0.04,
        Exploit = false,
        Fix = "YES",
        Score = 7.5,
    };

    private static readonly LocalFinding Log4j = new(
        "CVE-2021-44228",
        "CRITICAL",
        new LocalPackage("log4j-core", "2.14.1", "2.15.0", "JAR", "app/lib.jar")
    );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listing_sums_up_the_findings_of_a_scan_only_if_the_local_AWS_is_told_to(bool summarizes)
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { SummarizesScans = summarizes });
        aws.Ecr.CreateRepository(Repository);
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Ecr.CompleteScan(Repository, digest, OpenSsl, Log4j);

        var image = Assert.Single(
            (await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })).ImageDetails
        );
        Assert.Equal(summarizes ? 1 : null, image.ImageScanFindingsSummary?.FindingSeverityCounts["CRITICAL"]);
    }

    [Fact]
    public async Task A_basic_scan_is_not_found_then_in_progress_then_complete()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        await Assert.ThrowsAsync<ScanNotFoundException>(() => FindingsAsync(ecr, "v1"));
        Assert.Equal("IN_PROGRESS", (await StartScanAsync(ecr, "v1")).ImageScanStatus.Status.Value);
        Assert.Null((await FindingsAsync(ecr, "v1")).ImageScanFindings);

        aws.Ecr.CompleteScan(Repository, digest, OpenSsl, Log4j);

        var found = await FindingsAsync(ecr, "v1");
        Assert.Equal(("COMPLETE", digest), (found.ImageScanStatus.Status.Value, found.ImageId.ImageDigest));
        Assert.Equal(
            ["CVE-2024-6119 openssl", "CVE-2024-6119 libssl3", "CVE-2021-44228 log4j-core"],
            found.ImageScanFindings.Findings.Select(f =>
                $"{f.Name} {f.Attributes.Single(a => a.Key == "package_name").Value}"
            )
        );
        Assert.Equal(
            (2, 1),
            (
                found.ImageScanFindings.FindingSeverityCounts["HIGH"],
                found.ImageScanFindings.FindingSeverityCounts["CRITICAL"]
            )
        );
    }

    [Fact]
    public async Task An_image_is_scanned_once_in_24_hours_its_push_included()
    {
        var clock = new FakeTimeProvider();
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = clock });
        aws.Ecr.CreateRepository(Repository, scanOnPush: true);
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Ecr.CompleteScan(Repository, digest);

        clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<LimitExceededException>(() => StartScanAsync(ecr, "v1"));
        clock.Advance(TimeSpan.FromSeconds(1));
        await StartScanAsync(ecr, "v1");
    }

    [Fact]
    public async Task A_basic_scan_does_not_take_an_index_and_enhanced_scanning_is_not_started_by_hand()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", Manifest.Image("one"))]), "v1");

        var refused = await Assert.ThrowsAsync<UnsupportedImageTypeException>(() => StartScanAsync(ecr, "v1"));
        Assert.Equal(
            "An artifact with media type 'application/vnd.oci.image.index.v1+json' cannot be scanned",
            refused.Message
        );

        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        await Assert.ThrowsAsync<Amazon.ECR.Model.ValidationException>(() => StartScanAsync(ecr, "v1"));
    }

    [Theory]
    [InlineData("FAILED")]
    [InlineData("UNSUPPORTED_IMAGE")]
    public async Task A_failed_scan_has_a_status_and_no_findings(string status)
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        aws.Ecr.FailScan(Repository, digest, status);

        var found = await FindingsAsync(ecr, "v1");
        Assert.Equal((status, null), (found.ImageScanStatus.Status.Value, found.ImageScanFindings));
    }

    [Fact]
    public async Task Ten_thousand_findings_come_in_pages_of_a_thousand()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Ecr.CompleteScan(
            Repository,
            digest,
            [
                .. Enumerable
                    .Range(0, 10_000)
                    .Select(i => OpenSsl with { Vulnerability = $"CVE-{i}", Packages = [new LocalPackage("p", "1")] }),
            ]
        );

        var names = new HashSet<string>();
        var request = new DescribeImageScanFindingsRequest
        {
            RepositoryName = Repository,
            ImageId = new ImageIdentifier { ImageDigest = digest },
            MaxResults = 1_000,
        };
        do
        {
            var page = await ecr.DescribeImageScanFindingsAsync(request);
            names.UnionWith(page.ImageScanFindings.Findings.Select(f => f.Name));
            Assert.Equal(10_000, page.ImageScanFindings.FindingSeverityCounts["HIGH"]);
            request.NextToken = page.NextToken;
        } while (request.NextToken is not null);

        Assert.Equal((10_000, 10), (names.Count, aws.Requests.Count));
    }

    [Fact]
    public async Task An_enhanced_scan_is_pending_from_the_push_on_and_then_active()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        Assert.Equal("PENDING", (await FindingsAsync(ecr, "v1")).ImageScanStatus.Status.Value);
        aws.Inspector.CompleteScan(Repository, digest, OpenSsl, Log4j with { Status = "SUPPRESSED" });

        var found = await FindingsAsync(ecr, "v1");
        var finding = Assert.Single(found.ImageScanFindings.EnhancedFindings);
        Assert.Equal("ACTIVE", found.ImageScanStatus.Status.Value);
        Assert.Equal(
            ("CVE-2024-6119", "HIGH", 7.5, "YES"),
            (finding.PackageVulnerabilityDetails.VulnerabilityId, finding.Severity, finding.Score, finding.FixAvailable)
        );
        Assert.Equal(
            ["openssl", "libssl3"],
            finding.PackageVulnerabilityDetails.VulnerablePackages.Select(p => p.Name)
        );
    }

    [Fact]
    public async Task Findings_are_listed_by_what_is_asked_for()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var inspector = aws.InspectorClient();
        var one = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var two = aws.Ecr.Push(Repository, Manifest.Image("two"), "v2");
        aws.Inspector.CompleteScan(
            Repository,
            one,
            OpenSsl,
            Log4j,
            OpenSsl with
            {
                Vulnerability = "CVE-2024-1",
                Status = "CLOSED",
            }
        );
        aws.Inspector.CompleteScan(Repository, two, OpenSsl);

        Assert.Equal(4, await CountAsync(new FilterCriteria()));
        Assert.Equal(3, await CountAsync(new FilterCriteria { EcrImageHash = [Is(one)] }));
        Assert.Equal(
            2,
            await CountAsync(
                new FilterCriteria
                {
                    EcrImageHash = [Is(one)],
                    EcrImageRepositoryName = [Is(Repository)],
                    FindingStatus = [Is("ACTIVE")],
                }
            )
        );
        Assert.Equal(
            0,
            await CountAsync(new FilterCriteria { EcrImageHash = [Is(one)], EcrImageRepositoryName = [Is("other")] })
        );
        Assert.Equal(4, await CountAsync(new FilterCriteria { Severity = [Is("HIGH"), Is("CRITICAL")] }));
        Assert.Equal(
            1,
            await CountAsync(
                new FilterCriteria
                {
                    Severity = [new StringFilter { Comparison = StringComparison.NOT_EQUALS, Value = "HIGH" }],
                }
            )
        );
        Assert.Equal(
            3,
            await CountAsync(
                new FilterCriteria
                {
                    VulnerabilityId = [new StringFilter { Comparison = StringComparison.PREFIX, Value = "CVE-2024-" }],
                }
            )
        );

        async Task<int> CountAsync(FilterCriteria criteria) =>
            (await inspector.ListFindingsAsync(new ListFindingsRequest { FilterCriteria = criteria })).Findings.Count;
    }

    [Fact]
    public async Task Findings_are_listed_after_their_scan_and_their_events_and_so_is_a_change_of_one()
    {
        var clock = new FakeTimeProvider();
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced, clock);
        using var ecr = aws.EcrClient();
        using var inspector = aws.InspectorClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Events.Take();
        aws.Inspector.CompleteScan(Repository, digest, OpenSsl, Log4j with { ListedAfter = TimeSpan.FromMinutes(3) });

        Assert.Equal(3, aws.Events.Take().Count);
        Assert.Equal(["CVE-2024-6119 ACTIVE"], await ListedAsync());
        Assert.Equal(["HIGH"], (await FindingsAsync(ecr, "v1")).ImageScanFindings.FindingSeverityCounts.Keys);
        clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(["CVE-2024-6119 ACTIVE", "CVE-2021-44228 ACTIVE"], await ListedAsync());

        aws.Inspector.SetStatus(Repository, digest, "CVE-2021-44228", "SUPPRESSED", TimeSpan.FromMinutes(2));
        Assert.Equal(["CVE-2024-6119 ACTIVE", "CVE-2021-44228 ACTIVE"], await ListedAsync());
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["CVE-2024-6119 ACTIVE", "CVE-2021-44228 SUPPRESSED"], await ListedAsync());

        async Task<IEnumerable<string>> ListedAsync() =>
            (await inspector.ListFindingsAsync(new ListFindingsRequest())).Findings.Select(f =>
                $"{f.PackageVulnerabilityDetails.VulnerabilityId} {f.Status}"
            );
    }

    [Fact]
    public async Task A_rescan_closes_what_it_does_not_find_again_and_what_is_closed_is_deleted_some_day()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var inspector = aws.InspectorClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Inspector.CompleteScan(Repository, digest, OpenSsl, Log4j);
        var first = await ListedAsync();
        aws.Events.Take();

        aws.Inspector.CompleteScan(Repository, digest, OpenSsl);
        Assert.Equal(
            first.Select(f => (f.Arn, f.Status == "ACTIVE" && f.Arn == first[0].Arn ? "ACTIVE" : "CLOSED")),
            await ListedAsync()
        );
        Assert.Equal(3, aws.Events.Take().Count);

        aws.Inspector.DeleteClosed();
        Assert.Equal([first[0]], await ListedAsync());

        async Task<IReadOnlyList<(string Arn, string Status)>> ListedAsync() =>
            [
                .. (await inspector.ListFindingsAsync(new ListFindingsRequest())).Findings.Select(f =>
                    (f.FindingArn, f.Status.Value)
                ),
            ];
    }

    [Fact]
    public async Task A_finding_carries_what_the_product_decides_by()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var inspector = aws.InspectorClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Inspector.CompleteScan(Repository, digest, OpenSsl);

        var finding = (await inspector.ListFindingsAsync(new ListFindingsRequest())).Findings.Single();

        Assert.Equal((0.04, 7.5), (finding.Epss.Score!.Value, finding.InspectorScore!.Value));
        Assert.Equal(("YES", "NO"), (finding.FixAvailable.Value, finding.ExploitAvailable.Value));
        Assert.Equal("3.0.14", finding.PackageVulnerabilityDetails.VulnerablePackages[0].FixedInVersion);
        var image = finding.Resources.Single().Details.AwsEcrContainerImage;
        Assert.Equal((digest, Repository, "v1"), (image.ImageHash, image.RepositoryName, image.ImageTags.Single()));
        Assert.NotNull(finding.FirstObservedAt);
    }

    [Fact]
    public async Task Findings_come_in_pages_of_25_whatever_is_asked_for()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var inspector = aws.InspectorClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Inspector.CompleteScan(
            Repository,
            digest,
            announce: false,
            [.. Enumerable.Range(0, 60).Select(i => OpenSsl with { Vulnerability = $"CVE-{i}" })]
        );

        var pages = new List<int>();
        var request = new ListFindingsRequest { MaxResults = 100 };
        do
        {
            var page = await inspector.ListFindingsAsync(request);
            pages.Add(page.Findings.Count);
            request.NextToken = page.NextToken;
        } while (request.NextToken is not null);

        Assert.Equal([25, 25, 10], pages);
        await Assert.ThrowsAsync<Amazon.Inspector2.Model.ValidationException>(() =>
            inspector.ListFindingsAsync(new ListFindingsRequest { MaxResults = 101 })
        );
    }

    [Fact]
    public async Task A_filter_that_is_not_known_is_refused_and_recorded()
    {
        await using var aws = await StartAsync();
        using var inspector = aws.InspectorClient();

        await Assert.ThrowsAnyAsync<AmazonInspector2Exception>(() =>
            inspector.ListFindingsAsync(
                new ListFindingsRequest
                {
                    FilterCriteria = new FilterCriteria { RelatedVulnerabilities = [Is("USN-1")] },
                }
            )
        );

        Assert.Contains("relatedVulnerabilities", Assert.Single(aws.Unexpected), System.StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coverage_says_why_an_image_is_or_is_not_scanned()
    {
        await using var aws = await StartAsync(
            new ScanningConfiguration("ENHANCED", new ScanningRule("SCAN_ON_PUSH", "pay/*"))
        );
        aws.Ecr.CreateRepository("free");
        using var inspector = aws.InspectorClient();
        var scanned = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var unsupported = aws.Ecr.Push(Repository, Manifest.Image("two"), "v2");
        var manual = aws.Ecr.Push("free", Manifest.Image("three"), "v3");
        aws.Inspector.CompleteScan(Repository, scanned);
        aws.Inspector.SetCoverage(Repository, unsupported, "INACTIVE", "UNSUPPORTED_OS");

        var all = (await inspector.ListCoverageAsync(new ListCoverageRequest { MaxResults = 200 })).CoveredResources;
        var one = (
            await inspector.ListCoverageAsync(
                new ListCoverageRequest
                {
                    FilterCriteria = new CoverageFilterCriteria
                    {
                        ResourceId =
                        [
                            new CoverageStringFilter
                            {
                                Comparison = CoverageStringComparison.EQUALS,
                                Value = $"arn:aws:ecr:eu-central-1:123456789012:repository/{Repository}/{scanned}",
                            },
                        ],
                    },
                }
            )
        ).CoveredResources.Single();

        Assert.Equal(
            [
                (scanned, "INACTIVE", "SCAN_FREQUENCY_SCAN_ON_PUSH"),
                (unsupported, "INACTIVE", "UNSUPPORTED_OS"),
                (manual, "INACTIVE", "SCAN_FREQUENCY_MANUAL"),
            ],
            all.Select(r =>
                (
                    r.ResourceId[r.ResourceId.IndexOf("sha256:", System.StringComparison.Ordinal)..],
                    r.ScanStatus.StatusCode.Value,
                    r.ScanStatus.Reason.Value
                )
            )
        );
        Assert.Equal("v1", one.ResourceMetadata.EcrImage.Tags.Single());
        Assert.NotNull(one.LastScannedAt);
    }

    [Fact]
    public async Task The_end_of_monitoring_closes_findings_that_nobody_fixed()
    {
        await using var aws = await StartAsync(ScanningConfiguration.Enhanced);
        using var inspector = aws.InspectorClient();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Inspector.CompleteScan(Repository, digest, OpenSsl);

        aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");

        Assert.Equal(
            "CLOSED",
            (await inspector.ListFindingsAsync(new ListFindingsRequest())).Findings.Single().Status.Value
        );
        Assert.Equal("SCAN_ELIGIBILITY_EXPIRED", (await FindingsAsync(ecr, "v1")).ImageScanStatus.Status.Value);
    }

    [Fact]
    public async Task Scanning_configuration_is_told_per_registry_and_per_repository()
    {
        await using var aws = await StartAsync(
            new ScanningConfiguration(
                "ENHANCED",
                new ScanningRule("CONTINUOUS_SCAN", "pay/*"),
                new ScanningRule("SCAN_ON_PUSH", "*")
            )
        );
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("free");

        var registry = (
            await ecr.GetRegistryScanningConfigurationAsync(new GetRegistryScanningConfigurationRequest())
        ).ScanningConfiguration;
        var repositories = await ecr.BatchGetRepositoryScanningConfigurationAsync(
            new BatchGetRepositoryScanningConfigurationRequest { RepositoryNames = [Repository, "free", "none"] }
        );

        Assert.Equal(("ENHANCED", 2), (registry.ScanType.Value, registry.Rules.Count));
        Assert.Equal(
            ["CONTINUOUS_SCAN", "SCAN_ON_PUSH"],
            repositories.ScanningConfigurations.Select(c => c.ScanFrequency.Value)
        );
        Assert.Equal("REPOSITORY_NOT_FOUND", repositories.Failures.Single().FailureCode.Value);
    }

    [Theory]
    [InlineData(
        """{"scanType":"ENHANCED","rules":[{"scanFrequency":"CONTINUOUS_SCAN","repositoryFilters":[{"filter":"*","filterType":"WILDCARD"}]}]}""",
        200,
        "ENHANCED"
    )]
    [InlineData(
        """{"scanType":"BASIC","rules":[{"scanFrequency":"CONTINUOUS_SCAN","repositoryFilters":[{"filter":"*","filterType":"WILDCARD"}]}]}""",
        400,
        "BASIC"
    )]
    public async Task Basic_scanning_is_never_continuous(string body, int expected, string scanType)
    {
        await using var aws = await LocalAwsServer.StartAsync();

        var (status, _) = await aws.PostToEcrAsync("PutRegistryScanningConfiguration", body);

        Assert.Equal((expected, scanType), (status, aws.Ecr.Scanning.ScanType));
    }

    private static async Task<LocalAwsServer> StartAsync(
        ScanningConfiguration? scanning = null,
        TimeProvider? clock = null
    )
    {
        var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = clock ?? TimeProvider.System });
        aws.Ecr.Scanning = scanning ?? ScanningConfiguration.Basic;
        aws.Ecr.CreateRepository(Repository);
        return aws;
    }

    private static StringFilter Is(string value) => new() { Comparison = StringComparison.EQUALS, Value = value };

    private static Task<StartImageScanResponse> StartScanAsync(AmazonECRClient ecr, string tag) =>
        ecr.StartImageScanAsync(
            new StartImageScanRequest
            {
                RepositoryName = Repository,
                ImageId = new ImageIdentifier { ImageTag = tag },
            }
        );

    private static Task<DescribeImageScanFindingsResponse> FindingsAsync(AmazonECRClient ecr, string tag) =>
        ecr.DescribeImageScanFindingsAsync(
            new DescribeImageScanFindingsRequest
            {
                RepositoryName = Repository,
                ImageId = new ImageIdentifier { ImageTag = tag },
            }
        );
}
