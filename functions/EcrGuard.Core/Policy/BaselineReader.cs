using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Policy;

/// <summary>Reads the baselines of the policy document.</summary>
internal sealed class BaselineReader(Checks checks)
{
    /// <summary>ECR's limits for an exclusion filter, and AWS's for the key and value of a resource tag.</summary>
    private const int MaxExclusionLength = 128,
        MaxTagKeyLength = 128,
        MaxTagValueLength = 256;

    public IReadOnlyList<Baseline> Read(Node? node)
    {
        var baselines = checks.Entries(node, ReadBaseline);
        checks.ReportUnreachable(
            baselines,
            (baseline, _) => Checks.TakeAll(baseline.Repositories),
            "matches every repository"
        );
        return [.. baselines.Select(b => b.Entry)];
    }

    private Baseline ReadBaseline(Fields fields)
    {
        var (existing, lifecyclePolicy) = ReadLifecycle(fields.Optional("lifecycle"));
        var mutability = checks.Word(
            fields.Optional("tagMutability"),
            ("MUTABLE", TagMutability.Mutable),
            ("IMMUTABLE", TagMutability.Immutable),
            ("MUTABLE_WITH_EXCLUSION", TagMutability.MutableWithExclusion),
            ("IMMUTABLE_WITH_EXCLUSION", TagMutability.ImmutableWithExclusion)
        );
        return new Baseline
        {
            Repositories = checks.Globs(fields.Required("repositories")) ?? [],
            Mode =
                checks.Word(
                    fields.Required("mode"),
                    ("observe", BaselineMode.Observe),
                    ("enforce", BaselineMode.Enforce)
                ) ?? default,
            ExistingPolicy = existing ?? ExistingPolicy.Keep,
            LifecyclePolicy = lifecyclePolicy,
            ScanOnPush = checks.Boolean(fields.Optional("scanOnPush")),
            TagMutability = mutability,
            MutabilityExclusions = ReadExclusions(fields.Optional("tagMutabilityExclusions"), mutability),
            ResourceTags = ReadResourceTags(fields.Optional("resourceTags")),
        };
    }

    private IReadOnlyList<string> ReadExclusions(Node? node, TagMutability? mutability)
    {
        if (checks.Items(node, "it would except nothing") is not { } items)
            return [];
        if (mutability is not (TagMutability.MutableWithExclusion or TagMutability.ImmutableWithExclusion))
            checks.Report(
                node!,
                "Exclusions go with the tagMutability 'MUTABLE_WITH_EXCLUSION' or 'IMMUTABLE_WITH_EXCLUSION'."
            );
        // One of ECR's five is EcrGuard's.
        if (items.Count >= MutabilityValue.MaxExclusions)
            checks.Report(
                node!,
                $"There are {items.Count} exclusions; at most {MutabilityValue.MaxExclusions - 1} are allowed."
            );
        return [.. items.Select(ReadExclusion).OfType<string>()];
    }

    private string? ReadExclusion(Node node)
    {
        if (
            node.Kind == NodeKind.Text
            && node.Text.Length is >= 1 and <= MaxExclusionLength
            && node.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '*' or '-')
        )
            return node.Text;
        checks.Report(
            node,
            $"Found {Checks.Found(node)}; it must be 1 to {MaxExclusionLength} letters, digits, '.', '_', '-' and '*'."
        );
        return null;
    }

    private IReadOnlyList<RequiredTag> ReadResourceTags(Node? node)
    {
        if (checks.Object(node) is null)
            return [];
        var tags = new List<RequiredTag>();
        foreach (var member in node!.Members)
        {
            if (
                member.Key.EnumerateRunes().Count() is 0 or > MaxTagKeyLength
                || member.Key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)
                || member.Key.Any(char.IsControl)
            )
                checks.Report(
                    member.Value,
                    $"The key '{Phrase.Clip(member.Key, 60)}' is none of a resource tag: it has 1 to "
                        + $"{MaxTagKeyLength} characters and does not begin with 'aws:'."
                );
            if (checks.Glob(member.Value) is not { } value)
                continue;
            if (value.Pattern.Length > MaxTagValueLength)
                checks.Report(
                    member.Value,
                    $"The value has {value.Pattern.Length} characters; at most {MaxTagValueLength} are allowed."
                );
            tags.Add(new RequiredTag(member.Key, value));
        }
        if (tags.Count > RepositoryFacts.MaxResourceTags)
            checks.Report(node, $"There are {tags.Count} resource tags; ECR allows {RepositoryFacts.MaxResourceTags}.");
        return [.. tags];
    }

    private (ExistingPolicy? Existing, string? Policy) ReadLifecycle(Node? node)
    {
        if (checks.Object(node) is not { } fields)
            return default;
        var existing = checks.Word(
            fields.Optional("existing"),
            ("keep", ExistingPolicy.Keep),
            ("merge", ExistingPolicy.Merge),
            ("replace", ExistingPolicy.Replace)
        );
        var policy = new LifecyclePolicyCheck(checks).Read(fields.Required("policy"));
        fields.End();
        return (existing, policy?.Text);
    }
}
