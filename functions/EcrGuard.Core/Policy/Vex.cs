using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// What an OpenVEX statement says of a vulnerability in a product (OpenVEX specification 0.2.0, Status Labels).
/// </summary>
public enum VexStatus
{
    NotAffected,
    Affected,
    Fixed,
    UnderInvestigation,
}

/// <summary>An OpenVEX document beside the policy.</summary>
/// <param name="Name">For messages: its path.</param>
public sealed record VexFile(string Name, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>
    /// Why it is no OpenVEX document, for a sentence: "it is CycloneDX"; null where it may be one, or is no JSON.
    /// </summary>
    public string? WhyNoOpenVex()
    {
        var text = JsonSyntax.WithoutMark(Utf8.Span);
        return JsonTree.TryParse(text, out var root, out _, strict: true) ? WhyNoOpenVex(root) : null;
    }

    internal static string? WhyNoOpenVex(Node root)
    {
        if (root.Kind != NodeKind.Object)
            return $"it is {Checks.Found(root)}";
        string? Word(string key) => root.Find(key)?.Text;
        return Word("bomFormat") is not null ? "it is CycloneDX"
            : Word("spdxVersion") is not null || Word("SPDXID") is not null ? "it is SPDX"
            : Word("_type")?.Contains("in-toto", StringComparison.Ordinal) == true
                ? "it is an in-toto statement, whose predicate may be one"
            : Word("payloadType") is not null ? "it is a signed envelope, whose payload may hold one"
            : Word("document") is not null && Word("vulnerabilities") is not null ? "it is CSAF"
            : Word("@context") is { } context && !context.StartsWith("https://openvex.dev/ns", StringComparison.Ordinal)
                ? $"its '@context' is '{Phrase.Clip(context, 60)}'"
            : Word("@context") is null && Word("statements") is null
                ? "it has neither an '@context' of 'https://openvex.dev/ns' nor 'statements'"
            : null;
    }
}

/// <summary>One statement about images of private ECR registries.</summary>
public sealed record VexStatement
{
    /// <summary>The document's <c>@id</c>.</summary>
    public required string Document { get; init; }

    /// <summary>The document's <c>author</c>; empty where it is not known.</summary>
    public string Author { get; init; } = "";

    /// <summary>The vulnerability's name and its aliases.</summary>
    public required IReadOnlyList<string> Vulnerabilities { get; init; }

    /// <summary>
    /// Its own names, and those that other statements use for the same vulnerability. A statement under any of them
    /// takes an excuse back.
    /// </summary>
    public required IReadOnlySet<string> AllNames { get; init; }

    public required IReadOnlyList<VexProduct> Products { get; init; }
    public required VexStatus Status { get; init; }

    /// <summary>Why an image is not affected: the label of the justification; null for every other status.</summary>
    public string? Why { get; init; }

    /// <summary>Since when it has been true. Of several statements about a finding the newest counts.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it says that the image is not affected.</summary>
    public bool Excuses => Status is VexStatus.NotAffected or VexStatus.Fixed;

    /// <summary>As it stands in reasons: <c>not_affected, vulnerable_code_not_present</c>.</summary>
    public string Text => Word(Status) + (Why is null ? "" : $", {Why}");

    internal static string Word(VexStatus status) =>
        status switch
        {
            VexStatus.NotAffected => "not_affected",
            VexStatus.Affected => "affected",
            VexStatus.Fixed => "fixed",
            VexStatus.UnderInvestigation => "under_investigation",
        };
}

/// <summary>An image that a statement is about.</summary>
/// <param name="Packages">The packages in it that the statement is about. Null: every package with the vulnerability.
///     An empty list names none.</param>
public sealed record VexProduct(ImageId Image, IReadOnlyList<VexPackage>? Packages);

