using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Checks whether ECR accepts a lifecycle policy, so that a wrong one is refused where it is written, and not by
/// PutLifecyclePolicy at night
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). A problem that neither
/// that page nor a recorded refusal shows is not <see cref="PolicyProblem.Certain"/>.
/// </summary>
/// <param name="sentAsWritten">Whether ECR is sent the text itself. Otherwise its numbers are written in digits
///     first.</param>
internal sealed class LifecyclePolicyCheck(Checks checks, bool sentAsWritten = false)
{
    /// <summary>
    /// ECR's quotas. Its minimum of 100 characters is less than the shortest policy has.
    /// </summary>
    public const int MaxRules = 50,
        MaxLength = 30_720;

    /// <summary>ECR charges an archived image for 90 days and expires none earlier.</summary>
    private const int LeastDaysInArchive = 90;

    /// <summary>
    /// What the checks across rules need of a rule. <see cref="Complete"/> is null where the rule has a problem.
    /// </summary>
    private sealed record Rule(Node Node, int? Priority, Selection Selection, LifecycleRule? Complete)
    {
        public StorageClass StorageClass => Selection.StorageClass ?? StorageClass.Standard;
    }

    private readonly record struct Selection(
        TagStatus? TagStatus,
        IReadOnlyList<TagPattern> Tags,
        StorageClass? StorageClass,
        CountType? CountType,
        int? CountNumber
    );

    /// <summary>Null, or with fewer rules than are written, only where a problem is reported.</summary>
    public LifecyclePolicy? Read(Node? node)
    {
        if (checks.Object(node) is not { } policy)
            return null;
        var nodes = checks.Items(policy.Required("rules"), "a lifecycle policy has at least one rule");
        policy.End();
        if (nodes is { Count: > MaxRules })
            checks.Report(node!, $"The lifecycle policy has {nodes.Count} rules; ECR allows at most {MaxRules}.");
        Rule[] rules = [.. (nodes ?? []).Select(ReadRule).OfType<Rule>()];
        CheckTogether(rules);

        var text = Compact(node!);
        if (text.Length > MaxLength)
            checks.Report(
                node!,
                $"The lifecycle policy has {text.Length} characters without white space; ECR allows at most "
                    + $"{MaxLength}."
            );
        return new LifecyclePolicy(
            text,
            [.. rules.Select(rule => rule.Complete).OfType<LifecycleRule>().OrderBy(rule => rule.Priority)]
        );
    }

    private Rule? ReadRule(Node node)
    {
        if (checks.Object(node) is not { } rule)
            return null;
        var priority = Integer(rule.Required("rulePriority"));
        var description = rule.Optional("description");
        if (description is not (null or { Kind: NodeKind.Text }))
            checks.Report(description, $"Found {Checks.Found(description)}; it must be a text.", certain: false);
        var (selectionNode, actionNode) = (rule.Required("selection"), rule.Required("action"));
        rule.End();

        var selection = ReadSelection(selectionNode);
        var action = ReadAction(actionNode, selection.CountType);
        var complete = (priority, selection, action)
            is (
                int number,
                { TagStatus: { } tagStatus, CountType: { } countType, CountNumber: { } countNumber },
                { } act
            )
            ? new LifecycleRule
            {
                Priority = number,
                Description = description?.Text,
                TagStatus = tagStatus,
                Tags = selection.Tags,
                StorageClass = selection.StorageClass ?? StorageClass.Standard,
                CountType = countType,
                CountNumber = countNumber,
                Action = act,
            }
            : null;
        return new Rule(node, priority, selection, complete);
    }

    private Selection ReadSelection(Node? node)
    {
        if (checks.Object(node) is not { } selection)
            return new Selection { Tags = [] };
        var (tagStatus, tags) = ReadTags(selection);
        var (storageClass, countType, number) = ReadCount(selection);
        selection.End();
        return new Selection(tagStatus, tags, storageClass, countType, number);
    }

    private (TagStatus?, IReadOnlyList<TagPattern>) ReadTags(Fields selection)
    {
        var statusNode = selection.Required("tagStatus");
        var status = checks.Word(
            statusNode,
            ("tagged", TagStatus.Tagged),
            ("untagged", TagStatus.Untagged),
            ("any", TagStatus.Any)
        );
        var patterns = selection.Optional("tagPatternList");
        var prefixes = selection.Optional("tagPrefixList");
        TagPattern[] tags =
        [
            .. ReadTags(patterns).Select(item => ReadPattern(item.Node, item.Text)),
            .. ReadTags(prefixes).Select(item => TagPattern.Prefix(item.Text)),
        ];
        if (status == TagStatus.Tagged && patterns is null && prefixes is null)
            checks.Report(
                selection.Node,
                "The tagStatus 'tagged' needs a tagPatternList (or a tagPrefixList) that says which tags; "
                    + "all of its entries must be on the image."
            );
        if (status == TagStatus.Tagged && patterns is not null && prefixes is not null)
            checks.Report(prefixes, "A rule has a tagPatternList or a tagPrefixList, not both.");
        if (status is TagStatus.Untagged or TagStatus.Any && (patterns ?? prefixes) is { } list)
            checks.Report(
                list,
                $"The tagStatus '{statusNode!.Text}' takes no list of tags; drop the list or write 'tagged'."
            );
        return (status, tags);
    }

