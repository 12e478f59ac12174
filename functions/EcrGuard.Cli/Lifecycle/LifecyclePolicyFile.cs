using System.Text;
using System.Text.Json;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>A lifecycle policy as somebody wrote it.</summary>
/// <param name="Name">The name that the places of problems refer to: the file, or the text in it.</param>
/// <param name="Length">The length in characters, with white space: ECR limits this.</param>
internal sealed record LifecyclePolicyFile(string Name, LifecyclePolicyReading Reading, int Length)
{
    /// <summary>The member of ECR's answer that holds a policy as a text.</summary>
    public const string Inside = "lifecyclePolicyText";

    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <exception cref="UnusableFileException">The file cannot be read, or is an EcrGuard policy.</exception>
    public static LifecyclePolicyFile Read(FileInfo file)
    {
        var utf8 = InputFile.ReadPrinted(file);
        return Printed(file, utf8) is { } text
            ? new LifecyclePolicyFile(
                $"{file} ({Inside})",
                LifecyclePolicy.Read(text, sentAsWritten: true),
                text.Length
            )
            : new LifecyclePolicyFile(
                file.ToString(),
                LifecyclePolicy.Read(utf8, sentAsWritten: true),
                Encoding.UTF8.GetCharCount(utf8)
            );
    }

    /// <summary>Everything for which ECR would refuse the policy, in the format of compiler messages.</summary>
    public IEnumerable<string> Problems => Reading.Problems.Select(problem => problem.ToString(Name));

    /// <summary>
    /// The policy in the output of <c>aws ecr get-lifecycle-policy</c>, which holds it as a text; null for any other
    /// file.
    /// </summary>
    private static string? Printed(FileInfo file, byte[] utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Lenient);
            var root = new PrintedValue(file, "", json.RootElement);
            if (root.Has(Inside))
            {
                PrintedSyntax.Check(file, utf8);
                return root.Text(Inside);
            }
            return root.Has("version") && !HasRules(json.RootElement)
                ? throw root.Wrong(
                    "it has a \"version\", so that it is a policy of EcrGuard; it must be a lifecycle "
                        + "policy of ECR. 'ecrguard policy check' is for EcrGuard's"
                )
                : null;
        }
        catch (JsonException)
        {
            // The code that reads the policy says where the error is.
            return null;
        }
    }

    /// <summary>Whether the document has rules in the form of ECR's lifecycle policies.</summary>
    private static bool HasRules(JsonElement root) =>
        root.TryGetProperty("rules", out var rules)
        && rules.ValueKind == JsonValueKind.Array
        && rules
            .EnumerateArray()
            .Any(rule => rule.ValueKind == JsonValueKind.Object && rule.TryGetProperty("rulePriority", out _));
}
