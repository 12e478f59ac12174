using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Why nothing is known of an image. Every cause has its own sentence, which says what to do, and the status is never
/// green.
/// </summary>
public sealed class HonestStatesTests
{
    private static readonly ScanningConfiguration Elsewhere = new(
        "ENHANCED",
        new ScanningRule("CONTINUOUS_SCAN", "other/*")
    );

    private static readonly (string Cause, Action<GuardFixture, string> Happens, string Told)[] Causes =
    [
        (
            "scanning is off",
            (_, _) => { },
            "UNSCANNED: No scan was made and none is coming: no scanning filter of the registry matches this "
                + "repository, and it does not scan its pushes by itself (SCAN_FREQUENCY_MANUAL). Turn on scanning "
                + "for the repository, then push the image again or start a scan."
        ),
        (
            "no filter of basic scanning matches",
            (aws, _) =>
                aws.Aws.Ecr.Scanning = new ScanningConfiguration("BASIC", new ScanningRule("SCAN_ON_PUSH", "other/*")),
            "UNSCANNED: No scan was made and none is coming: no scanning filter of the registry matches this "
                + "repository, and it does not scan its pushes by itself (SCAN_FREQUENCY_MANUAL). Turn on scanning "
                + "for the repository, then push the image again or start a scan."
        ),
        (
            "no filter of enhanced scanning matches",
            (aws, _) => aws.Aws.Ecr.Scanning = Elsewhere,
            "UNSCANNED: No scan was made and none is coming: no enhanced scanning filter of the registry "
                + "matches this repository, or it scans by hand only (SCAN_FREQUENCY_MANUAL). Add a filter that "
                + "matches the repository to the registry's enhanced scanning, then push the image again."
        ),
        (
            "pushed before scanning was turned on",
            (aws, _) =>
                aws.Aws.Ecr.Scanning = new ScanningConfiguration("BASIC", new ScanningRule("SCAN_ON_PUSH", "*")),
            "UNSCANNED: The basic scanner has not scanned this image: pushes to this repository are scanned, "
                + "but the image came before that or before the account had this scanner, or its scan never began "
                + "(SCAN_NOT_FOUND). Start a scan of the image (aws ecr start-image-scan), or rebuild it and push "
                + "it."
        ),
        (
            "unsupported base image",
            (aws, digest) => aws.Aws.Ecr.FailScan("quiet", digest, "UNSUPPORTED_IMAGE"),
            "UNSUPPORTED: The basic scanner cannot read this image (UNSUPPORTED_IMAGE): InternalError: The "
                + "scan failed. Build on a base image that the scanner supports, or let the policy allow "
                + "unsupported images."
        ),
        (
            "scan failed",
            (aws, digest) => aws.Aws.Ecr.FailScan("quiet", digest),
            "ERROR: The basic scan failed (FAILED): InternalError: The scan failed. Start the scan again; if "
                + "it fails again, rebuild the image."
        ),
        (
            "still running",
            (aws, digest) => aws.Aws.Ecr.StartScan("quiet", digest),
            "ERROR: The basic scan has not finished in 24 hours (IN_PROGRESS): it may never. Start another "
                + "scan of the image (aws ecr start-image-scan), or rebuild it."
        ),
        (
            "archived",
            (aws, digest) => aws.Aws.Ecr.Archive("quiet", digest),
            "STALE: The image is archived, and archived images are not scanned (IMAGE_ARCHIVED). Restore the "
                + "image to the standard storage class; it is then scanned again."
        ),
        (
            "scanned long ago",
            (aws, digest) =>
            {
                aws.Aws.Ecr.CompleteScan("quiet", digest);
                aws.Time.Advance(TimeSpan.FromDays(31));
            },
            "STALE: The basic scan is 33 days old; the policy allows 30. Scan the image again (aws ecr "
                + "start-image-scan), or rebuild it."
        ),
        (
            "enhanced: unsupported base image",
            (aws, digest) => Cover(aws, digest, "UNSUPPORTED_OS"),
            "UNSUPPORTED: The enhanced scanner cannot read this image (UNSUPPORTED_OS). Build on a base "
                + "image that the scanner supports, or let the policy allow unsupported images."
        ),
        (
            "enhanced: too big",
            (aws, digest) => Cover(aws, digest, "IMAGE_SIZE_EXCEEDED"),
            "UNSUPPORTED: The enhanced scanner cannot read this image (IMAGE_SIZE_EXCEEDED). Make the image "
                + "smaller, or let the policy allow unsupported images."
        ),
        (
            "enhanced: still running",
            (aws, digest) => Cover(aws, digest, "SCAN_IN_PROGRESS"),
            "ERROR: The enhanced scan has not finished in 24 hours (SCAN_IN_PROGRESS): it may never. Rebuild "
                + "the image and push it; if that is not scanned either, see what Amazon Inspector says of its "
                + "coverage."
        ),
        (
            "enhanced: monitoring has ended",
            (aws, digest) => Cover(aws, digest, "SCAN_ELIGIBILITY_EXPIRED"),
            "STALE: The enhanced scanner no longer monitors this image (SCAN_ELIGIBILITY_EXPIRED): that it "
                + "lists no findings says nothing. Push the image again, or lengthen Inspector's re-scan duration."
        ),
        (
            "enhanced: being turned off",
            (aws, digest) => Cover(aws, digest, "PENDING_DISABLE"),
            "STALE: The enhanced scanner no longer monitors this image (PENDING_DISABLE): that it lists no "
                + "findings says nothing. Turn Amazon Inspector on again for ECR in this account."
        ),
        (
            "enhanced: failed",
            (aws, digest) => Cover(aws, digest, "INTERNAL_ERROR"),
            "ERROR: The enhanced scan failed (INTERNAL_ERROR). Rebuild the image and push it; if that is not "
                + "scanned either, see what Amazon Inspector says of its coverage."
        ),
        (
            "switched from basic to enhanced",
            (aws, digest) =>
            {
                aws.Aws.Ecr.CompleteScan("quiet", digest);
                aws.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
            },
            "UNSCANNED: The enhanced scanner has not scanned this image: pushes to this repository are "
                + "scanned, but the image came before that or before the account had this scanner, or its scan "
                + "never began (SCAN_NOT_FOUND). Rebuild the image and push it: enhanced scanning cannot be "
                + "started by hand."
        ),
        (
            "switched from enhanced to basic",
            (aws, digest) =>
            {
                Cover(aws, digest, "SUCCESSFUL");
                aws.Aws.Ecr.Scanning = new ScanningConfiguration("BASIC", new ScanningRule("SCAN_ON_PUSH", "*"));
            },
            "UNSCANNED: The basic scanner has not scanned this image: pushes to this repository are scanned, "
                + "but the image came before that or before the account had this scanner, or its scan never began "
                + "(SCAN_NOT_FOUND). Start a scan of the image (aws ecr start-image-scan), or rebuild it and push "
                + "it."
        ),
    ];

