using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Digest = EcrGuard.Core.Images.Digest;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;
using MediaTypes = EcrGuard.LocalAws.Ecr.MediaTypes;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Issue 9, outcome 5 (a): an artifact of an image does not count as an image, however it is stored; and no name or
/// media type hides an image.
/// </summary>
public sealed class ArtifactTests
{
    private const string OciConfig = "application/vnd.oci.image.config.v1+json";
    private const string Signed = "application/vnd.dev.cosign.simplesigning.v1+json";
    private const string Tar = "application/vnd.oci.image.layer.v1.tar+gzip";

    private static string Hex(string digest) => digest["sha256:".Length..];

    private static UsageReading Runs(GuardFixture fixture, params string[] digests) =>
        new()
        {
            ReadAt = fixture.Time.GetUtcNow(),
            Uses =
            [
                .. digests.Select(digest => new ConsumerReference(
                    Id(fixture),
                    null,
                    Digest.Parse(digest),
                    new Consumer(ConsumerKind.EcsService, "arn:aws:ecs:eu-central-1:123456789012:service/main/web")
                )),
            ],
        };

    /// <summary>Runs the backfill, since sweeps begin only after it.</summary>
    private static async Task<GuardFixture> FilledAsync(LocalAwsOptions? options = null)
    {
        var fixture = await StartAsync(options: options);
        await fixture.Functions.BackfillAsync();
        return fixture;
    }

    private static RepositoryId Id(GuardFixture fixture) => new(fixture.Aws.AccountId, fixture.Aws.Region, Repository);

    private static async Task<UseState> UseAsync(GuardFixture fixture, string digest, UsageReading use)
    {
        var contents = await fixture
            .Functions.Part<Facts.EcrReader>()
            .ContentsAsync(Id(fixture), null, CancellationToken.None);
        return InUse
            .Of(
                use,
                contents!,
                fixture.Functions.Part<Core.Policy.PolicyDocument>().Consumers,
                fixture.Time.GetUtcNow()
            )[Digest.Parse(digest)]
            .Use;
    }

    private static bool HasRecord(GuardFixture fixture, string digest) =>
        fixture.Items($"I#{Hex(digest)}").Any(item => item.ContainsKey("record") && !item.ContainsKey("goneAt"));

    private static async Task<string> SentenceAsync(GuardFixture fixture, string image) =>
        (await fixture.Functions.AskAsync(image)).Body.GetProperty("reasons")[0].GetProperty("sentence").GetString()!;

    private static string Entry(Manifest manifest) =>
        $$"""{"mediaType":"{{manifest.MediaType}}","digest":"{{manifest.Digest}}","size":9}""";

    /// <summary>An index of an image's artifacts, as it is stored if the registry has no list of referrers.</summary>
    private static Manifest Fallback(params Manifest[] referrers) =>
        Manifest.Of(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', referrers.Select(Entry))}}]}""",
            MediaTypes.OciIndex,
            referrers
        );

