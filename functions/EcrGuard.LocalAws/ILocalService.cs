namespace EcrGuard.LocalAws;

/// <summary>
/// One AWS service behind <see cref="LocalAwsServer"/>. The host authenticates, applies faults, logs and sends; a
/// service reads a call, changes its own state under its own lock, and answers. It throws a <see cref="LocalError"/>
/// for what it cannot or will not do.
/// </summary>
internal interface ILocalService
{
    /// <summary>
    /// The name in the credential scope of a signature: <c>ecr</c>, <c>ecs</c>, <c>events</c> and so on.
    /// </summary>
    string SigningName { get; }

    /// <summary>
    /// Whether an unsigned call looks like a call to this service, so that the refusal has the right shape.
    /// </summary>
    bool LooksLikeMine(LocalCall call);

    /// <summary>
    /// Names the operation and its resource, without any effect. They select the faults and go into the request log.
    /// </summary>
    LocalOperation Identify(LocalCall call);

    /// <summary>Whether the call needs no signature.</summary>
    bool MayBeUnsigned(LocalCall call) => false;

    /// <summary>Carries the operation out.</summary>
    LocalAnswer Answer(LocalCall call, LocalOperation operation);

    /// <summary>The same, for a service that waits for code outside it.</summary>
    Task<LocalAnswer> AnswerAsync(LocalCall call, LocalOperation operation) => Task.FromResult(Answer(call, operation));

    /// <summary>The error that this service sends for a problem that can happen to any operation.</summary>
    LocalError For(Trouble trouble);

    /// <summary>An error in this service's protocol.</summary>
    LocalAnswer Refuse(LocalError error);
}

/// <summary>What can go wrong with any call to any service. Each service has its own codes for it.</summary>
internal enum Trouble
{
    Throttled,
    InternalError,
    Unavailable,
    ExpiredCredentials,
    MissingAuthentication,
}
