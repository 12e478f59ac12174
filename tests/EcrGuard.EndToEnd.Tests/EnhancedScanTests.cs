using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>The registry is scanned by Inspector.</summary>
public sealed class EnhancedScanTests : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13", "3.0.14"),
        new LocalPackage("libssl3t64", "3.0.13", "3.0.14")
    )
    {
        Fix = "YES",
        Epss = 0.00045,
    };
    private static readonly LocalFinding Low = new("CVE-2025-3003", "LOW", new LocalPackage("tar", "1.34"));

    private readonly Deployment _guard;

    public EnhancedScanTests(Deployment guard)
    {
        _guard = guard;
        guard.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
    }

    [Fact]
    public async Task A_finding_of_Inspectors_blocks_the_image()
    {
        var repository = _guard.CreateRepository();
        var digest = _guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        await _guard.DeliverAllAsync();
        Assert.Equal("Pending", _guard.StatusOf(repository, digest));
        _guard.Aws.Inspector.CompleteScan(repository, digest, Critical, Low);
        _guard.Aws.Events.Take();

        // EcrGuard never looks at the finding's own counts and severity. This one is MEDIUM.
        Assert.Empty(
            await _guard.DeliverAsync(
                "OnScanChanged",
                Recorded.Event(Recorded.Finding, _guard.Aws, repository, digest),
                Recorded.Event(Recorded.EnhancedScan, _guard.Aws, repository, digest)
            )
        );

        Assert.Equal("Blocked", _guard.StatusOf(repository, digest));
        Assert.Equal(["1.0", Blocked(digest)], _guard.Aws.Ecr.TagsOf(repository, digest)!);
        Assert.Equal(digest, Assert.Single(_guard.Alerts(repository))["digest"]!.ToString());
    }

    [Fact]
    public async Task A_multi_platform_index_is_blocked_by_one_platform_and_carries_the_tag()
    {
        var repository = _guard.CreateRepository();
        var (amd64, arm64) = (Manifest.Image($"{repository} amd64"), Manifest.Image($"{repository} arm64"));
        var index = _guard.Aws.Ecr.Push(
            repository,
            Manifest.Index([("linux/amd64", amd64), ("linux/arm64", arm64)], attestations: true),
            "1.0"
        );
        await _guard.DeliverAllAsync();
        Assert.Equal("Pending", _guard.StatusOf(repository, index));

        _guard.Aws.Inspector.CompleteScan(repository, amd64.Digest, Low);
        _guard.Aws.Inspector.CompleteScan(repository, arm64.Digest, Critical);
        await _guard.DeliverAllAsync();

        Assert.Equal(
            ("Approved", "Blocked", "Blocked"),
            (
                _guard.StatusOf(repository, amd64.Digest),
                _guard.StatusOf(repository, arm64.Digest),
                _guard.StatusOf(repository, index)
            )
        );
        Assert.Equal(["1.0", Blocked(index)], _guard.Aws.Ecr.TagsOf(repository, index)!);
        Assert.Empty(_guard.Aws.Ecr.TagsOf(repository, arm64.Digest)!);
        var alert = Assert.Single(_guard.Alerts(repository), alert => alert["digest"]!.ToString() == index);
        Assert.Contains("linux/arm64", alert["reasons"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static string Blocked(string digest) => $"ecrguard-blocked-{digest["sha256:".Length..]}";
}