    private static void Cover(GuardFixture aws, string digest, string reason, params LocalFinding[] findings)
    {
        aws.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        aws.Aws.Inspector.CompleteScan("quiet", digest, findings);
        aws.Aws.Inspector.SetCoverage(
            "quiet",
            digest,
            reason is "SUCCESSFUL" or "SCAN_IN_PROGRESS" ? "ACTIVE" : "INACTIVE",
            reason
        );
    }

    public static TheoryData<string> Named => [.. Causes.Select(cause => cause.Cause)];

    [Theory]
    [MemberData(nameof(Named))]
    public async Task Every_cause_is_told_with_what_to_do_and_never_approved(string named)
    {
        var (_, happens, told) = Causes.Single(cause => cause.Cause == named);
        await using var fixture = await StartAsync("""{ "version": 1 }""");
        fixture.Aws.Ecr.CreateRepository("quiet", scanOnPush: false);
        await fixture.Functions.BackfillAsync();
        var digest = fixture.Push("1", "quiet");
        await fixture.Functions.DeliverAllAsync();

        happens(fixture, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(25));
        await fixture.Functions.SweepAsync();
        fixture.Time.Advance(TimeSpan.FromHours(25));
        await fixture.Functions.SweepAsync();

        var (_, answer) = await fixture.Functions.AskAsync("quiet:1");
        Assert.False(answer.GetProperty("approved").GetBoolean());
        var reason = Assert.Single(answer.GetProperty("reasons").EnumerateArray());
        Assert.Equal(
            told,
            $"{answer.GetProperty("status").GetString()}: {reason.GetProperty("sentence").GetString()} "
                + $"{Assert.Single(answer.GetProperty("toPass").EnumerateArray()).GetString()}"
        );
    }

