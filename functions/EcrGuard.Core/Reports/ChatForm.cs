using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports;

/// <summary>
/// A message as Amazon Q Developer in chat applications shows it: the schema of custom notifications
/// (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html).
/// </summary>
public static class ChatForm
{
    /// <summary>
    /// What a message holds of the text, in characters. AWS documents no limit; Slack shows 3 000 in one piece.
    /// </summary>
    public const int MaxText = 2800;

    /// <summary>The JSON of a message, whole: a topic of its own takes it, since nobody reads it as mail.</summary>
    public static string Of(AlertMessage message)
    {
        var said = message.Attributes.ToDictionary(each => each.Name, each => each.Value);
        var kind = said["kind"];
        var body = new ChatBody(
            message.Id,
            new ChatContent(
                Plain(message.Subject),
                $"```\n{Start(message.Text)}\n```",
                message.Next,
                ["ecrguard", kind]
            ),
            new ChatMetadata(said.GetValueOrDefault("repository", kind), $"ecrguard.{kind}", said)
        );
        return JsonSerializer.Serialize(body, ChatJson.Default.ChatBody);
    }

    /// <summary>Whole lines of the text, and how many follow.</summary>
    private static string Start(string text)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        var (start, taken) = (new StringBuilder(), 0);
        foreach (var line in lines.Select(Plain).TakeWhile(line => start.Length + line.Length < MaxText))
        {
            start.Append(line).Append('\n');
            taken++;
        }
        if (taken < lines.Length)
            start.Append($"… {Phrase.Count(lines.Length - taken, "more line")}: the mail has them.");
        return start.ToString().TrimEnd('\n');
    }

    /// <summary>
    /// Nothing that a chat reads as a mention, a link or the end of a block: whoever pushes an image chooses its names.
    /// </summary>
    private static string Plain(string line) => line.Replace('`', '\'').Replace('<', '‹').Replace('>', '›');
}

internal sealed record ChatBody(string Id, ChatContent Content, ChatMetadata Metadata)
{
    public string Version { get; } = "1.0";
    public string Source { get; } = "custom";
}

internal sealed record ChatContent(
    string Title,
    string Description,
    IReadOnlyList<string> NextSteps,
    IReadOnlyList<string> Keywords
)
{
    public string TextType { get; } = "client-markdown";
}

/// <param name="ThreadId">Messages of one thread stand together, where the channel wants threads.</param>
/// <param name="AdditionalContext">What filter policies can ask.</param>
internal sealed record ChatMetadata(
    string ThreadId,
    string EventType,
    IReadOnlyDictionary<string, string> AdditionalContext
);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ChatBody))]
internal sealed partial class ChatJson : JsonSerializerContext;
