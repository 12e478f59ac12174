using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Core.Reports;

/// <summary>A message to security, in a form for people and one for machines.</summary>
/// <param name="Id">Stable, and in body and attributes: delivered at least once, a receiver drops a duplicate by
///     it.</param>
/// <param name="Subject">At most 99 ASCII characters.</param>
/// <param name="Text">Plain text for e-mail.</param>
/// <param name="Json">An object with <c>schemaVersion</c>, <c>alertId</c> and <c>kind</c>.</param>
/// <param name="Attributes">For the filter policies of subscriptions.</param>
public sealed record AlertMessage(
    string Id,
    string Subject,
    string Text,
    string Json,
    IReadOnlyList<FilterValue> Attributes
)
{
    /// <summary>More alerts than this in one batch become one message.</summary>
    public const int MaxSingle = 10;

    /// <summary>What one message holds: with the longest names ECR allows it stays within SNS's limit.</summary>
    public const int MaxInOne = 200;

    /// <summary>What SNS takes, in bytes of UTF-8 (SNS API, Publish).</summary>
    public const int MaxEnvelope = 262_144;

    /// <summary>For people's text in a message about one image.</summary>
    private const int MaxText = 48 * 1024;

    /// <summary>
    /// Both forms as SNS wants them under <c>MessageStructure=json</c>: the text for e-mail, JSON for every other
    /// protocol; at most <see cref="MaxEnvelope"/> bytes.
    /// </summary>
    public string Envelope => JsonSerializer.Serialize(new EnvelopeBody(Json, Text), EnvelopeJson.Relaxed.EnvelopeBody);

    private int EnvelopeBytes => Encoding.UTF8.GetByteCount(Envelope);

    /// <summary>
    /// Which alerts of one batch share a message: none, or for more than <see cref="MaxSingle"/> as many as one message
    /// holds.
    /// </summary>
    public static IEnumerable<IReadOnlyList<T>> Batches<T>(IReadOnlyList<T> alerts) =>
        alerts.Chunk(alerts.Count <= MaxSingle ? 1 : MaxInOne);

    /// <summary>The message for alerts that share one.</summary>
    public static AlertMessage ForBatch(IReadOnlyList<Alert> alerts) =>
        alerts is [var alert] ? For(alert) : ForMany(alerts);

    /// <summary>One change of one image.</summary>
    public static AlertMessage For(Alert alert) => Fitting(most => Of(alert with { Record = alert.Record.Cut(most) }));

    /// <summary>
    /// A message with lists as long as it can hold: whoever built an image chooses much of what is said of it, and JSON
    /// in JSON makes seven bytes of a character.
    /// </summary>
    /// <param name="of">The message with lists of at most so many.</param>
    private static AlertMessage Fitting(Func<int, AlertMessage> of)
    {
        for (var most = ImageRecord.MaxReasons; ; most /= 2)
        {
            if (of(most) is var message && (most == 0 || message.EnvelopeBytes <= MaxEnvelope))
                return message;
        }
    }

    private static AlertMessage Of(Alert alert)
    {
        var record = alert.Record;
        var verdict = record.Verdict;
        var image = verdict.Image;
        var name = Clip(image.Repository.Name, 256);
        var tags = Tags(record.Tags);
        var headline = alert.Kind switch
        {
            AlertKind.Blocked =>
                "An image is blocked: the policy blocks at least one of its findings, and nothing excuses it.",
            AlertKind.Lifted => "An image is no longer blocked.",
            AlertKind.NoLongerApproved => "An image that was approved no longer is, for want of a current scan.",
            AlertKind.NeverSettled =>
                "Findings that a scan announced are still not listed: nobody can say whether they block.",
        };
        var text = new ReportText()
            .Line(headline)
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line(
                $"Status    {record.PreviousStatus?.Word() ?? "new"} → {verdict.Status.Word()} since "
                    + $"{SummaryText.Moment(record.StatusSince)}; a gate answers {(verdict.Approved ? "yes" : "no")}"
            )
            .Line(
                $"Findings  {Counts(verdict.Counts)}"
                    + (record.Kind == ImageKind.Index ? ", over all platforms" : "")
                    + (verdict.Waived.Count == 0 ? "" : ", waived ones included")
            )
            .List(
                $"Reasons: {record.ReasonCount}",
                "reasons",
                verdict.Reasons.Count,
                i => $"- {Clip(verdict.Reasons[i].Sentence, 1000)}"
            );
        if (record.ReasonCount > verdict.Reasons.Count)
            text.Line(
                $"The first {verdict.Reasons.Count} are listed; an approval query or the ledger has the findings whole."
            );
        if (verdict.ToPass.Count > 0)
            text.List(
                "What would make it pass, shortest way first:",
                "ways to pass",
                verdict.ToPass.Count,
                i => $"- {Clip(verdict.ToPass[i], 1000)}"
            );
        if (verdict.Waived.Count > 0)
            text.List("Waived:", "waived findings", verdict.Waived.Count, i => Waived(verdict.Waived[i]));
        if (alert.Kind == AlertKind.Blocked && record.Grace is { } grace)
            text.Line()
                .Line(
                    $"Grace     What runs it {(grace.Counting ? "has" : "would have")} until "
                        + $"{SummaryText.Moment(grace.EndsAt)} to be replaced ({Grace.Word(grace.Severity)}: "
                        + $"{Count(grace.Days, "day")}). Nothing that runs is taken away; new deployments are "
                        + "refused at once."
                );
        if (record.CouldNotMark is { } why)
            text.Line().Line($"The image could not be marked with a tag: {Clip(why, 500)}");
        text.Line().Line($"Policy    {verdict.PolicyVersion}").Line($"Alert     {alert.Id}");

        var body = new AlertBody(
            1,
            alert.Id,
            Word(alert.Kind),
            image.Repository.Account,
            image.Repository.Region,
            image.Repository.Name,
            image.Digest,
            tags,
            record.PreviousStatus,
            verdict.Status,
            verdict.Approved,
            record.StatusSince,
            verdict.Reasons,
            record.ReasonCount,
            verdict.ToPass,
            record.WaiversUsed,
            record.CouldNotMark,
            verdict.PolicyVersion,
            alert.Kind == AlertKind.Blocked ? record.Grace?.EndsAt : null
        );
        return new AlertMessage(
            alert.Id,
            Subjects.Fit(
                $"EcrGuard: {verdict.Status.Word()} {Named(image, tags)} in "
                    + $"{image.Repository.Account} {image.Repository.Region}"
            ),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(body, ReportJson.Default.AlertBody),
            [
                .. Routing(alert.Id, Word(alert.Kind), image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
                new("status", verdict.Status.Word().ToLowerInvariant()),
            ]
        );
    }

    /// <summary>
    /// One message about many changes: counted by kind and repository, the first described, every one listed with its
    /// id.
    /// </summary>
    /// <param name="alerts">One to <see cref="MaxInOne"/>, in any order.</param>
    public static AlertMessage ForMany(IReadOnlyList<Alert> alerts)
    {
        ArgumentOutOfRangeException.ThrowIfZero(alerts.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(alerts.Count, MaxInOne);
        List<Alert> sorted =
        [
            .. alerts
                .OrderBy(alert => alert.Kind)
                .ThenBy(alert => alert.Record.Verdict.Image.Repository.Name, StringComparer.Ordinal)
                .ThenBy(alert => alert.Id, StringComparer.Ordinal),
        ];
        var id =
            "batch:"
            + Convert.ToHexStringLower(
                SHA256.HashData(
                    Encoding.UTF8.GetBytes(
                        string.Join('\n', alerts.Select(alert => alert.Id).Order(StringComparer.Ordinal))
                    )
                )
            );
        var kinds = sorted
            .GroupBy(alert => alert.Kind)
            .Select(same => new CountOf(Word(same.Key), same.Count()))
            .ToList();
        var repositories = sorted
            .GroupBy(alert => alert.Record.Verdict.Image.Repository.Name, StringComparer.Ordinal)
            .Select(same => new CountOf(same.Key, same.Count()))
            .OrderByDescending(count => count.Count)
            .ThenBy(count => count.Name, StringComparer.Ordinal)
            .ToList();
        var told = string.Join(", ", kinds.Select(kind => $"{kind.Count} {kind.Name}"));
        var registry = sorted[0].Record.Verdict.Image.Repository;

        var text = new ReportText()
            .Line($"{Count(sorted.Count, "image")} changed status at once: {told}.")
            .Line($"Account   {registry.Account}, {registry.Region}")
            .List(
                "By repository:",
                "repositories",
                repositories.Count,
                i => $"- {repositories[i].Name}: {repositories[i].Count}"
            )
            .List(
                "The first of them:",
                "described",
                Math.Min(MaxSingle, sorted.Count),
                i => $"- {Described(sorted[i])}"
            );
        text.Line().Line("All of them, by alert id:");
        foreach (var alert in sorted)
            text.Line(alert.Id);
        text.Line().Line($"Alert     {id}");

        var body = new AlertBatchBody(
            1,
            id,
            "batch",
            registry.Account,
            registry.Region,
            kinds,
            repositories,
            [
                .. sorted.Select(alert => new AlertEntry(
                    alert.Id,
                    Word(alert.Kind),
                    alert.Record.Verdict.Image.Repository.Name,
                    alert.Record.Verdict.Image.Digest,
                    alert.Record.Verdict.Status
                )),
            ]
        );
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: {Count(sorted.Count, "image")} changed status: {told}"),
            text.Render(2 * MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(body, ReportJson.Default.AlertBatchBody),
            [
                .. Routing(id, "batch", registry.Account, registry.Region),
                new("status", sorted.Min(alert => alert.Record.Verdict.Status).Word().ToLowerInvariant()),
                FilterValue.Of("alerts", sorted.Count),
                FilterValue.Of("blocked", sorted.Count(alert => alert.Kind == AlertKind.Blocked)),
            ]
        );
    }

    /// <summary>
    /// A tag with EcrGuard's prefix was pushed that EcrGuard did not write: it would make people and lifecycle rules
    /// believe a verdict that was never given.
    /// </summary>
    /// <param name="tag">As pushed.</param>
    /// <param name="eventId">The event that told it, so that the event delivered twice gives the same alert.</param>
    public static AlertMessage ForForeignTag(ImageId image, string tag, string eventId, DateTimeOffset pushedAt)
    {
        var id = $"{image.Digest.Hex}:FOREIGN-TAG:{Clip(eventId, 100)}";
        var repository = image.Repository;
        var shown = Clip(tag, 300);
        var text = new ReportText()
            .Line(
                "A tag with EcrGuard's prefix was pushed that EcrGuard did not write. No answer of "
                    + "EcrGuard's rests on it, but people and lifecycle rules may."
            )
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Tag       {shown}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"Pushed    {SummaryText.Moment(pushedAt)}")
            .Line()
            .Line(
                "Find out who pushed it (CloudTrail, PutImage) and remove it, unless it is the image's last "
                    + "tag: removing that deletes the image."
            )
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: foreign tag {shown} in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new ForeignTagBody(
                    1,
                    id,
                    "foreign-tag",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    shown,
                    pushedAt
                ),
                ReportJson.Default.ForeignTagBody
            ),
            [.. Routing(id, "foreign-tag", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }

    /// <summary>
    /// EcrGuard took a tag of its own off, and ECR's answer shows that something else happened than it must.
    /// </summary>
    /// <param name="image">From which the tag was taken, or the manifest that was deleted with it.</param>
    /// <param name="what">Sentences.</param>
    /// <param name="write">Of this attempt and no other.</param>
    public static AlertMessage ForTagRemoval(ImageId image, string tag, string what, string write, DateTimeOffset at)
    {
        var id = $"{image.Digest.Hex}:TAG-REMOVAL:{write}";
        var repository = image.Repository;
        var shown = Clip(tag, 300);
        var text = new ReportText()
            .Line("EcrGuard took a tag of its own off an image, and something else happened than it must.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Tag       {shown}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"When      {SummaryText.Moment(at)}")
            .Line($"What      {Clip(what, 500)}")
            .Line()
            .Line(
                "Compare the repository with what your pipelines pushed at that time (CloudTrail, PutImage "
                    + "and BatchDeleteImage), and push again what is missing."
            )
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: tag removal went wrong in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new TagRemovalBody(
                    1,
                    id,
                    "tag-removal",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    shown,
                    Clip(what, 500),
                    at
                ),
                ReportJson.Default.TagRemovalBody
            ),
            [.. Routing(id, "tag-removal", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }

    /// <summary>
    /// An image was deployed, and the shield against EcrGuard's lifecycle policy could not be put on it. Told once an
    /// image and day.
    /// </summary>
    /// <param name="why">A sentence.</param>
    public static AlertMessage ForUnshielded(ImageId image, string why, DateTimeOffset at)
    {
        var id = $"{image.Digest.Hex}:UNSHIELDED:{at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}";
        var repository = image.Repository;
        var text = new ReportText()
            .Line("An image was deployed that EcrGuard could not shield: the lifecycle policy there may take it.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"When      {SummaryText.Moment(at)}")
            .Line($"Why       {Clip(why, 500)}")
            .Line()
            .Line("Mend the cause: the next deployment or sweep tries again. Until then do not let the image expire.")
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: deployed image without a shield in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new UnshieldedBody(
                    1,
                    id,
                    "unshielded",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    Clip(why, 500),
                    at
                ),
                ReportJson.Default.UnshieldedBody
            ),
            [.. Routing(id, "unshielded", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }

    /// <summary>
    /// The grace of an image in use: half of it has gone, or all. Names what runs it, the owner where one is known, and
    /// the fix.
    /// </summary>
    public static AlertMessage ForGrace(GraceNotice notice) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }));

    private static AlertMessage Of(GraceNotice notice)
    {
        // What is forced passes already: the fix is that of the verdict it stands for.
        var record = notice.Record.WithoutBreakGlass();
        var (grace, verdict, image) = (notice.Grace, record.Verdict, record.Verdict.Image);
        var id = GraceNotice.Id(image, notice.Stage, grace);
        var kind = notice.Stage switch
        {
            GraceStage.Reminder => "grace-reminder",
            GraceStage.Escalation => "grace-ended",
        };
        var tags = Tags(record.Tags);
        var owner = notice.Owner is null ? null : Clip(notice.Owner, 256);
        var text = new ReportText()
            .Line(
                notice.Stage switch
                {
                    GraceStage.Reminder =>
                        "Half of the time has gone that the policy gives to replace a blocked image in use.",
                    GraceStage.Escalation =>
                        "The time has ended that the policy gives to replace a blocked image in use. It "
                            + "still runs: EcrGuard takes nothing away that runs, and goes on refusing new "
                            + "deployments.",
                }
            )
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line(
                $"Grace     {Grace.Word(grace.Severity)}: {Count(grace.Days, "day")}, from "
                    + $"{SummaryText.Moment(grace.StartedAt)} to {SummaryText.Moment(grace.EndsAt)}"
            );
        if (owner is not null)
            text.Line($"Owner     {owner}");
        text.List("In use:", "reasons for that", notice.Usage.Why.Count, i => $"- {Clip(notice.Usage.Why[i], 500)}")
            .List(
                "What would make it pass, shortest way first:",
                "ways to pass",
                verdict.ToPass.Count,
                i => $"- {Clip(verdict.ToPass[i], 1000)}"
            )
            .List(
                $"Reasons: {record.ReasonCount}",
                "reasons",
                verdict.Reasons.Count,
                i => $"- {Clip(verdict.Reasons[i].Sentence, 1000)}"
            )
            .Line()
            .Line($"Policy    {verdict.PolicyVersion}")
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit(
                "EcrGuard: "
                    + $"{(notice.Stage == GraceStage.Escalation ? "grace ended" : "half of the grace gone")}, "
                    + $"{Named(image, tags)} runs and is blocked"
            ),
            text.Render(MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(
                new GraceBody(
                    1,
                    id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    Grace.Word(grace.Severity),
                    grace.StartedAt,
                    grace.EndsAt,
                    [.. notice.Usage.By.Take(MaxUsers).Select(by => Clip(by.ToString(), 300))],
                    notice.Usage.By.Count,
                    owner,
                    verdict.Reasons,
                    record.ReasonCount,
                    verdict.ToPass,
                    verdict.PolicyVersion
                ),
                ReportJson.Default.GraceBody
            ),
            [
                .. Routing(id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
                new("severity", Grace.Word(grace.Severity).ToLowerInvariant()),
            ]
        );
    }

    /// <summary>An approval was forced, or is no longer: who, why, until when, and what it stands for.</summary>
    public static AlertMessage ForBreakGlass(ForcedApprovalNotice notice)
    {
        var (image, forced) = (notice.Image, notice.Forced);
        var kind = notice.Ended ? "break-glass-ended" : "break-glass";
        var (tags, by, reason) = (
            Tags(notice.Tags),
            Clip(forced.By, 300),
            Clip(forced.Reason, ForcedApproval.MaxReason)
        );
        var revoked =
            notice.Ended && forced.Revoked is { } revocation
                ? revocation with
                {
                    By = Clip(revocation.By, 300),
                    Reason = Clip(revocation.Reason, ForcedApproval.MaxReason),
                }
                : null;
        var text = new ReportText()
            .Line(
                !notice.Ended ? "Somebody forces an approval: gates will answer yes although the verdict is no."
                : revoked is null ? "A forced approval has ended: gates answer by the verdict again."
                : "A forced approval was ended before its time."
            )
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line($"Verdict   {notice.Instead.Word()}")
            .Line($"Who       {by}")
            .Line($"Why       {reason}")
            .Line($"When      from {SummaryText.Moment(forced.At)} to {SummaryText.Moment(forced.Until)}");
        if (forced.Request is { } request)
            text.Line($"Request   {Of(request)}");
        if (revoked is not null)
            text.Line($"Ended     by {revoked.By} instead of {SummaryText.Moment(revoked.InsteadOf)}: {revoked.Reason}")
                .Line($"Request   {Of(revoked.Request)}");
        if (forced.Request?.AccessKeyId is not null)
            text.Line()
                .Line(
                    "Of a role that was taken, the ARN ends with the session's name, which the caller chose: "
                        + "AWS CloudTrail's AssumeRole event with this access key says who took the role."
                );
        if (forced.Request is not null)
            text.Line()
                .Line(
                    "Whoever may invoke the function BreakGlass itself can write any name: the access log of "
                        + "that API says whether there was such a request, and who signed it."
                );
        text.Line().Line($"Alert     {notice.Id}");
        static string Of(ApiRequest request) =>
            $"{request.RequestId} to the API {request.ApiId}"
            + (request.AccessKeyId is { } key ? $", signed with the access key {key}" : "")
            + (request.CallerId is { } caller ? $", by {caller}" : "");
        return new AlertMessage(
            notice.Id,
            Subjects.Fit($"EcrGuard: break-glass {(notice.Ended ? "ended for" : "for")} " + Named(image, tags)),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new BreakGlassBody(
                    1,
                    notice.Id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    notice.Instead,
                    by,
                    reason,
                    forced.At,
                    forced.Until,
                    forced.Request,
                    revoked
                ),
                ReportJson.Default.BreakGlassBody
            ),
            [
                .. Routing(notice.Id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
            ]
        );
    }

    /// <summary>Something happened to an image that is out of reach which its blocking does not tell.</summary>
    public static AlertMessage ForQuarantine(QuarantineNotice notice) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }));

    private static AlertMessage Of(QuarantineNotice notice)
    {
        var (record, quarantine, verdict, image) = (
            notice.Record,
            notice.Quarantine,
            notice.Record.Verdict,
            notice.Record.Verdict.Image
        );
        var tags = Tags(record.Tags);
        var release =
            quarantine.Release is { } released && notice.News == QuarantineNews.Released
                ? released with
                {
                    By = Clip(released.By, 300),
                    Reason = Clip(released.Reason, 500),
                }
                : null;
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
        var text = new ReportText()
            .Line(headline)
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line($"Status    {verdict.Status.Word()} since {SummaryText.Moment(record.StatusSince)}");
        if (release is not null)
            text.Line($"Released  by {release.By} at {SummaryText.Moment(release.At)}: {release.Reason}");
        if (notice.Follows is { } follows)
            text.Line($"Follows   {Clip(follows, 500)}");
        text.List(
                $"Reasons: {record.ReasonCount}",
                "reasons",
                verdict.Reasons.Count,
                i => $"- {Clip(verdict.Reasons[i].Sentence, 1000)}"
            )
            .Line()
            .Line($"Policy    {verdict.PolicyVersion}")
            .Line($"Alert     {notice.Id}");
        return new AlertMessage(
            notice.Id,
            Subjects.Fit($"EcrGuard: {kind.Replace('-', ' ')}, " + Named(image, tags)),
            text.Render(MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(
                new QuarantineBody(
                    1,
                    notice.Id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    verdict.Status,
                    release,
                    verdict.Reasons,
                    record.ReasonCount,
                    verdict.PolicyVersion
                ),
                ReportJson.Default.QuarantineBody
            ),
            [
                .. Routing(notice.Id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
                new("status", verdict.Status.Word().ToLowerInvariant()),
            ]
        );
    }

    /// <summary>Of as many characters as an ARN may take, within what a message holds.</summary>
    private const int MaxUsers = 50;

    /// <summary>
    /// The weekly summary: its text as far as it fits, and its numbers as JSON with the place of the whole.
    /// </summary>
    /// <param name="wholeAt">The S3 URI of the folder with all forms.</param>
    /// <param name="pageAt">Where a person opens the page.</param>
    public static AlertMessage ForWeek(WeeklySummary summary, string wholeAt, string pageAt)
    {
        var body = new WeekBody(
            1,
            summary.AlertId,
            "weekly-summary",
            summary.Account,
            summary.Region,
            [.. summary.Unread.Take(MaxUnreadInJson).Select(Clipped)],
            summary.Unread.Count,
            summary.ActionCount,
            summary.Deployable,
            summary.DeployableByBreakGlass,
            summary.RollUp(),
            wholeAt
        );
        var json = JsonSerializer.Serialize(body, ReportJson.Default.WeekBody);
        var message = new AlertMessage(summary.AlertId, summary.Subject, "", json, summary.Attributes);
        var room = MaxEnvelope - message.EnvelopeBytes;
        // Quotation marks and line ends take more bytes in the envelope than in the text; how many there are shows only
        // when it is written.
        for (var maxText = room; ; )
        {
            message = message with { Text = summary.ToText(maxText, pageAt) };
            if (message.EnvelopeBytes <= MaxEnvelope)
                return message;
            maxText = (int)((long)maxText * room / (message.EnvelopeBytes - (MaxEnvelope - room)));
        }
    }

    /// <summary>Every image that was there before EcrGuard has been judged: the one message of a backfill.</summary>
    public static AlertMessage ForBackfill(BackfillResult result)
    {
        var id = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"backfill:{result.Account}:{result.Region}:{result.StartedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}"
        );
        var text = new ReportText().Line(
            result.Unread.Count == 0
                ? "The backfill is done: every image is judged and recorded."
                : "The backfill is done, but not everything could be read."
        );
        if (result.Unread.Count > 0)
            text.List(
                $"Could not be read: {result.Unread.Count}",
                "could not be read",
                result.Unread.Count,
                i => $"- {Clip(result.Unread[i].What, 400)}: {Clip(result.Unread[i].Why, 400)}"
            );
        text.Line()
            .Line($"Account   {result.Account}, {result.Region}")
            .Line(
                $"Judged    {Count(result.Statuses.Total, "image")} in "
                    + $"{Count(result.Repositories, "repository", "repositories")}"
            )
            .Line($"Took      {Took(result.EndedAt - result.StartedAt)}, to {SummaryText.Moment(result.EndedAt)}")
            .Line($"Policy    {result.PolicyVersion}")
            .Line();
        foreach (var status in Enum.GetValues<Status>())
            text.Line($"{status.Word(), -11} {result.Statuses[status], 7}");
        text.Line()
            .Line("No alert was sent for any of them; from now on changes are told.")
            .Line()
            .Line($"Alert     {id}");

        var unread = result.Unread.Select(Clipped).ToList();
        var read =
            unread.Count > 0 && result.Statuses.Total == 0
                ? "no image could be read"
                : $"{Count(result.Statuses.Total, "image")}, {result.Statuses.Blocked} blocked";
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: backfill done, {read}{(unread.Count > 0 ? ", INCOMPLETE" : "")}"),
            text.Render(MaxText, "the message's JSON form, up to its own limit, and the log."),
            JsonSerializer.Serialize(
                new BackfillBody(
                    1,
                    id,
                    "backfill",
                    result.Account,
                    result.Region,
                    [.. unread.Take(MaxUnreadInJson)],
                    unread.Count,
                    result.Repositories,
                    result.Statuses,
                    result.StartedAt,
                    result.EndedAt,
                    result.PolicyVersion
                ),
                ReportJson.Default.BackfillBody
            ),
            [
                .. Routing(id, "backfill", result.Account, result.Region),
                new("complete", unread.Count == 0 ? "true" : "false"),
                FilterValue.Of("images", result.Statuses.Total),
                FilterValue.Of("blocked", result.Statuses.Blocked),
            ]
        );
    }

    /// <summary>
    /// The deployment may do more than before, or less: a redeploy that nobody meant shows by this message alone.
    /// </summary>
    /// <param name="change">Counts the changes, so that each has an id of its own.</param>
    public static AlertMessage ForCeiling(
        string account,
        string region,
        EnforcementMode before,
        EnforcementMode now,
        long change,
        DateTimeOffset at
    )
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"ceiling:{account}:{region}:{change}:{Word(now)}");
        var body = new CeilingBody(1, id, "ceiling", account, region, before, now, at);
        var text = new ReportText()
            .Line($"The deployment's ceiling (the parameter Enforcement) was {Word(before)} and is {Word(now)} now.")
            .Line(
                now switch
                {
                    EnforcementMode.Observe => "EcrGuard decides, records and reports, and writes nothing to ECR: "
                        + "it marks no image, repairs no baseline, and what is out of reach stays there.",
                    EnforcementMode.Mark => "Where the policy says so, EcrGuard marks images and repairs baselines. "
                        + "It takes nothing out of reach, and puts back what it took.",
                    EnforcementMode.Quarantine => "Where the policy says so, EcrGuard marks images, repairs baselines, "
                        + "and takes blocked images that nothing uses out of reach.",
                }
            )
            .Line("No gate's answer changes by it.")
            .Line()
            .Line($"Account   {account}, {region}")
            .Line($"Seen      {SummaryText.Moment(at)}")
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: ceiling changed from {Word(before)} to {Word(now)} in {account} {region}"),
            text.Render(MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(body, ReportJson.Default.CeilingBody),
            [.. Routing(id, "ceiling", account, region), new("ceiling", Word(now))]
        );
    }

    /// <summary>
    /// The ledger was taken over from another table: what it says from before is read again, and what people ordered
    /// since is undone without a word but this one.
    /// </summary>
    /// <param name="inForce">The forced approvals of before that are in force now, earliest end first.</param>
    public static AlertMessage ForAdoption(
        string account,
        string region,
        string table,
        IReadOnlyList<(ImageId Image, ForcedApproval Forced)> inForce,
        DateTimeOffset at
    )
    {
        var id = $"adoption:{account}:{region}:{table}";
        var body = new AdoptionBody(
            1,
            id,
            "adoption",
            account,
            region,
            table,
            inForce.Count,
            [
                .. inForce
                    .Take(MaxApprovals)
                    .Select(each => new AdoptedApproval(
                        each.Image.Repository.Name,
                        each.Image.Digest,
                        Clip(each.Forced.By, 300),
                        Clip(each.Forced.Reason, ForcedApproval.MaxReason),
                        each.Forced.At,
                        each.Forced.Until
                    )),
            ],
            at
        );
        var text = new ReportText()
            .Line(
                $"EcrGuard keeps its ledger in the table {table} now, and what stands in it was written before: it was "
                    + "restored, or another stack left it."
            )
            .Line(
                "No verdict of before counts until the image is decided again. What people ordered in the time that "
                    + "the ledger has lost is undone: approvals that were ended, repositories that were put back, "
                    + "images that were released."
            )
            .Line()
            .Line(
                inForce.Count == 0
                    ? "No forced approval is in force by it."
                    : $"{Phrase.Count(inForce.Count, "forced approval is", "forced approvals are")} in force by it. "
                        + "End each that somebody had ended: ecrguard breakglass IMAGE --until now."
            );
        foreach (var approval in body.InForce)
            text.Line()
                .Line($"Image     {approval.Repository}@{approval.Digest}")
                .Line($"Who       {approval.By}")
                .Line($"Why       {approval.Reason}")
                .Line($"When      from {SummaryText.Moment(approval.From)} to {SummaryText.Moment(approval.Until)}");
        if (inForce.Count > MaxApprovals)
            text.Line().Line($"And {inForce.Count - MaxApprovals} more, which the weekly summary lists.");
        text.Line().Line($"Account   {account}, {region}").Line($"Seen      {SummaryText.Moment(at)}");
        text.Line().Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit(
                $"EcrGuard: ledger taken over in {account} {region}, "
                    + $"{Phrase.Count(inForce.Count, "approval")} in force"
            ),
            text.Render(MaxText, "the weekly summary."),
            JsonSerializer.Serialize(body, ReportJson.Default.AdoptionBody),
            Routing(id, "adoption", account, region)
        );
    }

    /// <summary>More are counted: both forms of a message are within SNS's limit.</summary>
    private const int MaxApprovals = 20;

    private static string Word(EnforcementMode mode) =>
        mode switch
        {
            EnforcementMode.Observe => "observe",
            EnforcementMode.Mark => "mark",
            EnforcementMode.Quarantine => "quarantine",
        };

    /// <summary>What a sweep could not do.</summary>
    public static AlertMessage ForSweep(SweepResult result)
    {
        var undone = result
            .Swept.SelectMany(swept =>
                swept
                    .Sweep.Undone.Concat(
                        swept.Sweep.UndoneUnlisted is > 0 and var more
                            ? [$"And {Count(more, "more thing")} of which only the number is kept."]
                            : []
                    )
                    .Select(what => new Unread(swept.Repository, what))
            )
            .Concat(
                result.Unfinished.Select(repository => new Unread(
                    repository,
                    "The sweep did not come to its end there; the next one begins again."
                ))
            )
            .OrderBy(item => item.What, StringComparer.Ordinal)
            .ToList();
        var count = result.Undone + result.Unfinished.Count;
        var text = new ReportText().Line(
            undone.Count == 0
                ? "The daily sweep has swept everything; what could be read of the consumers of images has changed."
                : "The daily sweep could not do everything."
        );
        if (undone.Count > 0)
            text.List(
                $"Not done: {count}",
                "not done",
                undone.Count,
                i => $"- {Clip(undone[i].What, 300)}: {Clip(undone[i].Why, 500)}"
            );
        var told =
            undone.Count > 0 ? $"{Count(count, "thing")} not done"
            : result.Unread.Count > 0 ? $"{Count(result.Unread.Count, "consumer")} not read"
            : "every consumer read again";
        text.List(
            result.Unread.Count == 0
                ? "Every consumer could be read."
                : "Consumers that could not be read; what they might use counts as in use:",
            "consumers",
            result.Unread.Count,
            i => $"- {Clip(result.Unread[i].What, 400)}: {Clip(result.Unread[i].Why, 400)}"
        );
        text.Line(InUse.KnownByPullsAlone)
            .Line()
            .Line($"Account   {result.Account}, {result.Region}")
            .Line(
                $"Swept     {Count(result.Images, "image")} in {result.Swept.Count} of "
                    + $"{Count(result.Repositories, "repository", "repositories")}"
            )
            .Line($"Took      {Took(result.EndedAt - result.StartedAt)}, to {SummaryText.Moment(result.EndedAt)}")
            .Line()
            .Line($"Alert     {result.AlertId}");
        return new AlertMessage(
            result.AlertId,
            Subjects.Fit($"EcrGuard: sweep, {told} in {result.Account} {result.Region}"),
            text.Render(MaxText, "the message's JSON form, up to its own limit, and the log."),
            JsonSerializer.Serialize(
                new SweepBody(
                    1,
                    result.AlertId,
                    "sweep",
                    result.Account,
                    result.Region,
                    result.Repositories,
                    result.Images,
                    [.. undone.Take(MaxUnreadInJson).Select(Clipped)],
                    count,
                    [.. result.Unread.Take(MaxUnreadInJson).Select(Clipped)],
                    result.Unread.Count,
                    result.StartedAt,
                    result.EndedAt
                ),
                ReportJson.Default.SweepBody
            ),
            [
                .. Routing(result.AlertId, "sweep", result.Account, result.Region),
                new("complete", undone.Count == 0 && result.Unread.Count == 0 ? "true" : "false"),
            ]
        );
    }

    private static Unread Clipped(Unread item) => new(Clip(item.What, 400), Clip(item.Why, 400));

    /// <summary>
    /// Of 800 characters each, of which JSON in JSON may make seven bytes: both forms together stay within the limit.
    /// The count says how many there are.
    /// </summary>
    private const int MaxUnreadInJson = 20;

    private static string Described(Alert alert)
    {
        var record = alert.Record;
        var verdict = record.Verdict;
        return $"{Word(alert.Kind)}: "
            + $"{SummaryText.Name(verdict.Image.Repository.Name, verdict.Image.Digest, Tags(record.Tags))}: "
            + $"{Clip(verdict.Reasons[0].Sentence, 500)}";
    }

    private static IReadOnlyList<FilterValue> Routing(string id, string kind, string account, string region) =>
        [new("alertId", id), new("kind", kind), new("account", account), new("region", region)];

    private static IReadOnlyList<string> Tags(IReadOnlyList<string> tags) => [.. tags.Select(tag => Clip(tag, 128))];

    private static string Word(AlertKind kind) =>
        kind switch
        {
            AlertKind.Blocked => "blocked",
            AlertKind.Lifted => "lifted",
            AlertKind.NoLongerApproved => "no-longer-approved",
            AlertKind.NeverSettled => "never-settled",
        };

    /// <summary>As a subject names an image: <c>shop/web:1.2</c>, by its digest where it has no tag.</summary>
    private static string Named(ImageId image, IReadOnlyList<string> tags) =>
        Clip(image.Repository.Name, 256) + (tags.Count == 0 ? $"@{image.Digest.Abbreviated}" : $":{tags[0]}");

    /// <summary>A moment as ids of alerts have it.</summary>
    internal static string Stamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    private static string Waived(WaivedFinding waived)
    {
        var package = waived.Package is { } named ? $" in {Clip(named, 100)}" : "";
        return $"- {Clip(waived.Vulnerability, 100)}{package} by {waived.By()}";
    }

    private static string Counts(FindingCounts counts) =>
        counts.Total == 0
            ? "none"
            : string.Join(
                ", ",
                new[]
                {
                    (counts.Critical, "critical"),
                    (counts.High, "high"),
                    (counts.Medium, "medium"),
                    (counts.Low, "low"),
                    (counts.Informational, "informational"),
                    (counts.Untriaged, "untriaged"),
                    (counts.Undefined, "undefined"),
                }
                    .Where(count => count.Item1 > 0)
                    .Select(count => $"{count.Item1} {count.Item2}")
            );
}

