using System.Text.Json;
using EcrGuard.Core.Gates;

namespace EcrGuard.Core.Tests.Gates;

public sealed class DeploymentDocumentTests
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";
    private const string Host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    [Theory]
    [InlineData(
        """{"family":"web","containerDefinitions":[{"name":"web","image":"H/shop/web:1"},{"name":"x","image":"nginx"}]}""",
        "containerDefinitions[0].image=H/shop/web:1 containerDefinitions[1].image=nginx"
    )]
    [InlineData(
        """{"taskDefinition":{"containerDefinitions":[{"image":"H/shop/web:1"}]},"tags":[]}""",
        "taskDefinition.containerDefinitions[0].image=H/shop/web:1"
    )]
    [InlineData("""[{"name":"web","imageUri":"H/shop/web:1"}]""", "[0].imageUri=H/shop/web:1")]
    [InlineData("""{"ImageURI":"H/shop/web@sha256:1","Version":"1.0"}""", "ImageURI=H/shop/web@sha256:1")]
    [InlineData("""{"services":{"web":{"image":"H/shop/web:1"}}}""", "services.web.image=H/shop/web:1")]
    [InlineData(
        """{"services":{"a":{"image":"H/shop/web:1"},"b":{"extends":"a"},"c":{"extends":{"service":"b"}}}}""",
        "services.a.image=H/shop/web:1"
    )]
    [InlineData(
        """
            {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"annotations":{"image":"no"}},"spec":{"jobTemplate":{"spec":
            {"template":{"spec":{"initContainers":[{"image":"H/a:1"}],"containers":[{"image":"H/b:1"}],
            "volumes":[{"name":"v","image":{"reference":"H/c:1"}}]}}}}}}
            """,
        "spec.jobTemplate.spec.template.spec.initContainers[0].image=H/a:1 "
            + "spec.jobTemplate.spec.template.spec.containers[0].image=H/b:1 "
            + "spec.jobTemplate.spec.template.spec.volumes[0].image.reference=H/c:1"
    )]
    [InlineData(
        """
            {"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"ConfigMap","data":{"image":"no"}},
            {"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"H/a:1"}]}}]}
            """,
        "items[1].spec.containers[0].image=H/a:1"
    )]
    [InlineData(
        """
            {"Resources":{
            "Bucket":{"Type":"AWS::S3::Bucket","Properties":{"Image":"no"}},
            "Task":{"Type":"AWS::ECS::TaskDefinition","Properties":{"ContainerDefinitions":[{"Image":"H/a:1"}]}},
            "Function":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"ImageUri":"H/b:1"}}},
            "Job":{"Type":"AWS::Batch::JobDefinition","Properties":{"EcsProperties":{"TaskProperties":[{"Containers":[{"Image":"H/c:1"}]}]}}}}}
            """,
        "Resources.Task.Properties.ContainerDefinitions[0].Image=H/a:1 "
            + "Resources.Function.Properties.Code.ImageUri=H/b:1 "
            + "Resources.Job.Properties.EcsProperties.TaskProperties[0].Containers[0].Image=H/c:1"
    )]
    public void Every_image_of_a_document_is_found_with_its_place(string json, string expected)
    {
        var images = Images(json);
        Assert.All(images, image => Assert.Null(image.Problem));
        Assert.Equal(
            expected.Replace("H/", $"{Host}/", StringComparison.Ordinal),
            string.Join(' ', images.Select(image => $"{image.Place}={image.Text}"))
        );
    }

    [Theory]
    [InlineData("""{"services":{"web":{"build":"."}}}""", "names no image")]
    [InlineData("""{"services":{"web":{"extends":{"file":"x.yaml","service":"web"}}}}""", "another file")]
    [InlineData("""{"services":{"web":{"extends":"base"}}}""", "another file")]
    [InlineData("""{"services":{"web":{"image":"${IMAGE}"}}}""", "Only the deployment fills it in")]
    [InlineData("""{"services":{"web":{"image":""}}}""", "It is empty")]
    [InlineData("""{"containerDefinitions":[{"image":"<IMAGE>"}]}""", null)]
    [InlineData("""{"containerDefinitions":[{"image":7}]}""", "Only the deployment knows it")]
    [InlineData(
        """{"Resources":{"T":{"Type":"AWS::ECS::TaskDefinition","Properties":{"ContainerDefinitions":[{"Image":{"Ref":"I"}}]}}}}""",
        "Only the deployment knows it"
    )]
    [InlineData("""{"containerDefinitions":[]}""", "names no image")]
    [InlineData("""{"containerDefinitions":"[]"}""", "Only the deployment knows it")]
    [InlineData("""{"containerDefinitions":[{"name":"web"}]}""", "names no image")]
    [InlineData("""{"taskDefinition":"web:1"}""", "Only the deployment knows it")]
    [InlineData("""{"ImageURI":"H/a:1","containerDefinitions":[{"image":"H/b:1"}]}""", "several kinds at once")]
    [InlineData("""{"apiVersion":"v1","kind":"Pod","ImageURI":"H/a:1","spec":{}}""", "several kinds at once")]
    [InlineData("""{"services":{"web":{"image":"H/a:1"}},"Resources":{}}""", "several kinds at once")]
    [InlineData(
        """{"Resources":{"F":{"Type":"AWS::Serverless::Function","Properties":{"PackageType":"Image"}}}}""",
        "built when it is deployed"
    )]
    public void What_the_document_does_not_say_is_named_and_cannot_be_asked_about(string json, string? because)
    {
        var image = Assert.Single(Images(json));
        Assert.False(image.TryAsk(out _, out var problem));
        Assert.Contains(because ?? "is no name of an image", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"hello":"world"}""")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""[{"name":"web"}]""")]
    public void A_document_of_an_unknown_kind_is_told_from_one_without_images(string json) =>
        Assert.Null(DeploymentDocument.Images(JsonDocument.Parse(json).RootElement));

    [Theory]
    [InlineData("nginx", true)]
    [InlineData("nginx:1.27", true)]
    [InlineData("library/nginx", true)]
    [InlineData("public.ecr.aws/nginx/nginx:1", true)]
    [InlineData("ghcr.io/a/b@" + Digest, true)]
    [InlineData("ghcr.io/a/b:1@" + Digest, true)]
    [InlineData("registry.example.com:5000/a__b/c---d.e:V_1", true)]
    [InlineData("localhost/a:1", true)]
    [InlineData(Host + "/shop/web:1", false)]
    [InlineData("999999999999.dkr.ecr-fips.us-east-1.amazonaws.com/a:1", false)]
    public void A_document_that_names_no_registry_of_ECR_means_another(string text, bool others) =>
        Assert.Equal(others, new NamedImage(text, "image").IsOthers);

    /// <summary>Placeholders, and this registry in another spelling.</summary>
    [Theory]
    [InlineData("<IMAGE1_NAME>")]
    [InlineData("REPLACE_ME")]
    [InlineData("%IMAGE%")]
    [InlineData("__IMAGE__")]
    [InlineData("#{Build.image}")]
    [InlineData("${IMAGE}")]
    [InlineData("{{ image }}")]
    [InlineData("not an image at all !!")]
    [InlineData("nginx:")]
    [InlineData("nginx@sha256:1")]
    [InlineData("nginx:1:2")]
    [InlineData("a//b:1")]
    [InlineData("/a:1")]
    [InlineData("Nginx:1")]
    [InlineData("ghcr.io/a:1\n")]
    [InlineData("ghcr.io:x/a:1")]
    [InlineData("https://ghcr.io/a:1")]
    [InlineData(Host + ":443/shop/web:1", "without a port")]
    [InlineData(Host + "./shop/web:1", "without a dot at the end")]
    [InlineData(Host + ".:443/shop/web:1", "without a port")]
    [InlineData(" " + Host + "/shop/web:1", "without blanks")]
    [InlineData(Host + "/shop/web:1 ", "is not a tag")]
    [InlineData("https://" + Host + "/shop/web:1", "without a scheme")]
    [InlineData("docker://" + Host + "/shop/web:1", "without a scheme")]
    [InlineData("vpce-0a1b.dkr.ecr.eu-central-1.vpce.amazonaws.com/shop/web:1", "VPC endpoint")]
    [InlineData("123456789012.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu/shop/web:1", "not a private ECR registry")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.example/shop/web:1", "not a private ECR registry")]
    public void What_is_no_name_or_may_be_this_registry_is_never_another_and_is_a_no(string text, string because = "")
    {
        var question = GateQuestion.Of(
            Assert.Single(Images($$"""[{"imageUri":{{JsonSerializer.Serialize(text)}}}]""")),
            new GatePlace("file", "image"),
            ignoreOthers: true
        );
        Assert.Equal(GateAnswer.NotAsked, question.Settled?.Status);
        Assert.False(question.Settled!.Passes);
        Assert.Contains(because, question.Settled.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop/web:1", "shop/web:1")]
    [InlineData("""{"images":["shop/web:1"],"others":"ignore"}""", "shop/web:1")]
    [InlineData("""{"image":"ghcr.io/a:1","others":"ignore"}""", null)]
    public void A_person_who_names_no_registry_means_the_one_that_is_asked(string userParameters, string? asked)
    {
        var job = PipelineJob.Read(userParameters);
        var question = GateQuestion.Of(Assert.Single(job.Images), new GatePlace("action", "image"), ignoreOthers: true);
        Assert.Equal(asked, question.Settled is null ? question.Image : null);
    }

    [Theory]
    [InlineData("""{"include":["other.yaml"],"services":{"web":{"image":"H/a:1"}}}""", "include", "includes other")]
    [InlineData(
        """{"services":{"web":{"build":".","image":"H/a:1","pull_policy":"build"}}}""",
        "services.web",
        "runs what it builds"
    )]
    [InlineData("""{"services":["web"]}""", "services", "must be an object")]
    public void What_a_Compose_file_runs_besides_its_images_is_a_no(string json, string place, string because) =>
        Assert.Contains(
            because,
            Assert.Single(Images(json), image => image.Problem is not null && image.Place == place).Problem,
            StringComparison.Ordinal
        );

    [Fact]
    public void Volumes_and_models_of_a_Compose_file_are_images_too() =>
        Assert.Equal(
            ["models.llm.model", "services.web.image", "services.web.volumes[1].source"],
            Images(
                    """
                    {"services":{"web":{"image":"H/a:1","volumes":["data:/data",{"type":"image","source":"H/b:1"}]}},
                    "models":{"llm":{"model":"H/c:1"}}}
                    """
                )
                .Select(image => image.Problem ?? image.Place)
                .Order(StringComparer.Ordinal)
        );

    [Theory]
    [InlineData(Host + "/shop/web", Host + "/shop/web:latest")]
    [InlineData(Host + "/shop/web:1", Host + "/shop/web:1")]
    public void An_image_without_a_tag_is_asked_about_as_what_is_deployed(string text, string question)
    {
        Assert.True(new NamedImage(text, "image").TryAsk(out var asked, out var problem), problem);
        Assert.Equal(question, asked);
    }

    private static List<NamedImage> Images(string json) =>
        [
            .. DeploymentDocument.Images(
                JsonDocument.Parse(json.Replace("H/", $"{Host}/", StringComparison.Ordinal)).RootElement
            )!,
        ];
}
