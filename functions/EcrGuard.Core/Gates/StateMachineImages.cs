using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that a state machine of Step Functions runs, by the calls that its tasks make
/// (docs.aws.amazon.com/step-functions/latest/dg, "Amazon States Language").
/// </summary>
internal sealed class StateMachineImages
{
    private const string Unreadable =
        "Its definition cannot be read here; ask about the definition itself, with its values filled in.";

    private const string Substitutions = "DefinitionSubstitutions";

    /// <summary>Services with calls that say which image runs.</summary>
    private static readonly string[] Services =
    [
        "apprunner",
        "batch",
        "codebuild",
        "ecs",
        "eks",
        "emr-containers",
        "emr-serverless",
        "emrcontainers",
        "emrserverless",
        "lightsail",
        "sagemaker",
    ];

    /// <summary>What a task calls a service with, by the language of its queries.</summary>
    private static readonly string[] Inputs = ["Arguments", "Parameters"];

    /// <summary>Parameters that name what is defined somewhere else.</summary>
    private static readonly string[] Definitions = ["TaskDefinition", "JobDefinition", "ModelName"];

    /// <summary>Parameters that hold an image somewhere below them.</summary>
    private static readonly string[] Holders =
    [
        "AlgorithmSpecification",
        "AppSpecification",
        "ContainerDefinitions",
        "Containers",
        "ContainerProperties",
        "ImageOverride",
        "Job",
        "Manifest",
        "PrimaryContainer",
    ];

    /// <summary>Calls that begin so run nothing.</summary>
    private static readonly string[] Harmless =
    [
        "cancel",
        "delete",
        "deregister",
        "describe",
        "get",
        "list",
        "stop",
        "tag",
        "untag",
    ];

    /// <summary>Properties that give a definition its name.</summary>
    private static readonly string[] Names = ["Family", "JobDefinitionName", "ModelName"];

    private readonly JsonElement _resources;

    private HashSet<string>? _held;

    /// <summary>What the placeholders of a definition, <c>${Name}</c>, stand for.</summary>
    private readonly Dictionary<string, JsonElement> _placeholders = new(StringComparer.Ordinal);

    /// <param name="resources">Of the template that names the machine; undefined: none does.</param>
    private StateMachineImages(JsonElement resources) => _resources = resources;

    /// <summary>The images of a definition that stands in a file of its own.</summary>
    public static IEnumerable<NamedImage> OfFile(JsonElement definition) =>
        new StateMachineImages(default).OfStates(definition, "");

    /// <summary>The images of a resource of CloudFormation's or SAM's.</summary>
    public static IEnumerable<NamedImage> OfResource(JsonElement resources, JsonElement properties, string place)
    {
        var machine = new StateMachineImages(resources);
        var members = ImagePlaces.Members(properties).ToLookup(member => member.Name, member => member.Value);
        foreach (var (name, value) in members[Substitutions].SelectMany(ImagePlaces.Members))
            machine._placeholders[name] = value;
        var definitions = members
            .Where(member => member.Key.StartsWith("Definition", StringComparison.Ordinal))
            .Where(member => member.Key != Substitutions)
            .ToList();
        return definitions.Count == 0
            ? [new NamedImage(null, place, Unreadable)]
            : definitions.SelectMany(member =>
                member.Key is "Definition" or "DefinitionString"
                    ? machine.OfDefinition(member.First(), $"{place}.{member.Key}")
                    : [Elsewhere(member.First(), $"{place}.{member.Key}")]
            );
    }

    /// <summary>The images of a schedule's call of any service.</summary>
    public static IEnumerable<NamedImage> OfSchedule(JsonElement resources, JsonElement properties, string place)
    {
        var schedule = new StateMachineImages(resources);
        return from target in ImagePlaces.Values(properties, "Target")
            from call in ImagePlaces.Values(target, "Arn")
            let verb = schedule.VerbOf(call)
            where verb is not null
            from input in ImagePlaces.Values(target, "Input")
            from image in schedule.OfCall(verb, input, $"{place}.Target.Input")
            select image;
    }

    private static NamedImage Elsewhere(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.String && !value.GetString()!.Contains("://", StringComparison.Ordinal)
            ? new NamedImage(
                null,
                place,
                $"Its definition lies in '{Phrase.Clip(value.GetString(), 200)}'; ask about that file, too."
            )
            {
                InFile = value.GetString(),
            }
            : new NamedImage(null, place, "Its definition lies in another place; ask about that definition.");

    private IEnumerable<NamedImage> OfDefinition(JsonElement value, string place)
    {
        if (ImagePlaces.Choices(value) is { } choices)
            return choices.SelectMany(choice => OfDefinition(choice.Value, place));
        return Read(value) is { } definition ? OfStates(definition, place) : [new NamedImage(null, place, Unreadable)];
    }

    /// <summary>A document whose texts may be put together later; null: it cannot be read.</summary>
    private JsonElement? Read(JsonElement value)
    {
        var text =
            value.ValueKind == JsonValueKind.Object && !ImagePlaces.IsFilledInLater(value)
                ? value.GetRawText()
                : TemplateText.Of(value, _placeholders);
        if (text is null)
            return null;
        foreach (var (name, meaning) in _placeholders)
        {
            if (meaning.ValueKind == JsonValueKind.String)
                text = text.Replace($"${{{name}}}", $"{JsonEncodedText.Encode(meaning.GetString()!)}");
        }
        return ImageTexts.Json(text);
    }

    /// <summary>The calls of all tasks, in branches and maps, too.</summary>
    private IEnumerable<NamedImage> OfStates(JsonElement element, string place) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().SelectMany((one, at) => OfStates(one, $"{place}[{at}]")),
            JsonValueKind.Object when ImagePlaces.Text(element, "Type") == "Task" => OfTask(element, place),
            JsonValueKind.Object => ImagePlaces
                .Members(element)
                .SelectMany(member => OfStates(member.Value, ImagePlaces.Joined(place, member.Name))),
            _ => [],
        };

