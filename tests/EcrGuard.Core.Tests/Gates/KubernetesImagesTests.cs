using System.Text.Json;
using EcrGuard.Core.Gates;

namespace EcrGuard.Core.Tests.Gates;

/// <summary>Objects of Kubernetes and of its operators.</summary>
public sealed class KubernetesImagesTests
{
    private const string Host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    [Theory]
    [InlineData("postgresql.cnpg.io/v1", "Cluster", """{"imageName":"H/a:1"}""")]
    [InlineData("monitoring.coreos.com/v1", "Prometheus", """{"baseImage":"H/a:1"}""")]
    [InlineData("monitoring.coreos.com/v1", "Prometheus", """{"thanos":{"baseImage":"H/a:1"}}""")]
    [InlineData("kafka.strimzi.io/v1", "Kafka", """{"kafka":{"image":{"repository":"H/a:1"}}}""")]
    [InlineData("example.com/v1", "App1", """{"image":{"registry":"H","repository":"a","tag":"1"}}""")]
    [InlineData("example.com/v1", "App1", """{"sidecarImage":{"repository":"H/a","tag":1}}""")]
    [InlineData("example.com/v1", "App1", """{"images":["H/a:1"]}""")]
    [InlineData("example.com/v1", "App1", """{"images":[{"newName":"H/a","newTag":"1"}]}""")]
    [InlineData("example.com/v1", "App1", """{"images":{"proxy":"H/a:1"}}""")]
    [InlineData("example.com/v1", "App1", """{"env":{"RELATED":"H/a:1"}}""")]
    [InlineData("tekton.dev/v1", "Task", """{"stepTemplate":{"image":"H/a:1"}}""")]
    [InlineData("example.com/v1", "App1", """{"skipperImage":"H/a:1"}""")]
    [InlineData("example.com/v1", "App1", """{"skipper":{"image":"H/a:1"}}""")]
    [InlineData("example.com/v1", "App1", """{"skipperImages":["H/a:1"]}""")]
    [InlineData("example.com/v1", "App1", """{"skipImage":"H/a:1"}""")]
    [InlineData("example.com/v1", "App1", """{"denylistController":{"image":"H/a:1"}}""")]
    [InlineData("example.com/v1", "App1", """{"ignoreImages":[{"image":"H/a:1"}]}""")]
    [InlineData("example.com/v1", "App1", """{"args":["--reloader=H/a:1"]}""")]
    [InlineData("example.com/v1", "App1", """{"command":["sh","-c","run 'docker://H/a:1'; exit"]}""")]
    [InlineData("example.com/v1", "App1", """{"args":["--sidecar-image","H/a:1"]}""")]
    [InlineData("example.com/v1", "App1", """{"steps":[{"name":"a","value":"b","image":"H/a:1"}]}""")]
    [InlineData("example.com/v1", "App1", """{"env":[{"name":"IMAGE","value":"H/a:1"}]}""")]
    [InlineData("example.com/v1", "App1", """{"patch":"{\"spec\":{\"image\":\"H/a:1\"}}"}""")]
    [InlineData("example.com/v1", "App1", """{"recipe":"Artifacts: [{URI: docker:H/a:1}]"}""")]
    [InlineData("serving.kserve.io/v1", "InferenceService", """{"model":{"storageUri":"oci://H/a:1"}}""")]
    [InlineData("example.com/v1", "App1", """{"podAnnotations":{"x/agent-image":"H/a:1"}}""")]
    [InlineData(
        "example.com/v1",
        "App1",
        """{"text":"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"x\":\"H/a:1\"}}"}"""
    )]
    [InlineData("operators.coreos.com/v1", "ClusterServiceVersion", """{"relatedImages":[{"image":"H/a:1"}]}""")]
    [InlineData("operators.coreos.com/v1", "CatalogSource", """{"image":"H/a:1"}""")]
    [InlineData("apps/v1", "ConfigMap", """{"template":{"spec":{"containers":[{"image":"H/a:1"}]}}}""")]
    [InlineData(
        "apps/v1",
        "Deployment",
        """{"template":{"apiVersion":"v1","kind":"ConfigMap","spec":{"containers":[{"image":"H/a:1"}]}}}"""
    )]
    public void Images_of_operators_are_found_under_other_names(string version, string kind, string spec) =>
        Assert.Equal($"{Host}/a:1", Assert.Single(Images(version, kind, spec), image => image.Problem is null).Text);

