namespace EcrGuard.LocalAws;

/// <summary>
/// A fault on demand. It strikes the calls that match <see cref="Service"/>, <see cref="Operation"/> and
/// <see cref="Resource"/> (null matches all), from the <see cref="From"/>th on, <see cref="Times"/> times. If a
/// connection breaks, the AWS SDK for .NET repeats the call even when it is told not to retry (up to ten times were
/// seen). Such a fault must strike without end, or the caller notices nothing.
/// </summary>
public sealed record Fault
{
    private Fault(FaultKind kind) => Kind = kind;

    /// <summary>
    /// The throttling answer of the service itself: ThrottlingException, ProvisionedThroughputExceededException,
    /// Throttled, SlowDown.
    /// </summary>
    public static Fault Throttle { get; } = new(FaultKind.Throttle);

    /// <summary>HTTP 500 with the service's code for an internal error; no effect.</summary>
    public static Fault InternalError { get; } = new(FaultKind.InternalError);

    /// <summary>HTTP 503; no effect.</summary>
    public static Fault Unavailable { get; } = new(FaultKind.Unavailable);

    /// <summary>The session token has expired; no effect.</summary>
    public static Fault ExpiredCredentials { get; } = new(FaultKind.ExpiredCredentials);

    /// <summary>The connection is closed and the call has had no effect.</summary>
    public static Fault CloseBefore { get; } = new(FaultKind.CloseBefore);

    /// <summary>The call has its effect and the connection is closed without an answer.</summary>
    public static Fault CloseAfter { get; } = new(FaultKind.CloseAfter);

    /// <summary>The call has its effect and half of the answer's body is sent.</summary>
    public static Fault HalfSent { get; } = new(FaultKind.HalfSent);

    /// <summary>The signing name; null for every service.</summary>
    public string? Service { get; init; }

    /// <summary>The AWS name of the operation; null for every operation.</summary>
    public string? Operation { get; init; }

    /// <summary>
    /// The repository, topic, table, or bucket and key, as in <see cref="LoggedRequest.Resource"/>; null for all.
    /// </summary>
    public string? Resource { get; init; }

    /// <summary>
    /// The number of the first matching call that is struck. Counting starts at 1 when the fault is added.
    /// </summary>
    public int From { get; init; } = 1;

    /// <summary>How many calls are struck; <see cref="int.MaxValue"/> for all that follow.</summary>
    public int Times { get; init; } = 1;

    internal FaultKind Kind { get; }

    internal TimeSpan Wait { get; private init; }

    internal LocalError? Error { get; private init; }

    internal Action? BeforeCall { get; private init; }

    /// <summary>
    /// Somebody else acts first: <paramref name="act"/> runs just before the call. Then the call is answered as usual.
    /// </summary>
    public static Fault Meanwhile(Action act) => new(FaultKind.Meanwhile) { BeforeCall = act };

    /// <summary>The service refuses the call with this error; no effect.</summary>
    /// <param name="code">For example <c>AccessDeniedException</c>.</param>
    public static Fault Refuse(int status, string code, string message) =>
        new(FaultKind.Refuse) { Error = new LocalError(status, code, message) };

    /// <summary>
    /// The call is answered as usual, but later. The delay is in real time, whatever the server's clock says.
    /// </summary>
    public static Fault Delay(TimeSpan wait) => new(FaultKind.Delay) { Wait = wait };

    /// <summary>
    /// The caller dies before the call. <paramref name="beforeCall"/> runs; it may end a process or cancel a token.
    /// From then on, this call and every later call to any service finds the connection closed, until
    /// <see cref="FaultScript.Clear"/>.
    /// </summary>
    public static Fault Kill(Action? beforeCall = null) => new(FaultKind.Kill) { BeforeCall = beforeCall };
}

internal enum FaultKind
{
    Throttle,
    InternalError,
    Unavailable,
    ExpiredCredentials,
    Refuse,
    Delay,
    Meanwhile,
    CloseBefore,
    CloseAfter,
    HalfSent,
    Kill,
}

/// <summary>
/// The faults in force. If several strike one call, all those that delay it or act before it do so. Of the others, the
/// first one decides the answer.
/// </summary>
public sealed class FaultScript
{
    private readonly Lock gate = new();
    private readonly List<Counted> faults = [];
    private Fault? killed;

    /// <summary>
    /// How many faults have not yet struck as often as they should. Faults without an end do not count. A test asserts
    /// 0; otherwise it tested less than it says.
    /// </summary>
    public int Outstanding
    {
        get
        {
            lock (gate)
            {
                return faults.Count(f => f.Fault.Times != int.MaxValue && f.Seen < f.Fault.From + f.Fault.Times - 1);
            }
        }
    }

    public void Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate)
        {
            faults.Add(new Counted(fault));
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            faults.Clear();
            killed = null;
        }
    }

    /// <summary>Counts the call against every fault that it matches and returns those that strike it.</summary>
    internal IReadOnlyList<Fault> Strike(string service, LocalOperation operation)
    {
        lock (gate)
        {
            if (killed is not null)
            {
                return [Fault.CloseBefore];
            }

            Fault[] struck = [.. faults.Where(f => f.Strikes(service, operation)).Select(f => f.Fault)];
            killed = struck.FirstOrDefault(f => f.Kind == FaultKind.Kill);
            return killed is null ? struck : [killed];
        }
    }

    private sealed class Counted(Fault fault)
    {
        public Fault Fault => fault;

        public int Seen { get; private set; }

        public bool Strikes(string service, LocalOperation operation)
        {
            if (
                (fault.Service ?? service) != service
                || (fault.Operation ?? operation.Name) != operation.Name
                || (fault.Resource ?? operation.Resource) != operation.Resource
            )
            {
                return false;
            }

            Seen++;
            return Seen >= fault.From && Seen - fault.From < fault.Times;
        }
    }
}
