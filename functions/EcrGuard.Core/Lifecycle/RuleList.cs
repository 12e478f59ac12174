using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EcrGuard.Core.Documents;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// The rules of a lifecycle policy in the order of their priority. It serves to put EcrGuard's rules before a team's,
/// and to tell them apart later. Two rules are the same if they mean the same (<see cref="LifecycleRule.Meaning"/>),
/// whatever their priorities.
/// </summary>
internal sealed class RuleList
{
    private const string Priority = "rulePriority";

    private readonly IReadOnlyList<(Node Rule, string Same)> rules;

    private RuleList(IReadOnlyList<(Node, string)> rules) => this.rules = rules;

    public int Count => rules.Count;

    /// <summary>The rules of a policy's text; null where ECR would refuse it, or EcrGuard cannot read it.</summary>
    public static RuleList? Read(string policy) => LifecyclePolicy.Read(policy).Policy is { } read ? Of(read) : null;

    /// <summary>The rules of a policy that ECR accepts.</summary>
    public static RuleList Of(LifecyclePolicy policy)
    {
        if (!JsonTree.TryParse(Encoding.UTF8.GetBytes(policy.Text), out var root, out _, strict: true))
            throw new InvalidOperationException("The text of a lifecycle policy that was read cannot be read.");
        var items = root.Members.Single(member => member.Key == "rules").Value.Items;
        return new([.. items.OrderBy(PriorityOf).Zip(policy.Rules, (rule, read) => (rule, read.Meaning))]);

        static double PriorityOf(Node rule) =>
            double.Parse(
                rule.Members.Single(member => member.Key == Priority).Value.Text,
                System.Globalization.CultureInfo.InvariantCulture
            );
    }

    public RuleList Then(RuleList other) => new([.. rules, .. other.rules]);

    public RuleList First(int count) => new([.. rules.Take(count)]);

    /// <summary>What is left without the rules at the head that are among the others.</summary>
    public RuleList Without(RuleList others)
    {
        var known = others.rules.Select(rule => rule.Same).ToHashSet(StringComparer.Ordinal);
        return new([.. rules.SkipWhile(rule => known.Contains(rule.Same))]);
    }

    /// <summary>What its rules mean, in their order.</summary>
    public string Meaning => string.Join("\n\n", rules.Select(rule => rule.Same));

    public bool IsSameAs(RuleList other) =>
        rules.Select(rule => rule.Same).SequenceEqual(other.rules.Select(rule => rule.Same));

    /// <summary>A policy of these rules, numbered from 1. All else in them is unchanged, word for word.</summary>
    public string Text() =>
        Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("rules");
            foreach (var (rule, at) in rules.Select((rule, at) => (rule.Rule, at)))
            {
                json.WriteStartObject();
                json.WriteNumber(Priority, at + 1);
                foreach (var member in rule.Members.Where(member => member.Key != Priority))
                {
                    json.WritePropertyName(member.Key);
                    member.Value.WriteTo(json);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var text = new ArrayBufferWriter<byte>();
        using (
            var json = new Utf8JsonWriter(
                text,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
            write(json);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
