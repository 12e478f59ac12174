using System.Text.Json;
using EcrGuard.Core.Gates;

namespace EcrGuard.Core.Tests.Gates;

/// <summary>The images of CloudFormation's resources, as a template and as the hook see them.</summary>
public sealed class CloudFormationImagesTests
{
    private const string Host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    private const string Good = $$"""{"Image":"{{Host}}/a:1"} """;

    /// <summary>Nothing here says in full what runs.</summary>
    [Theory]
    [InlineData("AWS::ECS::TaskDefinition", "{}")]
    [InlineData("AWS::ECS::TaskDefinition", "null")]
    [InlineData("AWS::ECS::TaskDefinition", "7")]
    [InlineData("AWS::ECS::TaskDefinition", """{"Fn::Transform":{"Name":"AWS::Include"}}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}}],"Fn::Transform":{"Name":"M"} }""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":[]}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":null}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":"[]"}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":{"Ref":"X"}}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":{"!Ref":"X"}}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":{"Fn::GetAtt":["X","Y"]}}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":{"Fn::If":["C",{"Ref":"X"},[]]}}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}},{"Fn::GetAtt":"x"}]}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}},{"Name":"a"}]}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}},{"Name":"a","Image":null}]}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}},"web"]}""")]
    [InlineData("AWS::ECS::TaskDefinition", $$"""{"ContainerDefinitions":[{{Good}},{"Fn::ForEach::C":[]}]}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":[{"Image":{"Fn::Sub":"${I}"}}]}""")]
    [InlineData("AWS::ECS::TaskDefinition", """{"PackageType":"Zip"}""")]
    [InlineData("AWS::ECS::ExpressGatewayService", """{"PrimaryContainer":{"Ref":"X"}}""")]
    [InlineData("AWS::Lambda::Function", "{}")]
    [InlineData("AWS::Lambda::Function", """{"Code":{"Fn::GetAtt":["X","Y"]}}""")]
    [InlineData("AWS::Lambda::Function", """{"Code":"./src"}""")]
    [InlineData("AWS::Lambda::Function", """{"Code":{"ImageUri":{"Ref":"X"}}}""")]
    [InlineData("AWS::Lambda::Function", """{"PackageType":"Image","Code":{"S3Bucket":"b","S3Key":"k"}}""")]
    [InlineData("AWS::Serverless::Function", """{"PackageType":"Image"}""")]
    [InlineData("AWS::Serverless::Function", """{"PackageType":{"Ref":"P"},"CodeUri":"./src"}""")]
    [InlineData("AWS::Serverless::Function", """{"PackageType":"Image","ImageUri":"hello:latest"}""")]
    [InlineData(
        "AWS::BedrockAgentCore::Runtime",
        """{"AgentRuntimeArtifact":{"ContainerConfiguration":{"ContainerUri":"agent:1"}}}"""
    )]
    [InlineData("AWS::Serverless::Function", """{"Fn::Transform":{"Name":"M"}}""")]
    [InlineData("AWS::AppRunner::Service", """{"SourceConfiguration":{"ImageRepository":{"Fn::FindInMap":[]}}}""")]
    [InlineData("AWS::AppRunner::Service", """{"SourceConfiguration":{"Ref":"S"}}""")]
    [InlineData("AWS::Batch::JobDefinition", """{"ContainerProperties":"unresolved"}""")]
    [InlineData("AWS::Batch::JobDefinition", """{"EcsProperties":{"TaskProperties":{"Ref":"T"}}}""")]
    [InlineData("AWS::SageMaker::Model", """{"Containers":{"Ref":"C"}}""")]
    [InlineData("AWS::SageMaker::ModelPackage", """{"InferenceSpecification":{"Fn::GetAtt":"x"}}""")]
    [InlineData("AWS::SageMaker::MonitoringSchedule", """{"MonitoringScheduleConfig":{"Ref":"C"}}""")]
    [InlineData("AWS::EMRServerless::Application", """{"WorkerTypeSpecifications":{"Driver":{"Ref":"D"}}}""")]
    public void What_is_not_resolved_where_images_stand_is_a_no_for_the_hook_and_in_a_template(
        string type,
        string properties
    )
    {
        var parsed = JsonDocument.Parse(properties).RootElement;
        Assert.Contains(CloudFormationHook.Images(type, "X", parsed).Images, image => !image.TryAsk(out _, out _));
        Assert.Contains(
            OfTemplate($$$"""{"Resources":{"X":{"Type":"{{{type}}}","Properties":{{{properties}}} } } }"""),
            image => !image.TryAsk(out _, out _) && image.Place.StartsWith("Resources.X.", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("AWS::Lambda::Function", """{"Code":{"S3Bucket":{"Ref":"B"},"S3Key":"k"}}""")]
    [InlineData("AWS::Lambda::Function", """{"Code":{"ZipFile":{"Fn::Sub":"x"}},"PackageType":"Zip"}""")]
    [InlineData(
        "AWS::Lambda::Function",
        """{"Code":{"S3Bucket":"b","S3Key":"k","ImageUri":null},"PackageType":null}"""
    )]
    [InlineData(
        "AWS::Lambda::Function",
        """{"Code":{"ZipFile":"x"},"Environment":{"Variables":{"ImageUri":{"Ref":"X"}}}}"""
    )]
    [InlineData("AWS::Serverless::Function", """{"CodeUri":"./src","Handler":"x"}""")]
    [InlineData("AWS::Serverless::Function", """{"Handler":"x"}""")]
    [InlineData("AWS::AppRunner::Service", """{"SourceConfiguration":{"CodeRepository":{"Ref":"X"}}}""")]
    [InlineData("AWS::SageMaker::Model", """{"PrimaryContainer":{"ModelPackageName":{"Ref":"P"}}}""")]
    [InlineData("AWS::SageMaker::ModelPackage", """{"ModelPackageName":"x"}""")]
    [InlineData("AWS::BedrockAgentCore::Runtime", """{"AgentRuntimeArtifact":{"CodeConfiguration":{}}}""")]
    [InlineData("AWS::EMRServerless::Application", """{"ReleaseLabel":"emr-7.0.0"}""")]
    [InlineData("AWS::CodeBuild::Project", """{"Environment":{"Image":"aws/codebuild/standard:7.0"}}""")]
    [InlineData("AWS::S3::Bucket", """{"Fn::Transform":{"Name":"AWS::Include"},"Image":{"Ref":"X"}}""")]
    public void What_runs_no_image_passes(string type, string properties) =>
        Assert.Empty(CloudFormationHook.Images(type, "X", JsonDocument.Parse(properties).RootElement).Images);

    [Fact]
    public void Both_values_of_a_condition_are_images() =>
        Assert.Equal(
            ["a:1", "b:1", "c:1"],
            CloudFormationHook
                .Images(
                    "AWS::ECS::TaskDefinition",
                    "X",
                    JsonDocument
                        .Parse(
                            """
                            {"ContainerDefinitions":[
                            {"Fn::If":["C",{"Image":"a:1"},{"Ref":"AWS::NoValue"}]},
                            {"Image":{"Fn::If":["C","b:1","c:1"]},"DockerLabels":{"Image":"no"}}]}
                            """
                        )
                        .RootElement
                )
                .Images.Select(image => image.Problem ?? image.Text)
        );

    /// <summary>Lambda refuses both at once. A gate does not rely on that.</summary>
    [Fact]
    public void An_image_that_a_function_names_is_asked_about_whatever_its_package_type_says() =>
        Assert.Equal(
            $"{Host}/a:1",
            Assert
                .Single(
                    CloudFormationHook
                        .Images(
                            "AWS::Lambda::Function",
                            "X",
                            JsonDocument
                                .Parse($$"""{"PackageType":"Zip","Code":{"ImageUri":"{{Host}}/a:1"} }""")
                                .RootElement
                        )
                        .Images
                )
                .Text
        );

    /// <summary>Beside a task definition that is understood.</summary>
    [Theory]
    [InlineData("""  "Transform":"TeamMacro" """, "Transform")]
    [InlineData("""  "Transform":["AWS::Serverless-2016-10-31",{"Name":"AWS::Include"}] """, "Transform")]
    [InlineData("""  "Fn::Transform":{"Name":"AWS::Include"} """, "Fn::Transform")]
    [InlineData("""  "Fn::ForEach::All":[] """, "Fn::Transform")]
    public void A_macro_of_the_whole_template_is_a_no(string member, string place) =>
        Assert.Contains(
            OfTemplate($$"""{ {{member}},"Resources":{} }"""),
            image => image.Place == place && image.Problem!.Contains("A macro", StringComparison.Ordinal)
        );

    [Theory]
    [InlineData("AWS::Serverless-2016-10-31")]
    [InlineData("AWS::LanguageExtensions")]
    public void A_macro_of_AWS_that_brings_no_image_passes(string macro) =>
        Assert.Empty(OfTemplate($$"""{"Transform":["{{macro}}"],"Resources":{"B":{"Type":"AWS::S3::Bucket"} } }"""));

    [Theory]
    [InlineData("""{"Fn::Transform":{"Name":"X"}}""", "A macro")]
    [InlineData("""{"Type":"AWS::ECS::TaskDefinition","Fn::Transform":{"Name":"X"}}""", "A macro")]
    [InlineData("""{"Type":{"Ref":"T"}}""", "A macro")]
    [InlineData("[]", "A macro")]
    [InlineData("""{"Type":"AWS::ECS::TaskDefinition"}""", "names no image")]
    [InlineData("""{"Type":"Team::Web::Service::MODULE","Properties":{}}""", "module")]
    [InlineData("""{"Type":"AWS::CloudFormation::Stack"}""", "another template")]
    [InlineData("""{"Type":"AWS::CloudFormation::StackSet"}""", "another template")]
    [InlineData("""{"Type":"AWS::Serverless::Application"}""", "another template")]
    [InlineData("""{"Type":"Custom::Deploy","Properties":{"Image":{"Ref":"I"}}}""", "not name the image whole")]
    public void A_resource_that_does_not_say_what_runs_is_a_no(string resource, string because) =>
        Assert.Contains(
            because,
            Assert.Single(OfTemplate($$"""{"Resources":{"X":{{resource}} } }""")).Problem,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("AWS::CloudFormation::Stack", """{"TemplateURL":"./web.yaml"}""", "./web.yaml")]
    [InlineData("AWS::CloudFormation::StackSet", """{"TemplateURL":"web.yaml"}""", "web.yaml")]
    [InlineData("AWS::Serverless::Application", """{"Location":"apps/web.yaml"}""", "apps/web.yaml")]
    [InlineData("AWS::CloudFormation::Stack", """{"TemplateURL":{"Fn::Sub":"x"}}""", "asset.json")]
    [InlineData("AWS::CloudFormation::Stack", """{"TemplateURL":"https://s3.amazonaws.com/b/web.yaml"}""", null)]
    [InlineData("AWS::Serverless::Application", """{"Location":{"ApplicationId":"arn:x"}}""", null)]
    [InlineData("AWS::ServiceCatalog::CloudFormationProvisionedProduct", """{"ProductName":"p"}""", null)]
    public void A_nested_stack_names_the_file_of_its_template(string type, string properties, string? file) =>
        Assert.Equal(
            file,
            Assert
                .Single(
                    OfTemplate(
                        $$"""
                        {"Resources":{"X":{"Type":"{{type}}","Properties":{{properties}},
                        "Metadata":{"aws:asset:path":"asset.json"} } } }
                        """
                    )
                )
                .InFile
        );

    [Theory]
    [InlineData("Custom::Deploy")]
    [InlineData("AWS::CloudFormation::CustomResource")]
    [InlineData("Third::Party::Deployment")]
    public void Images_of_types_that_are_not_of_AWS_are_found_by_their_names(string type) =>
        Assert.Equal(
            [$"{Host}/a:1", $"{Host}/b:1"],
            OfTemplate(
                    $$"""
                    {"Resources":{"X":{"Type":"{{type}}","Properties":{
                    "WebImage":"{{Host}}/a:1","Anything":["{{Host}}/b:1","{{Host}}/repository"]} } } }
                    """
                )
                .Select(image => image.Problem ?? image.Text)
        );

    /// <summary>The CDK and AWS's registry put objects and charts into clusters by custom resources.</summary>
    [Theory]
    [InlineData("Custom::AWSCDK-EKS-KubernetesResource", """{"Manifest":{"Fn::Join":["",["[{\"kind\":\"Pod\"}]"]]}}""")]
    [InlineData("Custom::AWSCDK-EKS-KubernetesResource", """{"Manifest":"apiVersion: v1"}""")]
    [InlineData(
        "Custom::AWSCDK-EKS-KubernetesResource",
        """{"Manifest":"[{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}]"}"""
    )]
    [InlineData("AWSQS::Kubernetes::Resource", """{"Manifest":{"Ref":"M"}}""")]
    [InlineData(
        "Custom::AWSCDK-EKS-KubernetesResource",
        """{"Manifest":{"Fn::Join":["",["[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"image\":\"",{"Ref":"I"},"\"}]}}]"]]}}"""
    )]
    [InlineData("Custom::AWSCDK-EKS-HelmChart", """{"Chart":"web"}""")]
    [InlineData("AWSQS::Kubernetes::Helm", "{}")]
    [InlineData(
        "Custom::Deploy",
        """{"Arguments":{"Fn::Sub":"--x=${AWS::AccountId}.dkr.ecr.eu-west-1.amazonaws.com/a:1"}}"""
    )]
    [InlineData("Custom::Deploy", """{"Text":{"Fn::Join":["",["{\"image\":\"",{"Ref":"I"},"\"}"]]}}""")]
    [InlineData("Custom::Deploy", """{"Image":"123456789012.dkr.ecr.eu-central-1.amazonaws.com/a"}""")]
    public void What_a_custom_resource_deploys_and_does_not_say_is_a_no(string type, string properties) =>
        Assert.Contains(
            OfTemplate($$"""{"Resources":{"X":{"Type":"{{type}}","Properties":{{properties}} } } }"""),
            image => !image.TryAsk(out _, out _)
        );

    [Fact]
    public void The_objects_that_the_CDK_puts_into_a_cluster_are_read() =>
        Assert.Equal(
            ["nginx", $"{Host}/a:1"],
            OfTemplate(
                    $$"""
                    {"Resources":{"X":{"Type":"Custom::AWSCDK-EKS-KubernetesResource","Properties":{"Manifest":
                    "[{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":
                    {\"containers\":[{\"image\":\"nginx\"},{\"image\":\"{{Host}}/a:1\"}]} } } }]"} } } }
                    """.ReplaceLineEndings("")
                )
                .Select(image => image.Problem ?? image.Text)
        );

    [Theory]
    [InlineData("Custom::AWSCDK-EKS-Cluster", """{"Config":{"roleArn":{"Fn::GetAtt":["R","Arn"]}}}""")]
    [InlineData("Custom::AWSCDK-EKS-KubernetesObjectValue", """{"JsonPath":".status"}""")]
    [InlineData(
        "Custom::AWSCDK-EKS-KubernetesResource",
        """
            {"Manifest":{"Fn::Join":["",["[{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"annotations\":{\"eks.amazonaws.com/role-arn\":\"",
            {"Fn::GetAtt":["R","Arn"]},"\"}}}]"]]}}
            """
    )]
    [InlineData("Custom::Clean", """{"Repository":{"Fn::GetAtt":["R","RepositoryUri"]}}""")]
    public void A_custom_resource_that_runs_nothing_passes(string type, string properties) =>
        Assert.Empty(OfTemplate($$"""{"Resources":{"X":{"Type":"{{type}}","Properties":{{properties}} } } }"""));

    [Theory]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":"web:7"}""", true)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Fn::ImportValue":"web"}}""", true)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Ref":"Parameter"}}""", true)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Fn::If":["C",{"Ref":"Here"},"web:7"]}}""", true)]
    [InlineData("AWS::Events::Rule", """{"Targets":[{"EcsParameters":{"TaskDefinitionArn":"arn:x"}}]}""", true)]
    [InlineData("AWS::SageMaker::Model", """{"PrimaryContainer":{"ModelPackageName":"p"}}""", true)]
    [InlineData("AWS::SageMaker::EndpointConfig", """{"ProductionVariants":[{"ModelName":"m"}]}""", true)]
    [InlineData("AWS::ECS::Daemon", """{"DaemonTaskDefinitionArn":"arn:x"}""", true)]
    [InlineData("AWS::GameLift::ContainerFleet", """{"GameServerContainerGroupDefinitionName":"x"}""", true)]
    [InlineData("AWS::GameLift::ContainerFleet", """{"PerInstanceContainerGroupDefinitionName":"x"}""", true)]
    [InlineData("AWS::SageMaker::Endpoint", """{"EndpointConfigName":"x"}""", true)]
    [InlineData("AWS::SageMaker::Endpoint", """{"EndpointConfigName":{"Fn::GetAtt":["Here","Name"]}}""", false)]
    [InlineData("AWS::SageMaker::InferenceExperiment", """{"ModelVariants":[{"ModelName":"x"}]}""", true)]
    [InlineData(
        "AWS::SageMaker::MonitoringSchedule",
        """{"MonitoringScheduleConfig":{"MonitoringJobDefinitionName":"x"}}""",
        true
    )]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Fn::GetAtt":["C","Arn"]}}""", true)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Ref":"Here"}}""", false)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"!GetAtt":"Here.TaskDefinitionArn"}}""", false)]
    [InlineData("AWS::ECS::Service", """{"TaskDefinition":{"Fn::GetAtt":["Here","TaskDefinitionArn"]}}""", false)]
    [InlineData("AWS::ECS::Service", """{"DeploymentController":{"Type":"EXTERNAL"}}""", false)]
    [InlineData("AWS::Events::Rule", """{"Targets":[{"Arn":"arn:x"}]}""", false)]
    [InlineData("AWS::SageMaker::Model", """{"PrimaryContainer":{"ModelPackageName":{"Ref":"Here"}}}""", false)]
    public void A_definition_that_the_template_does_not_hold_is_a_no(string type, string properties, bool no) =>
        Assert.Equal(
            no,
            OfTemplate(
                    $$"""
                    {"Resources":{"Here":{"Type":"AWS::SageMaker::ModelPackage","Properties":{} },
                    "C":{"Type":"Custom::Find"},
                    "X":{"Type":"{{type}}","Properties":{{properties}} } } }
                    """
                )
                .Any(image => image.Problem?.Contains("does not define", StringComparison.Ordinal) == true)
        );

    [Theory]
    [InlineData(
        "AWS::EKS::Addon",
        "ConfigurationValues",
        "\"{\\\"image\\\":{\\\"repository\\\":\\\"H/a\\\"}}\"",
        "no tag"
    )]
    [InlineData("AWS::EKS::Addon", "ConfigurationValues", "\"image: {repository: H/a}\"", "cannot be read")]
    [InlineData(
        "AWS::EKS::Addon",
        "ConfigurationValues",
        """{"Fn::Sub":"{\"image\":\"${I}\"}"}""",
        "Only the deployment"
    )]
    [InlineData("AWS::EKS::Addon", "ConfigurationValues", """{"Ref":"Body"}""", "cannot be read")]
    [InlineData(
        "AWS::SageMaker::Pipeline",
        "PipelineDefinition",
        """{"PipelineDefinitionBody":{"Fn::Join":["",["{\"ImageUri\":\"",{"Ref":"I"},"\"}"]]}}""",
        "Only the deployment"
    )]
    [InlineData(
        "AWS::GreengrassV2::ComponentVersion",
        "InlineRecipe",
        """{"Fn::Sub":"URI: docker:${R.RepositoryUri}:1"}""",
        "Only the deployment"
    )]
    [InlineData(
        "AWS::SageMaker::Pipeline",
        "PipelineDefinition",
        """{"PipelineDefinitionS3Location":{"Bucket":"b"}}""",
        "cannot be read"
    )]
    [InlineData(
        "AWS::GreengrassV2::ComponentVersion",
        "InlineRecipe",
        "\"Artifacts: [{URI: 'docker:H/a'}]\"",
        "no tag"
    )]
    public void A_document_in_a_property_that_does_not_say_what_runs_is_a_no(
        string type,
        string name,
        string value,
        string because
    ) =>
        Assert.Contains(
            because,
            Assert
                .Single(
                    OfTemplate(
                        Whole($$"""{"Resources":{"X":{"Type":"{{type}}","Properties":{"{{name}}":{{value}}} } } }""")
                    )
                )
                .Problem,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("AWS::EKS::Addon", "ConfigurationValues", "\"{\\\"image\\\":\\\"H/a:1\\\"}\"")]
    [InlineData("AWS::EKS::Addon", "ConfigurationValues", "\"image: H/a:1\"")]
    [InlineData("AWS::GreengrassV2::ComponentVersion", "InlineRecipe", "\"URI: 'docker:H/a:1'\"")]
    [InlineData(
        "AWS::SageMaker::Pipeline",
        "PipelineDefinition",
        """{"PipelineDefinitionBody":"{\"ImageUri\":\"H/a:1\"}"}"""
    )]
    public void A_document_in_a_property_is_read(string type, string name, string value) =>
        Assert.Equal(
            $"{Host}/a:1",
            Assert
                .Single(
                    OfTemplate(
                        Whole($$"""{"Resources":{"X":{"Type":"{{type}}","Properties":{"{{name}}":{{value}}} } } }""")
                    )
                )
                .Text
        );

    [Theory]
    [InlineData(""" "Containers":[{"Image":":web.app.7"}] """, 0)]
    [InlineData(""" "Containers":[{"Image":"nginx"}] """, 1)]
    public void An_image_that_Lightsail_holds_itself_is_not_asked_about(string deployment, int images) =>
        Assert.Equal(
            images,
            OfTemplate(
                $$"""
                {"Resources":{"X":{"Type":"AWS::Lightsail::Container","Properties":{
                "ContainerServiceDeployment":{ {{deployment}} } } } } }
                """
            ).Count
        );

    [Fact]
    public void The_hook_is_asked_about_a_nested_stack_when_its_resources_are_created() =>
        Assert.Empty(CloudFormationHook.Images("AWS::CloudFormation::Stack", "X", default).Images);

    /// <summary>A text in which H stands for the registry's host.</summary>
    private static string Whole(string text) => text.Replace("H/", $"{Host}/", StringComparison.Ordinal);

    private static List<NamedImage> OfTemplate(string template) =>
        [.. DeploymentDocument.Images(JsonDocument.Parse(template).RootElement)!];
}
