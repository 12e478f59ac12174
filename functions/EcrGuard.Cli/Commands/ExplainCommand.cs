using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.ECR.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Cli.Judging;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard explain</c>: everything that the ledger knows about one image, on one page. It reads the ledger. It
/// reads ECR only to find the digest of a tag.
/// </summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var image = SharedOptions.Image();
        var ledger = new LedgerOptions(bucket: "It holds what was read of what runs.");
        var format = SharedOptions.TextOrJson();
        var command = new Command(
            "explain",
            "Shows what the ledger knows of one image: the verdict and how it came to it, use, tags, waivers, forced "
                + "approvals, quarantine, writes. Reads only, and asks no scanner and no gate."
        )
        {
            image,
            ledger.Table,
            ledger.Bucket,
            format,
        };
        command.Validators.Add(ledger.RequireBoth);
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(image),
                    aws => ledger.FindAsync(aws, parsed, cancellation),
                    parsed.GetValue(format) == SharedOptions.Json,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static Task<int> RunAsync(
        ImageReference image,
        Func<AwsClients, Task<Settings>> ledger,
        bool asJson,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                using var aws = AwsClients.FromEnvironment();
                var settings = await ledger(aws);
                Caller.RequireHere("IMAGE", image, settings);
                var repository = new RepositoryId(settings.Account, settings.Region, image.Repository);
                var id = new ImageId(
                    repository,
                    image.Digest ?? await DigestOfAsync(aws, repository, image.Tag!, cancellation)
                );
                var story = await ReadAsync(aws, settings, id, cancellation);
                if (asJson)
                    output.WriteLine(JsonSerializer.Serialize(story, StoryJson.Readable.ImageStory));
                else
                    Screen.WriteLines(ImageStoryText.Of(story, TimeProvider.System.GetUtcNow()).TrimEnd('\n'), output);
                return ExitCodes.Done;
            },
            "Nothing was written.",
            errors,
            cancellation
        );

    private static async Task<ImageStory> ReadAsync(
        AwsClients aws,
        Settings settings,
        ImageId image,
        CancellationToken cancellation
    )
    {
        var table = new LedgerTable(aws.Dynamo, settings, TimeProvider.System);
        var images = new ImageRecords(table);
        var entry =
            await images.FindAsync(image, cancellation)
            ?? throw new NotThereException(
                $"The ledger knows nothing of {image.Repository.Name}@{image.Digest}: EcrGuard has not judged it yet, "
                    + "or it is no image that anybody deploys (a signature, say)."
            );
        var history = new ImageHistory(table);
        var deployments = await new DeploymentRecords(table).AllAsync(image.Repository, cancellation);
        return ImageStory.Of(
            new ImageStoryFacts(
                entry.Record,
                entry.Quarantine,
                entry.IntendedTags,
                await history.ChangesAsync(image, cancellation),
                await history.WritesAsync(image, cancellation),
                [.. deployments.Where(use => use.Digest == image.Digest)],
                await new ManifestRecords(table, images).IndexesOfAsync(image, cancellation),
                await new UseStore(aws.S3, settings).LatestAsync(cancellation)
            ),
            TimeProvider.System.GetUtcNow()
        );
    }

    /// <summary>
    /// Finds the digest of an image. The ledger knows images by digest; ECR says which digest a tag is on.
    /// </summary>
    private static async Task<Digest> DigestOfAsync(
        AwsClients aws,
        RepositoryId repository,
        string tag,
        CancellationToken cancellation
    )
    {
        var request = new DescribeImagesRequest
        {
            RegistryId = repository.Account,
            RepositoryName = repository.Name,
            ImageIds = [new ImageIdentifier { ImageTag = tag }],
        };
        try
        {
            var found = await aws.Ecr.DescribeImagesAsync(request, cancellation);
            return Digest.Parse(found.ImageDetails.Single().ImageDigest);
        }
        catch (Exception missing) when (missing is ImageNotFoundException or RepositoryNotFoundException)
        {
            throw new NotThereException(
                $"No image of {repository.Name} has the tag '{tag}' now; name the image by its digest, by which the "
                    + "ledger knows it."
            );
        }
    }
}

[JsonSerializable(typeof(ImageStory))]
internal sealed partial class StoryJson : JsonSerializerContext
{
    public static StoryJson Readable { get; } = new(VerdictJson.Readable());
}
