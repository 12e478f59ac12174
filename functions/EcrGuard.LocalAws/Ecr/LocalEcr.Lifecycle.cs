using System.Globalization;

namespace EcrGuard.LocalAws.Ecr;

/// <content>Lifecycle policies: put, previewed, carried out.</content>
public sealed partial class LocalEcr
{
    /// <summary>
    /// Carries out the lifecycle policies of all repositories, as ECR does within a day. Events are sent only if
    /// <see cref="LocalAwsOptions.LifecycleSendsEvents"/> says so.
    /// </summary>
    /// <param name="now">Ages are measured to this time. It is also the archive time of the images that are
    ///     archived.</param>
    /// <returns>What was expired and archived, by repository and then in the order of the push.</returns>
    public IReadOnlyList<TakenByLifecycle> RunLifecycle(DateTimeOffset now) =>
        Locked(() => repositories.Values.SelectMany(r => RunLifecycle(r, now)).ToList());

    /// <summary>What a lifecycle policy would do to a repository at some time.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="policy">The policy's text. Throws if ECR would refuse it.</param>
    /// <param name="now">Ages are measured to this time.</param>
    public IReadOnlyList<TakenByLifecycle> PreviewLifecycle(string repository, string policy, DateTimeOffset now) =>
        Locked(() =>
        {
            var previewed = Find(repository);
            return Evaluate(previewed, policy, now).Select(t => Taken(previewed, t.Image, t.Rule)).ToList();
        });

    private static TakenByLifecycle Taken(EcrRepository repository, EcrImage image, LifecycleRule rule) =>
        new(repository.Name, image.Digest, rule.RulePriority, rule.Archives);

    private IReadOnlyList<(EcrImage Image, LifecycleRule Rule)> Evaluate(
        EcrRepository repository,
        string policy,
        DateTimeOffset now
    ) =>
        new LifecycleEvaluation([.. repository.After(0)], Options.Lifecycle, now).Apply(
            LifecyclePolicyCheck.Read(policy)
        );

    private IReadOnlyList<TakenByLifecycle> RunLifecycle(EcrRepository repository, DateTimeOffset now)
    {
        if (repository.LifecyclePolicy is not { } policy)
        {
            return [];
        }

        var taken = Evaluate(repository, policy, now);
        repository.LifecycleEvaluatedAt = now;
        foreach (var (image, _) in taken.Where(t => t.Rule.Archives))
        {
            Archive(repository, image, now, Options.LifecycleSendsEvents);
        }

        var expired = taken.Where(t => !t.Rule.Archives).Select(t => t.Image).ToHashSet();
        repository.Remove(expired);
        foreach (var image in expired)
        {
            Inspector.Forget(repository.Name, image.Digest);
            if (Options.LifecycleSendsEvents)
            {
                EmitDelete(repository, image, null);
            }
        }

        return [.. taken.Select(t => Taken(repository, t.Image, t.Rule))];
    }

    private object PutLifecyclePolicy(PutLifecyclePolicyRequest request)
    {
        var repository = Find(request);
        LifecyclePolicyCheck.Read(request.LifecyclePolicyText);
        (repository.LifecyclePolicy, repository.LifecycleEvaluatedAt) = (request.LifecyclePolicyText, null);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["LifecyclePolicyText"] = request.LifecyclePolicyText,
        };
    }

    private object GetLifecyclePolicy(RepositoryRequest request)
    {
        var repository = Find(request);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["LifecyclePolicyText"] = repository.LifecyclePolicy ?? throw LifecyclePolicyNotFound(repository),
            ["LastEvaluatedAt"] = JsonWire.Epoch(repository.LifecycleEvaluatedAt),
        };
    }

    private object DeleteLifecyclePolicy(RepositoryRequest request)
    {
        var answer = GetLifecyclePolicy(request);
        var repository = Find(request);
        (repository.LifecyclePolicy, repository.LifecycleEvaluatedAt) = (null, null);
        return answer;
    }

    private LocalError LifecyclePolicyNotFound(EcrRepository repository) =>
        new(
            400,
            "LifecyclePolicyNotFoundException",
            $"Lifecycle policy does not exist for the repository with name '{repository.Name}' in the "
                + $"registry with id '{Options.AccountId}'"
        );

    private object StartLifecyclePolicyPreview(StartLifecyclePolicyPreviewRequest request)
    {
        var repository = Find(request);
        var text =
            request.LifecyclePolicyText ?? repository.LifecyclePolicy ?? throw LifecyclePolicyNotFound(repository);
        if (repository.Preview?.IsInProgress() == true)
        {
            throw new LocalError(
                400,
                "LifecyclePolicyPreviewInProgressException",
                "The previous lifecycle policy preview request for the repository with name "
                    + $"'{repository.Name}' in the registry with id '{Options.AccountId}' has not completed. Wait "
                    + "and try again."
            );
        }

        // A preview shows the images as they were when it was started. Images may come, go and be tagged before it is
        // read.
        var results = Evaluate(repository, text, account.Now)
            .Where(t => Options.PreviewShowsReferrers || t.Image.SubjectDigest is null)
            .Select(t => new PreviewResult(t.Image, t.Rule))
            .ToList();
        repository.Preview = new LifecyclePreview(text, results, Options.LifecyclePreviewPolls);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["LifecyclePolicyText"] = text,
            ["Status"] = "IN_PROGRESS",
        };
    }

    private object GetLifecyclePolicyPreview(GetLifecyclePolicyPreviewRequest request)
    {
        var repository = Find(request);
        CheckPaging(request.ImageIds, request.NextToken, request.MaxResults);
        CheckOneOf("tagStatus", request.Filter?.TagStatus, "TAGGED", "UNTAGGED", "ANY");
        var preview =
            repository.Preview
            ?? throw new LocalError(
                400,
                "LifecyclePolicyPreviewNotFoundException",
                $"There is no lifecycle policy preview for the repository with name '{repository.Name}' in "
                    + $"the registry with id '{Options.AccountId}'"
            );
        var status = preview.IsInProgress() ? "IN_PROGRESS" : Options.LifecyclePreviewEnd;
        var results = status == "COMPLETE" ? preview.Results : [];
        var shown = results
            .Where(r => r.Matches(request.Filter?.TagStatus) && (request.ImageIds is not { } ids || ids.Any(r.Is)))
            .ToList();
        var (page, next) = Page(
            $"GetLifecyclePolicyPreview {repository.Name}",
            request.NextToken,
            request.ImageIds is null ? request.MaxResults : 100,
            after => Enumerable.Range(0, shown.Count).Skip((int)Position(after)),
            i => (i + 1).ToString(CultureInfo.InvariantCulture),
            most: 100
        );
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["LifecyclePolicyText"] = preview.Text,
            ["Status"] = status,
            ["NextToken"] = next,
            ["PreviewResults"] = page.Select(i => shown[i].Shown),
            ["Summary"] = status == "COMPLETE" ? preview.Summary : new Members(),
        };
    }
}

/// <summary>What a lifecycle policy does to one image.</summary>
/// <param name="RulePriority">The rule that does it; for a referrer, the one that takes its subject.</param>
/// <param name="Archived">True: moved to the archive. False: expired.</param>
public sealed record TakenByLifecycle(string Repository, string Digest, int RulePriority, bool Archived);
