using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// Issue 9: which events the template's rules let through. In the account of Inspector's delegated administrator, the
/// events of its members come to the bus too, in that account's own envelope.
/// </summary>
public sealed class EventPatternTests
{
    private const string Account = "123456789012";
    private const string Member = "999999999999";

    private static readonly SamTemplate Template = SamTemplate.With();

    public static TheoryData<string, string?, bool> Events =>
        new()
        {
            // The event, the account of the image (null: the event does not say), and whether it comes through.
            { Recorded.EnhancedScan, Account, true },
            { Recorded.EnhancedScan, Member, false },
            { Recorded.ScanOfAnInstance, null, true },
            { Recorded.Finding, Account, true },
            { Recorded.Finding, Member, false },
            { Recorded.Finding, null, true },
            { Recorded.BasicScan, Account, true },
            { Recorded.Push, Account, true },
        };

    [Theory]
    [MemberData(nameof(Events))]
    public void What_is_another_accounts_is_left_out_and_what_does_not_say_comes_through(
        string name,
        string? owner,
        bool passes
    )
    {
        var read = JsonNode.Parse(Recorded.Event(name))!.AsObject();
        var detail = read["detail"]!.AsObject();
        if (name == Recorded.Finding)
        {
            var image = detail["resources"]![0]!.AsObject();
            if (owner is null)
            {
                detail.Remove("awsAccountId");
                image.Remove("id");
            }
            else
            {
                detail["awsAccountId"] = owner;
                image["id"] = Owned(image["id"]!.ToString(), owner);
            }
        }
        else if (name == Recorded.EnhancedScan)
        {
            detail["repository-name"] = Owned(detail["repository-name"]!.ToString(), owner!);
        }

        Assert.Equal(
            passes ? 1 : 0,
            Template
                .OfType("AWS::Events::Rule")
                .Count(rule => Matches(Template.Properties(rule)["EventPattern"]!.AsObject(), read))
        );
    }

    [Fact]
    public void Each_of_the_two_places_that_say_whose_a_finding_is_is_enough_to_leave_it_out()
    {
        foreach (var field in new[] { "awsAccountId", "id" })
        {
            var read = JsonNode.Parse(Recorded.Event(Recorded.Finding))!.AsObject();
            var detail = read["detail"]!.AsObject();
            var image = detail["resources"]![0]!.AsObject();
            detail["awsAccountId"] = field == "awsAccountId" ? Member : Account;
            image["id"] = Owned(image["id"]!.ToString(), field == "id" ? Member : Account);

            Assert.DoesNotContain(
                Template.OfType("AWS::Events::Rule"),
                rule => Matches(Template.Properties(rule)["EventPattern"]!.AsObject(), read)
            );
        }
    }

    private static string Owned(string arn, string account)
    {
        var parts = arn.Split(':', 6);
        return string.Join(':', [.. parts[..3], "eu-central-1", account, parts[5]]);
    }

    /// <summary>
    /// EventBridge's rules as far as the template uses them: every field must match, one of several values is enough,
    /// and an array matches by any of its items (EventBridge user guide, "Event patterns").
    /// </summary>
    private static bool Matches(JsonObject pattern, JsonNode? value) =>
        pattern.All(field =>
            field.Value is JsonObject inner
                ? Items(value?[field.Key]).Any(item => item is JsonObject && Matches(inner, item))
                : field.Value!.AsArray().Any(wanted => Fits(wanted!, value?[field.Key]))
        );

    private static bool Fits(JsonNode wanted, JsonNode? value) =>
        wanted switch
        {
            JsonObject filter when filter["exists"] is { } exists => exists.GetValue<bool>() == (value is not null),
            JsonObject filter when filter["prefix"] is { } prefix => Items(value)
                .Any(item => item!.ToString().StartsWith(Deployed(prefix), StringComparison.Ordinal)),
            _ => Items(value).Any(item => item!.ToString() == Deployed(wanted)),
        };

    private static IEnumerable<JsonNode?> Items(JsonNode? value) =>
        value as IEnumerable<JsonNode?> ?? Enumerable.Repeat(value, value is null ? 0 : 1);

    private static string Deployed(JsonNode text)
    {
        var function = text as JsonObject;
        var written =
            function?["Fn::Sub"]?.ToString() ?? (function?["Ref"] is { } named ? $"${{{named}}}" : text.ToString());
        return written
            .Replace("${AWS::Partition}", "aws", StringComparison.Ordinal)
            .Replace("${AWS::Region}", "eu-central-1", StringComparison.Ordinal)
            .Replace("${AWS::AccountId}", Account, StringComparison.Ordinal);
    }
}
