using System.Text.Json;
using EcrGuard.Core.Gates;

namespace EcrGuard.Core.Tests.Gates;

/// <summary>State machines of Step Functions, in a template and in a file of their own.</summary>
public sealed class StateMachineImagesTests
{
    private const string JoinedArn =
        """{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":scheduler:::aws-sdk:batch:submitJob"]]}""";

    private const string Host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    /// <summary>A task definition is called Here, and its family is 'web'.</summary>
    [Theory]
    [InlineData("""{"Definition":DEF("ecs:runTask.sync","TaskDefinition","web:7")}""")]
    [InlineData("""{"Definition":DEF("ecs:runTask.sync","TaskDefinition.$","$.task")}""")]
    [InlineData("""{"Definition":DEF("aws-sdk:ecs:runTask","TaskDefinition","arn:x")}""")]
    [InlineData("""{"Definition":DEF("batch:submitJob.sync","JobDefinition","${Job}")}""")]
    [InlineData("""{"Definition":DEF("sagemaker:createTransformJob","ModelName","m")}""")]
    [InlineData("""{"Definition":DEF("sagemaker:createTrainingJob","TrainingImage","H/a")}""")]
    [InlineData("""{"Definition":DEF("sagemaker:createTrainingJob","TrainingImage.$","$.image")}""")]
    [InlineData("""{"Definition":DEF("aws-sdk:ecs:registerTaskDefinition","Image","${Image}")}""")]
    [InlineData("""{"Definition":DEF("aws-sdk:lambda:updateFunctionCode","ImageUri","H/a:${Tag}")}""")]
    [InlineData(
        """{"Definition":DEF("batch:submitJob","JobDefinition","${J}"),"DefinitionSubstitutions":{"J":"x:1"}}"""
    )]
    [InlineData(
        """{"Definition":DEF("${Call}","TaskDefinition","web:7"),"DefinitionSubstitutions":{"Call":{"Ref":"P"}}}"""
    )]
    [InlineData("""{"Definition":DEF("sagemaker:createTrainingJob","AlgorithmSpecification.$","$.x")}""")]
    [InlineData("""{"Definition":DEF("codebuild:startBuild.sync","ImageOverride","H/a")}""")]
    [InlineData("""{"Definition":{"States":{"A":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask"}}}}""")]
    [InlineData(
        """
            {"Definition":{"States":{"A":{"Type":"Task","Resource":"${Run}","Parameters":{"TaskDefinition":"web:7"}}}},
            "DefinitionSubstitutions":{"Run":{"Fn::Sub":"arn:${AWS::Partition}:states:::ecs:runTask.sync"}}}
            """
    )]
    [InlineData("""{"Definition":{"Fn::If":["C",{"Ref":"X"},{"States":{}}]}}""")]
    [InlineData("""{"Definition":{"Fn::Transform":{}}}""")]
    [InlineData("""{"DefinitionString":{"Ref":"Definition"}}""")]
    [InlineData("""{"DefinitionString":"no JSON"}""")]
    [InlineData("""{"DefinitionString":{"Fn::Sub":TEXT("ecs:runTask","TaskDefinition","${Parameter}")}}""")]
    [InlineData("""{"DefinitionString":{"Fn::Sub":[TEXT("ecs:runTask","TaskDefinition","${T}"),{"T":"web:7"}]}}""")]
    [InlineData("""{"DefinitionS3Location":{"Bucket":"b","Key":"k"}}""")]
    [InlineData("""{"DefinitionUri":"s3://b/k"}""")]
    [InlineData("""{"DefinitionUri":"machine.asl.json"}""")]
    [InlineData("{}")]
    public void A_machine_that_does_not_say_what_runs_is_a_no(string properties)
    {
        foreach (var type in new[] { "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine" })
            Assert.Contains(OfTemplate(type, properties), image => !image.TryAsk(out _, out _));
    }

    [Theory]
    [InlineData("""{"Definition":DEF("ecs:runTask.sync","TaskDefinition","web")}""")]
    [InlineData("""{"Definition":DEF("ecs:runTask.sync","TaskDefinition",{"Ref":"Here"})}""")]
    [InlineData("""{"Definition":DEF("lambda:invoke","Image","picture.png")}""")]
    [InlineData("""{"Definition":DEF("aws-sdk:lambda:invoke","Image","picture.png")}""")]
    [InlineData("""{"Definition":DEF("aws-sdk:ecs:describeTaskDefinition","TaskDefinition","x")}""")]
    [InlineData("""{"Definition":DEF("sagemaker:createModel","ModelName","m")}""")]
    [InlineData(
        """{"Definition":{"States":{"A":{"Type":"Task","Resource":"${F.Arn}","Parameters":{"Image":"picture.png"}}}}}"""
    )]
    [InlineData(
        """{"Definition":{"States":{"A":{"Type":"Task","Resource":{"Fn::GetAtt":"F.Arn"},"Parameters":{"image.$":"$.x"}}}}}"""
    )]
    [InlineData("""{"Definition":DEF("aws-sdk:rekognition:detectLabels","Image",{"S3Object":{}})}""")]
    [InlineData(
        """{"Definition":DEF("ecs:runTask","TaskDefinition","${T}"),"DefinitionSubstitutions":{"T":{"Ref":"Here"}}}"""
    )]
    [InlineData("""{"DefinitionString":TEXT("lambda:invoke","FunctionName","x")}""")]
    [InlineData("""{"DefinitionString":{"Fn::Sub":TEXT("ecs:runTask","TaskDefinition","${Here}")}}""")]
    [InlineData(
        """{"DefinitionString":{"Fn::Sub":[TEXT("ecs:runTask","TaskDefinition","${T}"),{"T":{"Ref":"Here"}}]}}"""
    )]
    [InlineData(
        """
            {"DefinitionString":{"Fn::Join":["",["{\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:",
            {"Ref":"AWS::Partition"},":states:::ecs:runTask\",\"Parameters\":{\"TaskDefinition\":\"",{"Ref":"Here"},
            "\"}}}}"]]}}
            """
    )]
    public void A_machine_that_runs_what_the_template_defines_passes(string properties) =>
        Assert.Empty(OfTemplate("AWS::StepFunctions::StateMachine", properties));

