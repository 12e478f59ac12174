using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Reads OpenVEX documents (github.com/openvex/spec, OPENVEX-SPEC.md, 0.2.0) as strictly as the policy: what is malformed, unknown or ambiguous is an error with its place, and then nothing is excused by any of them.
/// Products that are no images of private ECR registries are passed over, since no statement about them is about an image here.
/// </summary>
internal sealed class VexReader
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Clocks differ; a statement from further in the future would win over all that will be said until then.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    private static readonly string[] Contexts = ["https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"];

    private static readonly string[] Justifications =
    [
        "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path", "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist",
    ];

    private readonly Checks _checks = new();
    private readonly DateTimeOffset _now;

    private VexReader(DateTimeOffset now) => _now = now;

    /// <summary>One document, and where its statements stand.</summary>
    private sealed record Document(string File, Node Root, string Id, double Version, IReadOnlyList<(VexStatement Statement, Node Node)> Statements);

    /// <summary>Reads documents and holds them against each other.</summary>
    /// <returns>Their statements, of several documents with one <c>@id</c> those of the highest version; and every problem, file by file.</returns>
    public static (IReadOnlyList<VexStatement> Statements, IReadOnlyList<PolicyProblem> Problems) Read(IReadOnlyList<VexFile> files, DateTimeOffset now)
    {
        var problems = new List<PolicyProblem>();
        var documents = new List<Document>();
        foreach (var file in files)
        {
            var (document, wrong) = Read(file, now);
            problems.AddRange(wrong);
            if (document is not null)
                documents.Add(document);
        }
        // Held against each other only when each is understood.
        if (problems.Count > 0)
            return ([], problems);

        var current = new List<Document>();
        foreach (var same in documents.GroupBy(d => d.Id, StringComparer.Ordinal))
        {
            var newest = same.MaxBy(d => d.Version)!;
            current.Add(newest);
            foreach (var twin in same.Where(d => d != newest && d.Version == newest.Version))
                problems.Add(At(twin, twin.Root, $"The document '{Text.Clip(twin.Id, 200)}' is also {newest.File}, in the same version; one of the two is not meant."));
        }
        current = Named(current);
        problems.AddRange(Contradictions(current).DistinctBy(p => (p.File, p.Path)));
        return (problems.Count > 0 ? [] : [.. current.SelectMany(d => d.Statements.Select(s => s.Statement))], problems);
    }

    /// <summary>The documents with <see cref="VexStatement.AllNames"/>: statements that share a name are about one vulnerability, and so are those that share one with either.</summary>
    private static List<Document> Named(List<Document> documents)
    {
        var namesOf = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var statement in documents.SelectMany(d => d.Statements).Select(s => s.Statement))
        {
            var names = new HashSet<string>(statement.Vulnerabilities, StringComparer.Ordinal);
            foreach (var known in statement.Vulnerabilities.Select(namesOf.GetValueOrDefault).OfType<HashSet<string>>().Distinct().ToList())
                names.UnionWith(known);
            foreach (var name in names)
                namesOf[name] = names;
        }
        return [.. documents.Select(d => d with { Statements = [.. d.Statements.Select(s => (s.Statement with { AllNames = namesOf[s.Statement.Vulnerabilities[0]] }, s.Node))] })];
    }

    private static (Document?, IReadOnlyList<PolicyProblem>) Read(VexFile file, DateTimeOffset now)
    {
        IReadOnlyList<PolicyProblem> Of(params IEnumerable<PolicyProblem> found) => [.. found.OrderBy(p => p.Line).ThenBy(p => p.Column).Select(p => p with { File = file.Name })];
        if (file.Utf8.Length > MaxBytes)
            return (null, Of(new PolicyProblem(1, 1, "$", $"The document has {file.Utf8.Length} bytes; at most {MaxBytes} are allowed.", ProblemKind.Malformed)));
        if (!JsonTree.TryParse(file.Utf8.Span.StartsWith("\uFEFF"u8) ? file.Utf8.Span[3..] : file.Utf8.Span, out var root, out var problem, strict: true))
            return (null, Of(problem));
        var reader = new VexReader(now);
        var document = reader.ReadDocument(file.Name, root);
        return reader._checks.Problems.Count > 0 ? (null, Of(reader._checks.Problems)) : (document, []);
    }

    private Document? ReadDocument(string file, Node root)
    {
        if (_checks.Object(root) is not { } fields)
            return null;
        _checks.Word(fields.Required("@context"), Contexts);
        var id = _checks.Text(fields.Required("@id"), PolicyReader.MaxTextLength) ?? "";
        _checks.Text(fields.Required("author"), PolicyReader.MaxTextLength);
        var at = Time(fields.Required("timestamp"));
        var version = _checks.Number(fields.Required("version"), 0, int.MaxValue, whole: true) ?? 0;
        Ignore(fields, "role", "last_updated", "tooling");
        var statements = new List<(VexStatement, Node)>();
        foreach (var item in _checks.Items(fields.Required("statements"), "it would say nothing") ?? [])
        {
            if (_checks.Object(item) is not { } statement)
                continue;
            if (ReadStatement(statement, id, at) is { } read)
                statements.Add((read, item));
            statement.End();
        }
        fields.End();
        return new Document(file, root, id, version, statements);
    }

    private VexStatement? ReadStatement(Fields fields, string document, DateTimeOffset? inherited)
    {
        Ignore(fields, "@id", "version", "last_updated", "supplier", "status_notes", "action_statement_timestamp");
        var vulnerabilities = ReadVulnerability(fields.Required("vulnerability"));
        var at = fields.Optional("timestamp") is { } own ? Time(own) : inherited;
        var status = _checks.Word(fields.Required("status"),
            ("not_affected", VexStatus.NotAffected), ("affected", VexStatus.Affected), ("fixed", VexStatus.Fixed), ("under_investigation", VexStatus.UnderInvestigation));
        var (justificationNode, impactNode, actionNode) = (fields.Optional("justification"), fields.Optional("impact_statement"), fields.Optional("action_statement"));
        var justification = _checks.Word(justificationNode, Justifications);
        Prose(impactNode);
        Prose(actionNode);
        if (status == VexStatus.Affected && actionNode is null)
            _checks.Report(fields.Node, "The statement says affected without an 'action_statement'; it is required.");
        if (status is { } other and not VexStatus.NotAffected && (justificationNode ?? impactNode) is { } contradicting)
            _checks.Report(contradicting, $"The status is {VexStatement.Word(other)}; a '{contradicting.Key}' goes with not_affected only.");

        var products = ReadProducts(fields.Required("products"));
        // Prose that nobody can hold against anything excuses nothing here; of somebody else's product it may be all there is, as OpenVEX allows.
        if (status == VexStatus.NotAffected && justificationNode is null && (products.Count > 0 || impactNode is null))
            _checks.Report(fields.Node, $"The statement says not_affected without a 'justification'{(impactNode is null ? "" : ", for which an 'impact_statement' does not stand")}; it must be {string.Join(", ", Justifications[..^1])} or {Justifications[^1]}.");
        return vulnerabilities is null || at is null || status is null || products.Count == 0 ? null : new VexStatement
        {
            Document = document,
            Vulnerabilities = vulnerabilities,
            // Until the other statements are known.
            AllNames = vulnerabilities.ToHashSet(),
            Products = products,
            Status = status.Value,
            Why = status == VexStatus.NotAffected ? justification : null,
            At = at.Value,
        };
    }

    private IReadOnlyList<string>? ReadVulnerability(Node? node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        Ignore(fields, "@id", "description");
        var name = _checks.Text(fields.Required("name"), PolicyReader.MaxTextLength);
        var aliases = _checks.Items(fields.Optional("aliases"))?.Select(alias => _checks.Text(alias, PolicyReader.MaxTextLength)).OfType<string>();
        fields.End();
        return name is null ? null : [.. (aliases ?? []).Prepend(name).Distinct()];
    }

    private List<VexProduct> ReadProducts(Node? node)
    {
        var products = new List<VexProduct>();
        foreach (var item in _checks.Items(node, "the statement would be about nothing") ?? [])
        {
            if (_checks.Object(item) is not { } fields)
                continue;
            var (purl, at, sha256) = ReadComponent(fields);
            var subcomponents = fields.Optional("subcomponents");
            var image = purl is null ? null : ImageOf(purl, at!);
            if (image is not null && sha256 is not null && sha256.Text != image.Digest.Hex)
                _checks.Report(sha256, $"Found {Checks.Found(sha256)}; the package URL names the digest {image.Digest}, and the two must agree.");
            // Those of somebody else's product may be of any kind.
            var packages = subcomponents is null ? null : ReadPackages(subcomponents, ours: image is not null);
            if (image is not null)
                products.Add(new VexProduct(image, packages));
            fields.End();
        }
        return products;
    }

    private List<VexPackage>? ReadPackages(Node node, bool ours)
    {
        var packages = new List<VexPackage>();
        foreach (var item in _checks.Items(node, "leave 'subcomponents' out if the statement is about the whole image") ?? [])
        {
            if (_checks.Object(item) is not { } fields)
                continue;
            var (purl, at, _) = ReadComponent(fields);
            if (ours && (purl is null ? null : VexPackage.Of(purl)) is var package)
            {
                if (purl?.Subpath is not null)
                    _checks.Report(at!, $"Found {Checks.Found(at!)}; its subpath names a part of the package, and scanners report whole ones: leave it out where the statement holds for all of the package, and the subcomponent where it does not.");
                else if (package is null)
                    _checks.Report(at ?? item, $"{(at is null ? "The subcomponent has no package URL" : $"Found {Checks.Found(at)}")}; it must be a package URL of a type that scanners report: {VexPackage.KnownTypes}.");
                else
                    packages.Add(package);
            }
            fields.End();
        }
        return packages;
    }

    /// <summary>What products and subcomponents have in common: the package URL, given as <c>@id</c>, under <c>identifiers</c> or as both, and where it stands; and a SHA-256 hash.</summary>
    private (Purl? Purl, Node? At, Node? Sha256) ReadComponent(Fields fields)
    {
        Ignore(fields, "supplier");
        var idNode = fields.Optional("@id");
        var identifiers = _checks.Object(fields.Optional("identifiers"));
        var purlNode = identifiers?.Optional("purl");
        if (identifiers is not null)
        {
            Ignore(identifiers, "cpe22", "cpe23");
            identifiers.End();
        }
        // Every hash that IANA names may be there.
        var sha256 = _checks.Object(fields.Optional("hashes"))?.Optional("sha-256");
        var id = Prose(idNode) is { } iri && iri.StartsWith(Purl.Scheme, StringComparison.Ordinal) ? iri : null;
        var named = Prose(purlNode);
        if (id is not null && named is not null && id != named)
            _checks.Report(purlNode!, $"Found {Checks.Found(purlNode!)}; '@id' is another package URL, and which of the two is meant cannot be told.");
        if ((named ?? id) is not { } text)
            return (null, null, sha256);
        var at = named is null ? idNode! : purlNode!;
        var purl = Purl.TryParse(text);
        if (purl is null)
            _checks.Report(at, $"Found {Checks.Found(at)}; it must be a package URL, 'pkg:type/namespace/name@version?qualifiers'.");
        return (purl, at, sha256);
    }

    /// <summary>The image of a private ECR registry that a package URL names; null where it names something else, or half an image, which is reported.</summary>
    private ImageId? ImageOf(Purl purl, Node at)
    {
        const string right = "an image is named as 'pkg:oci/NAME@sha256:<64 hexadecimal characters>?repository_url=<account>.dkr.ecr.<region>.amazonaws.com/<repository>'";
        if (purl.Type != "oci")
            return null;
        if (purl.Qualifiers.GetValueOrDefault("repository_url") is not { } url)
            return Wrong("it does not say in which repository the image is");
        // Without a repository behind it, a registry's host can be read as the name of a repository, which is no image of anybody's.
        if (!ImageReference.TryParse($"{url}@{purl.Version}", out var reference, out _) || reference.Account is null)
            return !IsRegistryOfEcr(url) ? null : Wrong(purl.Version is null ? "without a digest it is every image of the repository" : "its repository or its digest cannot be read");
        if (purl.Subpath is not null)
            return Wrong("its subpath names a part of the image, and a statement excuses what is found anywhere in it");
        return purl.Namespace is not null || reference.Repository.Split('/')[^1] != purl.Name || reference.Tag is not null
            ? Wrong("its name must be the last part of the repository's, without a namespace")
            : new ImageId(new RepositoryId(reference.Account, reference.Region!, reference.Repository), reference.Digest!);

        ImageId? Wrong(string why)
        {
            _checks.Report(at, $"Found {Checks.Found(at)}; {why}: {right}.");
            return null;
        }
    }

    /// <summary>Whether the host of an address looks like that of a private registry of ECR's, however it is written.</summary>
    private static bool IsRegistryOfEcr(string url)
    {
        var host = url.Split("://", 2)[^1].TrimStart('/').Split('/')[0];
        return host.Contains("dkr", StringComparison.OrdinalIgnoreCase) && host.Contains("ecr", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A text of any length, with line ends if its author likes; it is clipped where it is printed.</summary>
    private string? Prose(Node? node)
    {
        if (node is null)
            return null;
        if (node.Kind == NodeKind.Text && !string.IsNullOrWhiteSpace(node.Text))
            return node.Text;
        _checks.Report(node, $"Found {Checks.Found(node)}; it must be a text that says something.");
        return null;
    }

    /// <summary>A moment as RFC 3339 writes it, with its offset and up to nine digits of a second.</summary>
    private DateTimeOffset? Time(Node? node)
    {
        if (node is null)
            return null;
        var text = node.Kind == NodeKind.Text ? node.Text : "";
        var fraction = text.IndexOf('.', StringComparison.Ordinal);
        var end = fraction < 0 ? -1 : text.AsSpan(fraction + 1).IndexOfAnyExceptInRange('0', '9') + fraction + 1;
        // .NET knows seven digits.
        var known = end > fraction + 8 ? text[..(fraction + 8)] + text[end..] : text;
        if (!(text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-'))
            || !DateTimeOffset.TryParseExact(known, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
        {
            _checks.Report(node, $"Found {Checks.Found(node)}; it must be a moment as \"2026-01-31T12:00:00Z\" is.");
            return null;
        }
        if (at <= _now + Ahead)
            return at;
        _checks.Report(node, $"Found {Checks.Found(node)}, which is in the future; it must be the moment at which the statement became true.");
        return null;
    }

    private static void Ignore(Fields fields, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            fields.Optional(key);
    }

    /// <summary>Statements of one moment about the same that say different things: neither is newer, and which is meant cannot be told.</summary>
    private static IEnumerable<PolicyProblem> Contradictions(List<Document> documents)
    {
        // All statements about one vulnerability have the same set of names.
        var said = new Dictionary<(ImageId, IReadOnlySet<string>, DateTimeOffset), List<(VexProduct Product, VexStatement Statement, Document Document, Node Node)>>();
        foreach (var document in documents)
        {
            foreach (var (statement, node) in document.Statements)
            {
                foreach (var product in statement.Products)
                {
                    var key = (product.Image, statement.AllNames, statement.At);
                    var others = said.TryGetValue(key, out var known) ? known : said[key] = [];
                    if (others.Find(o => o.Statement.Status != statement.Status && Overlap(o.Product, product)) is { Node: not null } other)
                        yield return At(document, node, $"Of {Text.Clip(statement.Vulnerabilities[0], 60)} in {Text.Clip(product.Image.ToString(), 300)} this says {VexStatement.Word(statement.Status)}, and {other.Document.File}, {other.Node.Place}, says {VexStatement.Word(other.Statement.Status)} as of the same moment.");
                    others.Add((product, statement, document, node));
                }
            }
        }
    }

    private static bool Overlap(VexProduct one, VexProduct other) =>
        one.Packages is null || other.Packages is null || one.Packages.Any(p => other.Packages.Any(o => o.Name == p.Name));

    private static PolicyProblem At(Document document, Node node, string message) => new(node.Place.Line, node.Place.Column, node.Path, message, ProblemKind.Malformed) { File = document.File };
}
