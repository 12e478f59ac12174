using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// What an AppSpec of AWS CodeDeploy deploys (AWS CodeDeploy User Guide, "AppSpec 'resources' section"): a task
/// definition of ECS, or a version of a Lambda function.
/// </summary>
/// <param name="TaskDefinition">Its ARN; null where it is a function.</param>
/// <param name="Function">Its name or ARN; null where it is a task definition.</param>
/// <param name="Version">Of the function.</param>
public sealed record AppSpecTarget(string? TaskDefinition, string? Function = null, string? Version = null)
{
    private const int MaxName = 2048;

    /// <exception cref="UnclearDeploymentException">It does not say what it deploys; a sentence.</exception>
    public static IReadOnlyList<AppSpecTarget> Read(JsonElement appSpec)
    {
        if (Member(appSpec, "Resources") is not { ValueKind: JsonValueKind.Array } resources)
            throw new UnclearDeploymentException("The AppSpec has no list 'Resources'.");
        var targets = resources
            .EnumerateArray()
            .Where(resource => resource.ValueKind == JsonValueKind.Object)
            .SelectMany(resource => resource.EnumerateObject())
            .Select(resource => Of(resource.Name, resource.Value))
            .ToList();
        return targets.Count > 0
            ? targets
            : throw new UnclearDeploymentException("The AppSpec names nothing under 'Resources' that is deployed.");
    }

    private static AppSpecTarget Of(string name, JsonElement resource)
    {
        var place = $"The AppSpec's resource '{Phrase.Clip(name, 80)}'";
        var properties = Member(resource, "Properties");
        return Text(resource, "Type") switch
        {
            "AWS::ECS::Service" => Text(properties, "TaskDefinition") is { } definition
                ? new AppSpecTarget(definition)
                : throw new UnclearDeploymentException($"{place} names no TaskDefinition."),
            "AWS::Lambda::Function" => (Text(properties, "Name"), Text(properties, "TargetVersion"))
                is ({ } function, { } version)
                ? new AppSpecTarget(null, function, version)
                : throw new UnclearDeploymentException($"{place} names no Name and TargetVersion."),
            var other => throw new UnclearDeploymentException(
                $"{place} is of the type '{Phrase.Clip(other, 80)}'; it must be AWS::ECS::Service or "
                    + "AWS::Lambda::Function."
            ),
        };
    }

    /// <summary>CodeDeploy's own pages write the names in either case.</summary>
    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent
            ? parent
                .EnumerateObject()
                .Where(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                .Select(member => (JsonElement?)member.Value)
                .FirstOrDefault()
            : null;

    private static string? Text(JsonElement? element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } value
        && value.GetString() is { Length: > 0 and <= MaxName } text
            ? text
            : null;
}
