using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Facts;
using EcrGuard.LocalAws;
using CoreMutability = EcrGuard.Core.Images.TagMutability;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;
using TagMutability = EcrGuard.LocalAws.Ecr.TagMutability;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// The settings of a repository: mutability with its exclusions, and resource tags, over the wire and as
/// <see cref="EcrReader"/> reads them.
/// </summary>
public sealed class LocalRepositorySettingsTests
{
    private const string Name = "pay/api";
    private const string Arn = $"arn:aws:ecr:eu-central-1:123456789012:repository/{Name}";

    [Fact]
    public async Task Resource_tags_are_added_replaced_and_removed()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        await ecr.CreateRepositoryAsync(
            new CreateRepositoryRequest { RepositoryName = Name, Tags = [Tag("team", "pay"), Tag("stage", "test")] }
        );

        await ecr.TagResourceAsync(
            new TagResourceRequest { ResourceArn = Arn, Tags = [Tag("stage", "prod"), Tag("empty", "")] }
        );
        await ecr.UntagResourceAsync(new UntagResourceRequest { ResourceArn = Arn, TagKeys = ["team", "none"] });

        var tags = await RegistryOf(aws, ecr)
            .ResourceTagsAsync(RegistryOf(aws, ecr).Repository(Name), TestContext.Current.CancellationToken);
        Assert.Equal(new Dictionary<string, string> { ["empty"] = "", ["stage"] = "prod" }, tags);
        Assert.Equal(Name, aws.Requests.ToList()[^1].Resource);
    }

    [Fact]
    public async Task Resource_tags_have_the_limits_of_ECR()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name, tags: Enumerable.Range(0, 49).ToDictionary(i => $"key-{i}", _ => "value"));
        Task Put(params Tag[] tags) =>
            ecr.TagResourceAsync(new TagResourceRequest { ResourceArn = Arn, Tags = [.. tags] });

        await Put(Tag("key-0", new string('v', 256)), Tag(new string('k', 128), "v"));

        await Assert.ThrowsAsync<TooManyTagsException>(() => Put(Tag("one more", "v")));
        await Assert.ThrowsAsync<InvalidTagParameterException>(() => Put(Tag(new string('k', 129), "v")));
        await Assert.ThrowsAsync<InvalidTagParameterException>(() => Put(Tag("key-0", new string('v', 257))));
        await Assert.ThrowsAsync<InvalidTagParameterException>(() => Put(Tag("aws:own", "v")));
        await Assert.ThrowsAsync<RepositoryNotFoundException>(() =>
            ecr.ListTagsForResourceAsync(new ListTagsForResourceRequest { ResourceArn = $"{Arn}-none" })
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.ListTagsForResourceAsync(new ListTagsForResourceRequest { ResourceArn = Name })
        );
        Assert.Equal(
            50,
            (await ecr.ListTagsForResourceAsync(new ListTagsForResourceRequest { ResourceArn = Arn })).Tags.Count
        );
    }

    [Fact]
    public async Task Excluded_tags_of_an_immutable_repository_move_and_the_others_do_not()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name);
        aws.Ecr.Push(Name, Manifest.Image("one"), "v1");
        aws.Ecr.Push(Name, Manifest.Image("one"), "ecrguard-1");
        await PutMutabilityAsync(ecr, ImageTagMutability.IMMUTABLE_WITH_EXCLUSION, "ecrguard-*", "*-latest");

        aws.Ecr.Push(Name, Manifest.Image("two"), "ecrguard-1");

        Assert.ThrowsAny<Exception>(() => aws.Ecr.Push(Name, Manifest.Image("two"), "v1"));
        Assert.Equal(Manifest.Image("two").Digest, aws.Ecr.DigestOf(Name, "ecrguard-1"));
        var deleted = await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest { RepositoryName = Name, ImageIds = [new ImageIdentifier { ImageTag = "v1" }] }
        );
        Assert.Empty(deleted.Failures);

        await PutMutabilityAsync(ecr, ImageTagMutability.MUTABLE_WITH_EXCLUSION, "v*");
        aws.Ecr.Push(Name, Manifest.Image("two"), "v2");
        Assert.ThrowsAny<Exception>(() => aws.Ecr.Push(Name, Manifest.Image("three"), "v2"));
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            PutMutabilityAsync(ecr, ImageTagMutability.MUTABLE_WITH_EXCLUSION, "a", "b", "c", "d", "e", "f")
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            PutMutabilityAsync(ecr, ImageTagMutability.MUTABLE_WITH_EXCLUSION, "a b")
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            PutMutabilityAsync(ecr, ImageTagMutability.IMMUTABLE_WITH_EXCLUSION)
        );
    }

    [Fact]
    public async Task A_repository_is_read_with_its_exclusions_and_its_images_with_all_their_times()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name, TagMutability.ImmutableExcept("ecrguard-*", "latest"), scanOnPush: true);
        var digest = aws.Ecr.Push(Name, Manifest.Image("one"), "v1", At(1));
        aws.Ecr.Pull(Name, digest, At(2));
        aws.Ecr.Archive(Name, digest, At(3));
        aws.Ecr.Restore(Name, digest, At(4));
        var registry = RegistryOf(aws, ecr);

        var settings = await registry.RepositoryAsync(registry.Repository(Name), TestContext.Current.CancellationToken);
        var image = await registry.ImageAsync(
            registry.Repository(Name),
            "v1",
            null,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(
            (Arn, CoreMutability.ImmutableWithExclusion, true),
            (settings!.Id.Arn, settings.Mutability, settings.ScanOnPush)
        );
        Assert.Equal(["ecrguard-*", "latest"], settings.MutabilityExclusions);
        Assert.InRange(settings.CreatedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.Equal(
            [At(1), At(2), At(3), At(4)],
            [image!.PushedAt, image.LastPulledAt, image.LastArchivedAt, image.LastActivatedAt]
        );
        Assert.Null(await registry.RepositoryAsync(registry.Repository("none"), TestContext.Current.CancellationToken));
        Assert.Null(
            await registry.ResourceTagsAsync(registry.Repository("none"), TestContext.Current.CancellationToken)
        );

        static DateTimeOffset? At(int hour) => new DateTimeOffset(2026, 1, 1, hour, 0, 0, TimeSpan.Zero);
    }

    private static EcrReader RegistryOf(LocalAwsServer aws, AmazonECRClient ecr) =>
        new(
            ecr,
            new Settings
            {
                Account = aws.AccountId,
                Region = aws.Region,
                Table = "table",
                Bucket = "bucket",
            },
            TimeProvider.System
        );

    private static Tag Tag(string key, string value) => new() { Key = key, Value = value };

    private static Task<PutImageTagMutabilityResponse> PutMutabilityAsync(
        AmazonECRClient ecr,
        ImageTagMutability mode,
        params string[] filters
    ) =>
        ecr.PutImageTagMutabilityAsync(
            new PutImageTagMutabilityRequest
            {
                RepositoryName = Name,
                ImageTagMutability = mode,
                ImageTagMutabilityExclusionFilters =
                [
                    .. filters.Select(f => new ImageTagMutabilityExclusionFilter
                    {
                        FilterType = ImageTagMutabilityExclusionFilterType.WILDCARD,
                        Filter = f,
                    }),
                ],
            }
        );
}
