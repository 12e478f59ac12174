using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Reports.SummaryBuilder;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What excuses findings, or forces an approval.</summary>
internal static class ExceptionTables
{
    /// <summary>Every waiver of the policy: the lapsed first, then by their end.</summary>
    /// <param name="uses">How many images each excuses.</param>
    /// <param name="used">Those that excuse something in any image.</param>
    public static IReadOnlyList<WaiverUse> Waivers(
        SummaryFacts facts,
        IReadOnlyDictionary<string, int> uses,
        IReadOnlySet<string> used
    ) =>
        [
            .. facts
                .Policy.Waivers.Select(waiver =>
                {
                    var lapsed = facts.GeneratedAt >= waiver.EndsAt;
                    return new WaiverUse(
                        waiver.Id,
                        waiver.Vulnerability.Pattern,
                        waiver.Package?.Pattern,
                        Clip(waiver.Owner),
                        Clip(waiver.ApprovedBy),
                        Clip(waiver.Reason),
                        waiver.Expires,
                        lapsed,
                        !lapsed && waiver.EndsAt - facts.GeneratedAt <= TimeSpan.FromDays(SummaryBuilder.EndsSoonDays),
                        !used.Contains(waiver.Id),
                        uses.GetValueOrDefault(waiver.Id)
                    );
                })
                .OrderByDescending(waiver => waiver.Lapsed)
                .ThenBy(waiver => waiver.Expires)
                .ThenBy(waiver => waiver.Id, StringComparer.Ordinal),
        ];

    /// <summary>VEX documents and suppression rules of Amazon Inspector; most images first.</summary>
    /// <param name="uses">How many images each excuses, waivers among them.</param>
    public static IReadOnlyList<ExcuseUse> Others(PolicyDocument policy, IReadOnlyDictionary<string, int> uses) =>
        [
            .. uses.Where(use => policy.Waivers.All(waiver => waiver.Id != use.Key))
                .Select(use => new ExcuseUse(Clip(use.Key), AuthorOf(policy, use.Key), use.Value))
                .OrderByDescending(excuse => excuse.Images)
                .ThenBy(excuse => excuse.By, StringComparer.Ordinal),
        ];

    private static string? AuthorOf(PolicyDocument policy, string document) =>
        policy.Vex.FirstOrDefault(statement => statement.Document == document)?.Author is { Length: > 0 } author
            ? Clip(author)
            : null;

    /// <summary>The forced approvals that are in force or ended in the week, the last to end first.</summary>
    /// <param name="without">The status and tags, without break-glass, of images with a forced approval.</param>
    public static IReadOnlyList<ForcedUse> BreakGlass(
        SummaryFacts facts,
        IReadOnlyDictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> without
    ) =>
        [
            .. facts
                .BreakGlass.Where(each =>
                    each.Forced.At < facts.GeneratedAt
                    && (each.Forced.InForce(facts.GeneratedAt) || facts.Week.Contains(each.Forced.Until))
                )
                .OrderByDescending(each => each.Forced.Until)
                .ThenBy(each => each.Forced.Id, StringComparer.Ordinal)
                .Select(each => (each.Image, each.Forced, Without: OrNull(without, each.Image)))
                .Select(each => new ForcedUse(
                    each.Image.Repository.Name,
                    each.Image.Digest,
                    each.Without?.Tags ?? [],
                    Clip(each.Forced.By),
                    each.Forced.Request?.AccessKeyId,
                    Clip(each.Forced.Reason),
                    each.Forced.At,
                    each.Forced.Until,
                    facts.Policy.Counting(each.Forced)?.InForce(facts.GeneratedAt) == true,
                    each.Forced.Revoked is { } revoked ? Clip(revoked.By) : null,
                    each.Without?.Status
                )),
        ];

    private static (Status Status, IReadOnlyList<string> Tags)? OrNull(
        IReadOnlyDictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> statuses,
        ImageId image
    ) => statuses.TryGetValue(image, out var status) ? status : null;
}
