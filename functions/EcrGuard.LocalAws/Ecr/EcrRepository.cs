namespace EcrGuard.LocalAws.Ecr;

/// <summary>A repository and its images. Not thread-safe: <see cref="LocalAccount.Gate"/> guards it.</summary>
internal sealed class EcrRepository(string name, string arn, DateTimeOffset createdAt)
{
    private readonly Dictionary<string, EcrImage> byDigest = [];
    private readonly Dictionary<string, EcrImage> byTag = [];
    private readonly List<EcrImage> inOrder = [];
    private readonly Dictionary<string, int> references = [];
    private long sequence;

    public string Name => name;

    public string Arn => arn;

    public DateTimeOffset CreatedAt => createdAt;

    public TagMutability Mutability { get; set; } = TagMutability.Mutable;

    public bool ScanOnPush { get; set; }

    public string? LifecyclePolicy { get; set; }

    /// <summary>When the policy was last carried out; null if it never was.</summary>
    public DateTimeOffset? LifecycleEvaluatedAt { get; set; }

    /// <summary>The last preview that was asked for.</summary>
    public LifecyclePreview? Preview { get; set; }

    /// <summary>The tags of the repository itself, which have nothing to do with those of its images.</summary>
    public SortedDictionary<string, string> ResourceTags { get; } = new(StringComparer.Ordinal);

    /// <summary>Digests of layers that were uploaded. A manifest that uses them need not exist.</summary>
    public HashSet<string> Uploaded { get; } = [];

    public EcrImage? ByDigest(string digest) => byDigest.GetValueOrDefault(digest);

    public EcrImage? ByTag(string tag) => byTag.GetValueOrDefault(tag);

    /// <summary>
    /// Images in the order of their first push. Begins with the first one whose sequence is above
    /// <paramref name="after"/>.
    /// </summary>
    public IEnumerable<EcrImage> After(long after)
    {
        var low = 0;
        var high = inOrder.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = inOrder[middle].Sequence <= after ? (middle + 1, high) : (low, middle);
        }

        for (; low < inOrder.Count; low++)
        {
            yield return inOrder[low];
        }
    }

    /// <summary>Whether an index of this repository has the image as a child.</summary>
    public bool IsReferenced(EcrImage image) => references.ContainsKey(image.Digest);

    /// <summary>Whether an index that is not archived has the image as a child.</summary>
    public bool IsReferencedByActive(EcrImage image) =>
        IsReferenced(image) && inOrder.Any(i => !i.IsArchived && i.Children.Contains(image.Digest));

    /// <summary>The blobs that were neither uploaded nor brought by a manifest of the repository.</summary>
    public IEnumerable<string> MissingBlobs(IEnumerable<string> blobs)
    {
        var missing = blobs.Where(blob => !Uploaded.Contains(blob)).ToHashSet();
        foreach (var image in inOrder)
        {
            if (missing.Count == 0)
            {
                break;
            }

            missing.ExceptWith(ParsedManifest.Parse(image.Manifest).Blobs);
        }

        return missing;
    }

    public EcrImage Add(
        string digest,
        byte[] manifest,
        string mediaType,
        ParsedManifest parsed,
        DateTimeOffset pushedAt
    )
    {
        var image = new EcrImage
        {
            Sequence = ++sequence,
            Digest = digest,
            Manifest = manifest,
            MediaType = mediaType,
            ArtifactMediaType = parsed.ArtifactMediaType,
            SubjectDigest = parsed.SubjectDigest,
            Children = parsed.Children,
            Bytes = parsed.Children.Max(c => byDigest.GetValueOrDefault(c)?.Bytes) ?? parsed.Bytes,
            PushedAt = pushedAt,
        };
        byDigest.Add(digest, image);
        inOrder.Add(image);
        foreach (var child in parsed.Children.Distinct())
        {
            references[child] = references.GetValueOrDefault(child) + 1;
        }

        return image;
    }

    /// <summary>Gives the image the tag, taking it from the image that had it.</summary>
    public void Tag(EcrImage image, string tag)
    {
        byTag.GetValueOrDefault(tag)?.Tags.Remove(tag);
        byTag[tag] = image;
        image.Tags.Add(tag);
    }

    /// <summary>Removes the tag. The image is deleted with its last tag.</summary>
    public void Untag(EcrImage image, string tag)
    {
        byTag.Remove(tag);
        image.Tags.Remove(tag);
        if (image.Tags.Count == 0)
        {
            Remove(image);
        }
    }

    public void Remove(EcrImage image)
    {
        inOrder.RemoveAt(inOrder.BinarySearch(image, EcrImage.BySequence));
        Forget(image);
    }

    public void Remove(IReadOnlySet<EcrImage> images)
    {
        inOrder.RemoveAll(images.Contains);
        foreach (var image in images)
        {
            Forget(image);
        }
    }

    private void Forget(EcrImage image)
    {
        byDigest.Remove(image.Digest);
        image.Tags.ForEach(t => byTag.Remove(t));
        foreach (var child in image.Children.Distinct())
        {
            if (--references[child] == 0)
            {
                references.Remove(child);
            }
        }
    }
}

/// <summary>One manifest of a repository.</summary>
internal sealed class EcrImage
{
    public static readonly Comparer<EcrImage> BySequence = Comparer<EcrImage>.Create(
        (a, b) => a.Sequence.CompareTo(b.Sequence)
    );

    /// <summary>Increases with every push of a new digest. The next page of a listing continues from it.</summary>
    public required long Sequence { get; init; }

    public required string Digest { get; init; }

    /// <summary>The bytes that were pushed.</summary>
    public required byte[] Manifest { get; init; }

    public required string MediaType { get; init; }

    public required string? ArtifactMediaType { get; init; }

    public required string? SubjectDigest { get; init; }

    public required IReadOnlyList<string> Children { get; init; }

    public required long Bytes { get; init; }

    public required DateTimeOffset PushedAt { get; init; }

    public List<string> Tags { get; } = new(1);

    public DateTimeOffset? LastPulledAt { get; set; }

    /// <summary>ACTIVE, ARCHIVED or, during a restore, ACTIVATING.</summary>
    public string Status { get; set; } = "ACTIVE";

    public bool IsActive => Status == "ACTIVE";

    public bool IsArchived => Status == "ARCHIVED";

    /// <summary>The name that lifecycle policies use; null for an image that is between two storage classes.</summary>
    public string? StorageClass =>
        Status switch
        {
            "ACTIVE" => "standard",
            "ARCHIVED" => "archive",
            _ => null,
        };

    /// <summary>Ends the restore of an ACTIVATING image.</summary>
    public ITimer? Restore { get; set; }

    public DateTimeOffset? LastArchivedAt { get; set; }

    public DateTimeOffset? LastActivatedAt { get; set; }

    public BasicScan? Scan { get; set; }
}

/// <summary>A basic scan of an image: IN_PROGRESS, COMPLETE, FAILED or UNSUPPORTED_IMAGE.</summary>
internal sealed record BasicScan(string Status, DateTimeOffset StartedAt)
{
    public string? Description { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public IReadOnlyList<LocalFinding> Findings { get; init; } = [];
}
