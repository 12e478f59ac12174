using System.Text.Json;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// What ECR refuses in a lifecycle policy, with messages in its style
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). When two rules have "a
/// unique set of prefixes" is not documented, so it is not checked.
/// </summary>
internal static class LifecyclePolicyCheck
{
    private static readonly string[] TagStatuses = ["tagged", "untagged", "any"];
    private static readonly string[] CountTypes =
    [
        "imageCountMoreThan",
        "sinceImagePushed",
        "sinceImagePulled",
        "sinceImageTransitioned",
    ];

    /// <summary>The rules of a policy that ECR accepts.</summary>
    /// <exception cref="LocalError">The policy is not accepted.</exception>
    public static IReadOnlyList<LifecycleRule> Read(string text)
    {
        Check(text);
        return JsonWire.Read<LifecycleDocument>(text).Rules;
    }

    private static void Check(string text)
    {
        Require(text.Length >= 100, "Member must have length greater than or equal to 100");
        Require(text.Length <= 30_720, "Member must have length less than or equal to 30720");
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            Members(root, ["rules"], []);
            var rules = root.GetProperty("rules").EnumerateArray().ToList();
            Require(rules.Count is >= 1 and <= 50, "array has a size that is not between 1 and 50");
            rules.ForEach(CheckRule);
            var priorities = rules.Select(r => r.GetProperty("rulePriority").GetInt32()).ToList();
            Require(priorities.Distinct().Count() == priorities.Count, "rulePriority values must be unique");
            foreach (
                var rule in rules
                    .GroupBy(StorageClass)
                    .SelectMany(g => g.OrderBy(r => r.GetProperty("rulePriority").GetInt32()).SkipLast(1))
            )
            {
                Require(TagStatus(rule) != "any", "a rule with tagStatus any must have the highest rulePriority");
            }

            Require(
                rules.Where(r => TagStatus(r) == "untagged").GroupBy(StorageClass).All(g => g.Count() == 1),
                "only one rule may select untagged images"
            );
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw Failure("Could not map policyString into LifecyclePolicy.");
        }
    }

    private static void CheckRule(JsonElement rule)
    {
        Members(rule, ["rulePriority", "selection", "action"], ["description"]);
        Minimum(rule.GetProperty("rulePriority").GetInt32());

        var selection = rule.GetProperty("selection");
        Members(
            selection,
            ["tagStatus", "countType", "countNumber"],
            ["tagPatternList", "tagPrefixList", "storageClass", "countUnit"]
        );
        var status = OneOf(selection.GetProperty("tagStatus").GetString(), TagStatuses);
        var countType = OneOf(selection.GetProperty("countType").GetString(), CountTypes);
        Minimum(selection.GetProperty("countNumber").GetInt32());

        var lists =
            (selection.TryGetProperty("tagPatternList", out var patterns) ? 1 : 0)
            + (selection.TryGetProperty("tagPrefixList", out var prefixes) ? 1 : 0);
        Require(
            lists == (status == "tagged" ? 1 : 0),
            "instance failed to match exactly one schema (matched 0 out of 2)"
        );
        foreach (var list in new[] { patterns, prefixes }.Where(l => l.ValueKind != JsonValueKind.Undefined))
        {
            Require(
                list.GetArrayLength() > 0,
                "array is too short: must have at least 1 elements but instance has 0 elements"
            );
            Require(
                list.EnumerateArray().All(p => p.GetString()!.Length > 0),
                "string is too short (length: 0, required minimum: 1)"
            );
        }

        if (patterns.ValueKind != JsonValueKind.Undefined)
        {
            Require(
                patterns.EnumerateArray().All(p => p.GetString()!.Count(c => c == '*') <= 4),
                "a pattern can have at most 4 wildcards"
            );
        }

        var hasUnit = selection.TryGetProperty("countUnit", out var unit);
        Require(
            hasUnit == (countType != "imageCountMoreThan"),
            "instance failed to match exactly one schema (matched 0 out of 2)"
        );
        if (hasUnit)
        {
            OneOf(unit.GetString(), ["days"]);
        }

        var action = rule.GetProperty("action");
        Members(action, ["type"], ["targetStorageClass"]);
        var type = OneOf(action.GetProperty("type").GetString(), ["expire", "transition"]);
        var hasTarget = action.TryGetProperty("targetStorageClass", out var target);
        Require(hasTarget == (type == "transition"), "targetStorageClass goes with transition");
        if (hasTarget)
        {
            OneOf(target.GetString(), ["archive"]);
        }

        var storage = OneOf(StorageClass(rule), ["standard", "archive"]);
        Require(
            storage == (countType == "sinceImageTransitioned" ? "archive" : "standard"),
            "storageClass does not go with countType"
        );
        Require(
            countType != "sinceImagePulled" || type == "transition",
            "sinceImagePulled cannot be used with the expire action"
        );
        Require(
            countType != "sinceImageTransitioned" || type == "expire",
            "sinceImageTransitioned can only be used with the expire action"
        );
        Require(
            countType != "sinceImageTransitioned" || selection.GetProperty("countNumber").GetInt32() >= 90,
            "images must have been archived for at least 90 days"
        );
    }

    private static string? TagStatus(JsonElement rule) =>
        rule.GetProperty("selection").GetProperty("tagStatus").GetString();

    private static string StorageClass(JsonElement rule) =>
        rule.GetProperty("selection").TryGetProperty("storageClass", out var storage)
            ? storage.GetString()!
            : "standard";

    private static void Members(JsonElement instance, string[] required, string[] optional)
    {
        var present = instance.EnumerateObject().Select(p => p.Name).ToList();
        var missing = required.Except(present).ToList();
        Require(missing.Count == 0, $"object has missing required properties ([{Quoted(missing)}])");
        var unknown = present.Except(required).Except(optional).ToList();
        Require(
            unknown.Count == 0,
            $"object instance has properties which are not allowed by the schema: ([{Quoted(unknown)}])"
        );
    }

    private static string Quoted(IEnumerable<string> names) =>
        string.Join(',', names.Order(StringComparer.Ordinal).Select(n => $"\"{n}\""));

    private static string OneOf(string? value, string[] known)
    {
        Require(
            known.Contains(value),
            $"instance value ({value}) not found in enum :(possible values: [{Quoted(known)}])"
        );
        return value!;
    }

    private static void Minimum(int value) =>
        Require(value >= 1, $"numeric instance is lower than the required minimum (minimum: 1, found: {value})");

    private static void Require(bool condition, string failure)
    {
        if (!condition)
        {
            throw Failure(failure);
        }
    }

    private static LocalError Failure(string failure) =>
        new(
            400,
            "InvalidParameterException",
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy "
                + $"validation failure: {failure}'"
        );
}
