using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that an object of Kubernetes runs. Each kind of workload has its containers in another place, and
/// operators add kinds of their own, so that images are found by the names of fields.
/// </summary>
internal static class KubernetesImages
{
    public const string RenderFirst =
        "It deploys what another place holds; render it first, and ask about the objects that come out.";

    /// <summary>Objects that run nothing, and whose text may look like an image.</summary>
    private static readonly HashSet<(string Group, string Kind)> RunNothing =
    [
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "PersistentVolume"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("image.toolkit.fluxcd.io", "ImageRepository"),
        ("source.toolkit.fluxcd.io", "HelmRepository"),
    ];

    private static readonly HashSet<(string Group, string Kind)> Workloads =
    [
        ("", "Pod"),
        ("", "PodTemplate"),
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
    ];

    private static readonly HashSet<(string Group, string Kind)> Sources =
    [
        ("argoproj.io", "Application"),
        ("argoproj.io", "ApplicationSet"),
        ("fleet.cattle.io", "Bundle"),
        ("fleet.cattle.io", "GitRepo"),
        ("helm.cattle.io", "HelmChart"),
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ("kappctrl.k14s.io", "App"),
        ("infra.contrib.fluxcd.io", "Terraform"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ("olm.operatorframework.io", "ClusterExtension"),
        ("operators.coreos.com", "Subscription"),
        ("packaging.carvel.dev", "PackageInstall"),
        ("source.toolkit.fluxcd.io", "HelmChart"),
    ];

    /// <summary>Groups of objects that say which images may run, and run none.</summary>
    private static readonly HashSet<string> Rules =
    [
        "constraints.gatekeeper.sh",
        "kyverno.io",
        "policy.sigstore.dev",
        "templates.gatekeeper.sh",
    ];

    /// <summary>With these fields, objects of any operator name a chart or a repository of manifests.</summary>
    private static readonly string[] SourceFields = ["chart", "chartRef", "repoURL"];

    /// <summary>The images of an object of Kubernetes, or of a list of them.</summary>
    /// <returns>Null if it is anything else.</returns>
    public static IEnumerable<NamedImage>? OfObjects(JsonElement root, string place)
    {
        List<(JsonElement Object, string Place)> objects =
            root.ValueKind == JsonValueKind.Array
                ? [.. root.EnumerateArray().Select((item, at) => (item, $"{place}[{at}]"))]
                : [(root, place)];
        return objects.Count > 0 && objects.TrueForAll(one => Is(one.Object))
            ? objects.SelectMany(one => Of(one.Object, one.Place))
            : null;
    }

    /// <summary>Whether an element looks like an object of Kubernetes.</summary>
    private static bool Is(JsonElement element) =>
        ImagePlaces.Text(element, "apiVersion") is not null && ImagePlaces.Text(element, "kind") is not null;

    public static IEnumerable<NamedImage> Of(JsonElement root, string place)
    {
        var (version, kind) = (ImagePlaces.Text(root, "apiVersion"), ImagePlaces.Text(root, "kind"));
        if (version is null || kind is null)
            return [new NamedImage(null, place, "It is no object of Kubernetes: it has no apiVersion or no kind.")];
        var group = version.Contains('/') ? version.Split('/')[0] : "";
        if (RunNothing.Contains((group, kind)) || Rules.Contains(group))
            return [];
        if (kind.EndsWith("List", StringComparison.Ordinal) && Items(root, "items") is { } items)
            return items.SelectMany((item, at) => Of(item, $"{ImagePlaces.Joined(place, "items")}[{at}]"));
        if (
            Sources.Contains((group, kind))
            || group == "kustomize.config.k8s.io"
            || (IsAdded(group) && NamesSource(root))
        )
            return [new NamedImage(null, ImagePlaces.Joined(place, kind), RenderFirst), .. OfFields(root, place)];
        var images = OfFields(root, place);
        return Workloads.Contains((group, kind))
            ? images.DefaultIfEmpty(new NamedImage(null, ImagePlaces.Joined(place, kind), ImageFields.NoImage))
            // An operator adds its own image to a container that has none.
            : images.Where(image => !IsAdded(group) || image.Problem != ImageFields.NoImage);
    }

    private static IEnumerable<NamedImage> OfFields(JsonElement root, string place) =>
        ImageFields
            .Fields(root)
            .Where(field => field.Name != "status")
            .SelectMany(field => ImageFields.OfField(field.Name, field.Value, ImagePlaces.Joined(place, field.Name)));

    /// <summary>Whether an operator adds the group: those of Kubernetes itself have no domain, or k8s.io.</summary>
    private static bool IsAdded(string group) =>
        group.Contains('.') && !group.EndsWith(".k8s.io", StringComparison.Ordinal);

    private static bool NamesSource(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array
            ? element.EnumerateArray().Any(NamesSource)
            : ImageFields
                .Fields(element)
                .Where(field => field.Name is not ("metadata" or "annotations"))
                .Any(field => SourceFields.Contains(field.Name) || NamesSource(field.Value));

    private static JsonElement.ArrayEnumerator? Items(JsonElement root, string name) =>
        root.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : null;
}
