using System.Text;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Issue 10, outcome 6: whatever a stranger pushes, up to ECR's own limits, the ledger can hold it, the gate answers,
/// and no event fails.
/// </summary>
public sealed class HostileSizeTests
{
    /// <summary>Three bytes of UTF-8 each, and six of JSON.</summary>
    private static string Long(int length) => new('\u3042', length);

    private static async Task<string> AskedAsync(GuardFixture fixture, string image)
    {
        var (_, body) = await fixture.Deploy().AskAsync(image);
        Assert.InRange(Encoding.UTF8.GetByteCount(body.GetRawText()), 1, 1024 * 1024);
        return body.GetProperty("status").GetString()!;
    }

    /// <summary>An index of ECR's largest size: thousands of entries, each with a platform of a kilobyte.</summary>
    private static Manifest Wide(Manifest child, int entries, int platform) =>
        Manifest.Of(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', Enumerable.Range(0, entries).Select(at => $$"""{"mediaType":"{{child.MediaType}}","digest":"{{child.Digest}}","size":{{child.Text.Length}},"platform":{"os":"{{at}}{{Long(platform)}}","architecture":"amd64"} }"""))}}]}""",
            MediaTypes.OciIndex,
            child
        );

    [Theory]
    [InlineData("1")]
    [InlineData("sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task An_index_of_thousands_of_entries_is_refused_with_a_sentence(string tag)
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var child = Manifest.Image("child");
        var index = Wide(child, 3000, 390);
        Assert.InRange(Encoding.UTF8.GetByteCount(index.Text), 3_500_000, 4_194_304);
        fixture.Aws.Ecr.Push(Repository, index, tag);
        Assert.Empty(await fixture.Functions.DeliverAsync());
        fixture.Aws.Ecr.CompleteScan(Repository, child.Digest);
        Assert.Empty(await fixture.Functions.DeliverAsync());

        Assert.Equal("UNSUPPORTED", fixture.Status(index.Digest));
        Assert.Contains(
            "lists 3000 manifests",
            fixture.Verdict(index.Digest).GetProperty("reasons")[0].GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("UNSUPPORTED", await AskedAsync(fixture, $"{Repository}:{tag}"));
        var (swept, _) = await fixture.Functions.SweepAsync();
        Assert.Equal((0, 0), (swept.Unfinished, swept.Undone));
    }

    /// <summary>Four MiB each: all of them in one answer are more than a function's memory.</summary>
    [Fact]
    public async Task Manifests_of_the_largest_size_are_read_a_few_at_a_time()
    {
        await using var fixture = await StartAsync();
        var child = Manifest.Image("child");
        fixture.Aws.Ecr.Push(Repository, child, "child", announce: false);
        for (var at = 0; at < 25; at++)
            fixture.Aws.Ecr.Push(Repository, Wide(child, 210 + at, 1), $"{at}", announce: false);
        fixture.Aws.Requests.Take();
        var registry = fixture.Functions.Part<Facts.EcrReader>();
        var contents = await registry.ContentsAsync(registry.Repository(Repository), null, CancellationToken.None);

        Assert.Equal(25, contents!.Children.Count);
        Assert.Equal(3, fixture.Aws.Requests.Take().Count(request => request.Operation == "BatchGetImage"));
    }

    /// <summary>After the children that are judged, only the identity of a child is kept.</summary>
    [Fact]
    public void Of_the_children_of_a_wide_index_each_is_kept_once_and_all_are_counted()
    {
        var child = Manifest.Image("child");
        var children = new Facts.Manifest(Wide(child, 3000, 390).Text, MediaTypes.OciIndex).Children();
        Assert.Equal(3000, children.Count);
        Assert.Equal(200, children.Distinct(ReferenceEqualityComparer.Instance).Count() - 1);
        Assert.Equal(200, children.Count(each => each.Platform.Contains('\u3042')));
    }

    /// <summary>Layers and annotations at ECR's limit for a manifest, which is 4 MiB.</summary>
    [Theory]
    [InlineData(20_000, 0)]
    [InlineData(1, 1_300_000)]
    public async Task An_image_of_any_number_of_layers_and_any_length_of_annotations_is_judged(int layers, int letters)
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var image = Manifest.OfLayers(
            "hostile",
            MediaTypes.OciConfig,
            [.. Enumerable.Repeat(MediaTypes.OciLayer, layers)]
        );
        var hostile = Manifest.Of($$"""{{image.Text.TrimEnd()[..^1]}},"annotations":{"a":"{{Long(letters)}}"} }""");
        Assert.InRange(Encoding.UTF8.GetByteCount(hostile.Text), 3_000_000, 4_194_304);
        // Under such a tag, the content is read to see whether it is an image.
        var tag = $"sha256-{new string('a', 64)}.sig";
        fixture.Aws.Ecr.Push(Repository, hostile, tag);
        Assert.Empty(await fixture.Functions.DeliverAsync());
        fixture.Aws.Ecr.CompleteScan(Repository, hostile.Digest, Critical);
        Assert.Empty(await fixture.Functions.DeliverAsync());

        Assert.Equal("BLOCKED", fixture.Status(hostile.Digest));
        Assert.Equal("BLOCKED", await AskedAsync(fixture, $"{Repository}:{tag}"));
        var (swept, _) = await fixture.Functions.SweepAsync();
        Assert.Equal((0, 0), (swept.Unfinished, swept.Undone));
    }

    [Fact]
    public async Task An_index_of_as_many_platforms_as_are_judged_fits_with_the_longest_names_and_reasons()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var children = Enumerable.Range(0, 200).Select(at => Manifest.Image($"{at}")).ToList();
        var index = Manifest.Of(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', children.Select((child, at) => $$"""{"mediaType":"{{child.MediaType}}","digest":"{{child.Digest}}","size":9,"platform":{"os":"{{at}}{{Long(500)}}","architecture":"amd64"} }"""))}}]}""",
            MediaTypes.OciIndex,
            [.. children]
        );
        fixture.Aws.Ecr.Push(Repository, index, "1", announce: false);
        foreach (var child in children)
            fixture.Aws.Inspector.CompleteScan(
                Repository,
                child.Digest,
                announce: false,
                [.. Enumerable.Range(0, 25).Select(at => Bad(at))]
            );
        fixture.Aws.Ecr.Push(Repository, index, "2");
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(index.Digest));
        Assert.Equal("BLOCKED", await AskedAsync(fixture, $"{Repository}:1"));
    }

    private static LocalFinding Bad(int number) =>
        new(
            $"CVE-{number}-{Long(2_000)}",
            "CRITICAL",
            new LocalPackage($"{number}{Long(2_000)}", Long(2_000), Long(2_000), "NPM", Long(2_000))
        )
        {
            Fix = "YES",
        };

    [Theory]
    [InlineData(3_000, 2_000, 1)] // many findings
    [InlineData(1, 100, 10_000)] // one in many places
    [InlineData(3, 1_000_000, 1)] // names of a million characters
    public async Task Findings_of_any_number_and_length_block_and_are_told(int findings, int length, int places)
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Inspector.CompleteScan(
            Repository,
            digest,
            [
                .. Enumerable
                    .Range(0, findings)
                    .Select(at => new LocalFinding(
                        $"{at}{Long(length)}",
                        "CRITICAL",
                        [
                            .. Enumerable
                                .Range(0, places)
                                .Select(place => new LocalPackage(
                                    $"{at}{Long(length)}",
                                    $"{place}",
                                    "2",
                                    "NPM",
                                    $"/{place}/{Long(length)}"
                                )),
                        ]
                    )
                    {
                        Fix = "YES",
                    }),
            ]
        );
        Assert.Empty(await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take()[^1]));

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal("BLOCKED", await AskedAsync(fixture, $"{Repository}:1"));
        Assert.Contains(fixture.Alerts, alert => alert.Attributes["kind"].Value == "blocked");
        // Excused findings are cut like those that block.
        var waiving =
            """{ "version": 1, "rules": [ { "id": "critical", "severity": ["CRITICAL"], "then": "block" } ], "waivers": [ { "id": "all", "vulnerability": "*", "repositories": ["shop/web"], "reason": "r", "owner": "o", "approvedBy": "a", "expires": "2026-12-31" } ] }""";
        Assert.Equal(
            "APPROVED",
            (await fixture.Deploy(waiving).AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString()
        );
        Assert.InRange(
            (await fixture.Deploy(waiving).AskAsync($"{Repository}:1")).Body.GetRawText().Length,
            1,
            1024 * 1024
        );
    }

    [Fact]
    public async Task An_image_with_a_thousand_tags_of_the_longest_kind_is_judged_and_not_marked()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var image = Manifest.Image("tagged");
        for (var at = 0; at < 1000; at++)
            fixture.Aws.Ecr.Push(Repository, image, $"{at:0000}{new string('t', 296)}");
        Assert.Empty(await fixture.Functions.PushedAsync([.. fixture.Aws.Events.Take().TakeLast(100)]));
        fixture.Aws.Ecr.CompleteScan(Repository, image.Digest, Critical);
        Assert.Empty(await fixture.Functions.DeliverAsync());

        Assert.Equal("BLOCKED", fixture.Status(image.Digest));
        Assert.Equal(1000, fixture.Tags(image.Digest).Count);
        Assert.Contains(
            "1000 tags",
            fixture.Item(image.Digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.Equal("BLOCKED", await AskedAsync(fixture, $"{Repository}@{image.Digest}"));
        var (swept, _) = await fixture.Functions.SweepAsync();
        Assert.Equal(0, swept.Unfinished);
    }

    [Theory]
    [InlineData(998, true)]
    [InlineData(999, false)]
    public async Task The_last_tag_of_a_thousand_is_the_teams(int tags, bool marked)
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var image = Manifest.Image("tagged");
        for (var at = 0; at < tags; at++)
            fixture.Aws.Ecr.Push(Repository, image, $"t{at}");
        await fixture.Functions.PushedAsync([.. fixture.Aws.Events.Take().TakeLast(10)]);
        fixture.Aws.Ecr.CompleteScan(Repository, image.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(marked ? 999 : tags, fixture.Tags(image.Digest).Count);
        Assert.Equal(marked, fixture.Tags(image.Digest).Contains(BlockedTag(image.Digest)));
        fixture.Aws.Ecr.Push(Repository, image, "one-more");
    }
}
