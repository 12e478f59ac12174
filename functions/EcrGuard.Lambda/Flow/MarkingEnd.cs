using EcrGuard.Aws.Actions;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Ends the marking of images: the manifests to which tags were moved are deleted, since ECR counts each as an image.
/// What fails here fails no image: the next sweep finds what stays.
/// </summary>
public sealed class MarkingEnd(TagRemover remover, Log log)
{
    private const string Stays = "What tags were moved to stays; the next sweep finds it.";

    /// <param name="repository">Whose marking ends; null for that of all repositories.</param>
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
