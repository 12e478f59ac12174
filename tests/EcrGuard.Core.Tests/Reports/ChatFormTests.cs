using System.Text.Json;
using System.Text.Json.Nodes;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class ChatFormTests
{
    private static AlertMessage Blocked(string tag = "1.0") =>
        ImageMessage.For(
            ImageAlert.Of(
                Alert.For(Facts.Record(Status.Blocked, Facts.Image(1, tag).In("pay/api"), was: Status.Approved))!
            )
        );

    [Fact]
    public void A_chat_shows_the_subject_the_first_lines_and_what_to_do_next()
    {
        var message = Blocked();
        var form = JsonNode.Parse(ChatForm.Of(message))!;

        Assert.Equal(["id", "content", "metadata", "version", "source"], form.AsObject().Select(field => field.Key));
        Assert.Equal("client-markdown", (string)form["content"]!["textType"]!);
        Assert.Equal(message.Subject, (string)form["content"]!["title"]!);
        Assert.Equal(
            [
                $"ecrguard explain pay/api@{Facts.Digest(1)}",
                "https://eu-central-1.console.aws.amazon.com/ecr/repositories/private/123456789012/pay/api?region=eu-central-1",
            ],
            form["content"]!["nextSteps"]!.AsArray().Select(step => (string)step!)
        );
        Assert.Equal("pay/api", (string)form["metadata"]!["threadId"]!);
        Assert.Equal("ecrguard.blocked", (string)form["metadata"]!["eventType"]!);
        Assert.Equal(
            message.Attributes.ToDictionary(each => each.Name, each => each.Value),
            form["metadata"]!["additionalContext"].Deserialize<Dictionary<string, string>>()
        );
        Assert.Contains(
            "Status    APPROVED → BLOCKED since 2026-11-18 11:00 UTC; pipelines that ask EcrGuard get a no\n",
            (string)form["content"]!["description"]!,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_long_text_ends_at_a_whole_line_and_says_how_many_follow()
    {
        var lines = Enumerable.Range(1, 200).Select(number => $"{number} of two hundred lines").ToList();
        var message = Blocked() with { Text = string.Join('\n', lines) + "\n" };
        var shown = Description(message)[4..^4].Split('\n');

        Assert.Equal(lines.Take(shown.Length - 1), shown[..^1]);
        Assert.Equal($"… {200 - (shown.Length - 1)} more lines: the mail has them.", shown[^1]);
        Assert.InRange(Description(message).Length, ChatForm.MaxText - 100, ChatForm.MaxText + 100);
    }

    [Theory]
    [InlineData("<!channel>")]
    [InlineData("<@U024BE7LH>")]
    [InlineData("<https://evil.example|the console>")]
    [InlineData("``` @here *bold*")]
    public void A_name_that_somebody_chose_mentions_nobody_links_nowhere_and_ends_no_block(string name)
    {
        var message = Blocked();
        var form = JsonNode.Parse(
            ChatForm.Of(message with { Text = $"Image {name}\n", Subject = $"EcrGuard: {name}" })
        )!["content"]!;
        foreach (var part in new[] { (string)form["title"]!, ((string)form["description"]!)[4..^4] })
            Assert.False(part.AsSpan().ContainsAny('<', '>', '`'), part);
    }

    private static string Description(AlertMessage message) =>
        (string)JsonNode.Parse(ChatForm.Of(message))!["content"]!["description"]!;
}
