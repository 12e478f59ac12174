using System.Globalization;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Reads one OpenVEX document (github.com/openvex/spec, OPENVEX-SPEC.md, 0.2.0). Statements about images in this
/// account's private ECR registries are read as strictly as the policy: what is malformed, unknown or ambiguous is an
/// error with its place, and the document excuses nothing. All else is skipped, whatever its form: vendors write for
/// all their customers, and about images in their own registries.
/// </summary>
internal sealed class VexReader
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>
    /// Clocks differ. A statement from further in the future would win over all later ones until then.
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

    private readonly Checks _checks = new();
    private readonly DateTimeOffset _now;

    private readonly OwnRegistries _registries;

    private VexReader(DateTimeOffset now, string? account) => (_now, _registries) = (now, new OwnRegistries(account));

    /// <returns>The document, null where it cannot be read or says nothing; and every problem.</returns>
    public static (VexDocument? Document, IReadOnlyList<PolicyProblem> Problems) Read(
        VexFile file,
        DateTimeOffset now,
        string? account
    )
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
        if (!JsonTree.TryParse(JsonSyntax.WithoutMark(file.Utf8.Span), out var root, out var problem, strict: true))
            return (null, Of(problem));
        var reader = new VexReader(now, account);
        var document = reader.ReadDocument(file.Name, root);
        return (document, Of(reader._checks.Problems));
    }

    /// <returns>
    /// Null for what is no OpenVEX document. A document that says nothing about ECR images has no statements: it may
    /// still be the newest version of one that does.
    /// </returns>
    private VexDocument? ReadDocument(string file, Node root)
    {
        if (!_registries.MayBeNamedIn(root))
        {
            var name = root.Find("@id") is { Kind: NodeKind.Text } text ? text.Text : "";
            var known = double.TryParse(root.Find("version")?.Text, CultureInfo.InvariantCulture, out var number);
            return new VexDocument(file, root, name, known ? number : 0, []);
        }
        // A document with statements may take an excuse back, whatever else is wrong with it: it is read below.
        if (root.Find("statements") is null && VexFile.WhyNoOpenVex(root) is { } why)
        {
            _checks.Report(root, $"The document is no OpenVEX document: {why}.");
            return null;
        }
        if (_checks.Object(root) is not { } fields)
            return null;
        var statements = new List<(VexStatement, Node)>();
        // Only a statement that is read shows whether a word about ECR is about an image.
        var passedOver = _checks.Problems.Count;
        _checks.Word(fields.Required("@context"), Contexts);
        var id = _checks.Text(fields.Required("@id"), PolicyReader.MaxTextLength) ?? "";
        var author = _checks.Text(fields.Required("author"), PolicyReader.MaxTextLength) ?? "";
        var at = Time(fields.Required("timestamp"));
        // A version that cannot be read may be the newest.
        var version = _checks.Number(fields.Required("version"), 0, int.MaxValue, whole: true) ?? int.MaxValue;
        var list = fields.Required("statements");
        var ours = list is not null && list.Kind != NodeKind.List && _registries.MayBeNamedIn(list);
        foreach (var item in _checks.Items(list) ?? [])
        {
            var before = _checks.Problems.Count;
            if (!_registries.MayBeNamedIn(item))
                continue;
            var (read, isOurs) = ReadStatement(item, id, at);
            ours |= isOurs;
            if (!isOurs)
                _checks.Problems.RemoveRange(before, _checks.Problems.Count - before);
            else if (read is not null)
                statements.Add((read with { Author = author }, item));
        }
        if (!ours)
            _checks.Problems.RemoveRange(passedOver, _checks.Problems.Count - passedOver);
        return new VexDocument(file, root, id, version, statements);
    }

    /// <returns>
    /// The statement, null where too much of it cannot be read; and whether it is about an ECR image at all.
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
        CheckStatus(fields.Node, status, justificationNode, impactNode, actionNode);
        fields.End();
        return (
            vulnerabilities is null || products.Count == 0
                ? null
                : new VexStatement
                {
                    Document = document,
                    Vulnerabilities = vulnerabilities,
                    // Only until the other statements are known.
                    AllNames = vulnerabilities.ToHashSet(),
                    Products = products,
                    // What cannot be read is reported, and the document excuses nothing. It may have taken an excuse
                    // back, at any time.
                    Status = status ?? VexStatus.UnderInvestigation,
                    Why = status == VexStatus.NotAffected ? justification : null,
                    At = at ?? DateTimeOffset.MaxValue,
                },
            true
        );
    }

    /// <summary>Reports what a status needs and what does not go with it.</summary>
    private void CheckStatus(
        Node statement,
        VexStatus? status,
        Node? justificationNode,
        Node? impactNode,
        Node? actionNode
    )
    {
        if (status == VexStatus.Affected && actionNode is null)
            _checks.Report(statement, "The statement says affected without an 'action_statement'; it is required.");
        if (status is { } other and not VexStatus.NotAffected && (justificationNode ?? impactNode) is { } contradicting)
            _checks.Report(
                contradicting,
                $"The status is {VexStatement.Word(other)}; a '{contradicting.Key}' goes with not_affected only."
            );
        // Prose excuses nothing: nobody can check it.
        if (status == VexStatus.NotAffected && justificationNode is null)
        {
            var instead = impactNode is null ? "" : ", for which an 'impact_statement' does not stand";
            _checks.Report(
                statement,
                $"The statement says not_affected without a 'justification'{instead}; "
                    + $"it must be {string.Join(", ", Justifications[..^1])} or {Justifications[^1]}."
            );
        }
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

    /// <returns>The ECR images; and whether there are any, however badly they are written.</returns>
    private (List<VexProduct> Products, bool IsOurs) ReadProducts(Node? node)
    {
        var products = new List<VexProduct>();
        if (node is { Kind: not NodeKind.List } && _registries.MayBeNamedIn(node))
        {
            _checks.Items(node);
            return (products, true);
        }
        var isOurs = false;
        foreach (var item in node?.Items ?? [])
        {
            // A CPE, an address, a hash, or a package of another kind is no ECR image.
            if (!_registries.Holds(item))
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

    /// <returns>
    /// Null where one of them cannot be read: the document may then take an excuse back for any package.
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
    /// What products and subcomponents have in common: the package URL and where it stands (<c>@id</c>,
    /// <c>identifiers</c> or both), and a SHA-256 hash.
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
        // Other hashes that IANA names may be there, too.
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
    /// The image in a private ECR registry that a package URL names; null where it names none, which is reported.
    /// </summary>
    private ImageId? ImageOf(Purl purl, Node at)
    {
        if (purl.Type != "oci")
            return Wrong($"its type is '{Phrase.Clip(purl.Type, 40)}'");
        if (purl.Qualifiers.GetValueOrDefault("repository_url") is not { } url)
            return Wrong("it does not say in 'repository_url' in which repository the image is");
        // A registry's host without a repository behind it can be read as a repository's name.
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

    /// <summary>A text of any length, line ends included. It is clipped where it is printed.</summary>
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
}