/// <summary>What a backfill came to.</summary>
/// <param name="Statuses">Of everything judged; their total is the number of images.</param>
/// <param name="Unread">What could not be read, and is answered from fresh facts when asked.</param>
public sealed record BackfillResult(
    string Account,
    string Region,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int Repositories,
    StatusCounts Statuses,
    IReadOnlyList<Unread> Unread,
    string PolicyVersion
);

/// <param name="Default">For every protocol without its own.</param>
internal sealed record EnvelopeBody(string Default, string Email);

internal sealed record AlertBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status? PreviousStatus,
    Status Status,
    bool Approved,
    DateTimeOffset Since,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    IReadOnlyList<string> ToPass,
    IReadOnlyList<string> Waivers,
    string? CouldNotMark,
    string PolicyVersion,
    DateTimeOffset? GraceEndsAt
);

internal sealed record BreakGlassBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Verdict,
    string By,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until,
    ApiRequest? Request,
    Revocation? Revoked
);

/// <param name="UsedBy">As far as consumers name themselves; a pull names nobody.</param>
internal sealed record GraceBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    string Severity,
    DateTimeOffset StartedAt,
    DateTimeOffset EndsAt,
    IReadOnlyList<string> UsedBy,
    int UsedByCount,
    string? Owner,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    IReadOnlyList<string> ToPass,
    string PolicyVersion
);