    private IEnumerable<NamedImage> OfTask(JsonElement task, string place)
    {
        var resource = task.TryGetProperty("Resource", out var named) ? named : default;
        if (VerbOf(resource) is not { } verb)
            return [];
        var inputs = Inputs
            .SelectMany(name => ImagePlaces.Values(task, name).Select(call => (Name: name, Call: call)))
            .ToList();
        // Without parameters, the input of the state is the call.
        if (inputs.Count == 0 && verb.Length > 0)
            return [new NamedImage(null, place, ImagePlaces.OnlyThere)];
        return inputs.SelectMany(input => OfCall(verb, input.Call, ImagePlaces.Joined(place, input.Name)));
    }

    /// <summary>What a call of a service that runs images does, such as <c>runTask.sync</c>.</summary>
    /// <returns>Empty if it is not known which call it is; null if it runs no image.</returns>
    private string? VerbOf(JsonElement resource)
    {
        if (IsInvoked(resource))
            return null;
        var text = TemplateText.Of(resource, _placeholders);
        if (text is ['$', '{', .. var name, '}'] && _placeholders.TryGetValue(name, out var meaning))
            return VerbOf(meaning);
        if (text is null || !text.Contains(":::", StringComparison.Ordinal))
            // An ARN of one function, or of an activity.
            return text?.StartsWith("arn:", StringComparison.Ordinal) == true ? null : "";
        var call = text.Split(":::").Last();
        const string sdk = "aws-sdk:";
        var ofSdk = call.StartsWith(sdk, StringComparison.Ordinal);
        var (service, verb) = (ofSdk ? call[sdk.Length..] : call).Split(':', 2) is [var first, var second]
            ? (first, second)
            : (call, "");
        return service == "lambda" ? (ofSdk && IsChange(verb) ? verb : null)
            : Services.Contains(service)
            && !Array.Exists(Harmless, word => verb.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                ? verb
            : null;
    }

    private static bool IsChange(string verb) =>
        verb.StartsWith("create", StringComparison.OrdinalIgnoreCase)
        || verb.StartsWith("update", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a task invokes a resource of the template, such as a function, and calls no service.</summary>
    private bool IsInvoked(JsonElement resource)
    {
        var name =
            resource.ValueKind == JsonValueKind.String && resource.GetString() is ['$', '{', .. var inside, '}']
                ? _placeholders.TryGetValue(inside, out var meaning)
                    ? TemplateImages.NameIn(meaning)
                    : inside
                : TemplateImages.NameIn(resource);
        return name is not null
            && _resources.ValueKind == JsonValueKind.Object
            && _resources.TryGetProperty(name.Split('.')[0], out _);
    }

    /// <param name="verb">As of <see cref="VerbOf"/>.</param>
    private IEnumerable<NamedImage> OfCall(string verb, JsonElement parameters, string place)
    {
        var read =
            parameters.ValueKind == JsonValueKind.Object && !ImagePlaces.IsFilledInLater(parameters)
                ? parameters
                : Read(parameters);
        if (read is not { } call)
            return [new NamedImage(null, place, ImagePlaces.OnlyThere)];
        // It gives the name to what it defines.
        var defines = verb.StartsWith("createModel", StringComparison.OrdinalIgnoreCase);
        return ImageFields.Of(call, place).Concat(OfParameters(call, place, defines));
    }

    /// <summary>What is known only at run time, and what the template does not define.</summary>
    /// <param name="defines">Whether the call makes what it names.</param>
    private IEnumerable<NamedImage> OfParameters(JsonElement element, string place, bool defines)
    {
        if (element.ValueKind == JsonValueKind.Array)
            return element.EnumerateArray().SelectMany((one, at) => OfParameters(one, $"{place}[{at}]", defines));
        return ImagePlaces
            .Members(element)
            .SelectMany(member => OfParameter(member.Name, member.Value, $"{place}.{member.Name}", defines));
    }

    private IEnumerable<NamedImage> OfParameter(string name, JsonElement value, string place, bool defines)
    {
        var called = name.Split('.')[0];
        if (Definitions.Contains(called))
            return defines || IsHeld(value) ? [] : [new NamedImage(null, place, TemplateImages.NotDefined)];
        return called != name && Holders.Contains(called)
            ? [new NamedImage(null, place, ImagePlaces.OnlyThere)]
            : OfParameters(value, place, defines);
    }

    /// <summary>The names that the template itself gives to definitions.</summary>
    private HashSet<string> NamesHeld() =>
        [
            .. ImagePlaces
                .Members(_resources)
                .SelectMany(one =>
                    Names.SelectMany(property => ImagePlaces.Values(one.Value, $"Properties.{property}"))
                )
                .Where(own => own.ValueKind == JsonValueKind.String)
                .Select(own => own.GetString()!),
        ];

    /// <summary>Whether the template defines what a value names.</summary>
    private bool IsHeld(JsonElement value)
    {
        if (_resources.ValueKind != JsonValueKind.Object)
            return false;
        if (value.ValueKind != JsonValueKind.String)
            return TemplateImages.IsOneOf(_resources, value);
        if (value.GetString()! is not ['$', '{', .. var name, '}'])
            return (_held ??= NamesHeld()).Contains(value.GetString()!);
        return _placeholders.TryGetValue(name, out var meaning)
            ? TemplateImages.IsOneOf(_resources, meaning)
            : _resources.TryGetProperty(name.Split('.')[0], out _);
    }
}
