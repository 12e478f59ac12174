using EcrGuard.Core.Plans;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What happens to an image in quarantine.</summary>
public static class QuarantineAlert
{
    /// <summary>
    /// Something happened to an image in quarantine of which the alert about its blocking does not tell.
    /// </summary>
    /// <param name="at">When that was seen.</param>
    public static ImageNews Of(QuarantineNotice notice, DateTimeOffset at)
    {
        var (record, image) = (notice.Record, notice.Record.Verdict.Image);
        var (kind, headline) = notice.News switch
        {
            QuarantineNews.RestoredByOthers => (
                "quarantine-restored",
                "Somebody else has restored a blocked image that EcrGuard had archived."
            ),
            QuarantineNews.Released => (
                "quarantine-released",
                "An image was released: it comes back into reach, and gates answer as they did."
            ),
        };
        var release = ReleaseOf(notice);
        return new ImageNews(notice.Id, kind, image, at)
        {
            Headline = headline,
            Subject = $"{kind.Replace('-', ' ')}, {Named(image, Tags(record.Tags))}",
            Record = record,
            Grace = record.Grace,
            Released = release,
            Lines =
            [
                .. release is null
                    ? ((string, string)[])[]
                    : [("Released", $"by {release.By} at {Moment(release.At)}: {release.Reason}")],
                .. notice.Follows is { } follows ? [("Follows", Clip(follows, 500))] : ((string, string)[])[],
            ],
        };
    }

    private static Release? ReleaseOf(QuarantineNotice notice) =>
        notice is { News: QuarantineNews.Released, Quarantine.Release: { } release }
            ? release with
            {
                By = Clip(release.By, 300),
                Reason = Clip(release.Reason, 500),
            }
            : null;
}
