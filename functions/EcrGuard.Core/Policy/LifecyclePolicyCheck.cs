using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Holds a lifecycle policy to what ECR accepts, so that a wrong one is refused where it is written and not by PutLifecyclePolicy at night
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).
/// </summary>
internal sealed class LifecyclePolicyCheck(Checks checks)
{
    /// <summary>ECR's quotas. Its least length, 100 characters, is shorter than the shortest policy of one rule.</summary>
    public const int MaxRules = 50, MaxLength = 30_720;

    /// <summary>ECR charges an archived image for 90 days and expires none earlier.</summary>
    private const int LeastDaysInArchive = 90;

    /// <summary>What the checks across rules need of one.</summary>
    private sealed record Rule(Node Node, int? Priority, string? TagStatus, string StorageClass);

    /// <summary>The policy as ECR takes it, without comments and white space.</summary>
    public string? Read(Node? node)
    {
        if (checks.Object(node) is not { } policy)
            return null;
        var rules = checks.Items(policy.Required("rules"), "a lifecycle policy has at least one rule");
        policy.End();
        if (rules is { Count: > MaxRules })
            checks.Report(node!, $"The lifecycle policy has {rules.Count} rules; ECR allows at most {MaxRules}.");
        CheckTogether([.. (rules ?? []).Select(ReadRule).OfType<Rule>()]);

        var text = Compact(node!);
        if (text.Length > MaxLength)
            checks.Report(node!, $"The lifecycle policy has {text.Length} characters without white space; ECR allows at most {MaxLength}.");
        return text;
    }

    private Rule? ReadRule(Node node)
    {
        if (checks.Object(node) is not { } rule)
            return null;
        var priority = checks.Integer(rule.Required("rulePriority"), 1, int.MaxValue);
        if (rule.Optional("description") is { Kind: not NodeKind.Text } description)
            checks.Report(description, $"Found {Checks.Found(description)}; it must be a text.");
        var (selectionNode, actionNode) = (rule.Required("selection"), rule.Required("action"));
        rule.End();

        var (tagStatus, storageClass, countType) = ReadSelection(selectionNode);
        ReadAction(actionNode, countType);
        return new Rule(node, priority, tagStatus, storageClass ?? "standard");
    }

    private (string? TagStatus, string? StorageClass, string? CountType) ReadSelection(Node? node)
    {
        if (checks.Object(node) is not { } selection)
            return default;
        var tagStatus = checks.Word(selection.Required("tagStatus"), "tagged", "untagged", "any");
        var patterns = selection.Optional("tagPatternList");
        var prefixes = selection.Optional("tagPrefixList");
        var storageNode = selection.Optional("storageClass");
        var storageClass = checks.Word(storageNode, "standard", "archive");
        var countType = checks.Word(selection.Required("countType"), "imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned");
        var unit = selection.Optional("countUnit");
        checks.Word(unit, "days");
        var numberNode = selection.Required("countNumber");
        var number = checks.Integer(numberNode, 1, int.MaxValue);
        selection.End();

        CheckTags(patterns, "tagPatternList");
        CheckTags(prefixes, "tagPrefixList");
        if (tagStatus == "tagged" && patterns is null && prefixes is null)
            checks.Report(node!, "The tagStatus 'tagged' needs a tagPatternList (or a tagPrefixList) that says which tags; all of its entries must be on the image.");
        if (tagStatus == "tagged" && patterns is not null && prefixes is not null)
            checks.Report(prefixes, "A rule has a tagPatternList or a tagPrefixList, not both.");
        if (tagStatus is "untagged" or "any" && (patterns ?? prefixes) is { } list)
            checks.Report(list, $"The tagStatus '{tagStatus}' takes no list of tags; drop the list or write 'tagged'.");

        if (countType == "imageCountMoreThan" && unit is not null)
            checks.Report(unit, "The countType 'imageCountMoreThan' counts images and takes no countUnit.");
        if (countType is not (null or "imageCountMoreThan") && unit is null)
            checks.Report(node!, $"The countType '{countType}' needs \"countUnit\": \"days\".");
        if (countType == "sinceImageTransitioned" && storageClass != "archive")
            checks.Report(storageNode ?? node!, "The countType 'sinceImageTransitioned' needs \"storageClass\": \"archive\".");
        if (countType is not (null or "sinceImageTransitioned") && storageClass == "archive")
            checks.Report(storageNode!, $"The countType '{countType}' selects in the storage class 'standard' only; 'archive' goes with 'sinceImageTransitioned'.");
        if (countType == "sinceImageTransitioned" && number < LeastDaysInArchive)
            checks.Report(numberNode!, $"Found {number}; ECR keeps an archived image at least {LeastDaysInArchive} days.");
        return (tagStatus, storageClass, countType);
    }

    private void CheckTags(Node? list, string key)
    {
        foreach (var item in checks.Items(list, "it would select nothing") ?? [])
        {
            var tag = checks.Text(item, 300);
            if (key == "tagPatternList" && tag?.Count(c => c == '*') > 4)
                checks.Report(item, $"The pattern {Checks.Found(item)} has more than four '*'.");
        }
    }

    private void ReadAction(Node? node, string? countType)
    {
        if (checks.Object(node) is not { } action)
            return;
        var typeNode = action.Required("type");
        var type = checks.Word(typeNode, "expire", "transition");
        var target = action.Optional("targetStorageClass");
        checks.Word(target, "archive");
        action.End();

        if (type == "transition" && target is null)
            checks.Report(node!, "The action 'transition' needs \"targetStorageClass\": \"archive\".");
        if (type == "expire" && target is not null)
            checks.Report(target, "The action 'expire' takes no targetStorageClass.");
        if (countType == "sinceImagePulled" && type == "expire")
            checks.Report(typeNode!, "The countType 'sinceImagePulled' goes with the action 'transition' only; ECR does not expire by pull time.");
        if (countType == "sinceImageTransitioned" && type == "transition")
            checks.Report(typeNode!, "The countType 'sinceImageTransitioned' goes with the action 'expire' only; its images are archived already.");
    }

    private void CheckTogether(IReadOnlyList<Rule> rules)
    {
        foreach (var same in rules.Where(r => r.Priority is not null).GroupBy(r => r.Priority))
        {
            foreach (var rule in same.Skip(1))
                checks.Report(rule.Node, $"The rulePriority {same.Key} is that of the rule at {same.First().Node.Place}; it must be unique.");
        }
        foreach (var storage in rules.GroupBy(r => r.StorageClass))
        {
            foreach (var rule in storage.Where(r => r.TagStatus == "untagged").Skip(1))
                checks.Report(rule.Node, $"ECR allows one rule with the tagStatus 'untagged' for the storage class '{storage.Key}', and there is one before this.");
            var last = storage.Max(r => r.Priority);
            foreach (var rule in storage.Where(r => r.TagStatus == "any" && r.Priority < last))
                checks.Report(rule.Node, $"A rule with the tagStatus 'any' must have the highest rulePriority of its storage class '{storage.Key}', and another has {last}.");
        }
    }

    private static string Compact(Node node)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            node.WriteTo(json);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
