using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EcrGuard.Core.Tests;

/// <summary>
/// A method fits on a screen, and a class is made of few parts. The rule does not apply to the stand-ins for AWS's
/// packages and the local AWS, since they follow the shapes of AWS.
/// </summary>
public sealed class SizesTests
{
    private const int MostLines = 50;
    private const int MostParts = 7;

    // The exceptions that are larger, each with its reason.
    private static readonly string[] Core =
    [
        // One field of the summary in each line.
        "SummaryBuilder.Build",
    ];

    private static readonly string[] Aws = [];

    private static readonly string[] Lambda = [];

    private static readonly string[] Cli =
    [
        // The options of the command, one after the other. Names and help read like the command's page.
        "AskCommand.Create",
        "ReportCommand.Create",
        "TryCommand.Create",
    ];

    public static TheoryData<string, string[]> Projects =>
        new()
        {
            { "Core", Core },
            { "Aws", Aws },
            { "Lambda", Lambda },
            { "Cli", Cli },
        };

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_method_fits_on_a_screen_and_a_class_has_few_parts(string project, string[] exceptions)
    {
        var found = TooLarge(project).ToArray();
        AssertNone("too large", found.Except(exceptions));
        AssertNone("no exception any more", exceptions.Except(found));
    }

    [Fact]
    public void There_are_at_most_ten_exceptions() =>
        Assert.InRange(Core.Length + Aws.Length + Lambda.Length + Cli.Length, 0, 10);

    private static void AssertNone(string what, IEnumerable<string> names) =>
        Assert.True(!names.Any(), $"{what}: {string.Join(", ", names.Order(StringComparer.Ordinal))}");

    private static IEnumerable<string> TooLarge(string project) =>
        from file in SourceFiles.Of(project)
        let text = File.ReadAllText(Path.Combine(SourceFiles.Functions, file))
        from node in CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes()
        let problem = Problem(node)
        where problem is not null
        select problem;

    private static string? Problem(SyntaxNode node) =>
        node switch
        {
            BaseMethodDeclarationSyntax method when Lines(method) > MostLines => $"{Type(method)}.{Name(method)}",
            ConstructorDeclarationSyntax { ParameterList.Parameters.Count: > MostParts } => $"parts of {Type(node)}",
            ClassDeclarationSyntax { ParameterList.Parameters.Count: > MostParts } => $"parts of {Type(node)}",
            _ => null,
        };

    /// <summary>
    /// Counts from the method's parameters to its end, without the comments and attributes before it.
    /// </summary>
    private static int Lines(BaseMethodDeclarationSyntax method)
    {
        var first = method.SyntaxTree.GetLineSpan(method.ParameterList.Span).StartLinePosition.Line;
        return method.SyntaxTree.GetLineSpan(method.Span).EndLinePosition.Line - first + 1;
    }

    private static string Type(SyntaxNode node) => node.FirstAncestorOrSelf<TypeDeclarationSyntax>()!.Identifier.Text;

    private static string Name(BaseMethodDeclarationSyntax method) =>
        method is MethodDeclarationSyntax named ? named.Identifier.Text : "new";
}
