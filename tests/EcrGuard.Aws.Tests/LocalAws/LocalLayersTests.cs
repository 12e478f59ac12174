using System.Security.Cryptography;
using System.Text;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using MediaTypes = EcrGuard.LocalAws.Ecr.MediaTypes;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// Layers are uploaded before the manifest that refers to them (Amazon ECR API Reference, InitiateLayerUpload to
/// CompleteLayerUpload).
/// </summary>
public sealed class LocalLayersTests
{
    private const string Name = "pay/api";

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static async Task<string> StartAsync(AmazonECRClient ecr) =>
        (await ecr.InitiateLayerUploadAsync(new InitiateLayerUploadRequest { RepositoryName = Name })).UploadId;

    private static Task<UploadLayerPartResponse> PartAsync(
        AmazonECRClient ecr,
        string upload,
        long first,
        byte[] bytes,
        long? last = null
    ) =>
        ecr.UploadLayerPartAsync(
            new UploadLayerPartRequest
            {
                RepositoryName = Name,
                UploadId = upload,
                PartFirstByte = first,
                PartLastByte = last ?? first + bytes.Length - 1,
                LayerPartBlob = new MemoryStream(bytes),
            }
        );

    private static Task<CompleteLayerUploadResponse> CompleteAsync(AmazonECRClient ecr, string upload, string digest) =>
        ecr.CompleteLayerUploadAsync(
            new CompleteLayerUploadRequest
            {
                RepositoryName = Name,
                UploadId = upload,
                LayerDigests = [digest],
            }
        );

    private static string ManifestOf(byte[] config, byte[] layer) =>
        $$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{"mediaType":"application/x+json","digest":"{{DigestOf(
                config
            )}}","size":{{config.Length}}},"layers":[{"mediaType":"application/y","digest":"{{DigestOf(
                layer
            )}}","size":{{layer.Length}}}]}
            """;

    [Fact]
    public async Task A_manifest_is_put_after_its_layers_and_not_before()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name);
        byte[] config = "{}"u8.ToArray(),
            layer = "layer"u8.ToArray();
        var put = new PutImageRequest
        {
            RepositoryName = Name,
            ImageManifest = ManifestOf(config, layer),
            ImageTag = "x",
        };
        await Assert.ThrowsAsync<LayersNotFoundException>(() => ecr.PutImageAsync(put));

        foreach (var blob in new[] { config, layer })
        {
            var upload = await StartAsync(ecr);
            Assert.Equal(blob.Length - 1, (await PartAsync(ecr, upload, 0, blob)).LastByteReceived);
            Assert.Equal(DigestOf(blob), (await CompleteAsync(ecr, upload, DigestOf(blob))).LayerDigest);
        }
        Assert.Equal(
            DigestOf(Encoding.UTF8.GetBytes(put.ImageManifest)),
            (await ecr.PutImageAsync(put)).Image.ImageId.ImageDigest
        );
    }

    [Fact]
    public async Task What_is_there_is_available_and_what_is_no_digest_fails_alone()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name);
        byte[] blob = "layer"u8.ToArray();
        var upload = await StartAsync(ecr);
        await PartAsync(ecr, upload, 0, blob);
        await CompleteAsync(ecr, upload, DigestOf(blob));

        var answer = await ecr.BatchCheckLayerAvailabilityAsync(
            new BatchCheckLayerAvailabilityRequest
            {
                RepositoryName = Name,
                LayerDigests = [DigestOf(blob), DigestOf([1]), "md5:1"],
            }
        );
        Assert.Equal(
            [LayerAvailability.AVAILABLE, LayerAvailability.UNAVAILABLE],
            answer.Layers.Select(layer => layer.LayerAvailability)
        );
        Assert.Equal(LayerFailureCode.InvalidLayerDigest, Assert.Single(answer.Failures).FailureCode);

        var again = await StartAsync(ecr);
        await PartAsync(ecr, again, 0, blob);
        await Assert.ThrowsAsync<LayerAlreadyExistsException>(() => CompleteAsync(ecr, again, DigestOf(blob)));
    }

    [Fact]
    public async Task Parts_follow_one_another_and_make_the_digest_that_is_named()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name);
        var upload = await StartAsync(ecr);
        await Assert.ThrowsAsync<EmptyUploadException>(() => CompleteAsync(ecr, upload, DigestOf([])));
        await Assert.ThrowsAsync<InvalidLayerPartException>(() => PartAsync(ecr, upload, 1, [1]));
        await Assert.ThrowsAsync<InvalidLayerPartException>(() => PartAsync(ecr, upload, 0, [1], last: 1));
        await PartAsync(ecr, upload, 0, [1]);
        await Assert.ThrowsAsync<InvalidLayerException>(() => CompleteAsync(ecr, upload, DigestOf([2])));
        await CompleteAsync(ecr, upload, DigestOf([1]));
        await Assert.ThrowsAsync<UploadNotFoundException>(() => PartAsync(ecr, upload, 0, [1]));
        await Assert.ThrowsAsync<UploadNotFoundException>(() => CompleteAsync(ecr, "none", DigestOf([1])));

        var parts = await StartAsync(ecr);
        await PartAsync(ecr, parts, 0, [1]);
        await PartAsync(ecr, parts, 1, [2]);
        await Assert.ThrowsAsync<LayerPartTooSmallException>(() => CompleteAsync(ecr, parts, DigestOf([1, 2])));
    }

    [Fact]
    public async Task Where_it_is_wanted_a_manifest_with_a_config_of_an_unknown_type_is_refused()
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { RefusesUnknownConfigs = true });
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository(Name);
        var refused = await Assert.ThrowsAsync<AmazonECRException>(() =>
            ecr.PutImageAsync(
                new PutImageRequest
                {
                    RepositoryName = Name,
                    ImageManifest = ManifestOf([1], [2]),
                    ImageTag = "x",
                }
            )
        );
        Assert.Equal(System.Net.HttpStatusCode.MethodNotAllowed, refused.StatusCode);
    }
}
