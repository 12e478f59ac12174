using System.Diagnostics;
using System.Text.Json.Nodes;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

public sealed class AcceptedByToolsTests
{
    /// <summary>What CloudFormation's SAM transform does. It wants the code to be in S3 already, where <c>sam package</c> puts it.</summary>
    private const string Translate = """
        import json, sys
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
        from samtranslator.yaml_helper import yaml_parse

        template = yaml_parse(sys.stdin.read())
        template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
        print(json.dumps(Translator({}, Parser()).translate(template, {})))
        """;

    [Fact]
    public async Task Cfn_lint_has_nothing_to_say()
    {
        await Tool.RequireAsync("cfn-lint", "cfn-lint", "--version");

        var (exitCode, output) = await Tool.RunAsync(new ProcessStartInfo("cfn-lint", [Path.Combine(SamTemplate.Root, "template.yaml")]));

        Assert.Equal((0, ""), (exitCode, output));
    }

    [Fact]
    public async Task SAM_translates_it_and_adds_no_permission_but_to_start_a_function_and_to_report_that_it_could_not()
    {
        await Tool.RequireAsync("samtranslator", "python3", "-c", "import samtranslator");

        var python = new ProcessStartInfo("python3", ["-c", Translate]) { Environment = { ["AWS_DEFAULT_REGION"] = "eu-central-1" } };
        var (exitCode, output) = await Tool.RunAsync(python, SamTemplate.Text);

        Assert.True(exitCode == 0, output);
        var written = SamTemplate.With(("AskPrincipals", "arn:aws:iam::111122223333:root"), ("BreakGlassPrincipals", "arn:aws:iam::111122223333:root"), ("Enforcement", "mark")).OfType("AWS::IAM::Role").ToHashSet();
        var added = JsonNode.Parse(output)!["Resources"]!.AsObject()
            .Where(resource => resource.Value!["Type"]!.ToString() == "AWS::IAM::Role" && !written.Contains(resource.Key))
            .ToDictionary(role => role.Key, role => role.Value!["Properties"]!);
        Assert.Equal(["EndBreakGlassTickRole", "BackfillTickRole", "WeeklySummaryWeekRole", "SweepDayRole"], added.Keys);
        Assert.All(added, role =>
        {
            Assert.Null(role.Value["ManagedPolicyArns"]);
            var statements = role.Value["Policies"]!.AsArray().SelectMany(policy => Statement.Of(policy!["PolicyDocument"]!)).ToArray();
            Assert.Equal([role.Key == "SweepDayRole" ? "states:StartExecution" : "lambda:InvokeFunction", "sqs:SendMessage"], statements.SelectMany(statement => statement.Actions));
            Assert.DoesNotContain("*", statements.SelectMany(statement => statement.Resources));
        });
    }
}
