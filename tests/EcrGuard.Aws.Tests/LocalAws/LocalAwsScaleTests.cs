using System.Diagnostics;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// The local AWS must handle the sizes of the product's tests within seconds. The bounds are loose: they catch
/// quadratic time, not a slow machine.
/// </summary>
public sealed class LocalAwsScaleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_repository_of_100_000_images_is_filled_and_listed()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        aws.Ecr.CreateRepository("big");
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100_000; i++)
        {
            aws.Ecr.Push("big", Manifest.Image($"image {i}"), $"v{i}", announce: false);
        }

        var listed = 0;
        await foreach (
            var image in ecr
                .Paginators.DescribeImages(new DescribeImagesRequest { RepositoryName = "big", MaxResults = 1_000 })
                .ImageDetails
        )
        {
            listed += image.ImageTags.Count;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{watch.Elapsed.TotalSeconds:0.0} s, {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB"
        );
        Assert.Equal((100_000, 100), (listed, aws.Requests.Count));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Patience);
    }

    [Fact]
    public async Task A_thousand_repositories_of_100_images_are_filled_and_listed()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var ecr = aws.EcrClient();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 1_000; i++)
        {
            aws.Ecr.CreateRepository($"team/app-{i}");
            for (var j = 0; j < 100; j++)
            {
                aws.Ecr.Push($"team/app-{i}", Manifest.Image($"image {i} {j}"), $"v{j}", announce: false);
            }
        }

        var listed = 0;
        for (var i = 0; i < 1_000; i++)
        {
            listed += (await ecr.ListImagesAsync(new ListImagesRequest { RepositoryName = $"team/app-{i}" }))
                .ImageIds
                .Count;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal(100_000, listed);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Patience);
    }
}
