using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow.Forcing;

/// <summary>An order to force an approval, or to end one.</summary>
/// <param name="Approval">The approval as it would be in force. If the order ends another one: who ordered that, why
///     and when.</param>
/// <param name="Ends">Whether the order only ends what is in force.</param>
public sealed record ForcedApprovalOrder(ForcedApproval Approval, bool Ends);

/// <summary>
/// Tells and stores an order to force an approval, or to end one. A new order ends the approval before it, and the
/// history keeps that approval with its own end.
/// </summary>
public sealed class ForcedApprovalOrders(
    ImageDecider decider,
    ImageRecords images,
    ForcedApprovalRecords records,
    Notices notices,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>How often an order is tried while others store too.</summary>
    private const int Attempts = 8;

    /// <param name="until">Null for an order that ends what is in force.</param>
    /// <returns>The order, or what is wrong with it.</returns>
    public (ForcedApprovalOrder? Order, string Problem) Make(
        string by,
        string? reason,
        DateTimeOffset? until,
        bool ends,
        ApiRequest request
    )
    {
        var now = time.GetUtcNow();
        var problem = ends ? ForcedApproval.Problem(reason) : ForcedApproval.Problem(reason, until, policy, now);
        if (problem is not null)
            return (null, problem);
        var approval = new ForcedApproval(records.NewId(), by, reason!.Trim(), now, until ?? now) { Request = request };
        return (new ForcedApprovalOrder(approval, ends), "");
    }

    /// <summary>
    /// Carries out an order on the current record, and begins again if somebody else has stored first.
    /// </summary>
    /// <returns>A sentence that says why the order is refused; null if it is done.</returns>
    public async Task<string?> CarryOutAsync(
        ImageFacts image,
        ForcedApprovalOrder order,
        CancellationToken cancellation
    )
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await EntryAsync(image, cancellation).ConfigureAwait(false) is not { } entry)
                return "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy.";
            var ended = Ended(entry.Record.Forced, order.Approval);
            if (order.Ends && ended is null)
                return "No forced approval is in force for this image, so that there is nothing to end.";
            await TellBeforeAsync(entry.Record, order, cancellation).ConfigureAwait(false);
            var stored = await records
                .StoreAsync(entry, order.Ends ? ended! : order.Approval, order.Ends ? null : ended, cancellation)
                .ConfigureAwait(false);
            if (!stored)
                continue;
            if (ended is not null)
                await notices.BreakGlassAsync(entry.Record, ended, ended: true, cancellation).ConfigureAwait(false);
            return null;
        }
        throw new InvalidOperationException(
            $"The forced approval of {image.Id} could not be stored: others kept storing."
        );
    }

    /// <summary>
    /// The entry of an image. An image that nobody has judged yet is judged first, so that there is a verdict to return
    /// to.
    /// </summary>
    /// <returns>Null for an artifact.</returns>
    private async Task<LedgerEntry?> EntryAsync(ImageFacts image, CancellationToken cancellation)
    {
        if (await images.FindAsync(image.Id, cancellation).ConfigureAwait(false) is { Record.Gone: false } entry)
            return entry;
        var judged = await decider.JudgeAsync(image, null, DecisionTrigger.NoEvent, cancellation).ConfigureAwait(false);
        return judged?.Entry;
    }

    /// <summary>The approval in force, ended by an order; null if none is in force.</summary>
    private static ForcedApproval? Ended(ForcedApproval? stood, ForcedApproval by) =>
        stood?.InForce(by.At) == true
            ? stood.EndedBy(new Revocation(by.By, by.Reason, by.At, stood.Until, by.Request!))
            : null;

    /// <summary>
    /// Tells of an approval before it is in force: if it cannot be told, it is not done. An end is done first. If it
    /// cannot be told here, EndBreakGlass tells it.
    /// </summary>
    private async Task TellBeforeAsync(ImageRecord record, ForcedApprovalOrder order, CancellationToken cancellation)
    {
        if (record.Forced is { } stood && stood.HasEndedLately(order.Approval.At))
            await notices.BreakGlassAsync(record, stood, ended: true, cancellation).ConfigureAwait(false);
        if (!order.Ends)
            await notices.BreakGlassAsync(record, order.Approval, ended: false, cancellation).ConfigureAwait(false);
    }
}
