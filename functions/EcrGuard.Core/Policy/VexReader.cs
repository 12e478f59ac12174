using System.Globalization;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Reads OpenVEX documents (github.com/openvex/spec, OPENVEX-SPEC.md, 0.2.0). What they say of images of private ECR
/// registries of this account is read as strictly as the policy: what is malformed, unknown or ambiguous there is an
/// error with its place, and the document excuses nothing. Whatever else they say is passed over in whatever form,
/// since vendors write for all their customers, and of images in registries of their own.
/// </summary>
internal sealed class VexReader
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>
    /// Clocks differ; a statement from further in the future would win over all that will be said until then.
    /// </summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    private static readonly string[] Contexts = ["https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"];

    private static readonly string[] Justifications =
    [
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    ];

    private const string RightImage =
        "an image is named as 'pkg:oci/NAME@sha256:<64 hexadecimal characters>"
        + "?repository_url=<account>.dkr.ecr.<region>.amazonaws.com/<repository>'";

    /// <summary>
    /// The registry of AWS Marketplace, from which its vendors' images are pulled: it is nobody's own.
    /// </summary>
    private const string Marketplace = "709825985650";

    private readonly Checks _checks = new();
    private readonly DateTimeOffset _now;

    /// <summary>Null where it is not known whose images are meant.</summary>
    private readonly string? _account;

    private VexReader(DateTimeOffset now, string? account) => (_now, _account) = (now, account);

    /// <summary>One document, and where its statements stand.</summary>
    private sealed record Document(
        string File,
        Node Root,
        string Id,
        double Version,
        IReadOnlyList<(VexStatement Statement, Node Node)> Statements
    )
    {
        /// <summary>One that is wrong: it excuses nothing, and what it takes back is taken back all the same.</summary>
        public Document Refused() => this with { Statements = [.. Statements.Where(each => !each.Statement.Excuses)] };
    }

    /// <summary>Reads documents and holds them against each other.</summary>
    /// <returns>
    /// Their statements, of several documents with one <c>@id</c> those of the highest version, without the excuses of
    /// documents that are wrong; and every problem, file by file.
    /// </returns>
    public static (IReadOnlyList<VexStatement> Statements, IReadOnlyList<PolicyProblem> Problems) Read(
        IReadOnlyList<VexFile> files,
        DateTimeOffset now,
        string? account
    )
    {
        var problems = new List<PolicyProblem>();
        var documents = new List<Document>();
        foreach (var file in files)
        {
            var (document, wrong) = Read(file, now, account);
            problems.AddRange(wrong);
            if (document is not null)
                documents.Add(document);
        }

        var wrongFiles = problems.Select(problem => problem.File).ToHashSet();
        var current = new List<Document>();
        foreach (var same in documents.GroupBy(d => d.Id.Length > 0 ? d.Id : d.File, StringComparer.Ordinal))
        {
            var newest = same.MaxBy(d => d.Version)!;
            var twins = same.Where(d => d != newest && d.Version == newest.Version).ToList();
            if (newest.Statements.Count == 0)
                twins.RemoveAll(twin => twin.Statements.Count == 0);
            foreach (var twin in twins)
                problems.Add(
                    At(
                        twin,
                        twin.Root,
                        $"The document '{Phrase.Clip(twin.Id, 200)}' is also {newest.File}, in the same "
                            + "version; one of the two is not meant."
                    )
                );
            // An older version does not speak for one that cannot be read, or told from its twin.
            if (twins.Count == 0 && !wrongFiles.Contains(newest.File))
                current.Add(newest);
            else
                current.AddRange(same.Select(d => d.Refused()));
        }
        current = Named(current);
        List<PolicyProblem> contradictions = [.. Contradictions(current).DistinctBy(p => (p.File, p.Path))];
        var contradicting = contradictions.Select(problem => problem.File).ToHashSet();
        var used = current.SelectMany(d => contradicting.Contains(d.File) ? d.Refused().Statements : d.Statements);
        return ([.. used.Select(each => each.Statement)], [.. problems, .. contradictions]);
    }

    /// <summary>
    /// The documents with <see cref="VexStatement.AllNames"/>: statements that share a name are about one
    /// vulnerability, and so are those that share one with either.
    /// </summary>
    private static List<Document> Named(List<Document> documents)
    {
        var namesOf = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var statement in documents.SelectMany(d => d.Statements).Select(s => s.Statement))
        {
            var names = new HashSet<string>(statement.Vulnerabilities, StringComparer.Ordinal);
            foreach (
                var known in statement
                    .Vulnerabilities.Select(namesOf.GetValueOrDefault)
                    .OfType<HashSet<string>>()
                    .Distinct()
                    .ToList()
            )
                names.UnionWith(known);
            foreach (var name in names)
                namesOf[name] = names;
        }
        return
        [
            .. documents.Select(d =>
                d with
                {
                    Statements =
                    [
                        .. d.Statements.Select(s =>
                            (s.Statement with { AllNames = namesOf[s.Statement.Vulnerabilities[0]] }, s.Node)
                        ),
                    ],
                }
            ),
        ];
    }

    private static (Document?, IReadOnlyList<PolicyProblem>) Read(VexFile file, DateTimeOffset now, string? account)
    {
        IReadOnlyList<PolicyProblem> Of(params IEnumerable<PolicyProblem> found) =>
            [.. found.OrderBy(p => p.Line).ThenBy(p => p.Column).Select(p => p with { File = file.Name })];
        if (file.Utf8.Length > MaxBytes)
            return (
                null,
                Of(
                    new PolicyProblem(
                        1,
                        1,
                        "$",
                        $"The document has {file.Utf8.Length} bytes; at most {MaxBytes} are allowed.",
                        ProblemKind.Malformed
                    )
                )
            );
        if (
            !JsonTree.TryParse(
                file.Utf8.Span.StartsWith("\uFEFF"u8) ? file.Utf8.Span[3..] : file.Utf8.Span,
                out var root,
                out var problem,
                strict: true
            )
        )
            return (null, Of(problem));
        var reader = new VexReader(now, account);
        var document = reader.ReadDocument(file.Name, root);
        return (document, Of(reader._checks.Problems));
    }

    /// <returns>
    /// Null where it says nothing about images of ECR and has no name by which it could take the place of one that
    /// does.
    /// </returns>
    private Document? ReadDocument(string file, Node root)
    {
        if (!MayBeOfEcr(root))
        {
            var name = Loose(root, "@id") is { Kind: NodeKind.Text } text ? text.Text : "";
            var known = double.TryParse(Loose(root, "version")?.Text, CultureInfo.InvariantCulture, out var number);
            return new Document(file, root, name, known ? number : 0, []);
        }
        // What has statements may take back an excuse, whatever else is wrong with it: it is read below.
        if (Loose(root, "statements") is null && VexFile.WhyNoOpenVex(root) is { } why)
        {
            _checks.Report(root, $"The document is no OpenVEX document: {why}.");
            return null;
        }
        if (_checks.Object(root) is not { } fields)
            return null;
        var statements = new List<(VexStatement, Node)>();
        // Whether a word about ECR is one about an image is seen only when a statement is read.
        var passedOver = _checks.Problems.Count;
        _checks.Word(fields.Required("@context"), Contexts);
        var id = _checks.Text(fields.Required("@id"), PolicyReader.MaxTextLength) ?? "";
        _checks.Text(fields.Required("author"), PolicyReader.MaxTextLength);
        var at = Time(fields.Required("timestamp"));
        // One that cannot be read may be the newest.
        var version = _checks.Number(fields.Required("version"), 0, int.MaxValue, whole: true) ?? int.MaxValue;
        var list = fields.Required("statements");
        var ours = list is not null && list.Kind != NodeKind.List && MayBeOfEcr(list);
        foreach (var item in _checks.Items(list) ?? [])
        {
            var before = _checks.Problems.Count;
            if (!MayBeOfEcr(item))
                continue;
            var (read, isOurs) = ReadStatement(item, id, at);
            ours |= isOurs;
            if (!isOurs)
                _checks.Problems.RemoveRange(before, _checks.Problems.Count - before);
            else if (read is not null)
                statements.Add((read, item));
        }
        if (!ours)
            _checks.Problems.RemoveRange(passedOver, _checks.Problems.Count - passedOver);
        return new Document(file, root, id, version, statements);
    }

    /// <summary>The value under a key; null where there is none or the node is no object.</summary>
    private static Node? Loose(Node node, string key) => node.Members.Find(member => member.Key == key)?.Value;

    /// <summary>Whether a text somewhere in it may name a private registry of ECR's.</summary>
    private bool MayBeOfEcr(Node node) =>
        node.Kind switch
        {
            NodeKind.Text => MayBeOfEcr(node.Text),
            NodeKind.Object => node.Members.Exists(member => MayBeOfEcr(member.Value)),
            NodeKind.List => node.Items.Exists(MayBeOfEcr),
            NodeKind.Number or NodeKind.Boolean or NodeKind.Null => false,
        };

    private bool MayBeOfEcr(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal))
            text = Uri.UnescapeDataString(text);
        return text.Contains("ecr", StringComparison.OrdinalIgnoreCase)
            && string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : ' '))
                .Split(' ')
                .Any(host => IsRegistryOfEcr(host.TrimEnd('.')));
    }

    /// <returns>
    /// The statement, null where too much of it cannot be read; and whether it is about an image of ECR's at all.
    /// </returns>
    private (VexStatement? Statement, bool IsOurs) ReadStatement(Node node, string document, DateTimeOffset? inherited)
    {
        if (_checks.Object(node) is not { } fields)
            return (null, true);
        var (products, isOurs) = ReadProducts(fields.Optional("products"));
        if (!isOurs)
            return (null, false);

        Ignore(fields, "@id", "version", "last_updated", "supplier", "status_notes", "action_statement_timestamp");
        var vulnerabilities = ReadVulnerability(fields.Required("vulnerability"));
        var at = fields.Optional("timestamp") is { } own ? Time(own) : inherited;
        var status = _checks.Word(
            fields.Required("status"),
            ("not_affected", VexStatus.NotAffected),
            ("affected", VexStatus.Affected),
            ("fixed", VexStatus.Fixed),
            ("under_investigation", VexStatus.UnderInvestigation)
        );
        var (justificationNode, impactNode, actionNode) = (
            fields.Optional("justification"),
            fields.Optional("impact_statement"),
            fields.Optional("action_statement")
        );
        var justification = _checks.Word(justificationNode, Justifications);
        Prose(impactNode);
        Prose(actionNode);
        if (status == VexStatus.Affected && actionNode is null)
            _checks.Report(fields.Node, "The statement says affected without an 'action_statement'; it is required.");
        if (status is { } other and not VexStatus.NotAffected && (justificationNode ?? impactNode) is { } contradicting)
            _checks.Report(
                contradicting,
                $"The status is {VexStatement.Word(other)}; a '{contradicting.Key}' goes with not_affected only."
            );
        // Prose that nobody can hold against anything excuses nothing here.
        if (status == VexStatus.NotAffected && justificationNode is null)
        {
            var instead = impactNode is null ? "" : ", for which an 'impact_statement' does not stand";
            _checks.Report(
                fields.Node,
                $"The statement says not_affected without a 'justification'{instead}; "
                    + $"it must be {string.Join(", ", Justifications[..^1])} or {Justifications[^1]}."
            );
        }
        fields.End();
        return (
            vulnerabilities is null || products.Count == 0
                ? null
                : new VexStatement
                {
                    Document = document,
                    Vulnerabilities = vulnerabilities,
                    // Until the other statements are known.
                    AllNames = vulnerabilities.ToHashSet(),
                    Products = products,
                    // What cannot be read is reported, so that the document excuses nothing; it may have taken
                    // something back, at any time.
                    Status = status ?? VexStatus.UnderInvestigation,
                    Why = status == VexStatus.NotAffected ? justification : null,
                    At = at ?? DateTimeOffset.MaxValue,
                },
            true
        );
    }

    private IReadOnlyList<string>? ReadVulnerability(Node? node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        Ignore(fields, "@id", "description");
        var name = _checks.Text(fields.Required("name"), PolicyReader.MaxTextLength);
        var aliases = _checks
            .Items(fields.Optional("aliases"))
            ?.Select(alias => _checks.Text(alias, PolicyReader.MaxTextLength))
            .OfType<string>();
        fields.End();
        return name is null ? null : [.. (aliases ?? []).Prepend(name).Distinct()];
    }

    /// <returns>Those that are images of ECR's, and whether there are any, however badly they are written.</returns>
    private (List<VexProduct> Products, bool IsOurs) ReadProducts(Node? node)
    {
        var products = new List<VexProduct>();
        if (node is { Kind: not NodeKind.List } && MayBeOfEcr(node))
        {
            _checks.Items(node);
            return (products, true);
        }
        var isOurs = false;
        foreach (var item in node?.Items ?? [])
        {
            // A CPE, an address, a hash, a package of another kind: no image of ours, whatever it is.
            if (!IsOfEcr(item))
                continue;
            isOurs = true;
            if (_checks.Object(item) is not { } fields)
                continue;
            var (purl, at, sha256) = ReadComponent(fields);
            var subcomponents = fields.Optional("subcomponents");
            var image = purl is null ? null : ImageOf(purl, at!);
            if (purl is null && at is null)
                _checks.Report(item, $"The product is an image of ECR without a package URL; {RightImage}.");
            if (image is not null && sha256 is not null && sha256.Text != image.Digest.Hex)
                _checks.Report(
                    sha256,
                    $"Found {Checks.Found(sha256)}; the package URL names the digest {image.Digest}, and the "
                        + "two must agree."
                );
            var packages = subcomponents is null ? null : ReadPackages(subcomponents);
            if (image is not null)
                products.Add(new VexProduct(image, packages));
            fields.End();
        }
        return (products, isOurs);
    }

    /// <summary>
    /// Whether one of the names of a product is that of an image in a private registry of ECR's that may be this
    /// account's, in whatever form.
    /// </summary>
    private bool IsOfEcr(Node product)
    {
        if (product.Kind == NodeKind.Text)
            return Names(product.Text);
        var identifiers = Loose(product, "identifiers")?.Members.Select(member => member.Value) ?? [];
        return identifiers
            .Prepend(Loose(product, "@id"))
            .OfType<Node>()
            .Any(name => name.Kind == NodeKind.Text && Names(name.Text));

        static string RegistryOf(Purl purl) =>
            purl.Qualifiers.GetValueOrDefault("repository_url") ?? purl.Namespace ?? "";

        bool Names(string text)
        {
            if (!text.StartsWith(Purl.Scheme, StringComparison.OrdinalIgnoreCase))
                return IsRegistryOfEcr(text);
            return Purl.TryParse(text) is { } purl
                ? purl.Type is "oci" or "docker" && IsRegistryOfEcr(RegistryOf(purl))
                : MayBeOfEcr(text);
        }
    }

    /// <returns>
    /// Null where one of them cannot be read: what the document takes back, it may take back for any.
    /// </returns>
    private List<VexPackage>? ReadPackages(Node node)
    {
        var (packages, problems) = (new List<VexPackage>(), _checks.Problems.Count);
        foreach (var item in _checks.Items(node) ?? [])
        {
            if (_checks.Object(item) is not { } fields)
                continue;
            var (purl, at, _) = ReadComponent(fields);
            var package = purl is null ? null : VexPackage.Of(purl);
            if (purl?.Subpath is not null)
            {
                _checks.Report(
                    at!,
                    $"Found {Checks.Found(at!)}; its subpath names a part of the package, and "
                        + "scanners report whole ones: leave it out where the statement holds for all of the package, "
                        + "and the subcomponent where it does not."
                );
            }
            else if (purl is null && at is not null)
            {
                // What is no package URL is reported as that.
            }
            else if (package is null)
            {
                var found = at is null ? "The subcomponent has no package URL" : $"Found {Checks.Found(at)}";
                _checks.Report(
                    at ?? item,
                    $"{found}; it must be a package URL of a type that scanners report: {VexPackage.KnownTypes}."
                );
            }
            else
                packages.Add(package);
            fields.End();
        }
        return _checks.Problems.Count == problems ? packages : null;
    }

    /// <summary>
    /// What products and subcomponents have in common: the package URL, given as <c>@id</c>, under <c>identifiers</c>
    /// or as both, and where it stands; and a SHA-256 hash.
    /// </summary>
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
        var id =
            Prose(idNode) is { } iri && iri.StartsWith(Purl.Scheme, StringComparison.OrdinalIgnoreCase) ? iri : null;
        var named = Prose(purlNode);
        if (id is not null && named is not null && !AreSame(id, named))
            _checks.Report(
                purlNode!,
                $"Found {Checks.Found(purlNode!)}; '@id' is another package URL, and which of the two is "
                    + "meant cannot be told."
            );
        if ((named ?? id) is not { } text)
            return (null, null, sha256);
        var at = named is null ? idNode! : purlNode!;
        var purl = Purl.TryParse(text);
        if (purl is null)
            _checks.Report(
                at,
                $"Found {Checks.Found(at)}; it must be a package URL, 'pkg:type/namespace/name@version?qualifiers'."
            );
        return (purl, at, sha256);
    }

    private static bool AreSame(string one, string other) =>
        one == other
        || (Purl.TryParse(one) is { } read && Purl.TryParse(other) is { } another && read.IsSameAs(another));

    /// <summary>
    /// The image of a private ECR registry that a package URL names; null where it names something else, or half an
    /// image, which is reported.
    /// </summary>
    private ImageId? ImageOf(Purl purl, Node at)
    {
        if (purl.Type != "oci")
            return Wrong($"its type is '{Phrase.Clip(purl.Type, 40)}'");
        if (purl.Qualifiers.GetValueOrDefault("repository_url") is not { } url)
            return Wrong("it does not say in 'repository_url' in which repository the image is");
        // Without a repository behind it, a registry's host can be read as the name of a repository, which is no image
        // of anybody's.
        if (purl.Version is null)
            return Wrong("without a digest it is every image of the repository");
        if (!Digest.TryParse(purl.Version, out var digest))
            return Wrong($"its version '{Phrase.Clip(purl.Version, 100)}' is no digest");
        if (!ImageReference.TryParse($"{url}@{digest}", out var reference, out _) || reference.Account is null)
            return Wrong($"its qualifier repository_url is '{Phrase.Clip(url, 400)}', which is no repository of ECR's");
        if (purl.Subpath is not null)
            return Wrong("its subpath names a part of the image, and a statement excuses what is found anywhere in it");
        return
            purl.Namespace is not null || reference.Repository.Split('/')[^1] != purl.Name || reference.Tag is not null
            ? Wrong("its name must be the last part of the repository's, without a namespace")
            : new ImageId(
                new RepositoryId(reference.Account, reference.Region!, reference.Repository),
                reference.Digest!
            );

        ImageId? Wrong(string why)
        {
            _checks.Report(at, $"Found {Checks.Found(at)}; {why}: {RightImage}.");
            return null;
        }
    }

    /// <summary>
    /// Whether the host of an address has the form of a private registry of ECR's, however the rest is written, and is
    /// not another account's than this one.
    /// </summary>
    private bool IsRegistryOfEcr(string url)
    {
        var host = url.Split("://", 2)[^1].TrimStart('/').Split('/', ':', '@')[0];
        return ImageReference.IsRegistry(host)
            && host.Split('.')[0] is var account
            && (_account is null ? account != Marketplace : account == _account);
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

    /// <summary>
    /// A moment as RFC 3339 writes it: with its offset, up to nine digits of a second, <c>T</c> and <c>Z</c> in any
    /// letter case or a space.
    /// </summary>
    private DateTimeOffset? Time(Node? node)
    {
        if (node is null)
            return null;
        var text = node.Kind == NodeKind.Text ? node.Text.ToUpperInvariant() : "";
        if (text is [_, _, _, _, _, _, _, _, _, _, ' ', ..])
            text = $"{text[..10]}T{text[11..]}";
        var fraction = text.IndexOf('.', StringComparison.Ordinal);
        var end = fraction < 0 ? -1 : text.AsSpan(fraction + 1).IndexOfAnyExceptInRange('0', '9') + fraction + 1;
        // .NET knows seven digits.
        var known = end > fraction + 8 ? text[..(fraction + 8)] + text[end..] : text;
        if (
            !(text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-'))
            || !DateTimeOffset.TryParseExact(
                known,
                "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var at
            )
        )
        {
            _checks.Report(node, $"Found {Checks.Found(node)}; it must be a moment as \"2026-01-31T12:00:00Z\" is.");
            return null;
        }
        if (at <= _now + Ahead)
            return at;
        _checks.Report(
            node,
            $"Found {Checks.Found(node)}, which is in the future; it must be the moment at which the "
                + "statement became true."
        );
        return null;
    }

    private static void Ignore(Fields fields, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            fields.Optional(key);
    }

    /// <summary>
    /// Statements of one moment about the same that say different things: neither is newer, and which is meant cannot
    /// be told.
    /// </summary>
    private static IEnumerable<PolicyProblem> Contradictions(List<Document> documents)
    {
        // All statements about one vulnerability have the same set of names.
        var said =
            new Dictionary<
                (ImageId, IReadOnlySet<string>, DateTimeOffset),
                List<(VexProduct Product, VexStatement Statement, Document Document, Node Node)>
            >();
        foreach (var document in documents)
        {
            foreach (var (statement, node) in document.Statements)
            {
                foreach (var product in statement.Products)
                {
                    var key = (product.Image, statement.AllNames, statement.At);
                    var others = said.TryGetValue(key, out var known) ? known : said[key] = [];
                    if (
                        others.Find(o =>
                            o.Statement.Status != statement.Status
                            && Overlap(o.Product, product, o.Statement.Excuses && statement.Excuses)
                        ) is
                        { Node: not null } other
                    )
                        yield return At(
                            document,
                            node,
                            $"Of {Phrase.Clip(statement.Vulnerabilities[0], 60)} in "
                                + $"{Phrase.Clip(product.Image.ToString(), 300)} this says "
                                + $"{VexStatement.Word(statement.Status)}, and {other.Document.File}, "
                                + $"{other.Node.Place}, says {VexStatement.Word(other.Statement.Status)} as of the "
                                + "same moment."
                        );
                    others.Add((product, statement, document, node));
                }
            }
        }
    }

    /// <param name="bothExcuse">What takes an excuse back may mean any version.</param>
    private static bool Overlap(VexProduct one, VexProduct other, bool bothExcuse) =>
        one.Packages is null
        || other.Packages is null
        || one.Packages.Any(p => other.Packages.Any(o => bothExcuse ? p.Meets(o) : o.Name == p.Name));

    private static PolicyProblem At(Document document, Node node, string message) =>
        new(node.Place.Line, node.Place.Column, node.Path, message, ProblemKind.Malformed) { File = document.File };
}
