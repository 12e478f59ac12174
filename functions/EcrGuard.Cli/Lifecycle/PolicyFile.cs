using System.Text;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>A lifecycle policy as somebody wrote it.</summary>
/// <param name="Length">In characters, white space included: what ECR limits.</param>
internal sealed record PolicyFile(FileInfo File, LifecyclePolicyReading Reading, int Length)
{
    /// <exception cref="UnusableFileException">The file cannot be read.</exception>
    public static PolicyFile Read(FileInfo file)
    {
        var utf8 = UnusableFileException.ReadAll(file);
        return new PolicyFile(file, LifecyclePolicy.Read(utf8), Encoding.UTF8.GetCharCount(utf8));
    }

    /// <summary>Everything for which ECR would refuse the policy, as compilers write it.</summary>
    public IEnumerable<string> Problems => Reading.Problems.Select(problem => problem.ToString(File.ToString()));
}
