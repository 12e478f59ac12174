using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Baselines;

/// <summary>What a lifecycle policy does that may not be meant, by the images of its repository.</summary>
public static class PolicyLint
{
    /// <param name="length">The characters of the policy's text.</param>
    /// <returns>The findings that are worth a change.</returns>
    public static IReadOnlyList<LintFinding> Of(LifecyclePolicy policy, int length, RepositoryContents contents) =>
        [
            .. LifecycleLinter
                .Lint(
                    policy,
                    length,
                    [.. contents.Images.Select(image => LifecycleImage.Of(image, contents.ChildrenOf(image)))]
                )
                .Where(finding => finding.Severity != LintSeverity.Info),
        ];
}
