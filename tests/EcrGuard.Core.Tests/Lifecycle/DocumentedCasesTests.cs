using System.Runtime.CompilerServices;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Tests.Lifecycle;

/// <summary>
/// Every example of https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html. The
/// filtering examples come with their images and results; for the others the documentation gives the meaning, and the
/// images here are on both sides of the limit. If the documentation lists two images pushed "1 day ago" one after the
/// other, the second is a little newer here.
/// </summary>
public sealed class DocumentedCasesTests
{
    private static readonly Dictionary<string, JsonElement> Cases = Load();

    public static TheoryData<string> Ids => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_documented_example_gives_what_is_documented(string id)
    {
        var example = Cases[id];
        var policy = Policies.Read(example.GetProperty("policy").GetRawText());
        var images = example
            .GetProperty("images")
            .EnumerateArray()
            .Select(image => (Image: Read(image), Expected: image.GetProperty("expected")))
            .ToList();

        var decisions = LifecycleEvaluator.Evaluate(policy, [.. images.Select(i => i.Image)], Facts.Now);

        Assert.All(
            images,
            image =>
            {
                var decision = decisions.Single(d => d.Image == image.Image);
                Assert.Equal(
                    (image.Expected.GetProperty("outcome").GetString(), Number("rule"), Number("shieldedBy")),
                    (decision.Outcome.ToString(), decision.Rule?.Priority, decision.ShieldedBy?.Priority)
                );

                int? Number(string name) =>
                    image.Expected.TryGetProperty(name, out var number) ? number.GetInt32() : null;
            }
        );
    }

    private static LifecycleImage Read(JsonElement image)
    {
        return new LifecycleImage
        {
            Digest = Facts.Digest(image.GetProperty("name").GetString()![0]),
            Tags = [.. image.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)],
            Kind = ImageKind.Image,
            Storage = image.TryGetProperty("storage", out var storage)
                ? Enum.Parse<StorageStatus>(storage.GetString()!)
                : StorageStatus.Active,
            PushedAt = DaysAgo("pushedDaysAgo"),
            LastPulledAt = DaysAgo("pulledDaysAgo"),
            LastArchivedAt = DaysAgo("archivedDaysAgo"),
            LastActivatedAt = DaysAgo("activatedDaysAgo"),
        };

        DateTimeOffset? DaysAgo(string name) =>
            image.TryGetProperty(name, out var days) ? Facts.Now.AddDays(-days.GetDouble()) : null;
    }

    private static Dictionary<string, JsonElement> Load([CallerFilePath] string file = "")
    {
        using var cases = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "documented-cases.json"))
        );
        return cases
            .RootElement.EnumerateArray()
            .ToDictionary(example => example.GetProperty("id").GetString()!, example => example.Clone());
    }
}
