using System.Globalization;
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

    /// <summary>Properties that give a definition its name.</summary>
    private static readonly string[] Names = ["Family", "JobDefinitionName", "ModelName"];

    private readonly JsonElement _resources;

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
    public static IEnumerable<NamedImage> OfSchedule(JsonElement resources, JsonElement properties, string place) =>
        from target in ImagePlaces.Values(properties, "Target")
        let call = ImagePlaces.Text(target, "Arn")
        where call is not null && RunsImages(call)
        from input in ImagePlaces.Values(target, "Input")
        from image in new StateMachineImages(resources).OfCall(input, $"{place}.Target.Input")
        select image;

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
                : Text(value);
        if (text is null)
            return null;
        foreach (var (name, meaning) in _placeholders)
        {
            if (meaning.ValueKind == JsonValueKind.String)
                text = text.Replace($"${{{name}}}", $"{JsonEncodedText.Encode(meaning.GetString()!)}");
        }
        return ImageTexts.Json(text);
    }

    /// <summary>A text with placeholders for what CloudFormation fills in; null: it is none.</summary>
    private string? Text(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        if (ImagePlaces.Members(value).ToList() is not [var (function, inside)])
            return null;
        var parts = inside.ValueKind == JsonValueKind.Array ? inside.EnumerateArray().ToList() : [inside];
        switch (function, parts)
        {
            case ("Fn::Sub" or "!Sub", [{ ValueKind: JsonValueKind.String } text, .. var names]):
                foreach (var (name, meaning) in names.SelectMany(ImagePlaces.Members))
                    _placeholders[name] = meaning;
                return text.GetString();
            case (
                "Fn::Join"
                    or "!Join",
                [{ ValueKind: JsonValueKind.String } between, { ValueKind: JsonValueKind.Array } pieces]
            ):
                return string.Join(between.GetString(), pieces.EnumerateArray().Select(Piece));
            default:
                return null;
        }
    }

    private string Piece(JsonElement piece)
    {
        if (piece.ValueKind == JsonValueKind.String)
            return piece.GetString()!;
        var name = string.Create(CultureInfo.InvariantCulture, $"#{_placeholders.Count}");
        _placeholders[name] = piece;
        return $"${{{name}}}";
    }

    /// <summary>The calls of all tasks, in branches and maps, too.</summary>
    private IEnumerable<NamedImage> OfStates(JsonElement element, string place) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().SelectMany((one, at) => OfStates(one, $"{place}[{at}]")),
            JsonValueKind.Object when ImagePlaces.Text(element, "Type") == "Task" => IsOfImages(element)
                ? Inputs.SelectMany(name =>
                    ImagePlaces.Values(element, name).SelectMany(call => OfCall(call, ImagePlaces.Joined(place, name)))
                )
                : [],
            JsonValueKind.Object => ImagePlaces
                .Members(element)
                .SelectMany(member => OfStates(member.Value, ImagePlaces.Joined(place, member.Name))),
            _ => [],
        };

    /// <summary>Whether a task may run an image. One whose call is not known may.</summary>
    private static bool IsOfImages(JsonElement task) =>
        ImagePlaces.Text(task, "Resource") is not { } call || RunsImages(call);

    private static bool RunsImages(string call)
    {
        var name = call.Split(":::").Last();
        const string sdk = "aws-sdk:";
        var ofSdk = name.StartsWith(sdk, StringComparison.Ordinal);
        var service = (ofSdk ? name[sdk.Length..] : name).Split(':')[0];
        // Without the SDK, Lambda is only invoked.
        return call.Contains(":::", StringComparison.Ordinal)
            && (Services.Contains(service) || (ofSdk && service == "lambda"));
    }

    private IEnumerable<NamedImage> OfCall(JsonElement parameters, string place)
    {
        var read =
            parameters.ValueKind == JsonValueKind.Object && !ImagePlaces.IsFilledInLater(parameters)
                ? parameters
                : Read(parameters);
        return read is { } call
            ? ImageFields.Of(call, place).Concat(OfDefinitions(call, place))
            : [new NamedImage(null, place, ImagePlaces.OnlyThere)];
    }

    private IEnumerable<NamedImage> OfDefinitions(JsonElement element, string place)
    {
        if (element.ValueKind == JsonValueKind.Array)
            return element.EnumerateArray().SelectMany((one, at) => OfDefinitions(one, $"{place}[{at}]"));
        return ImagePlaces
            .Members(element)
            .SelectMany(member =>
                !Definitions.Contains(member.Name.Split('.')[0]) ? OfDefinitions(member.Value, $"{place}.{member.Name}")
                : IsHeld(member.Value) ? []
                : [new NamedImage(null, $"{place}.{member.Name}", TemplateImages.NotDefined)]
            );
    }

    /// <summary>Whether the template defines what a value names.</summary>
    private bool IsHeld(JsonElement value)
    {
        if (_resources.ValueKind != JsonValueKind.Object)
            return false;
        if (value.ValueKind != JsonValueKind.String)
            return TemplateImages.IsOneOf(_resources, value);
        if (value.GetString()! is not ['$', '{', .. var name, '}'])
            return ImagePlaces
                .Members(_resources)
                .SelectMany(one =>
                    Names.SelectMany(property => ImagePlaces.Values(one.Value, $"Properties.{property}"))
                )
                .Any(own => own.ValueKind == JsonValueKind.String && own.ValueEquals(value.GetString()));
        return _placeholders.TryGetValue(name, out var meaning)
            ? TemplateImages.IsOneOf(_resources, meaning)
            : _resources.TryGetProperty(name.Split('.')[0], out _);
    }
}
