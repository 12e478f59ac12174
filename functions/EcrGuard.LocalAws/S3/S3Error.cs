namespace EcrGuard.LocalAws.S3;

/// <summary>Errors of S3. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html</summary>
internal static class S3Error
{
    public static LocalError NoSuchBucket() => new(404, "NoSuchBucket", "The specified bucket does not exist");

    public static LocalError NoSuchKey() => new(404, "NoSuchKey", "The specified key does not exist.");

    public static LocalError BucketIsYours() =>
        new(
            409,
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it."
        );

    public static LocalError InvalidBucketName() => new(400, "InvalidBucketName", "The specified bucket is not valid.");

    public static LocalError KeyTooLong() => new(400, "KeyTooLongError", "Your key is too long");

    public static LocalError InvalidDigest() => new(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");

    public static LocalError BadDigest(string what) =>
        new(400, "BadDigest", $"The {what} you specified did not match what we received.");

    public static LocalError BodyHashMismatch() =>
        new(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        );

    public static LocalError IncompleteBody() =>
        new(
            400,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header."
        );

    public static LocalError InvalidArgument(string message) => new(400, "InvalidArgument", message);

    public static LocalError MalformedXml() =>
        new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema"
        );

    public static LocalError InvalidRange() => new(416, "InvalidRange", "The requested range is not satisfiable");

    public static LocalError PreconditionFailed() =>
        new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");

    public static LocalError NotModified() => new(304, "NotModified", "Not Modified");

    public static LocalError Unknown(string what) =>
        LocalError.Unexpected("NotImplemented", $"{what} is not supported here.");
}