/// <param name="Released">For a release only.</param>
internal sealed record QuarantineBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Status,
    Release? Released,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    string PolicyVersion
);

internal sealed record AlertBatchBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    IReadOnlyList<CountOf> Kinds,
    IReadOnlyList<CountOf> Repositories,
    IReadOnlyList<AlertEntry> Alerts
);

internal sealed record CountOf(string Name, int Count);

internal sealed record AlertEntry(string AlertId, string Kind, string Repository, Digest Digest, Status Status);

internal sealed record ForeignTagBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Tag,
    DateTimeOffset PushedAt
);

internal sealed record TagRemovalBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Tag,
    string What,
    DateTimeOffset At
);

internal sealed record UnshieldedBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Why,
    DateTimeOffset At
);

internal sealed record WeekBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int ActionCount,
    int Deployable,
    int DeployableByBreakGlass,
    WeekRollUp Numbers,
    string WholeAt
);

internal sealed record BackfillBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int Repositories,
    StatusCounts Statuses,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    string PolicyVersion
);

internal sealed record SweepBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    int Repositories,
    int Images,
    IReadOnlyList<Unread> Undone,
    int UndoneCount,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt
);

/// <param name="Before">The ceiling that was seen last.</param>
internal sealed record CeilingBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    EnforcementMode Before,
    EnforcementMode Ceiling,
    DateTimeOffset SeenAt
);

/// <param name="Count">How many forced approvals are in force.</param>
/// <param name="InForce">The first of them.</param>
internal sealed record AdoptionBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Table,
    int Count,
    IReadOnlyList<AdoptedApproval> InForce,
    DateTimeOffset SeenAt
);

internal sealed record AdoptedApproval(
    string Repository,
    Digest Digest,
    string By,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until
);
