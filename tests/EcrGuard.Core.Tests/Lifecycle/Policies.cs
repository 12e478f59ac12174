using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Tests.Lifecycle;

/// <summary>Short ways to write policies and images.</summary>
internal static class Policies
{
    public static LifecyclePolicy Read(string text)
    {
        var reading = LifecyclePolicy.Read(Encoding.UTF8.GetBytes(text));
        Assert.Empty(reading.Problems);
        return reading.Policy!;
    }

    public static LifecyclePolicy Of(params string[] rules) => Read($$"""{"rules":[{{string.Join(',', rules)}}]}""");

    /// <summary>
    /// Tags as in <c>a*,b*</c>, which must all match; <c>""</c> for untagged images, <c>any</c> for any.
    /// </summary>
    public static string Keep(int priority, string tags, int count, string description = "") =>
        Rule(
            priority,
            tags,
            $"\"countType\":\"imageCountMoreThan\",\"countNumber\":{count}",
            "\"type\":\"expire\"",
            description
        );

    public static string Expire(int priority, string tags, int days, string description = "") =>
        Rule(priority, tags, Days("sinceImagePushed", days), "\"type\":\"expire\"", description);

    public static string Archive(
        int priority,
        string tags,
        int days,
        string countType = "sinceImagePushed",
        string description = ""
    ) =>
        Rule(
            priority,
            tags,
            Days(countType, days),
            "\"type\":\"transition\",\"targetStorageClass\":\"archive\"",
            description
        );

    public static string ExpireArchived(int priority, string tags, int days, string description = "") =>
        Rule(
            priority,
            tags,
            "\"storageClass\":\"archive\"," + Days("sinceImageTransitioned", days),
            "\"type\":\"expire\"",
            description
        );

    /// <summary>Pushed a number of days ago.</summary>
    public static LifecycleImage Image(int number, double daysAgo, params string[] tags) =>
        new()
        {
            Digest = Facts.Digest(number),
            Tags = tags,
            Kind = ImageKind.Image,
            Storage = StorageStatus.Active,
            PushedAt = Facts.Now.AddDays(-daysAgo),
        };

    public static LifecycleDecision Of(this IEnumerable<LifecycleDecision> decisions, int number) =>
        decisions.Single(decision => decision.Image.Digest == Facts.Digest(number));

    private static string Days(string countType, int days) =>
        $"\"countType\":\"{countType}\",\"countUnit\":\"days\",\"countNumber\":{days}";

    private static string Rule(int priority, string tags, string count, string action, string description)
    {
        var selection = tags switch
        {
            "any" => "\"tagStatus\":\"any\"",
            "" => "\"tagStatus\":\"untagged\"",
            _ =>
                $"\"tagStatus\":\"tagged\",\"tagPatternList\":[{string.Join(',', tags.Split(',').Select(tag => $"\"{tag}\""))}]",
        };
        var words = description.Length == 0 ? "" : $"\"description\":\"{description}\",";
        return $$"""{"rulePriority":{{priority}},{{words}}"selection": { {{selection}},{{count}} },"action": { {{action}} } }""";
    }
}
