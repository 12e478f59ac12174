using System.Text.Json;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalStorageTests
{
    private const string Repository = "pay/api";

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider clock = new(Now);

    [Fact]
    public async Task A_restore_takes_its_time_and_the_image_cannot_be_used_until_then()
    {
        await using var aws = await StartAsync(new LocalAwsOptions { RestoreTakes = TimeSpan.FromMinutes(20) });
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("scanned", scanOnPush: true);
        var digest = aws.Ecr.Push("scanned", Manifest.Image("one"), "v1", announce: false);
        aws.Ecr.CompleteScan("scanned", digest);
        Task<string> Move(TargetStorageClass to) => MoveAsync(ecr, "scanned", digest, to);

        Assert.Equal("ARCHIVED", await Move(TargetStorageClass.ARCHIVE));
        Assert.Equal("ACTIVATING", await Move(TargetStorageClass.STANDARD));

        await Assert.ThrowsAsync<ImageStorageClassUpdateNotSupportedException>(() => Move(TargetStorageClass.ARCHIVE));
        Assert.Equal("ACTIVATING", await Move(TargetStorageClass.STANDARD));
        Assert.Single(
            (
                await ecr.BatchGetImageAsync(
                    new BatchGetImageRequest
                    {
                        RepositoryName = "scanned",
                        ImageIds = [new ImageIdentifier { ImageDigest = digest }],
                    }
                )
            ).Failures
        );
        Assert.Empty(
            (await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "scanned" })).ImageDetails
        );
        var activating = new DescribeImagesFilter { ImageStatus = ImageStatusFilter.ACTIVATING };
        Assert.Null(
            (
                await ecr.DescribeImagesAsync(
                    new DescribeImagesRequest { RepositoryName = "scanned", Filter = activating }
                )
            )
                .ImageDetails.Single()
                .LastActivatedAt
        );

        clock.Advance(TimeSpan.FromMinutes(20));

        var back = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "scanned" })
        ).ImageDetails.Single();
        Assert.Equal((Now.UtcDateTime, Now.AddMinutes(20).UtcDateTime), (back.LastArchivedAt, back.LastActivatedAt));
        var scan = await ecr.DescribeImageScanFindingsAsync(
            new DescribeImageScanFindingsRequest
            {
                RepositoryName = "scanned",
                ImageId = new ImageIdentifier { ImageDigest = digest },
            }
        );
        Assert.Equal("IN_PROGRESS", scan.ImageScanStatus.Status.Value);
        Assert.Equal(
            "STANDARD",
            JsonDocument
                .Parse(aws.Events.ToList()[^1])
                .RootElement.GetProperty("detail")
                .GetProperty("target-storage-class")
                .GetString()
        );
    }

    [Fact]
    public async Task A_push_restores_at_once_even_an_image_that_is_being_restored()
    {
        await using var aws = await StartAsync(new LocalAwsOptions { RestoreTakes = TimeSpan.FromMinutes(20) });
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);
        await MoveAsync(ecr, Repository, digest, TargetStorageClass.ARCHIVE);
        await MoveAsync(ecr, Repository, digest, TargetStorageClass.STANDARD);

        aws.Ecr.Push(Repository, Manifest.Image("one"), "v2");
        clock.Advance(TimeSpan.FromHours(1));

        var back = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })
        ).ImageDetails.Single();
        Assert.Equal(("ACTIVE", Now.UtcDateTime), (back.ImageStatus.Value, back.LastActivatedAt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whether_a_child_is_archived_before_its_index_is_a_choice(bool allowed)
    {
        await using var aws = await StartAsync(new LocalAwsOptions { ChildrenCanBeArchived = allowed });
        using var ecr = aws.EcrClient();
        var child = Manifest.Image("amd64");
        var index = aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", child)]), "v1");

        var error = await Record.ExceptionAsync(() =>
            MoveAsync(ecr, Repository, child.Digest, TargetStorageClass.ARCHIVE)
        );

        Assert.Equal(allowed ? null : typeof(ImageStorageClassUpdateNotSupportedException), error?.GetType());
        await MoveAsync(ecr, Repository, index, TargetStorageClass.ARCHIVE);
        Assert.Equal("ARCHIVED", await MoveAsync(ecr, Repository, child.Digest, TargetStorageClass.ARCHIVE));
    }

    [Fact]
    public async Task The_children_of_an_archived_index_can_be_pulled_by_digest()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var child = Manifest.Image("amd64");
        var index = aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", child)]), "v1");

        await MoveAsync(ecr, Repository, index, TargetStorageClass.ARCHIVE);

        var read = await ecr.BatchGetImageAsync(
            new BatchGetImageRequest
            {
                RepositoryName = Repository,
                ImageIds =
                [
                    new ImageIdentifier { ImageDigest = child.Digest },
                    new ImageIdentifier { ImageTag = "v1" },
                ],
            }
        );
        Assert.Equal(child.Digest, read.Images.Single().ImageId.ImageDigest);
        Assert.Equal("v1", read.Failures.Single().ImageId.ImageTag);
    }

    [Fact]
    public async Task A_pull_moves_the_recorded_time_and_needs_an_image_that_is_not_archived()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        aws.Ecr.Pull(Repository, "v1");
        clock.Advance(TimeSpan.FromDays(1));
        aws.Ecr.Pull(Repository, digest);

        Assert.Equal(
            Now.AddDays(1).UtcDateTime,
            (await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository }))
                .ImageDetails.Single()
                .LastRecordedPullTime
        );
        aws.Ecr.Archive(Repository, digest);
        Assert.ThrowsAny<Exception>(() => aws.Ecr.Pull(Repository, "v1"));
    }

    [Fact]
    public async Task What_cannot_be_moved_is_said()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();

        await Assert.ThrowsAsync<ImageNotFoundException>(() =>
            MoveAsync(ecr, Repository, Manifest.Image("none").Digest, TargetStorageClass.ARCHIVE)
        );
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() =>
            MoveAsync(ecr, "none", Manifest.Image("none").Digest, TargetStorageClass.ARCHIVE)
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            MoveAsync(ecr, Repository, Manifest.Image("none").Digest, new TargetStorageClass("GLACIER"))
        );
    }

    [Fact]
    public async Task Referrers_are_listed_in_pages_active_ones_unless_asked()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var subject = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var referrers = Enumerable
            .Range(0, 45)
            .Select(i => aws.Ecr.Push(Repository, Manifest.Referrer(subject, $"application/type-{i}")))
            .ToList();
        aws.Ecr.Push(Repository, Manifest.Referrer(Manifest.Image("another").Digest));
        aws.Ecr.Archive(Repository, referrers[0]);
        var request = new ListImageReferrersRequest
        {
            RepositoryName = Repository,
            SubjectId = new SubjectIdentifier { ImageDigest = subject },
        };

        var listed = new List<ImageReferrer>();
        do
        {
            var page = await ecr.ListImageReferrersAsync(request);
            listed.AddRange(page.Referrers);
            request.NextToken = page.NextToken;
        } while (request.NextToken is not null);

        Assert.Equal(referrers.Skip(1), listed.Select(r => r.Digest));
        Assert.Equal(3, aws.Requests.Count);
        Assert.Equal(
            (MediaTypes.OciManifest, "application/type-1", "ACTIVE"),
            (listed[0].MediaType, listed[0].ArtifactType, listed[0].ArtifactStatus.Value)
        );
        request.Filter = new ListImageReferrersFilter
        {
            ArtifactStatus = ArtifactStatusFilter.ANY,
            ArtifactTypes = ["application/type-0", "application/type-9"],
        };
        Assert.Equal(
            [referrers[0], referrers[9]],
            (await ecr.ListImageReferrersAsync(request)).Referrers.Select(r => r.Digest)
        );
        request.MaxResults = 51;
        await Assert.ThrowsAsync<InvalidParameterException>(() => ecr.ListImageReferrersAsync(request));
    }

    private static async Task<string> MoveAsync(
        AmazonECRClient ecr,
        string repository,
        string digest,
        TargetStorageClass to
    ) => (
            await ecr.UpdateImageStorageClassAsync(
                new UpdateImageStorageClassRequest
                {
                    RepositoryName = repository,
                    ImageId = new ImageIdentifier { ImageDigest = digest },
                    TargetStorageClass = to,
                }
            )
        ).ImageStatus.Value;

    private async Task<LocalAwsServer> StartAsync(LocalAwsOptions options)
    {
        var aws = await LocalAwsServer.StartAsync(options with { TimeProvider = clock });
        aws.Ecr.CreateRepository(Repository);
        return aws;
    }
}
