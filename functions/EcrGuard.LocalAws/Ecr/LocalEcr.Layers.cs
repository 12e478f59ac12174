namespace EcrGuard.LocalAws.Ecr;

/// <content>Layers. What a manifest refers to is uploaded before the manifest.</content>
public sealed partial class LocalEcr
{
    /// <summary>The part size that InitiateLayerUpload suggests, in bytes.</summary>
    private const int PartSize = 10_485_760;

    /// <summary>The smallest size of every part but the last, in bytes.</summary>
    private const int LeastPart = 5_242_880;

    private const int MaxDigests = 100;

    private readonly Dictionary<string, LayerUpload> uploads = [];

    private sealed record LayerUpload(string Repository)
    {
        public List<byte> Bytes { get; } = [];

        /// <summary>Their sizes.</summary>
        public List<int> Parts { get; } = [];
    }

    private static IReadOnlyList<string> CheckDigests(IReadOnlyList<string> digests)
    {
        CheckCount("layerDigests", digests, MaxDigests);
        return digests;
    }

    private object BatchCheckLayerAvailability(BatchCheckLayerAvailabilityRequest request)
    {
        var repository = Find(request);
        var asked = CheckDigests(request.LayerDigests).ToLookup(DigestText.IsMatch);
        var missing = repository.MissingBlobs(asked[true]).ToHashSet();
        return new Members
        {
            ["Layers"] = asked[true]
                .Select(digest => new Members
                {
                    ["LayerDigest"] = digest,
                    ["LayerAvailability"] = missing.Contains(digest) ? "UNAVAILABLE" : "AVAILABLE",
                }),
            ["Failures"] = asked[false]
                .Select(digest => new Members
                {
                    ["LayerDigest"] = digest,
                    ["FailureCode"] = "InvalidLayerDigest",
                    ["FailureReason"] = $"Invalid layer digest: '{digest}'",
                }),
        };
    }

    private object InitiateLayerUpload(RepositoryRequest request)
    {
        var repository = Find(request);
        var id = Guid.NewGuid().ToString();
        uploads.Add(id, new LayerUpload(repository.Name));
        return new Members { ["UploadId"] = id, ["PartSize"] = PartSize };
    }

    private object UploadLayerPart(UploadLayerPartRequest request)
    {
        var (repository, upload) = (Find(request), UploadOf(request, request.UploadId));
        var bytes = request.LayerPartBlob;
        var follows =
            request.PartFirstByte == upload.Bytes.Count
            && request.PartLastByte == request.PartFirstByte + bytes.Length - 1
            && bytes.Length > 0;
        if (!follows)
        {
            throw new LocalError(
                400,
                "InvalidLayerPartException",
                $"Bytes {request.PartFirstByte} to {request.PartLastByte} do not follow byte {upload.Bytes.Count - 1}"
            );
        }

        upload.Bytes.AddRange(bytes);
        upload.Parts.Add(bytes.Length);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["UploadId"] = request.UploadId,
            ["LastByteReceived"] = upload.Bytes.Count - 1,
        };
    }

    private object CompleteLayerUpload(CompleteLayerUploadRequest request)
    {
        var (repository, upload) = (Find(request), UploadOf(request, request.UploadId));
        var named = CheckDigests(request.LayerDigests);
        if (upload.Bytes.Count == 0)
        {
            throw new LocalError(400, "EmptyUploadException", $"The upload '{request.UploadId}' has no parts");
        }

        if (upload.Parts.SkipLast(1).Any(part => part < LeastPart))
        {
            throw new LocalError(
                400,
                "LayerPartTooSmallException",
                $"Layer parts must be at least {LeastPart} bytes in size"
            );
        }

        var digest = Manifest.DigestOf(upload.Bytes.ToArray());
        if (!named.Contains(digest))
        {
            throw new LocalError(400, "InvalidLayerException", $"The layer's digest is '{digest}'");
        }

        uploads.Remove(request.UploadId);
        if (!repository.MissingBlobs([digest]).Any())
        {
            throw new LocalError(400, "LayerAlreadyExistsException", $"Layer with digest '{digest}' already exists");
        }

        repository.Uploaded.Add(digest);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["UploadId"] = request.UploadId,
            ["LayerDigest"] = digest,
        };
    }

    private LayerUpload UploadOf(RepositoryRequest request, string id) =>
        uploads.TryGetValue(id, out var upload) && upload.Repository == Find(request).Name
            ? upload
            : throw new LocalError(400, "UploadNotFoundException", $"The upload '{id}' does not exist");
}
