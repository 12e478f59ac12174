using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>An order to restore a repository. Whoever gives it says why. The reason is stored in the ledger.</summary>
/// <param name="Repository">The name of the repository.</param>
public sealed record RestoreRequest(string? Repository, string? Reason);

/// <summary>
/// Puts a repository back as it was before EcrGuard wrote to it, when somebody orders it by a direct invoke.
/// </summary>
public sealed class RestoreRepository(RepositoryRestorer restorer, EcrReader registry, Settings settings)
{
    /// <summary>The longest reason, in characters. It appears in every drift of the repository.</summary>
    private const int MaxReason = 500;

    /// <summary>Time kept for the answer and for the last write to the ledger.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private const string NotNamed =
        "This deployment only observes this repository: it is none of those that its parameter Repositories names.";

    [LambdaFunction]
    public async Task<RestoreAnswer> RestoreRepositoryAsync(RestoreRequest input, ILambdaContext context)
    {
        var name = input.Repository ?? "";
        if (!RepositoryId.IsName(name))
            return new RestoreAnswer(Phrase.Clip(name, 256), [], ["The order names no repository."]);
        if (string.IsNullOrWhiteSpace(input.Reason))
            return new RestoreAnswer(name, [], ["The order gives no reason."]);
        if (settings.Enforcement == EnforcementMode.Observe)
            return new RestoreAnswer(
                name,
                [],
                ["This deployment observes and writes nothing to ECR: its parameter Enforcement is observe."]
            );
        if (settings.CeilingOf(registry.Repository(name)) == EnforcementMode.Observe)
            return new RestoreAnswer(name, [], [NotNamed]);
        using var deadline = Deadline.Before(context, Margin, atLeast: Margin);
        return await restorer
                .RestoreAsync(registry.Repository(name), Phrase.Clip(input.Reason, MaxReason), deadline.Token)
                .ConfigureAwait(false)
            ?? new RestoreAnswer(
                name,
                [],
                [
                    await registry.RepositoryAsync(registry.Repository(name), deadline.Token).ConfigureAwait(false)
                        is null
                        ? $"There is no repository {name} in this registry."
                        : "As far as the ledger knows, EcrGuard has written nothing to this repository, or put it "
                            + "back already.",
                ]
            );
    }
}