    [Theory]
    [InlineData("""{"Definition":DEF("aws-sdk:ecs:registerTaskDefinition","Image","H/a:1")}""")]
    [InlineData("""{"Definition":{"States":{"All":{"Type":"Map","ItemProcessor":DEF("batch:x","Image","H/a:1")}}}}""")]
    [InlineData(
        """{"Definition":DEF("sagemaker:createModel","Image","${I}"),"DefinitionSubstitutions":{"I":"H/a:1"}}"""
    )]
    public void The_images_of_a_machine_are_found(string properties) =>
        Assert.Equal($"{Host}/a:1", Assert.Single(OfTemplate("AWS::StepFunctions::StateMachine", properties)).Text);

    [Fact]
    public void A_machine_in_a_file_of_its_own_is_read()
    {
        Assert.Equal(
            $"{Host}/a:1",
            Assert.Single(Images(Whole("""DEF("sagemaker:createProcessingJob","ImageUri","H/a:1")"""))).Text
        );
        Assert.NotNull(
            Assert.Single(Images(Whole("""DEF("ecs:runTask","TaskDefinition","${TaskDefinition}")"""))).Problem
        );
        Assert.Empty(Images(Whole("""DEF("lambda:invoke","FunctionName","${F}")""")));
        Assert.Equal(
            "machine.asl.json",
            Assert
                .Single(OfTemplate("AWS::Serverless::StateMachine", """{"DefinitionUri":"machine.asl.json"}"""))
                .InFile
        );
    }

    [Theory]
    [InlineData("arn:aws:scheduler:::aws-sdk:ecs:runTask", """ "{\"TaskDefinition\":\"web:7\"}" """, 1)]
    [InlineData("arn:aws:scheduler:::aws-sdk:batch:submitJob", """ {"Fn::Sub":"{\"JobDefinition\":\"${J}\"}"} """, 1)]
    [InlineData("arn:aws:scheduler:::aws-sdk:batch:submitJob", """ {"Ref":"Input"} """, 1)]
    [InlineData("arn:aws:scheduler:::aws-sdk:ecs:runTask", """ {"Fn::Sub":"{\"TaskDefinition\":\"${Here}\"}"} """, 0)]
    [InlineData("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", """ "{\"Image\":\"x\"}" """, 0)]
    [InlineData(JoinedArn, """ "{\"JobDefinition\":\"x\"}" """, 1)]
    [InlineData("""{"Fn::GetAtt":"F.Arn"}""", """ "{\"Image\":\"picture.png\"}" """, 0)]
    public void The_call_of_a_schedule_is_read(string arn, string input, int images) =>
        Assert.Equal(
            images,
            OfTemplate(
                "AWS::Scheduler::Schedule",
                $$"""{"Target":{"Arn":{{(arn.StartsWith('{') ? arn : $"\"{arn}\"")}},"Input":{{input}} } }"""
            ).Count
        );

    private static List<NamedImage> OfTemplate(string type, string properties) =>
        [
            .. Images(
                    Whole(
                        $$"""
                        {"Resources":{"Here":{"Type":"AWS::ECS::TaskDefinition","Properties":{"Family":"web",
                        "ContainerDefinitions":[{"Image":"held"}]} },
                        "F":{"Type":"AWS::Serverless::Function","Properties":{"Handler":"x"} },
                        "X":{"Type":"{{type}}","Properties":{{properties}} } } }
                        """
                    )
                )
                .Where(image => image.Text != "held"),
        ];

    /// <summary>
    /// <c>DEF(call,name,value)</c> is a definition with one task, <c>TEXT(call,name,value)</c> the same as a text, and
    /// H the registry's host.
    /// </summary>
    private static string Whole(string text)
    {
        foreach (var macro in new[] { "DEF(", "TEXT(" })
        {
            while (text.IndexOf(macro, StringComparison.Ordinal) is >= 0 and var at)
            {
                var end = text.IndexOf(')', at);
                var parts = text[(at + macro.Length)..end].Split(',', 3);
                var definition = $$"""
                    {"StartAt":"A","States":{"A":{"Type":"Task","Resource":"{{(
                        parts[0].Contains('$') ? "" : "arn:aws:states:::"
                    )}}{{parts[0].Trim('"')}}",
                    "Parameters":{"Deep":[{ {{parts[1]}}:{{parts[2]}} }]} } } }
                    """;
                text =
                    text[..at]
                    + (macro == "DEF(" ? definition : JsonSerializer.Serialize(definition))
                    + text[(end + 1)..];
            }
        }
        return text.Replace("\"H/", $"\"{Host}/", StringComparison.Ordinal);
    }

    private static IEnumerable<NamedImage> Images(string document) =>
        DeploymentDocument.Images(JsonDocument.Parse(document).RootElement)!;
}
