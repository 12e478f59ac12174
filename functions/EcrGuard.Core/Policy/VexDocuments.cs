using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>One OpenVEX document, and where its statements stand.</summary>
internal sealed record VexDocument(
    string File,
    Node Root,
    string Id,
    double Version,
    IReadOnlyList<(VexStatement Statement, Node Node)> Statements
)
{
    /// <summary>The document with an error: it excuses nothing, but still takes excuses back.</summary>
    public VexDocument Refused() => this with { Statements = [.. Statements.Where(each => !each.Statement.Excuses)] };
}

/// <summary>Compares OpenVEX documents with one another.</summary>
internal static class VexDocuments
{
    /// <returns>
    /// The statements of the documents and every problem, file by file. Of several documents with one <c>@id</c> the
    /// highest version counts. A document with a problem excuses nothing.
    /// </returns>
    public static (IReadOnlyList<VexStatement> Statements, IReadOnlyList<PolicyProblem> Problems) Read(
        IReadOnlyList<VexFile> files,
        DateTimeOffset now,
        string? account
    )
    {
        var read = files.Select(file => VexReader.Read(file, now, account)).ToList();
        var problems = read.SelectMany(each => each.Problems).ToList();
        var wrong = problems.Select(problem => problem.File).OfType<string>().ToHashSet();
        var byId = read.Select(each => each.Document)
            .OfType<VexDocument>()
            .GroupBy(document => document.Id.Length > 0 ? document.Id : document.File, StringComparer.Ordinal)
            .Select(same => OfOneId([.. same], wrong))
            .ToList();
        var current = WithAllNames([.. byId.SelectMany(each => each.Current)]);
        var contradictions = Contradictions(current).DistinctBy(problem => (problem.File, problem.Path)).ToList();
        var contradicting = contradictions.Select(problem => problem.File).ToHashSet();
        return (
            [
                .. current
                    .SelectMany(each => contradicting.Contains(each.File) ? each.Refused().Statements : each.Statements)
                    .Select(each => each.Statement),
            ],
            [.. problems, .. byId.SelectMany(each => each.Problems), .. contradictions]
        );
    }

    /// <summary>Which of the documents with one <c>@id</c> count.</summary>
    /// <param name="wrong">The files with a problem.</param>
    private static (IReadOnlyList<VexDocument> Current, IReadOnlyList<PolicyProblem> Problems) OfOneId(
        List<VexDocument> documents,
        HashSet<string> wrong
    )
    {
        var newest = documents.MaxBy(document => document.Version)!;
        var twins = documents.FindAll(document =>
            document != newest
            && document.Version == newest.Version
            && document.Statements.Count + newest.Statements.Count > 0
        );
        // An older version does not count in place of one that cannot be read, or that has a twin.
        return twins.Count == 0 && !wrong.Contains(newest.File)
            ? ([newest], [])
            : ([.. documents.Select(document => document.Refused())], [.. twins.Select(twin => IsTwin(twin, newest))]);
    }

    private static PolicyProblem IsTwin(VexDocument twin, VexDocument newest) =>
        At(
            twin,
            twin.Root,
            $"The document '{Phrase.Clip(twin.Id, 200)}' is also {newest.File}, in the same version; one of the two is "
                + "not meant."
        );

    /// <summary>
    /// The documents with <see cref="VexStatement.AllNames"/>. Statements that share a name are about one
    /// vulnerability, and so are statements that share a name with either of them.
    /// </summary>
    private static List<VexDocument> WithAllNames(IReadOnlyList<VexDocument> documents)
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

    /// <summary>
    /// Statements about the same thing that differ and have the same moment. Neither is newer, so nobody knows which
    /// one is meant.
    /// </summary>
    private static IEnumerable<PolicyProblem> Contradictions(IReadOnlyList<VexDocument> documents)
    {
        // All statements about one vulnerability have the same set of names.
        var said =
            new Dictionary<
                (ImageId, IReadOnlySet<string>, DateTimeOffset),
                List<(VexProduct Product, VexStatement Statement, VexDocument Document, Node Node)>
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

    /// <param name="bothExcuse">False: one takes an excuse back, and may mean any version.</param>
    private static bool Overlap(VexProduct one, VexProduct other, bool bothExcuse) =>
        one.Packages is null
        || other.Packages is null
        || one.Packages.Any(p => other.Packages.Any(o => bothExcuse ? p.Meets(o) : o.Name == p.Name));

    private static PolicyProblem At(VexDocument document, Node node, string message) =>
        new(node.Place.Line, node.Place.Column, node.Path, message, ProblemKind.Malformed) { File = document.File };
}