    [Theory]
    [InlineData("helm.toolkit.fluxcd.io/v2", "HelmRelease", """{"values":{}}""", "render it first")]
    [InlineData("kustomize.config.k8s.io/v1beta1", "Kustomization", """{"resources":["base"]}""", "render it first")]
    [InlineData("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "{}", "render it first")]
    [InlineData("argoproj.io/v1alpha1", "Application", """{"source":{"repoURL":"https://x"}}""", "render it first")]
    [InlineData("argoproj.io/v1alpha1", "ApplicationSet", "{}", "render it first")]
    [InlineData("helm.crossplane.io/v1", "Release", """{"forProvider":{"chart":{}}}""", "render it first")]
    [InlineData("example.com/v1", "App1", """{"image":{"pullPolicy":"Always"}}""", "does not name the image whole")]
    [InlineData("example.com/v1", "App1", """{"image":{"repository":"H/a"}}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"image":"H/a"}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"agent":{"imageName":"H/a"}}""", "no tag and no digest")]
    [InlineData("nvidia.com/v1", "X1", """{"driver":{"repository":"H/n","image":"driver"}}""", "put together")]
    [InlineData("example.com/v1", "App1", """{"registry":"H","image":"web:1"}""", "put together")]
    [InlineData("sailoperator.io/v1", "Istio", """{"values":{"global":{"hub":"H/istio","tag":"1"}}}""", "put together")]
    [InlineData("example.com/v1", "App1", """{"imageRepository":"H/k8s"}""", "put together")]
    [InlineData("example.com/v1", "App1", """{"args":["--sidecar-image=H/a"]}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"args":["--sidecar-image","H/a"]}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"command":["sh","-c","run --image H/a"]}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"env":[{"name":"A_IMAGE","value":"H/a"}]}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"args":["docker://H/a"]}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"podAnnotations":{"x/agentImage":"H/a"}}""", "no tag and no digest")]
    [InlineData("serving.kserve.io/v1", "X1", """{"storageUri":"oci://H/a"}""", "no tag and no digest")]
    [InlineData("example.com/v1", "App1", """{"args":["--x=H/a:${TAG}"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["H/a:$(TAG)"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["x","H/a:$TAG"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["H/{{ .Name }}:1"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["H/$(IMAGE)"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["--x=$(REG)/a:1","a"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["${ECR_HOST}/a:1"]}""", "Only the deployment fills it in")]
    [InlineData("example.com/v1", "App1", """{"args":["--a-image=$(HOST)/a"]}""", "Only the deployment fills it in")]
    [InlineData(
        "example.com/v1",
        "App1",
        """{"args":["${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/a:1"]}""",
        "Only the deployment fills it in"
    )]
    [InlineData("example.com/v1", "App1", """{"patch":"{\"image\":\"H/a\"}"}""", "no tag and no digest")]
    [InlineData("operators.coreos.com/v1alpha1", "Subscription", """{"name":"x"}""", "render it first")]
    [InlineData("infra.contrib.fluxcd.io/v1", "Terraform", """{"sourceRef":{}}""", "render it first")]
    [InlineData("apps/v1", "Deployment", """{"template":{"spec":{"containers":[{"name":"x"}]}}}""", "names no image")]
    [InlineData("apps/v1", "Deployment", """{"template":{"spec":{"containers":[]}}}""", "names no image")]
    [InlineData("apps/v1", "Deployment", """{"template":{"spec":{"containers":"x"}}}""", "list of containers")]
    [InlineData("v1", "Pod", "{}", "names no image")]
    public void What_does_not_say_what_runs_is_a_no(string version, string kind, string spec, string because) =>
        Assert.Contains(
            Images(version, kind, spec),
            image => image.Problem?.Contains(because, StringComparison.Ordinal) == true
        );

    [Theory]
    [InlineData("v1", "ConfigMap", """{"image":"H/a:1"}""")]
    [InlineData("v1", "PersistentVolume", """{"rbd":{"image":"disk"}}""")]
    [InlineData("v1", "Service", """{"selector":{"image":"web"},"ports":[]}""")]
    [InlineData("networking.k8s.io/v1", "Ingress", """{"rules":[]}""")]
    [InlineData("monitoring.coreos.com/v1", "ServiceMonitor", """{"selector":{"matchLabels":{"chart":"web"}}}""")]
    [InlineData("example.com/v1", "App1", """{"autoUpdateImage":"true"}""")]
    [InlineData("trust.cert-manager.io/v1alpha1", "Bundle", """{"sources":[{"useDefaultCAs":true}]}""")]
    [InlineData("kyverno.io/v1", "ClusterPolicy", """{"rules":[{"match":{"image":"*:*"}}]}""")]
    [InlineData("constraints.gatekeeper.sh/v1beta1", "K8sRepos", """{"parameters":{"exemptImages":["*"]}}""")]
    [InlineData("policy.sigstore.dev/v1", "ClusterImagePolicy", """{"images":[{"glob":"**"}]}""")]
    [InlineData("external-secrets.io/v1", "ExternalSecret", """{"dataFrom":[{"sourceRef":{"name":"x"}}]}""")]
    [InlineData("image.toolkit.fluxcd.io/v1", "ImageUpdateAutomation", """{"sourceRef":{"kind":"GitRepository"}}""")]
    [InlineData("monitoring.coreos.com/v1", "Prometheus", """{"containers":[{"name":"prometheus","args":["-v"]}]}""")]
    [InlineData("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", """{"podTemplate":{"spec":{"containers":[{}]}}}""")]
    [InlineData("example.com/v1", "App1", """{"excluded_images":["H/a:1"],"ignoreImages":["x"],"images":["H/*"]}""")]
    [InlineData("example.com/v1", "App1", """{"repository":"H/a","text":"see H/a and H/b."}""")]
    [InlineData("example.com/v1", "App1", """{"args":["--repository=H/a","--repository","H/a","-v=$HOME/a:ro"]}""")]
    [InlineData("example.com/v1", "App1", """{"args":["https://$(REG)/a:1","$(HOST)/a:1","$(REG)/a","docker:27"]}""")]
    [InlineData("example.com/v1", "App1", """{"env":[{"name":"REPOSITORY","value":"H/a"},{"name":"X"}]}""")]
    [InlineData("example.com/v1", "App1", """{"storageUri":"s3://bucket/a"}""")]
    [InlineData("example.com/v1", "App1", """{"hub":"main","imageRegistry":"","imageRepository":"docker.io"}""")]
    [InlineData("example.com/v1", "App1", """{"backgroundImage":"https://x/y.png"}""")]
    [InlineData("templates.gatekeeper.sh/v1", "ConstraintTemplate", """{"exemptImages":{"type":"array"}}""")]
    [InlineData("example.com/v1", "App1", """{"openAPIV3Schema":{"image":{"type":"string"}}}""")]
    [InlineData("image.toolkit.fluxcd.io/v1", "ImageRepository", """{"image":"H/a"}""")]
    [InlineData("source.toolkit.fluxcd.io/v1", "HelmRepository", """{"url":"oci://H/charts"}""")]
    public void What_runs_nothing_passes(string version, string kind, string spec) =>
        Assert.Empty(Images(version, kind, spec));

    [Theory]
    [InlineData("sidecar.istio.io/proxyImage", "H/a:1", "H/a:1")]
    [InlineData("vault.hashicorp.com/agent-image", "hashicorp/vault:1", "hashicorp/vault:1")]
    [InlineData("team/agents", "H/a:1,H/b:2", "H/a:1 H/b:2")]
    [InlineData("team/auto-image", "true", "")]
    [InlineData("sidecar.istio.io/proxyImageType", "distroless", "")]
    [InlineData("kubectl.kubernetes.io/last-applied-configuration", "H/a:1", "")]
    public void Images_that_annotations_add_to_a_pod_are_found(string name, string value, string images)
    {
        var found = Images(
            "apps/v1",
            "Deployment",
            $$"""
            {"template":{"metadata":{"annotations":{"{{name}}":"{{Whole(value)}}"},"labels":{"image":"no"} },
            "spec":{"containers":[{"image":"{{Host}}/web:1"}]} } }
            """
        );
        Assert.Equal(
            Whole(images).Split(' ', StringSplitOptions.RemoveEmptyEntries).Append($"{Host}/web:1").Order(),
            found.Select(image => image.Problem ?? image.Text).Order()
        );
    }

    /// <summary>The operator puts it together with a name that stands somewhere else.</summary>
    [Theory]
    [InlineData("""{"image":{"repository":"H","name":"a","tag":"1"}}""")]
    [InlineData("""{"image":"H"}""")]
    public void A_registry_alone_is_no_image_of_another_registry(string spec)
    {
        var image = Assert.Single(Images("example.com/v1", "App1", spec));
        Assert.False(image.IsOthers);
        Assert.False(image.TryAsk(out _, out _));
    }

    /// <summary>Kubernetes reads a name without a tag as the tag latest.</summary>
    [Fact]
    public void An_image_of_a_pod_without_a_tag_is_asked_as_latest() =>
        Assert.True(
            Assert.Single(Images("v1", "Pod", """{"containers":[{"image":"H/web"}]}""")).TryAsk(out var question, out _)
                && question.EndsWith("/web:latest", StringComparison.Ordinal)
        );

    [Fact]
    public void What_is_no_object_in_a_list_is_a_no() =>
        Assert.Equal(
            ["items[0]"],
            DeploymentDocument
                .Images(JsonDocument.Parse("""{"apiVersion":"v1","kind":"List","items":[{"spec":{}}]}""").RootElement)!
                .Select(image => image.Place)
        );

    /// <summary>A text in which H stands for the registry's host.</summary>
    private static string Whole(string text) =>
        text.Replace("\"H\"", $"\"{Host}\"", StringComparison.Ordinal)
            .Replace("H/", $"{Host}/", StringComparison.Ordinal);

    private static List<NamedImage> Images(string version, string kind, string spec) =>
        [
            .. DeploymentDocument.Images(
                JsonDocument
                    .Parse(
                        $$$"""
                        {"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{"image":"no"},
                        "status":{"image":"no"},"spec":{{{Whole(spec)}}}}
                        """
                    )
                    .RootElement
            )!,
        ];
}
