using System.Globalization;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Gates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary><c>template.yaml</c> as JSON, its short tags (<c>!Ref</c>, <c>!GetAtt</c>) in their long form.</summary>
internal sealed class SamTemplate
{
    private readonly JsonObject _document;
    private readonly Dictionary<string, string> _parameters;

    private SamTemplate(JsonObject document, IEnumerable<(string Name, string Value)> parameters)
    {
        _document = document;
        _parameters = document[nameof(Parameters)]!
            .AsObject()
            .ToDictionary(p => p.Key, p => p.Value!["Default"]!.ToString());
        _parameters["AWS::Partition"] = "aws";
        _parameters["AWS::Region"] = "eu-central-1";
        _parameters["AWS::StackId"] = "arn:aws:cloudformation:eu-central-1:123456789012:stack/ecrguard/1";
        foreach (var (name, value) in parameters)
            _parameters[name] = value;
        Resources = document[nameof(Resources)]!
            .AsObject()
            .Where(r => r.Value!["Condition"] is not { } condition || Holds(condition))
            .Select(r => (r.Key, Decided(r.Value!)!.AsObject()))
            .ToDictionary();
    }

    /// <summary>The top of the source tree.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The source, with its comments.</summary>
    public static string Text { get; } = File.ReadAllText(Path.Combine(Root, "template.yaml"));

    /// <summary>The resources that a deployment with these parameters has, with every condition decided.</summary>
    public Dictionary<string, JsonObject> Resources { get; }

    public JsonObject Parameters => _document[nameof(Parameters)]!.AsObject();

    public JsonObject Outputs => _document[nameof(Outputs)]!.AsObject();

    public JsonObject Globals => _document[nameof(Globals)]!["Function"]!.AsObject();

    public IEnumerable<string> Functions => OfType("AWS::Serverless::Function");

    /// <summary>The parameters that deploy every resource that is not deployed by default.</summary>
    public static (string Name, string Value)[] Everything { get; } =
    [
        ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root"),
        ("DeploymentGates", "on"),
        ("CloudFormationHook", "fail"),
        ("Chat", "on"),
        ("AppSpecObjects", "arn:*:s3:::deployments/*"),
    ];

    /// <summary>The template as deployed with its defaults, except for <paramref name="parameters"/>.</summary>
    public static SamTemplate With(params (string Name, string Value)[] parameters)
    {
        lock (Parsed)
            return new SamTemplate(Parsed.DeepClone().AsObject(), parameters);
    }

    /// <summary>Read once, because many tests use it and its three thousand lines take time.</summary>
    private static readonly JsonObject Parsed = ToJson(Yaml.Parse(Text))!.AsObject();

    public IEnumerable<string> OfType(string type) =>
        Resources.Where(r => r.Value["Type"]!.ToString() == type).Select(r => r.Key);

    public JsonObject Properties(string resource) => Resources[resource]["Properties"]!.AsObject();

    /// <summary>A property of a function, its own or the shared one.</summary>
    public JsonNode? OfFunction(string function, string property) =>
        Properties(function)[property] ?? Globals[property];

    /// <summary>The environment of a function, the shared variables and its own.</summary>
    /// <param name="made">The deployment's values of resources and pseudo parameters, by name, and of attributes
    ///     (<c>Resource.Attribute</c>).</param>
    public Dictionary<string, string> Environment(string function, IReadOnlyDictionary<string, string> made) =>
        new[] { Globals, Properties(function) }
            .SelectMany(level => level[nameof(Environment)]!["Variables"]!.AsObject())
            // A function's own variables override the shared ones.
            .GroupBy(v => v.Key, v => v.Value!)
            .ToDictionary(
                v => v.Key,
                v =>
                    v.Last() is JsonObject reference
                    && made.TryGetValue((reference["Ref"] ?? reference["Fn::GetAtt"])?.ToString() ?? "", out var name)
                        ? name
                        : Value(v.Last())
            );

    /// <summary>
    /// What the role of a function may do: its own statements and those of the stack's policies that it holds.
    /// </summary>
    public IEnumerable<Statement> Permissions(string function) =>
        PermissionsOfRole(Target(Properties(function)["Role"]));

    /// <inheritdoc cref="Permissions"/>
    public IEnumerable<Statement> PermissionsOfRole(string role)
    {
        var held = (Properties(role)["ManagedPolicyArns"]?.AsArray() ?? []).Select(policy =>
            Properties(Target(policy))["PolicyDocument"]!
        );
        var own = (Properties(role)["Policies"]?.AsArray() ?? []).Select(policy => policy!["PolicyDocument"]!);
        var apart = OfType("AWS::IAM::Policy")
            .Select(Properties)
            .Where(policy => policy["Roles"]!.AsArray().Any(named => Target(named) == role))
            .Select(policy => policy["PolicyDocument"]!);
        return held.Concat(own).Concat(apart).SelectMany(Statement.Of);
    }

