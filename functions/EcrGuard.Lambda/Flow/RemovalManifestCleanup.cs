using EcrGuard.Aws.Actions;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Ends the marking of images. It deletes the manifests that tags were moved to, because ECR counts each as an image.
/// If this fails, no image fails: the next sweep finds what is left.
/// </summary>
public sealed class RemovalManifestCleanup(TagRemover remover, Log log)
{
    private const string Stays = "What tags were moved to stays; the next sweep finds it.";

    /// <param name="repository">The repository whose marking ends; null for all repositories.</param>
    public async Task RunAsync(RepositoryId? repository, CancellationToken cancellation)
    {
        try
        {
            foreach (var why in await remover.EndAsync(repository, cancellation).ConfigureAwait(false))
                log.Warning(Stays, ("why", why));
        }
        catch (Exception failure)
        {
            log.Error(Stays, failure);
        }
    }
}
