using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalEcrImageTests
{
    private const string Repository = "pay/api";

    private static readonly List<string> AllTypes =
    [
        MediaTypes.OciManifest,
        MediaTypes.OciIndex,
        MediaTypes.DockerManifest,
        MediaTypes.DockerList,
    ];

    [Fact]
    public async Task A_manifest_that_is_read_and_put_back_keeps_its_digest_and_gets_the_tag()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        var read = await ReadAsync(ecr, "v1");
        var put = await ecr.PutImageAsync(Put(read, "v2"));

        Assert.Equal(digest, put.Image.ImageId.ImageDigest);
        Assert.Equal(["v1", "v2"], aws.Ecr.TagsOf(Repository, digest));
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task A_manifest_that_was_not_accepted_as_it_is_has_another_digest()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        var converted = (
            await ecr.BatchGetImageAsync(
                new BatchGetImageRequest { RepositoryName = Repository, ImageIds = [Tag("v1")] }
            )
        ).Images.Single();
        var put = Put(converted, "v2");
        put.ImageDigest = digest;

        Assert.Equal(MediaTypes.DockerManifest, converted.ImageManifestMediaType);
        await Assert.ThrowsAsync<ImageDigestDoesNotMatchException>(() => ecr.PutImageAsync(put));
    }

    [Fact]
    public async Task The_same_digest_under_the_same_tag_already_exists()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var read = await ReadAsync(ecr, "v1");

        await Assert.ThrowsAsync<ImageAlreadyExistsException>(() => ecr.PutImageAsync(Put(read, "v1")));
        await Assert.ThrowsAsync<ImageAlreadyExistsException>(() => ecr.PutImageAsync(Put(read, null)));
    }

    [Theory]
    [InlineData(SameTagAnswer.ImageTagAlreadyExists, "ImageTagAlreadyExistsException")]
    [InlineData(SameTagAnswer.ImageAlreadyExists, "ImageAlreadyExistsException")]
    public async Task The_same_digest_under_the_same_tag_of_an_immutable_repository_gets_the_chosen_answer(
        SameTagAnswer answer,
        string code
    )
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { SameTagOnImmutable = answer });
        aws.Ecr.CreateRepository(Repository, TagMutability.Immutable);
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var read = await ReadAsync(ecr, "v1");

        var refused = await Assert.ThrowsAnyAsync<AmazonECRException>(() => ecr.PutImageAsync(Put(read, "v1")));

        Assert.Equal(code, refused.ErrorCode);
    }

    [Theory]
    [InlineData("MUTABLE", "", true, true)]
    [InlineData("IMMUTABLE", "", false, false)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION", "ecrguard-*", false, true)]
    [InlineData("MUTABLE_WITH_EXCLUSION", "ecrguard-*", true, false)]
    public async Task A_tag_moves_only_where_the_repository_lets_it(
        string mode,
        string exclusion,
        bool teamTagMoves,
        bool guardTagMoves
    )
    {
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository(
            Repository,
            exclusion.Length == 0 ? new TagMutability(mode) : new TagMutability(mode, exclusion)
        );
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Ecr.Push(Repository, Manifest.Image("one"), "ecrguard-x");
        var other = aws.Ecr.Push(Repository, Manifest.Image("two"), "other");
        var read = await ReadAsync(ecr, "other");

        await MoveAsync("v1", teamTagMoves);
        await MoveAsync("ecrguard-x", guardTagMoves);

        async Task MoveAsync(string tag, bool moves)
        {
            if (moves)
            {
                await ecr.PutImageAsync(Put(read, tag));
            }
            else
            {
                await Assert.ThrowsAsync<ImageTagAlreadyExistsException>(() => ecr.PutImageAsync(Put(read, tag)));
            }

            Assert.Equal(moves, aws.Ecr.DigestOf(Repository, tag) == other);
        }
    }

    [Fact]
    public async Task An_image_that_loses_its_last_tag_to_another_image_stays_untagged()
    {
        await using var aws = await StartAsync();
        var old = aws.Ecr.Push(Repository, Manifest.Image("one"), "latest");
        aws.Ecr.Push(Repository, Manifest.Image("two"), "latest");

        Assert.Equal([], aws.Ecr.TagsOf(Repository, old));
    }

    [Fact]
    public async Task Removing_the_last_tag_deletes_the_image()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v2");

        await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest { RepositoryName = Repository, ImageIds = [Tag("v1")] }
        );
        Assert.Equal(["v2"], aws.Ecr.TagsOf(Repository, digest));

        var last = await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest { RepositoryName = Repository, ImageIds = [Tag("v2")] }
        );
        Assert.Null(aws.Ecr.TagsOf(Repository, digest));
        Assert.Equal((digest, "v2"), (last.ImageIds.Single().ImageDigest, last.ImageIds.Single().ImageTag));
    }

    [Fact]
    public async Task What_cannot_be_deleted_is_a_failure_in_a_good_answer()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var amd = Manifest.Image("amd");
        var index = aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", amd)]), "v1");
        aws.Ecr.Push(Repository, Manifest.Image("one"), "one");

        var answer = await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest
            {
                RepositoryName = Repository,
                ImageIds =
                [
                    Digest(amd.Digest),
                    Tag("none"),
                    new ImageIdentifier { ImageDigest = index, ImageTag = "one" },
                    Digest("sha256:short"),
                    new ImageIdentifier(),
                ],
            }
        );

        Assert.Equal(
            [
                "ImageReferencedByManifestList",
                "ImageNotFound",
                "ImageTagDoesNotMatchDigest",
                "InvalidImageDigest",
                "MissingDigestAndTag",
            ],
            answer.Failures.Select(f => f.FailureCode.Value)
        );
        await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest { RepositoryName = Repository, ImageIds = [Digest(index)] }
        );
        var child = await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest { RepositoryName = Repository, ImageIds = [Digest(amd.Digest)] }
        );
        Assert.Equal(amd.Digest, child.ImageIds.Single().ImageDigest);
    }

    [Fact]
    public async Task An_image_takes_a_thousand_tags_and_no_more()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        for (var i = 0; i < 1_000; i++)
        {
            aws.Ecr.Push(Repository, Manifest.Image("one"), $"v{i}");
        }

        var read = await ReadAsync(ecr, "v1");

        await Assert.ThrowsAsync<LimitExceededException>(() => ecr.PutImageAsync(Put(read, "one-too-many")));
        var listed = await ecr.ListImagesAsync(
            new ListImagesRequest { RepositoryName = Repository, MaxResults = 1_000 }
        );
        Assert.Equal((1_000, null), (listed.ImageIds.Count, listed.NextToken));
    }

    [Fact]
    public async Task An_index_needs_its_children_and_an_image_its_layers()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var image = Manifest.Image("never pushed");
        var index = Manifest.Index([("linux/amd64", image)]);

        await Assert.ThrowsAsync<ReferencedImagesNotFoundException>(() => ecr.PutImageAsync(New(index)));
        await Assert.ThrowsAsync<LayersNotFoundException>(() => ecr.PutImageAsync(New(image)));

        aws.Ecr.Push(Repository, image);
        Assert.Equal(index.Digest, (await ecr.PutImageAsync(New(index))).Image.ImageId.ImageDigest);
    }

    [Fact]
    public async Task A_manifest_without_a_media_type_needs_one_beside_it()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.ImageWithoutMediaType("one"), "v1");
        var read = await ReadAsync(ecr, "v1");
        var put = Put(read, "v2");
        put.ImageManifestMediaType = null;

        await Assert.ThrowsAsync<InvalidParameterException>(() => ecr.PutImageAsync(put));
        await ecr.PutImageAsync(Put(read, "v2"));
        Assert.Equal(MediaTypes.OciManifest, read.ImageManifestMediaType);
    }

    [Fact]
    public async Task An_archived_image_is_hidden_cannot_be_read_or_scanned_and_comes_back_when_it_is_pushed()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        var read = await ReadAsync(ecr, "v1");
        aws.Ecr.Archive(Repository, digest);

        var any = new DescribeImagesFilter { ImageStatus = ImageStatusFilter.ANY };
        Assert.Empty(
            (await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })).ImageDetails
                ?? []
        );
        var archived = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, Filter = any })
        ).ImageDetails.Single();
        Assert.Equal("ARCHIVED", archived.ImageStatus.Value);
        Assert.NotNull(archived.LastArchivedAt);
        var pull = await ecr.BatchGetImageAsync(
            new BatchGetImageRequest { RepositoryName = Repository, ImageIds = [Tag("v1")] }
        );
        Assert.Equal("ImageNotFound", pull.Failures.Single().FailureCode.Value);
        await Assert.ThrowsAsync<ImageArchivedException>(() =>
            ecr.StartImageScanAsync(new StartImageScanRequest { RepositoryName = Repository, ImageId = Tag("v1") })
        );

        await ecr.PutImageAsync(Put(read, "v2"));

        var back = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })
        ).ImageDetails.Single();
        Assert.Equal("ACTIVE", back.ImageStatus.Value);
        Assert.NotNull(back.LastActivatedAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whether_reading_a_manifest_counts_as_a_pull_is_a_choice(bool records)
    {
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions { BatchGetImageRecordsPull = records }
        );
        aws.Ecr.CreateRepository(Repository);
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");

        await ReadAsync(ecr, "v1");

        var shown = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })
        ).ImageDetails.Single();
        Assert.Equal(records, shown.LastRecordedPullTime is not null);
    }

    [Fact]
    public async Task Another_tag_does_not_change_when_an_image_was_pushed()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-02T03:04:05Z"));
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = clock });
        aws.Ecr.CreateRepository(Repository);
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        clock.Advance(TimeSpan.FromDays(3));

        await ecr.PutImageAsync(Put(await ReadAsync(ecr, "v1"), "v2"));

        var shown = (
            await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository })
        ).ImageDetails.Single();
        Assert.Equal(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), shown.ImagePushedAt!.Value.ToUniversalTime());
    }

    [Fact]
    public async Task A_referrer_shows_its_subject_and_an_index_the_size_of_its_largest_child()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var index = aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/amd64", Manifest.Image("a", 10)), ("linux/arm64", Manifest.Image("b", 20))]),
            "v1"
        );
        var referrer = aws.Ecr.Push(Repository, Manifest.Referrer(index));

        var shown = await ecr.DescribeImagesAsync(
            new DescribeImagesRequest { RepositoryName = Repository, ImageIds = [Digest(index), Digest(referrer)] }
        );

        Assert.Equal(
            (20L, null, null),
            (
                shown.ImageDetails[0].ImageSizeInBytes!.Value,
                shown.ImageDetails[0].ArtifactMediaType,
                shown.ImageDetails[0].SubjectManifestDigest
            )
        );
        Assert.Equal(
            (index, "application/spdx+json"),
            (shown.ImageDetails[1].SubjectManifestDigest, shown.ImageDetails[1].ArtifactMediaType)
        );
    }

    [Fact]
    public async Task A_listing_shows_each_tag_once_over_all_its_pages()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        for (var i = 0; i < 5; i++)
        {
            aws.Ecr.Push(Repository, Manifest.Image($"image {i}"), $"a{i}");
            aws.Ecr.Push(Repository, Manifest.Image($"image {i}"), $"b{i}");
            aws.Ecr.Push(Repository, Manifest.Image($"untagged {i}"));
        }

        var rows = new List<string?>();
        string? token = null;
        do
        {
            var page = await ecr.ListImagesAsync(
                new ListImagesRequest
                {
                    RepositoryName = Repository,
                    MaxResults = 4,
                    NextToken = token,
                }
            );
            rows.AddRange(page.ImageIds.Select(i => i.ImageTag));
            token = page.NextToken;
        } while (token is not null);

        Assert.Equal(["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"], rows.OfType<string>().Order());
        Assert.Equal(5, rows.Count(r => r is null));
    }

    [Fact]
    public async Task A_page_token_is_good_for_its_own_listing_only()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("other");
        aws.Ecr.Push(Repository, Manifest.Image("one"));
        aws.Ecr.Push(Repository, Manifest.Image("two"));
        var page = await ecr.DescribeImagesAsync(
            new DescribeImagesRequest { RepositoryName = Repository, MaxResults = 1 }
        );

        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "other", NextToken = page.NextToken })
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, NextToken = "nonsense" })
        );
    }

    [Fact]
    public async Task Limits_are_those_of_ECR()
    {
        await using var aws = await StartAsync();
        using var ecr = aws.EcrClient();
        var many = Enumerable.Range(0, 101).Select(i => Tag($"v{i}")).ToList();

        await Refused(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, MaxResults = 1_001 })
        );
        await Refused(() =>
            ecr.DescribeImagesAsync(
                new DescribeImagesRequest
                {
                    RepositoryName = Repository,
                    ImageIds = [Tag("v1")],
                    MaxResults = 1,
                }
            )
        );
        await Refused(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, ImageIds = many })
        );
        await Refused(() =>
            ecr.BatchGetImageAsync(new BatchGetImageRequest { RepositoryName = Repository, ImageIds = many })
        );
        await Refused(() =>
            ecr.BatchDeleteImageAsync(new BatchDeleteImageRequest { RepositoryName = Repository, ImageIds = many })
        );
        await Assert.ThrowsAsync<ImageNotFoundException>(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, ImageIds = [Tag("none")] })
        );
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() =>
            ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "none" })
        );

        static Task Refused(Func<Task> call) => Assert.ThrowsAsync<InvalidParameterException>(call);
    }

    private static async Task<LocalAwsServer> StartAsync()
    {
        var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository(Repository);
        return aws;
    }

    private static async Task<Image> ReadAsync(AmazonECRClient ecr, string tag) =>
        (
            await ecr.BatchGetImageAsync(
                new BatchGetImageRequest
                {
                    RepositoryName = Repository,
                    ImageIds = [Tag(tag)],
                    AcceptedMediaTypes = AllTypes,
                }
            )
        ).Images.Single();

    private static PutImageRequest Put(Image image, string? tag) =>
        new()
        {
            RepositoryName = Repository,
            ImageManifest = image.ImageManifest,
            ImageManifestMediaType = image.ImageManifestMediaType,
            ImageTag = tag,
        };

    private static PutImageRequest New(Manifest manifest) =>
        new()
        {
            RepositoryName = Repository,
            ImageManifest = manifest.Text,
            ImageManifestMediaType = manifest.MediaType,
        };

    private static ImageIdentifier Tag(string tag) => new() { ImageTag = tag };

    private static ImageIdentifier Digest(string digest) => new() { ImageDigest = digest };
}
