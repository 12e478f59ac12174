using System.IO.Compression;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Facts;

/// <summary>Where an artifact of a pipeline is kept.</summary>
public sealed record PipelineArtifact(string Name, string Bucket, string Key);

/// <summary>
/// Reads the images that a pipeline's artifacts name. Artifacts are treated as hostile: none is unpacked, and no more
/// is read than a list of images takes.
/// </summary>
public sealed class ArtifactReader(AwsClients aws)
{
    /// <summary>An artifact that names images has a few kilobytes.</summary>
    private const int MaxArtifact = 20_000_000;

    /// <param name="credentials">The credentials that CodePipeline hands out for the job.</param>
    /// <exception cref="UnclearDeploymentException">None names an image, or one is too large. The message is a
    ///     sentence.</exception>
    public async Task<IReadOnlyList<NamedImage>> ReadAsync(
        IReadOnlyList<PipelineArtifact> artifacts,
        AWSCredentials credentials,
        CancellationToken cancellation
    )
    {
        using var s3 = aws.Deployers.ArtifactsOf(credentials);
        var images = new List<NamedImage>();
        foreach (var artifact in artifacts)
        {
            using var content = await ContentAsync(s3, artifact, cancellation).ConfigureAwait(false);
            images.AddRange(Images(artifact.Name, content));
        }
        return images.Count > 0
            ? images
            : throw new UnclearDeploymentException(
                "No image is named: give one in the user parameters, or an input artifact with "
                    + $"{string.Join(" or ", PipelineJob.Files)} at its top."
            );
    }

    private static async Task<MemoryStream> ContentAsync(
        IAmazonS3 s3,
        PipelineArtifact artifact,
        CancellationToken cancellation
    )
    {
        var request = new GetObjectRequest { BucketName = artifact.Bucket, Key = artifact.Key };
        using var answer = await s3.GetObjectAsync(request, cancellation).ConfigureAwait(false);
        if (answer.ContentLength > MaxArtifact)
            throw TooLarge(artifact);
        var content = new MemoryStream();
        var buffer = new byte[81_920];
        // The answer may hold more than the length it states.
        for (int read; (read = await answer.ResponseStream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0; )
        {
            if (content.Length + read > MaxArtifact)
                throw TooLarge(artifact);
            content.Write(buffer, 0, read);
        }
        content.Position = 0;
        return content;
    }

    private static List<NamedImage> Images(string artifact, Stream content)
    {
        var images = new List<NamedImage>();
        try
        {
            using var zip = new ZipArchive(content, ZipArchiveMode.Read);
            foreach (var entry in Named(artifact, zip))
            {
                using var file = entry.Open();
                var bytes = new byte[PipelineJob.MaxFile + 1];
                var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                images.AddRange(
                    read <= PipelineJob.MaxFile
                        ? PipelineJob.OfFile(artifact, entry.FullName, bytes.AsMemory(0, read))
                        : throw new UnclearDeploymentException(
                            $"{Phrase.Clip(artifact, 100)}/{entry.FullName} has more than {PipelineJob.MaxFile} bytes."
                        )
                );
            }
            return images;
        }
        catch (InvalidDataException)
        {
            throw new UnclearDeploymentException($"The artifact {Phrase.Clip(artifact, 100)} is no .zip file.");
        }
    }

    /// <summary>
    /// The entries that name images. What is unpacked to the name of such an entry must be that entry alone.
    /// </summary>
    private static List<ZipArchiveEntry> Named(string artifact, ZipArchive zip)
    {
        var named = zip.Entries.Where(entry => PipelineJob.Files.Contains(Unpacked(entry.FullName))).ToList();
        return
            named.TrueForAll(entry => entry.FullName == Unpacked(entry.FullName))
            && named.DistinctBy(entry => entry.FullName).Count() == named.Count
            ? named
            : throw new UnclearDeploymentException(
                $"The artifact {Phrase.Clip(artifact, 100)} holds {string.Join(" or ", PipelineJob.Files)} twice, or "
                    + "in another spelling such as './'; which one is deployed is not known."
            );
    }

    /// <summary>Where an entry comes to lie when the artifact is unpacked.</summary>
    private static string Unpacked(string name)
    {
        var path = new List<string>();
        foreach (var part in name.Split('/', '\\'))
        {
            if (part == ".." && path.Count > 0)
                path.RemoveAt(path.Count - 1);
            else if (part is not ("" or "." or ".."))
                path.Add(part);
        }
        return string.Join('/', path);
    }

    private static UnclearDeploymentException TooLarge(PipelineArtifact artifact) =>
        new(
            $"The artifact {Phrase.Clip(artifact.Name, 100)} has more than {MaxArtifact / 1_000_000} MB; put the file "
                + "that names the images into an artifact of its own."
        );
}
