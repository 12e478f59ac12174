namespace EcrGuard.Core.Images;

/// <summary>What a finding is about, as Inspector and ECR name it (Inspector API, Resource).</summary>
/// <param name="Type">For example <c>AWS_ECR_CONTAINER_IMAGE</c>; null where the answer gives none.</param>
/// <param name="Id">An image's ARN; null where the answer gives none.</param>
public readonly record struct FindingResource(string? Type, string? Id)
{
    /// <summary>The type of an image in ECR.</summary>
    public const string ImageType = "AWS_ECR_CONTAINER_IMAGE";

    /// <summary>
    /// Whether findings that were requested for an image are about that image. A delegated administrator sees its
    /// members' findings, and the same name and digest may exist in several accounts and regions: findings that name
    /// another image are left out. A finding that names nothing readable stays. It answers a question about this image,
    /// and an answer of the wrong shape must not look like no findings.
    /// </summary>
    /// <param name="account">Null where it is not known: then any account counts. The same for
    ///     <paramref name="region"/> and <paramref name="digest"/>.</param>
    public static bool AreOf(
        IReadOnlyCollection<FindingResource> resources,
        string? account,
        string? region,
        string repository,
        Digest? digest
    ) => resources.Count == 0 || resources.Any(resource => !resource.NamesAnother(account, region, repository, digest));

    /// <inheritdoc cref="AreOf(IReadOnlyCollection{FindingResource}, string?, string?, string, Digest?)"/>
    public static bool AreOf(IReadOnlyCollection<FindingResource> resources, ImageId image) =>
        AreOf(resources, image.Repository.Account, image.Repository.Region, image.Repository.Name, image.Digest);

    private bool NamesAnother(string? account, string? region, string repository, Digest? digest)
    {
        if (!string.IsNullOrEmpty(Type) && Type != ImageType)
            return true;
        var parts = (Id ?? "").Split(':', 6);
        if (parts is not ["arn", var partition, var service, var itsRegion, var itsAccount, var path])
            return false;
        if (service != "ecr")
            return true;
        const string folder = "repository/";
        var at = path.LastIndexOf("/sha256:", StringComparison.Ordinal);
        if (
            at <= folder.Length
            || !path.StartsWith(folder, StringComparison.Ordinal)
            || !Digest.TryParse(path[(at + 1)..], out var its)
        )
            return false;
        var elsewhere =
            partition != RepositoryId.PartitionOf(itsRegion)
            || (region is not null && itsRegion != region)
            || (account is not null && itsAccount != account);
        return elsewhere || path[folder.Length..at] != repository || (digest is not null && its != digest);
    }
}
