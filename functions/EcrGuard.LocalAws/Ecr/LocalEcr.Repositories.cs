using System.Globalization;
using System.Text.RegularExpressions;

namespace EcrGuard.LocalAws.Ecr;

/// <content>Repositories, their tag mutability and lifecycle policies.</content>
public sealed partial class LocalEcr
{
    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$")]
    private static partial Regex RepositoryName { get; }

    [GeneratedRegex(@"^[0-9a-zA-Z._*-]{1,128}$")]
    private static partial Regex ExclusionFilterText { get; }

    private static TagMutability MutabilityFrom(string mode, IReadOnlyList<ExclusionFilter>? filters)
    {
        CheckOneOf("imageTagMutability", mode, "MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION");
        CheckCount("imageTagMutabilityExclusionFilters", filters, 5);
        if (mode.EndsWith("EXCLUSION", StringComparison.Ordinal) != filters is not null)
        {
            throw Invalid("imageTagMutabilityExclusionFilters", "Exclusion filters go with a mode with exclusion, and with no other");
        }

        foreach (var filter in filters ?? [])
        {
            CheckOneOf("filterType", filter.FilterType, "WILDCARD");
            if (!ExclusionFilterText.IsMatch(filter.Filter))
            {
                throw Invalid("filter", @"Member must satisfy regular expression pattern: ^[0-9a-zA-Z._*-]{1,128}$");
            }
        }

        return new TagMutability(mode, [.. (filters ?? []).Select(f => f.Filter)]);
    }

    private static object? ExclusionsOf(TagMutability mutability) =>
        mutability.Exclusions.Count == 0 ? null : mutability.Exclusions.Select(f => new { FilterType = "WILDCARD", Filter = f });

    private EcrRepository Find(string name) =>
        repositories.GetValueOrDefault(name) ?? throw new LocalError(
            400, "RepositoryNotFoundException", $"The repository with name '{name}' does not exist in the registry with id '{Options.AccountId}'");

    private EcrRepository Find(RepositoryRequest request)
    {
        CheckRegistry(request);
        return Find(request.RepositoryName);
    }

    private void CheckRegistry(EcrRequest request)
    {
        if (request.RegistryId is { } registry && registry != Options.AccountId)
        {
            throw new LocalError(400, "InvalidParameterException", $"The registry with id '{registry}' is not of this account.");
        }
    }

    private EcrRepository Create(string name, TagMutability mutability, bool scanOnPush)
    {
        if (name.Length is < 2 or > 256 || !RepositoryName.IsMatch(name))
        {
            throw Invalid("repositoryName", $"Member must satisfy regular expression pattern: {RepositoryName}");
        }

        var repository = new EcrRepository(name, account.RepositoryArn(name), account.Now) { Mutability = mutability, ScanOnPush = scanOnPush };
        return repositories.TryAdd(name, repository)
            ? repository
            : throw new LocalError(
                400, "RepositoryAlreadyExistsException", $"The repository with name '{name}' already exists in the registry with id '{Options.AccountId}'");
    }

    private object CreateRepository(CreateRepositoryRequest request)
    {
        CheckRegistry(request);
        var mutability = MutabilityFrom(request.ImageTagMutability ?? "MUTABLE", request.ImageTagMutabilityExclusionFilters);
        var repository = Create(request.RepositoryName, mutability, request.ImageScanningConfiguration?.ScanOnPush ?? false);
        return new { Repository = Shown(repository) };
    }

    private object DescribeRepositories(DescribeRepositoriesRequest request)
    {
        CheckRegistry(request);
        CheckCount("repositoryNames", request.RepositoryNames, 100);
        if (request.RepositoryNames is { } names)
        {
            return request is { NextToken: null, MaxResults: null }
                ? new { Repositories = names.Select(Find).Select(Shown).ToList() }
                : throw new LocalError(400, "InvalidParameterException", "maxResults and nextToken cannot be used with repositoryNames.");
        }

        var (page, next) = Page(
            "DescribeRepositories",
            request.NextToken,
            request.MaxResults,
            after => repositories.Values.Where(r => string.CompareOrdinal(r.Name, after) > 0),
            r => r.Name);
        return new { Repositories = page.Select(Shown), NextToken = next };
    }

    private object Shown(EcrRepository repository) => new
    {
        RepositoryArn = repository.Arn,
        RegistryId = Options.AccountId,
        RepositoryName = repository.Name,
        RepositoryUri = string.Create(CultureInfo.InvariantCulture, $"{Options.AccountId}.dkr.ecr.{Options.Region}.amazonaws.com/{repository.Name}"),
        CreatedAt = JsonWire.Epoch(repository.CreatedAt),
        ImageTagMutability = repository.Mutability.Mode,
        ImageTagMutabilityExclusionFilters = ExclusionsOf(repository.Mutability),
        ImageScanningConfiguration = new { repository.ScanOnPush },
        EncryptionConfiguration = new { EncryptionType = "AES256" },
    };

    private object PutImageTagMutability(PutImageTagMutabilityRequest request)
    {
        var repository = Find(request);
        repository.Mutability = MutabilityFrom(request.ImageTagMutability, request.ImageTagMutabilityExclusionFilters);
        return new
        {
            RegistryId = Options.AccountId,
            RepositoryName = repository.Name,
            ImageTagMutability = repository.Mutability.Mode,
            ImageTagMutabilityExclusionFilters = ExclusionsOf(repository.Mutability),
        };
    }

    private object PutLifecyclePolicy(PutLifecyclePolicyRequest request)
    {
        var repository = Find(request);
        LifecyclePolicyCheck.Check(request.LifecyclePolicyText);
        return LifecyclePolicy(repository, repository.LifecyclePolicy = request.LifecyclePolicyText);
    }

    private object GetLifecyclePolicy(RepositoryRequest request)
    {
        var repository = Find(request);
        return LifecyclePolicy(repository, repository.LifecyclePolicy);
    }

    private object DeleteLifecyclePolicy(RepositoryRequest request)
    {
        var repository = Find(request);
        var answer = LifecyclePolicy(repository, repository.LifecyclePolicy);
        repository.LifecyclePolicy = null;
        return answer;
    }

    private object LifecyclePolicy(EcrRepository repository, string? text) => text is null
        ? throw new LocalError(
            400,
            "LifecyclePolicyNotFoundException",
            $"Lifecycle policy does not exist for the repository with name '{repository.Name}' in the registry with id '{Options.AccountId}'")
        : new { RegistryId = Options.AccountId, RepositoryName = repository.Name, LifecyclePolicyText = text };
}
