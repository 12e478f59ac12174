namespace EcrGuard.LocalAws.Ecr;

/// <content>Layers: what a manifest refers to is uploaded before it.</content>
public sealed partial class LocalEcr
{
    /// <summary>What InitiateLayerUpload suggests for a part, and the least that every part but the last must have.</summary>
    private const int PartSize = 10_485_760;

    private const int LeastPart = 5_242_880;

    private const int MaxDigests = 100;

    private readonly Dictionary<string, LayerUpload> uploads = [];

    private sealed record LayerUpload(string Repository)
    {
        public List<byte> Bytes { get; } = [];

        public bool HasSmallPart { get; set; }
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
        return new
        {
            Layers = asked[true].Select(digest => new { LayerDigest = digest, LayerAvailability = missing.Contains(digest) ? "UNAVAILABLE" : "AVAILABLE" }),
            Failures = asked[false].Select(digest => new
            {
                LayerDigest = digest,
                FailureCode = "InvalidLayerDigest",
                FailureReason = $"Invalid layer digest: '{digest}'",
            }),
        };
    }

    private object InitiateLayerUpload(RepositoryRequest request)
    {
        var repository = Find(request);
        var id = Guid.NewGuid().ToString();
        uploads.Add(id, new LayerUpload(repository.Name));
        return new { UploadId = id, PartSize };
    }

    private object UploadLayerPart(UploadLayerPartRequest request)
    {
        var (repository, upload) = (Find(request), UploadOf(request, request.UploadId));
        var bytes = request.LayerPartBlob;
        if (upload.HasSmallPart || request.PartFirstByte != upload.Bytes.Count || request.PartLastByte != request.PartFirstByte + bytes.Length - 1 || bytes.Length == 0)
        {
            throw new LocalError(
                400,
                upload.HasSmallPart ? "LayerPartTooSmallException" : "InvalidLayerPartException",
                upload.HasSmallPart
                    ? $"Layer parts must be at least {LeastPart} bytes in size"
                    : $"Bytes {request.PartFirstByte} to {request.PartLastByte} do not follow byte {upload.Bytes.Count - 1} of the upload '{request.UploadId}'");
        }

        upload.Bytes.AddRange(bytes);
        upload.HasSmallPart = bytes.Length < LeastPart;
        return new { RegistryId = Options.AccountId, RepositoryName = repository.Name, request.UploadId, LastByteReceived = upload.Bytes.Count - 1 };
    }

    private object CompleteLayerUpload(CompleteLayerUploadRequest request)
    {
        var (repository, upload) = (Find(request), UploadOf(request, request.UploadId));
        var named = CheckDigests(request.LayerDigests);
        if (upload.Bytes.Count == 0)
        {
            throw new LocalError(400, "EmptyUploadException", $"The upload '{request.UploadId}' has no parts");
        }

        var digest = Manifest.DigestOf(upload.Bytes.ToArray());
        if (!named.Contains(digest))
        {
            throw new LocalError(400, "InvalidLayerException", $"The layer's digest is '{digest}', which the request does not name");
        }

        uploads.Remove(request.UploadId);
        if (!repository.MissingBlobs([digest]).Any())
        {
            throw new LocalError(400, "LayerAlreadyExistsException", $"Layer with digest '{digest}' already exists in the repository '{repository.Name}'");
        }

        repository.Uploaded.Add(digest);
        return new { RegistryId = Options.AccountId, RepositoryName = repository.Name, request.UploadId, LayerDigest = digest };
    }

    private LayerUpload UploadOf(RepositoryRequest request, string id) =>
        uploads.TryGetValue(id, out var upload) && upload.Repository == Find(request).Name ? upload
        : throw new LocalError(400, "UploadNotFoundException", $"The upload '{id}' does not exist in the repository with name '{Find(request).Name}'");
}
