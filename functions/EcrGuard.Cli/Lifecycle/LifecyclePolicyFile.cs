using System.Text;
using System.Text.Json;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>A lifecycle policy as somebody wrote it.</summary>
/// <param name="Length">In characters, white space included: what ECR limits.</param>
internal sealed record LifecyclePolicyFile(FileInfo File, LifecyclePolicyReading Reading, int Length)
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <exception cref="UnusableFileException">The file cannot be read, or is a policy of EcrGuard's.</exception>
    public static LifecyclePolicyFile Read(FileInfo file)
    {
        var utf8 = InputFile.Read(file);
        return Printed(file, utf8) is { } text
            ? new LifecyclePolicyFile(file, LifecyclePolicy.Read(text), text.Length)
            : new LifecyclePolicyFile(file, LifecyclePolicy.Read(utf8), Encoding.UTF8.GetCharCount(utf8));
    }

    /// <summary>Everything for which ECR would refuse the policy, as compilers write it.</summary>
    public IEnumerable<string> Problems => Reading.Problems.Select(problem => problem.ToString(File.ToString()));

    /// <summary>
    /// The policy in what <c>aws ecr get-lifecycle-policy</c> prints, which holds it as a text; null for any other
    /// file.
    /// </summary>
    private static string? Printed(FileInfo file, byte[] utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Lenient);
            var root = new PrintedValue(file, "", json.RootElement);
            return root.Has("version")
                    ? throw root.Wrong(
                        "it has a \"version\", so that it is a policy of EcrGuard; it must be a lifecycle "
                            + "policy of ECR. 'ecrguard policy check' is for EcrGuard's"
                    )
                : root.Has("lifecyclePolicyText") ? root.Text("lifecyclePolicyText")
                : null;
        }
        catch (JsonException)
        {
            // Who reads the policy says where.
            return null;
        }
    }
}