/// <summary>A package in an image, named by a package URL.</summary>
/// <param name="Name">As scanners write it.</param>
/// <param name="Version">As package managers write it, epoch and release included; null: any.</param>
public sealed record VexPackage(Ecosystem Ecosystem, string Name, string? Version)
{
    /// <summary>Null where no scanner reports packages of that type.</summary>
    internal static VexPackage? Of(Purl purl)
    {
        if (Ecosystem.OfPurl(purl.Type) is not { } ecosystem)
            return null;
        var folder = ecosystem.Separator is null || purl.Namespace is null ? "" : purl.Namespace + ecosystem.Separator;
        // RPM's epoch is a qualifier (purl-spec, PURL-TYPES); epoch 0 is none.
        var epoch = purl.Qualifiers.GetValueOrDefault("epoch") is { } given and not "0" ? given + ":" : "";
        return new VexPackage(ecosystem, folder + purl.Name, purl.Version is null ? null : epoch + purl.Version);
    }

    internal static string KnownTypes => string.Join(", ", Ecosystem.PurlTypes);

    /// <summary>
    /// Whether one place of the finding is in this package. A value that the scanner does not give never matches.
    /// </summary>
    /// <param name="place">Null for a finding without a place.</param>
    public bool Covers(Finding finding, PackageOccurrence? place)
    {
        if (finding.Package is not { } package || finding.PackageManager is not { } manager)
            return false;
        return Ecosystem.Of(manager) == Ecosystem
            && Ecosystem.IsSameName(package, Name)
            && (Version is null || (place is not null && Ecosystem.IsSameVersion(place.Version, Version)));
    }

    /// <summary>
    /// Whether a statement that takes an excuse back may mean this package: its name is enough, in any spelling.
    /// </summary>
    internal bool MayMean(string package) => Ecosystem.MayBeSameName(package, Name);

    /// <summary>Whether an installed package can be both of them.</summary>
    internal bool Meets(VexPackage other) =>
        Ecosystem == other.Ecosystem
        && Ecosystem.IsSameName(Name, other.Name)
        && (Version is null || other.Version is null || Ecosystem.IsSameVersion(Version, other.Version));
}

/// <summary>Whether VEX statements excuse a finding.</summary>
internal static class VexMatch
{
    /// <summary>The statements about an image, with what each says of it.</summary>
    public static IReadOnlyList<(VexStatement Statement, VexProduct Product)> Of(
        IReadOnlyList<VexStatement> statements,
        ImageId image
    ) => [.. statements.SelectMany(s => s.Products.Where(p => p.Image == image).Select(p => (s, p)))];

    /// <summary>
    /// The statement that excuses a finding. For each place of the finding the newest statement must excuse it; the
    /// newest of these is returned. An excuse must match all values that the scanner gives. To take an excuse back, the
    /// package's name and any known name of the vulnerability are enough: an excuse must not cover more than is
    /// written.
    /// </summary>
    public static VexStatement? Excusing(
        IReadOnlyList<(VexStatement Statement, VexProduct Product)> statements,
        Finding finding
    )
    {
        if (finding.Occurrences.Count == 0)
            return Excusing(statements, finding, null);
        VexStatement? newest = null;
        foreach (var place in finding.Occurrences)
        {
            if (Excusing(statements, finding, place) is not { } excuse)
                return null;
            newest = newest is null || excuse.At > newest.At ? excuse : newest;
        }
        return newest;
    }

    private static VexStatement? Excusing(
        IReadOnlyList<(VexStatement Statement, VexProduct Product)> statements,
        Finding finding,
        PackageOccurrence? place
    )
    {
        VexStatement? newest = null;
        foreach (var (statement, product) in statements)
        {
            var about = statement.Excuses
                ? statement.Vulnerabilities.Contains(finding.Vulnerability) && Covers(product, finding, place)
                : statement.AllNames.Contains(finding.Vulnerability) && MayMean(product, finding);
            // Of two statements of the same moment the one counts that does not excuse.
            if (
                about
                && (newest is null || statement.At > newest.At || (statement.At == newest.At && !statement.Excuses))
            )
                newest = statement;
        }
        return newest is { Excuses: true } ? newest : null;
    }

    private static bool Covers(VexProduct product, Finding finding, PackageOccurrence? place)
    {
        if (product.Packages is null)
            return true;
        foreach (var package in product.Packages)
        {
            if (package.Covers(finding, place))
                return true;
        }
        return false;
    }

    /// <summary>An empty list of packages excuses none of them, and takes back any that it may mean.</summary>
    private static bool MayMean(VexProduct product, Finding finding) =>
        product.Packages is null or []
        || finding.Package is null
        || product.Packages.Any(package => package.MayMean(finding.Package));
}
