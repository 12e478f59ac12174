using System.Text.Json;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The weekly report as a message.</summary>
public static class WeekMessage
{
    /// <summary>
    /// The text of the weekly summary as far as it fits, and its numbers as JSON, with the address of the whole.
    /// </summary>
    /// <param name="wholeAt">The S3 URI of the folder with all forms.</param>
    /// <param name="pageAt">Where a person opens the page.</param>
    public static AlertMessage For(WeeklySummary summary, string wholeAt, string pageAt)
    {
        var body = new WeekBody(
            summary.AlertId,
            summary.Account,
            summary.Region,
            [.. summary.Unread.Take(MaxUnreadInJson).Select(Clipped)],
            summary.Unread.Count,
            summary.ActionCount,
            summary.Deployable,
            summary.DeployableByBreakGlass,
            summary.RollUp(),
            summary.MadeAgain,
            wholeAt
        );
        var json = JsonSerializer.Serialize(body, ReportJson.Default.WeekBody);
        var message = new AlertMessage(summary.AlertId, summary.Subject, "", json, summary.Attributes);
        var room = MaxEnvelope - message.EnvelopeBytes;
        // Quotation marks and line ends take more bytes in the envelope than in the text. How many there are is known
        // only once it is written.
        for (var maxText = room; ; )
        {
            message = message with { Text = summary.ToText(maxText, pageAt) };
            if (message.EnvelopeBytes <= MaxEnvelope)
                return message;
            maxText = (int)((long)maxText * room / (message.EnvelopeBytes - (MaxEnvelope - room)));
        }
    }
}