    [Theory]
    [InlineData(".sig", Signed)]
    [InlineData(".att", "application/vnd.dsse.envelope.v1+json")]
    [InlineData(".sbom", "text/spdx+json")]
    public async Task What_cosign_stores_beside_an_image_has_no_verdict_no_scan_and_no_count(string end, string layer)
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var artifact = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.OfLayers("beside", OciConfig, [layer, layer]),
            $"sha256-{Hex(image)}{end}"
        );
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.FailScan(Repository, artifact);
        await fixture.Functions.DeliverAllAsync();

        Assert.False(HasRecord(fixture, artifact));
        Assert.Contains(
            "not an image to deploy",
            await SentenceAsync(fixture, $"{Repository}:sha256-{Hex(image)}{end}"),
            StringComparison.Ordinal
        );
        var (swept, _) = await fixture.Functions.SweepAsync(Runs(fixture, image));
        Assert.Equal((1, 0), (swept.Images, swept.Undone));
        Assert.False(HasRecord(fixture, artifact));
        Assert.Equal(UseState.InUse, await UseAsync(fixture, artifact, Runs(fixture, image)));
    }

    [Fact]
    public async Task A_fallback_index_of_what_belongs_to_an_image_is_an_artifact_with_all_that_it_lists()
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var soci = Manifest.OfLayers(
            "soci",
            "application/vnd.amazon.soci.index.v1+json",
            ["application/octet-stream"],
            subject: image
        );
        var notation = Manifest.OfLayers(
            "notation",
            "application/vnd.cncf.notary.signature",
            ["application/jose+json"],
            subject: image
        );
        var index = fixture.Aws.Ecr.Push(Repository, Fallback(soci, notation), $"sha256-{Hex(image)}");
        await fixture.Functions.DeliverAllAsync();
        await fixture.Functions.SweepAsync(Runs(fixture, image));

        foreach (var digest in new[] { index, soci.Digest, notation.Digest })
        {
            Assert.Equal(UseState.InUse, await UseAsync(fixture, digest, Runs(fixture, image)));
            Assert.False(HasRecord(fixture, digest));
            Assert.Contains(
                "not an image to deploy",
                await SentenceAsync(fixture, $"{Repository}@{digest}"),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task An_image_hides_under_no_tag_no_config_no_type_and_no_subject()
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        string[] hidden =
        [
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers("under a tag", OciConfig, [Tar]),
                $"sha256-{Hex(image)}.sig"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers("behind a signature", OciConfig, [Signed, Tar]),
                $"sha256-{Hex(image)}.att"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers("with a chart's config", MediaTypes.HelmConfig, [Tar]),
                "chart"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers("with an artifact's type", OciConfig, [Tar], artifactType: "application/spdx+json"),
                "sbom"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers("with a subject", OciConfig, [Tar], subject: image),
                "subject"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.OfLayers(
                    "any bytes",
                    OciConfig,
                    ["application/octet-stream"],
                    artifactType: "application/vnd.amazon.soci.index.v1+json"
                ),
                "bytes"
            ),
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.Of(
                    $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{"mediaType":"{{OciConfig}}","digest":"{{image}}","size":2},"layers":[{"mediaType":"{{Signed}}","digest":"{{image}}","size":2}],"Layers":[{"mediaType":"{{Tar}}","digest":"{{image}}","size":2}]}"""
                ),
                $"sha256-{Hex(image)}.twice"
            ),
        ];
        var listed = Manifest.Image("listed");
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Fallback(Manifest.Signature("listed too"), listed),
            $"sha256-{Hex(image)}"
        );
        await fixture.Functions.DeliverAllAsync();
        foreach (var digest in hidden.Append(listed.Digest))
            fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        foreach (var digest in hidden.Append(index))
        {
            Assert.Equal("BLOCKED", fixture.Status(digest));
            Assert.Equal(
                "BLOCKED",
                (await fixture.Deploy().AskAsync($"{Repository}@{digest}")).Body.GetProperty("status").GetString()
            );
        }
    }

    [Theory]
    [InlineData("\"manifests\":[ONE],\"Manifests\":[OTHER]")]
    [InlineData("\"manifests\":[ONE],\"manifests\":[ONE]")]
    [InlineData("\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"DIGEST\",\"Digest\":\"DIGEST\"}]")]
    [InlineData("\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"DIGEST\",\"platform\":{\"os\":\"\\ud800\"}}]")]
    public async Task An_index_that_may_be_read_in_two_ways_is_not_read_and_fails_no_event(string lists)
    {
        await using var fixture = await FilledAsync();
        var (clean, other) = (Manifest.Image("clean"), Manifest.Image("other"));
        foreach (var image in new[] { clean, other })
            fixture.Aws.Ecr.Push(Repository, image);
        fixture.Aws.Ecr.CompleteScan(Repository, clean.Digest);
        var written = lists
            .Replace("ONE", Entry(clean), StringComparison.Ordinal)
            .Replace("OTHER", Entry(other), StringComparison.Ordinal)
            .Replace("DIGEST", clean.Digest, StringComparison.Ordinal);
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Of(
                $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}",{{written}}}""",
                MediaTypes.OciIndex
            ),
            "1"
        );

        Assert.Empty(await fixture.Functions.DeliverAsync());
        Assert.Equal("ERROR", fixture.Status(index));
        Assert.Equal(0, (await fixture.Functions.SweepAsync(Runs(fixture))).End.Unfinished);
    }

    [Fact]
    public async Task What_cannot_be_read_is_taken_for_an_image()
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var signature = fixture.Aws.Ecr.Push(Repository, Manifest.Signature("archived"), $"sha256-{Hex(image)}.sig");
        fixture.Aws.Ecr.Archive(Repository, signature);
        fixture.Aws.Events.Take();

        await fixture.Functions.SweepAsync(Runs(fixture, image));
        Assert.NotEqual("APPROVED", fixture.Status(signature));
    }

    [Fact]
    public async Task Manifests_are_read_for_what_may_be_an_artifact_alone_a_few_at_a_time_and_never_again()
    {
        await using var fixture = await FilledAsync(new LocalAwsOptions { BatchGetImageRecordsPull = false });
        var images = Enumerable.Range(0, 5).Select(i => fixture.Push($"{i}")).ToList();
        await fixture.Functions.DeliverAllAsync();
        Assert.DoesNotContain(fixture.Aws.Requests, request => request.Operation == "BatchGetImage");
        foreach (var at in Enumerable.Range(0, 150))
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.Signature($"signature {at}"),
                $"sha256-{Hex(images[0])}.{at}",
                announce: false
            );
        fixture.Aws.Requests.Take();

        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(15, fixture.Aws.Requests.Count(request => request.Operation == "BatchGetImage"));
        Assert.Equal(150, fixture.Items("K#").Count);
        fixture.Aws.Requests.Take();
        await fixture.Deploy().SweepAsync(Runs(fixture));
        Assert.DoesNotContain(fixture.Aws.Requests, request => request.Operation == "BatchGetImage");
    }

    [Fact]
    public async Task The_push_of_a_signature_costs_four_calls()
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        fixture.Aws.Requests.Take();

        fixture.Aws.Ecr.Push(Repository, Manifest.Signature("one"), $"sha256-{Hex(image)}.sig");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(
            ["BatchGetImage", "BatchGetRepositoryScanningConfiguration", "DescribeImages", "GetLifecyclePolicy"],
            fixture
                .Aws.Requests.Where(request => request.Service == "ecr")
                .Select(request => request.Operation)
                .Order(StringComparer.Ordinal)
        );
    }

    /// <summary>
    /// If their pushes were never heard, it costs a fifth call: the index's own manifest lists the children, and their
    /// manifests say what the index is.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_push_of_a_fallback_index_whose_referrers_were_pushed_before_costs_four_calls(bool hides)
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var signature = Manifest.Signature("one");
        fixture.Aws.Ecr.Push(Repository, signature, $"sha256-{Hex(image)}.sig");
        await fixture.Functions.DeliverAllAsync();
        var other = Manifest.Image("listed");
        fixture.Aws.Ecr.Push(Repository, other, $"sha256-{Hex(image)}.other");
        fixture.Aws.Ecr.CompleteScan(Repository, other.Digest, Low);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();

        var fallback = hides ? Fallback(signature, other) : Fallback(signature);
        var index = fixture.Aws.Ecr.Push(Repository, fallback, $"sha256-{Hex(image)}");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(hides, HasRecord(fixture, index));
        const string Calls = "BatchGetImage BatchGetRepositoryScanningConfiguration DescribeImages GetLifecyclePolicy";
        // If nobody knows the index, its platform itself is looked at.
        Assert.Equal(
            $"{Calls}{(hides ? " BatchGetImage DescribeImages" : "")}".Split(' ').Order(StringComparer.Ordinal),
            fixture
                .Aws.Requests.Where(request => request.Service == "ecr")
                .Select(request => request.Operation)
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("swept")]
    [InlineData("heard")]
    [InlineData("heard after it was replaced")]
    public async Task A_signature_that_was_signed_again_stays_one_though_its_tag_has_moved_on(string first)
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var signed = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.OfLayers("first", OciConfig, [Signed]),
            $"sha256-{Hex(image)}.sig"
        );
        var pushed = fixture.Aws.Events.Take();
        if (first != "heard after it was replaced")
            await fixture.Functions.PushedAsync(pushed);
        if (first == "swept")
            await fixture.Functions.SweepAsync(Runs(fixture, image));

        fixture.Aws.Ecr.Push(Repository, Manifest.OfLayers("second", OciConfig, [Signed]), $"sha256-{Hex(image)}.sig");
        await fixture.Functions.DeliverAllAsync();
        if (first == "heard after it was replaced")
            await fixture.Functions.PushedAsync(pushed);
        Assert.False(HasRecord(fixture, signed));
        await fixture.Functions.SweepAsync(Runs(fixture, image));
        Assert.False(HasRecord(fixture, signed));
    }

    [Theory]
    [InlineData("swept")]
    [InlineData("heard")]
    [InlineData("heard after it was replaced")]
    public async Task A_fallback_index_that_was_replaced_stays_an_artifact_though_its_tag_has_moved_on(string first)
    {
        await using var fixture = await FilledAsync();
        var image = await fixture.ScannedAsync("1", Low);
        var (one, other) = (Manifest.OfLayers("one", OciConfig, [Signed]), Manifest.Signature("other"));
        var index = fixture.Aws.Ecr.Push(Repository, Fallback(one), $"sha256-{Hex(image)}");
        var pushed = fixture.Aws.Events.Take();
        if (first != "heard after it was replaced")
            await fixture.Functions.PushedAsync(pushed);
        if (first == "swept")
            await fixture.Functions.SweepAsync(Runs(fixture, image));

        fixture.Aws.Ecr.Push(Repository, Fallback(one, other), $"sha256-{Hex(image)}");
        await fixture.Functions.DeliverAllAsync();
        if (first == "heard after it was replaced")
            await fixture.Functions.PushedAsync(pushed);
        await fixture.Functions.SweepAsync(Runs(fixture, image));
        Assert.False(HasRecord(fixture, index));
        Assert.False(HasRecord(fixture, one.Digest));
    }

    [Fact]
    public async Task The_attestations_of_BuildKit_look_like_images_and_lose_their_record_with_the_next_sweep()
    {
        await using var fixture = await FilledAsync();
        var amd64 = Manifest.Image("amd64");
        var index = Manifest.Index([("linux/amd64", amd64)], attestations: true);
        fixture.Aws.Ecr.Push(Repository, index, "1");
        fixture.Aws.Ecr.CompleteScan(Repository, amd64.Digest);
        await fixture.Functions.DeliverAllAsync();

        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal("APPROVED", fixture.Status(index.Digest));
        Assert.False(HasRecord(fixture, index.Children[1].Digest));
    }

    [Fact]
    public async Task A_signature_whose_image_is_gone_is_left_over_and_the_report_says_so()
    {
        await using var fixture = await FilledAsync();
        await fixture.ScannedAsync("1", Low);
        var signature = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Signature("of nothing"),
            $"sha256-{new string('a', 64)}.sig"
        );
        await fixture.Functions.DeliverAllAsync();

        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Contains(
            $"\"leftOverCount\":1,\"leftOver\":[\"{signature}\"]",
            fixture.Items("D").Single()["sweep"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }
}
