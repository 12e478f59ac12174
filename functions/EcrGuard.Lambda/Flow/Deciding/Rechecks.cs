using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Arranges that EcrGuard looks at an image again. Findings come minutes after a scan, and no event says when they are
/// there. Several functions may work on one image, so a function claims the message before it sends it.
/// </summary>
public sealed class Rechecks(AlertClaims claims, RecheckSender sender)
{
    public async Task ArrangeAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation)
    {
        if (!await claims.ClaimLookAsync(image, at, cancellation).ConfigureAwait(false))
            return;
        try
        {
            await sender.SendAsync(image, at, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await claims.ReleaseLookAsync(image, at, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await claims.CloseLookAsync(image, at, cancellation).ConfigureAwait(false);
    }
}