    [Theory]
    [InlineData("INACTIVE", "PENDING_DISABLE")]
    [InlineData("INACTIVE", "SUCCESSFUL")]
    [InlineData("ACTIVE", "SUCCESSFUL")]
    public async Task Findings_during_whose_reading_status_reason_or_scan_of_the_coverage_changed_are_no_facts(
        string status,
        string reason
    )
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        fixture.Aws.Inspector.CompleteScan(Repository, digest);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                if (status == "ACTIVE")
                    fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
                fixture.Aws.Inspector.SetCoverage(Repository, digest, status, reason);
            }) with
            {
                Operation = "ListCoverage",
                From = 2,
            }
        );

        var (_, answer) = await fixture.Functions.AskAsync($"{Repository}:1");
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal("ERROR", answer.GetProperty("status").GetString());
        Assert.Contains(
            "while its findings were read",
            answer.GetProperty("reasons")[0].GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("UNSUPPORTED_OS")]
    [InlineData("SCAN_FREQUENCY_MANUAL")]
    [InlineData("EXCLUDED_BY_TAG")]
    public async Task An_open_finding_blocks_though_the_scanner_no_longer_scans_the_image(string reason)
    {
        await using var fixture = await StartAsync("""{ "version": 1 }""");
        fixture.Aws.Ecr.CreateRepository("quiet", scanOnPush: false);
        var digest = fixture.Push("1", "quiet");
        Cover(fixture, digest, reason, Critical);

        var (_, answer) = await fixture.Functions.AskAsync("quiet:1");
        Assert.Equal("BLOCKED", answer.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_switch_from_enhanced_to_basic_and_a_clean_basic_scan_lift_nothing_that_basic_scanning_cannot_see()
    {
        await using var fixture = await StartAsync("""{ "version": 1 }""");
        fixture.Aws.Ecr.CreateRepository("quiet", scanOnPush: false);
        await fixture.Functions.BackfillAsync();
        var digest = fixture.Push("1", "quiet");
        Cover(
            fixture,
            digest,
            "SUCCESSFUL",
            new LocalFinding(
                "CVE-2021-44228",
                "CRITICAL",
                new LocalPackage("log4j-core", "2.14.1", "2.17.1", "JAR", "/app.jar")
            )
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));

        fixture.Aws.Ecr.Scanning = new ScanningConfiguration("BASIC", new ScanningRule("SCAN_ON_PUSH", "*"));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Ecr.CompleteScan("quiet", digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(25));
        await fixture.Functions.SweepAsync();

        var (_, answer) = await fixture.Functions.AskAsync("quiet:1");
        Assert.Equal("BLOCKED", answer.GetProperty("status").GetString());
        Assert.Equal(
            [
                "CVE-2021-44228 (CRITICAL) in log4j-core 2.14.1 (JAR) at /app.jar: fixed in 2.17.1; rule "
                    + "'critical' blocks.",
                "Basic scanning reads the operating system's packages only: 1 finding of the enhanced scan "
                    + "before in other packages stays, until a completed enhanced scan, a waiver or the policy "
                    + "says otherwise.",
            ],
            answer.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetProperty("sentence").GetString())
        );
    }

    [Fact]
    public async Task A_scan_that_lists_less_than_it_counts_is_an_error()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Low, Critical with { Listed = false });
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(
            ("ERROR", "contradictory"),
            (fixture.Status(digest), fixture.Verdict(digest).GetProperty("reasons")[0].GetProperty("code").GetString())
        );
    }

    [Fact]
    public async Task A_scan_that_has_not_finished_in_a_day_is_pending_until_then_and_green_when_it_does_finish()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.StartScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        async Task<string> AskAsync() =>
            (await fixture.Functions.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString()!;

        fixture.Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal("PENDING", await AskAsync());
        fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("ERROR", await AskAsync());
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", await AskAsync());
    }

    [Theory]
    [InlineData("application/vnd.oci.artifact.manifest.v1+json")]
    [InlineData("application/vnd.cncf.oras.artifact.manifest.v1+json")]
    public async Task A_platform_that_its_index_calls_an_artifact_is_judged_as_what_it_is(string called)
    {
        await using var fixture = await StartAsync();
        var (amd64, arm64) = (Manifest.Image("amd64"), Manifest.Image("arm64"));
        fixture.Aws.Ecr.CompleteScan(Repository, fixture.Aws.Ecr.Push(Repository, amd64), Critical);
        fixture.Aws.Ecr.CompleteScan(Repository, fixture.Aws.Ecr.Push(Repository, arm64));
        var manifest = Manifest
            .Index([("linux/amd64", amd64), ("linux/arm64", arm64)])
            .Text.Replace(
                $"\"{MediaTypes.OciManifest}\",\"digest\":\"{amd64.Digest}\"",
                $"\"{called}\",\"digest\":\"{amd64.Digest}\"",
                StringComparison.Ordinal
            );
        Assert.Contains(called, manifest, StringComparison.Ordinal);
        await fixture
            .Functions.Part<Amazon.ECR.IAmazonECR>()
            .PutImageAsync(
                new()
                {
                    RepositoryName = Repository,
                    ImageManifest = manifest,
                    ImageTag = "1",
                }
            );

        Assert.Equal(
            "BLOCKED",
            (await fixture.Functions.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString()
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(fixture.Aws.Ecr.DigestOf(Repository, "1")!));
    }

    [Theory]
    [InlineData(true, "APPROVED")]
    [InlineData(false, "UNSUPPORTED")]
    public async Task An_index_that_lists_SOCI_indexes_is_as_its_images_as_long_as_they_stand_behind_those(
        bool behind,
        string status
    )
    {
        await using var fixture = await StartAsync();
        var (amd64, arm64) = (Manifest.Image("amd64"), Manifest.Image("arm64"));
        (string, Manifest)[] images = [("linux/amd64", amd64), ("linux/arm64/v8", arm64)];
        (string, Manifest)[] lazy =
        [
            ("linux/amd64", Manifest.SociIndex(amd64)),
            ("linux/arm64", Manifest.SociIndex(arm64)),
        ];
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index(behind ? [.. images, .. lazy] : [.. lazy, .. images]),
            "1"
        );
        foreach (var (_, image) in images)
            fixture.Aws.Ecr.CompleteScan(Repository, image.Digest);
        Assert.Equal(
            status,
            (await fixture.Functions.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString()
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(status, fixture.Status(index));
        fixture.Aws.Requests.Take();

        fixture.Aws.Ecr.CompleteScan(Repository, amd64.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(index));
        // Once known, a SOCI index costs no call. One call asks whether the index is there, since the alert is then
        // left to the index.
        if (behind)
            Assert.Equal(4, fixture.Aws.Requests.Count(request => request.Operation == "DescribeImages"));
    }

    [Fact]
    public async Task A_platform_of_an_index_that_is_an_artifact_is_said_to_be_one()
    {
        await using var fixture = await StartAsync();
        var image = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/amd64", image), ("linux/arm64", Manifest.Referrer(image.Digest))]),
            "1"
        );
        fixture.Aws.Ecr.CompleteScan(Repository, image.Digest);
        await fixture.Functions.DeliverAllAsync();

        const string Told =
            "linux/arm64: This is an artifact about an image (a signature, SBOM or attestation), not an "
            + "image to deploy.";
        Assert.Equal("UNSUPPORTED", fixture.Status(index));
        Assert.Equal(Told, fixture.Verdict(index).GetProperty("reasons")[0].GetProperty("sentence").GetString());
        Assert.Equal(
            Told,
            (await fixture.Functions.AskAsync($"{Repository}:1"))
                .Body.GetProperty("reasons")[0]
                .GetProperty("sentence")
                .GetString()
        );
    }
}
