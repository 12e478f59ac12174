using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

public sealed class AcceptedByToolsTests
{
    /// <summary>
    /// Does what CloudFormation's SAM transform does. The transform needs the code in S3, where <c>sam package</c> puts
    /// it.
    /// </summary>
    private const string Translate = """
        import json, sys
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
        from samtranslator.yaml_helper import yaml_parse

        template = yaml_parse(sys.stdin.read())
        template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
        print(json.dumps(Translator({}, Parser()).translate(template, {})))
        """;

    /// <summary>
    /// Prints one region of each kind. Regions are of the same kind if they are in the same partition, cfn-lint has the
    /// same schemas for every type of the translated template, and the template names all of them or none.
    /// </summary>
    private const string Kinds = """
        import json, sys
        from cfnlint.helpers import REGIONS
        from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as schemas

        types, template = json.loads(sys.argv[1]), sys.stdin.read()

        def schema(region, kind):
            try:
                return json.dumps(schemas.get_resource_schema(region, kind).schema, sort_keys=True)
            except Exception as missing:
                return type(missing).__name__

        def partition(region):
            starts = ("cn-", "us-gov-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-", "eusc-")
            return next((start for start in starts if region.startswith(start)), "aws")

        kinds = {}
        for region in REGIONS:
            key = hash(tuple(schema(region, kind) for kind in types))
            kinds.setdefault((key, partition(region), region in template), region)
        assert len(kinds) > 1, "cfn-lint says the same of every region"
        print(*kinds.values())
        """;

    /// <summary>
    /// The tool's own list of regions. All of them have Lambda; for what a region lacks, the template needs a
    /// condition. The tool needs seconds for each region, so one region of each kind stands for the others.
    /// </summary>
    [Fact]
    public async Task Cfn_lint_has_nothing_to_say_for_any_region()
    {
        await Tool.RequireAsync("cfn-lint", "cfn-lint", "--version");
        var types = (await TranslatedAsync()).Select(resource => resource.Value!["Type"]!.ToString()).Distinct();
        var (listed, regions) = await Tool.RunAsync(
            new ProcessStartInfo("python3", ["-c", Kinds, JsonSerializer.Serialize(types)]),
            SamTemplate.Text
        );
        Assert.True(listed == 0, regions);

        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo(
                "cfn-lint",
                ["--regions", .. regions.Trim().Split(' '), "--", Path.Combine(SamTemplate.Root, "template.yaml")]
            )
        );

        Assert.Equal((0, ""), (exitCode, output));
    }

    [Theory]
    [InlineData("functions/chat/webhook.yaml")]
    [InlineData("functions/gates/codepipeline.yaml")]
    [InlineData("functions/gates/commands.yaml")]
    public async Task Cfn_lint_has_nothing_to_say_of_an_example(string template)
    {
        await Tool.RequireAsync("cfn-lint", "cfn-lint", "--version");
        Assert.Equal((0, ""), await Tool.RunAsync(new("cfn-lint", [Path.Combine(SamTemplate.Root, template)])));
    }

    [Fact]
    public async Task SAM_translates_it_and_adds_no_role_so_that_each_has_the_organisations_boundary_and_path()
    {
        var resources = await TranslatedAsync();
        var roles = resources
            .Where(resource => resource.Value!["Type"]!.ToString() == "AWS::IAM::Role")
            .ToDictionary(role => role.Key, role => role.Value!["Properties"]!);
        Assert.Equal(
            SamTemplate
                .With([("AskPrincipals", "arn:aws:iam::111122223333:root"), .. SamTemplate.Everything])
                .OfType("AWS::IAM::Role")
                .Order(StringComparer.Ordinal),
            roles.Keys.Order(StringComparer.Ordinal)
        );
        Assert.All(
            roles.Values,
            role =>
            {
                Assert.Equal(
                    """{"Fn::If":["BoundsRoles",{"Ref":"PermissionsBoundary"},{"Ref":"AWS::NoValue"}]}""",
                    role["PermissionsBoundary"]!.ToJsonString()
                );
                Assert.Equal("""{"Ref":"RolePath"}""", role["Path"]!.ToJsonString());
            }
        );
        // Every schedule runs under the same role, which may start what schedules start.
        Assert.All(
            resources.Where(resource => resource.Value!["Type"]!.ToString() == "AWS::Scheduler::Schedule"),
            schedule =>
                Assert.Equal(
                    """{"Fn::GetAtt":["SchedulesRole","Arn"]}""",
                    schedule.Value!["Properties"]!["Target"]!["RoleArn"]!.ToJsonString()
                )
        );
    }

    private static async Task<JsonObject> TranslatedAsync()
    {
        await Tool.RequireAsync("samtranslator", "python3", "-c", "import samtranslator");
        var python = new ProcessStartInfo("python3", ["-c", Translate])
        {
            Environment = { ["AWS_DEFAULT_REGION"] = "eu-central-1" },
        };
        var (exitCode, output) = await Tool.RunAsync(python, SamTemplate.Text);
        Assert.True(exitCode == 0, output);
        return JsonNode.Parse(output)!["Resources"]!.AsObject();
    }
}