    /// <summary>The resource that a <c>Ref</c> or <c>Fn::GetAtt</c> names.</summary>
    public static string Target(JsonNode? reference) =>
        reference?["Ref"]?.ToString()
        ?? reference?["Fn::GetAtt"]?.ToString().Split('.')[0]
        ?? throw new ArgumentException($"{reference} names no resource");

    private bool Holds(JsonNode condition) =>
        condition switch
        {
            JsonValue name => Holds(_document["Conditions"]![name.ToString()]!),
            JsonObject { } not when not["Fn::Not"] is { } operand => !Holds(operand[0]!),
            JsonObject { } named when named["Condition"] is { } reference => Holds(reference),
            JsonObject { } all when all["Fn::And"] is { } operands => operands
                .AsArray()
                .All(operand => Holds(operand!)),
            JsonObject { } any when any["Fn::Or"] is { } operands => operands.AsArray().Any(operand => Holds(operand!)),
            JsonObject { } equals when equals["Fn::Equals"] is { } operands => Value(operands[0]!)
                == Value(operands[1]!),
            _ => throw new ArgumentException($"{condition} is not a condition that this reads"),
        };

    private string Value(JsonNode node) =>
        node is JsonValue ? node.ToString()
        : node["Ref"] is { } parameter ? _parameters[parameter.ToString()]
        : Value(node["Fn::Join"]![1]!);

    /// <summary>
    /// The node with every <c>Fn::If</c> replaced by the branch taken. A branch of <c>AWS::NoValue</c> is left out.
    /// </summary>
    private JsonNode? Decided(JsonNode node)
    {
        if (node is JsonObject branches && branches["Fn::If"] is { } choice)
            return Decided(choice[Holds(choice[0]!) ? 1 : 2]!);
        return node switch
        {
            JsonObject nothing when nothing["Ref"]?.ToString() == "AWS::NoValue" => null,
            JsonObject map => new JsonObject(
                map.Select(p => KeyValuePair.Create(p.Key, Decided(p.Value!))).Where(p => p.Value is not null)
            ),
            JsonArray list => new JsonArray([.. list.Select(item => Decided(item!)).Where(item => item is not null)]),
            _ => node.DeepClone(),
        };
    }

    private static JsonNode? ToJson(YamlNode node)
    {
        JsonNode? value = node switch
        {
            YamlMappingNode map => new JsonObject(
                map.Select(p => KeyValuePair.Create(((YamlScalarNode)p.Key).Value!, ToJson(p.Value)))
            ),
            YamlSequenceNode list => new JsonArray([.. list.Select(ToJson)]),
            YamlScalarNode { Style: ScalarStyle.Plain } plain when bool.TryParse(plain.Value, out var truth) => truth,
            YamlScalarNode { Style: ScalarStyle.Plain } plain
                when int.TryParse(plain.Value, CultureInfo.InvariantCulture, out var number) => number,
            YamlScalarNode scalar => scalar.Value,
            _ => throw new ArgumentException($"{node.NodeType} at {node.Start}"),
        };
        return node.Tag is { IsEmpty: false, Value: ['!', .. { Length: > 0 } function] }
            ? new JsonObject { [function is "Ref" or "Condition" ? function : $"Fn::{function}"] = value }
            : value;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EcrGuard.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}

/// <summary>An allowing statement of an IAM policy.</summary>
/// <param name="Actions">As written, wildcards included.</param>
/// <param name="Resources">As written: <c>*</c>, or the JSON of an intrinsic function.</param>
internal sealed record Statement(IReadOnlyList<string> Actions, IReadOnlyList<string> Resources)
{
    public static IEnumerable<Statement> Of(JsonNode policyDocument)
    {
        foreach (var statement in policyDocument["Statement"]!.AsArray())
            if (statement!["Effect"]!.ToString() == "Allow")
                yield return new Statement(Texts(statement["Action"]!), Texts(statement["Resource"]!));
    }

    private static string[] Texts(JsonNode oneOrMany) =>
        [
            .. (oneOrMany as JsonArray ?? [oneOrMany.DeepClone()]).Select(node =>
                node is JsonValue ? node.ToString() : node!.ToJsonString()
            ),
        ];
}
