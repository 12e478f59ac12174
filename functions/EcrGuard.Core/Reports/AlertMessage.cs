using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Core.Reports;

/// <summary>A message to security, in a form for people and one for machines.</summary>
/// <param name="Id">Stable, and in body and attributes. A message may be delivered twice: a receiver knows by it which
///     one is a duplicate.</param>
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
    /// <summary>What a reader does next, where a form has a place for it: a command, an address.</summary>
    public IReadOnlyList<string> Next { get; init; } = [];

    /// <summary>What SNS takes, in bytes of UTF-8 (SNS API, Publish).</summary>
    public const int MaxEnvelope = 262_144;

    /// <summary>What the text for people takes at most, in bytes of UTF-8.</summary>
    internal const int MaxText = 48 * 1024;

    /// <summary>
    /// Both forms as SNS wants them under <c>MessageStructure=json</c>: the text for e-mail, JSON for every other
    /// protocol. At most <see cref="MaxEnvelope"/> bytes.
    /// </summary>
    public string Envelope => JsonSerializer.Serialize(new EnvelopeBody(Json, Text), EnvelopeJson.Relaxed.EnvelopeBody);

    internal int EnvelopeBytes => Encoding.UTF8.GetByteCount(Envelope);

    /// <summary>
    /// A message with lists as long as it can hold. Whoever built an image chooses much of the text, and JSON in JSON
    /// may make seven bytes of a character.
    /// </summary>
    /// <param name="of">The message with lists of at most so many.</param>
    internal static AlertMessage Fitting(Func<int, AlertMessage> of)
    {
        for (var most = ImageRecord.MaxReasons; ; most /= 2)
        {
            if (of(most) is var message && (most == 0 || message.EnvelopeBytes <= MaxEnvelope))
                return message;
        }
    }

    internal static Unread Clipped(Unread item) => new(Clip(item.What, 400), Clip(item.Why, 400));

    /// <summary>
    /// They have 800 characters each, of which JSON in JSON may make seven bytes, so that both forms stay within the
    /// limit. A count says how many there are.
    /// </summary>
    internal const int MaxUnreadInJson = 20;

    /// <summary>The text ends with the id.</summary>
    /// <param name="subject">Cut where it is too long.</param>
    /// <param name="wholeIn">Where the whole is, if the text is cut.</param>
    /// <param name="attributes">Besides those of the body.</param>
    internal static AlertMessage Of<T>(
        T body,
        JsonTypeInfo<T> json,
        string subject,
        ReportText text,
        string wholeIn,
        params IEnumerable<FilterValue> attributes
    )
        where T : MessageBody =>
        new(
            body.AlertId,
            Subjects.Fit(subject),
            text.Line($"Alert     {body.AlertId}").Render(MaxText, wholeIn),
            JsonSerializer.Serialize(body, json),
            [.. body.Attributes, .. attributes]
        );

    /// <summary>The worst severity that a message is about, for filter policies.</summary>
    internal static IEnumerable<FilterValue> OfSeverity(Severity? severity) =>
        severity is { } worst ? [new("severity", FixText.Word(worst))] : [];

    /// <summary>The team whose images a message is about; none where it is not known.</summary>
    internal static IEnumerable<FilterValue> OfTeam(string? team) =>
        TeamName(team) is { } name ? [new("team", name)] : [];

    /// <summary>As messages have it: a tag of a repository says it, and anybody may write that.</summary>
    internal static string? TeamName(string? team) => string.IsNullOrEmpty(team) ? null : Clip(team, 256);

    internal static IReadOnlyList<string> Tags(IReadOnlyList<string> tags) => [.. tags.Select(tag => Clip(tag, 128))];

    /// <summary>An image in a subject: <c>shop/web:1.2</c>, or by its digest where it has no tag.</summary>
    internal static string Named(ImageId image, IReadOnlyList<string> tags) =>
        Clip(image.Repository.Name, 256) + (tags.Count == 0 ? $"@{image.Digest.Abbreviated}" : $":{tags[0]}");

    /// <summary>A moment in the ids of alerts.</summary>
    internal static string Stamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
}

/// <param name="Default">For every protocol without its own.</param>
internal sealed record EnvelopeBody(string Default, string Email);
