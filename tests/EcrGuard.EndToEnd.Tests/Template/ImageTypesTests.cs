using System.Diagnostics;
using System.Text.Json;
using EcrGuard.Core.Gates;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// Every property of AWS's resources that is called like a container image is one that gates ask about. The resources
/// are those of the schemas that cfn-lint ships.
/// </summary>
public sealed class ImageTypesTests
{
    /// <summary>
    /// Prints, as JSON, the types with the paths of their texts whose names end as those of images do. What AWS itself
    /// fills in is left out.
    /// </summary>
    private const string Paths = """
        import json
        from cfnlint.helpers import REGIONS
        from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as schemas

        ends = ("image", "imageuri", "imageidentifier", "containeruri")
        definitions = (
            "taskdefinition",
            "taskdefinitionarn",
            "definitionname",
            "endpointconfigname",
            "jobdefinition",
            "modelname",
            "modelpackagename",
        )

        def paths(schema):
            own = {tuple(path.split("/properties/")[1:]) for path in schema.get("readOnlyProperties", [])}
            found = set()

            def resolved(node):
                while "$ref" in node:
                    steps = node["$ref"].split("/")[1:]
                    node = schema
                    for step in steps:
                        node = node.get(step, {})
                return node

            def walk(node, path, seen):
                reference = node.get("$ref")
                if reference in seen:
                    return
                seen, node = seen | ({reference} if reference else set()), resolved(node)
                for words in ("oneOf", "anyOf", "allOf"):
                    for each in node.get(words, []):
                        walk(each, path, seen)
                if isinstance(node.get("items"), dict):
                    walk(node["items"], path, seen)
                for each in node.get("patternProperties", {}).values():
                    walk(each, path + ("*",), seen)
                for name, each in node.get("properties", {}).items():
                    here = path + (name,)
                    if any(here[: len(one)] == one for one in own):
                        continue
                    if name.lower().endswith(ends + definitions) and resolved(each).get("type") == "string":
                        found.add(".".join(here))
                    walk(each, here, seen)

            walk({"properties": schema.get("properties", {})}, (), frozenset())
            return sorted(found)

        types = {}
        for region in REGIONS:
            for each in schemas.get_resource_types(region):
                if each not in types:
                    types[each] = paths(schemas.get_resource_schema(region, each).schema)
        print(json.dumps(types))
        """;

    /// <summary>What is called so and is no container image that the resource runs.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["AWS::ImageBuilder::ContainerRecipe InstanceConfiguration.Image"] = "a machine image",
        ["AWS::ImageBuilder::ContainerRecipe ParentImage"] = "what is built from it is judged when it is pushed",
        ["AWS::ImageBuilder::ImageRecipe ParentImage"] = "a machine image",
        ["AWS::IoTWireless::FuotaTask FirmwareUpdateImage"] = "firmware in S3",
        ["AWS::Omics::Workflow ContainerRegistryMap.ImageMappings.SourceImage"] = "replaced by its DestinationImage",
        ["AWS::Omics::WorkflowVersion ContainerRegistryMap.ImageMappings.SourceImage"] =
            "replaced by its DestinationImage",
        ["AWS::SageMaker::InferenceComponent Specification.Container.DeployedImage.ResolvedImage"] = "said by AWS",
        ["AWS::SageMaker::InferenceComponent Specification.Container.DeployedImage.SpecifiedImage"] = "said by AWS",
        ["AWS::SageMaker::ModelCard Content.ModelPackageDetails.InferenceSpecification.Containers.Image"] =
            "a model card describes, and runs nothing",
    };

    [Fact]
    public async Task Every_property_of_AWS_that_is_called_like_an_image_is_asked_about_or_a_named_exception()
    {
        await Tool.RequireAsync("cfn-lint", "cfn-lint", "--version");
        var (exitCode, output) = await Tool.RunAsync(new ProcessStartInfo("python3", ["-c", Paths]));
        Assert.True(exitCode == 0, output);
        var schemas = JsonSerializer
            .Deserialize<Dictionary<string, string[]>>(output)!
            .SelectMany(type => type.Value.Select(path => $"{type.Key} {path}"))
            .ToLookup(path => IsDefinition(path));
        var images = schemas[false].ToList();
        var asked = CloudFormationImages
            .ResourceTypes.Except(["AWS::Serverless::Function"])
            .SelectMany(type => CloudFormationImages.PathsOf(type).Select(path => $"{type} {path}"))
            .ToList();
        Assert.Equal([], images.Except(asked).Except(Exceptions.Keys));
        Assert.Equal([], Exceptions.Keys.Except(images));
        Assert.Equal([], asked.Except(images));
        Assert.Equal(
            [],
            TemplateImages.DefinitionPaths.Select(each => $"{each.Type} {each.Path}").Except(schemas[true])
        );

        static bool IsDefinition(string path) =>
            path.EndsWith("Definition", StringComparison.Ordinal)
            || path.EndsWith("DefinitionArn", StringComparison.Ordinal)
            || path.EndsWith("Name", StringComparison.Ordinal);
    }
}