    private (StorageClass?, CountType?, int? Number) ReadCount(Fields selection)
    {
        var storageNode = selection.Optional("storageClass");
        var storageClass = checks.Word(
            storageNode,
            ("standard", StorageClass.Standard),
            ("archive", StorageClass.Archive)
        );
        var typeNode = selection.Required("countType");
        var type = checks.Word(
            typeNode,
            ("imageCountMoreThan", CountType.ImageCountMoreThan),
            ("sinceImagePushed", CountType.SinceImagePushed),
            ("sinceImagePulled", CountType.SinceImagePulled),
            ("sinceImageTransitioned", CountType.SinceImageTransitioned)
        );
        var unit = selection.Optional("countUnit");
        checks.Word(unit, "days");
        var numberNode = selection.Required("countNumber");
        var number = Integer(numberNode);
        if (type == CountType.ImageCountMoreThan && unit is not null)
            checks.Report(unit, "The countType 'imageCountMoreThan' counts images and takes no countUnit.");
        if (type is not (null or CountType.ImageCountMoreThan) && unit is null)
            checks.Report(selection.Node, $"The countType '{typeNode!.Text}' needs \"countUnit\": \"days\".");
        CheckStorage(selection.Node, storageNode, typeNode, storageClass, type);
        if (type == CountType.SinceImageTransitioned && number < LeastDaysInArchive)
            checks.Report(
                numberNode!,
                $"Found {number}; ECR keeps an archived image at least {LeastDaysInArchive} days.",
                certain: false
            );
        return (storageClass, type, number);
    }

    private void CheckStorage(Node node, Node? storageNode, Node? typeNode, StorageClass? storageClass, CountType? type)
    {
        if (type == CountType.SinceImageTransitioned && storageClass != StorageClass.Archive)
            checks.Report(
                storageNode ?? node,
                "The countType 'sinceImageTransitioned' needs \"storageClass\": \"archive\"."
            );
        if (type is not (null or CountType.SinceImageTransitioned) && storageClass == StorageClass.Archive)
            checks.Report(
                storageNode!,
                $"The countType '{typeNode!.Text}' selects in the storage class 'standard' only; "
                    + "'archive' goes with 'sinceImageTransitioned'."
            );
    }

    /// <summary>To JSON 30.0 and 3e1 are whole numbers. Whether they are to ECR is not documented.</summary>
    private int? Integer(Node? node)
    {
        var number = checks.Integer(node, 1, int.MaxValue);
        if (sentAsWritten && number is not null && !node!.Text.All(char.IsAsciiDigit))
            checks.Report(
                node,
                $"Found {Checks.Found(node)}; ECR may take digits only: write {number}.",
                certain: false
            );
        return number;
    }

    private List<(Node Node, string Text)> ReadTags(Node? list)
    {
        var tags = new List<(Node, string)>();
        foreach (var item in checks.Items(list, "it would select nothing") ?? [])
        {
            if (checks.Text(item, 300) is { } tag)
                tags.Add((item, tag));
        }
        return tags;
    }

    private TagPattern ReadPattern(Node node, string text)
    {
        if (text.Count(c => c == '*') > 4)
            checks.Report(node, $"The pattern {Checks.Found(node)} has more than four '*'.");
        return TagPattern.Wildcard(text);
    }

    private LifecycleAction? ReadAction(Node? node, CountType? countType)
    {
        if (checks.Object(node) is not { } action)
            return null;
        var typeNode = action.Required("type");
        var type = checks.Word(typeNode, ("expire", LifecycleAction.Expire), ("transition", LifecycleAction.Archive));
        var target = action.Optional("targetStorageClass");
        checks.Word(target, "archive");
        action.End();

        if (type == LifecycleAction.Archive && target is null)
            checks.Report(node!, "The action 'transition' needs \"targetStorageClass\": \"archive\".");
        if (type == LifecycleAction.Expire && target is not null)
            checks.Report(target, "The action 'expire' takes no targetStorageClass.");
        if (countType == CountType.SinceImagePulled && type == LifecycleAction.Expire)
            checks.Report(
                typeNode!,
                "The countType 'sinceImagePulled' goes with the action 'transition' only; ECR does not "
                    + "expire by pull time."
            );
        if (countType == CountType.SinceImageTransitioned && type == LifecycleAction.Archive)
            checks.Report(
                typeNode!,
                "The countType 'sinceImageTransitioned' goes with the action 'expire' only; its images are "
                    + "archived already."
            );
        return type;
    }

    private void CheckTogether(IReadOnlyList<Rule> rules)
    {
        foreach (var same in rules.Where(r => r.Priority is not null).GroupBy(r => r.Priority))
        {
            foreach (var rule in same.Skip(1))
                checks.Report(
                    rule.Node,
                    $"The rulePriority {same.Key} is that of the rule at {same.First().Node.Place}; it must be unique."
                );
        }
        foreach (var storage in rules.GroupBy(r => r.StorageClass))
        {
            foreach (var rule in storage.Where(r => r.Selection.TagStatus == TagStatus.Untagged).Skip(1))
                checks.Report(
                    rule.Node,
                    "ECR allows one rule with the tagStatus 'untagged' for the storage class "
                        + $"'{Word(storage.Key)}', and there is one before this."
                );
            var last = storage.Max(r => r.Priority);
            foreach (var rule in storage.Where(r => r.Selection.TagStatus == TagStatus.Any && r.Priority < last))
                checks.Report(
                    rule.Node,
                    "A rule with the tagStatus 'any' must have the highest rulePriority of its storage class "
                        + $"'{Word(storage.Key)}', and another has {last}."
                );
        }
    }

    private static string Word(StorageClass storage) => storage == StorageClass.Archive ? "archive" : "standard";

    private static string Compact(Node node)
    {
        var text = new ArrayBufferWriter<byte>();
        using (
            var json = new Utf8JsonWriter(
                text,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
            node.WriteTo(json);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
