using System.Globalization;
using System.Text;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <content>The protocol: REST with JSON bodies.</content>
public sealed partial class LocalInspector
{
    private const string ContentType = "application/json";

    // The service model limits the response list to 25, although a request may ask for 100.
    private const int FindingsPerPage = 25;
    private const int ResourcesPerPage = 200;

    private static readonly Dictionary<string, string> Operations = new()
    {
        ["/findings/list"] = "ListFindings",
        ["/coverage/list"] = "ListCoverage",
    };

    private readonly Dictionary<string, TokenBucket> buckets = [];

    string ILocalService.SigningName => "inspector2";

    bool ILocalService.LooksLikeMine(LocalCall call) => Operations.ContainsKey(call.Path);

    LocalOperation ILocalService.Identify(LocalCall call) =>
        call.Method == "POST" && Operations.TryGetValue(call.Path, out var name)
            ? new LocalOperation(name, null)
            : throw LocalError.Unexpected("UnknownOperationException", $"{call.Method} {call.Path} is not known here.");

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var request = JsonWire.Read<ListRequest>(call);
        lock (account.Gate)
        {
            if (!Grants(operation.Name))
            {
                throw ((ILocalService)this).For(Trouble.Throttled);
            }

            return JsonWire.Answer(
                ContentType,
                operation.Name == "ListFindings" ? ListFindings(request) : ListCoverage(request)
            );
        }
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(429, "ThrottlingException", "Rate exceeded"),
            Trouble.InternalError => new LocalError(
                500,
                "InternalServerException",
                "The request has failed due to an internal failure."
            ),
            Trouble.Unavailable => new LocalError(
                503,
                "ServiceUnavailableException",
                "Service is temporarily unavailable."
            ),
            Trouble.ExpiredCredentials => new LocalError(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        JsonWire.Refuse(
            ContentType,
            error.Status,
            new Members
            {
                ["Message"] = error.Message,
                ["Reason"] = error.Code == "ValidationException" ? "FIELD_VALIDATION_FAILED" : null,
            }
        ) with
        {
            Headers = new Dictionary<string, string> { ["x-amzn-ErrorType"] = error.Code },
        };

    private bool Grants(string operation)
    {
        if (account.Options.InspectorRate is not { } rate)
        {
            return true;
        }

        if (!buckets.TryGetValue(operation, out var bucket))
        {
            bucket = new TokenBucket(rate, account.Options.TimeProvider);
            buckets.Add(operation, bucket);
        }

        return bucket.TryTake();
    }

    private static LocalError Invalid(string message) => new(400, "ValidationException", message);

    /// <summary>
    /// Whether a resource passes the criteria. All fields must pass. Within a field, one EQUALS, PREFIX or range must
    /// match, and every NOT_EQUALS must hold.
    /// </summary>
    private static Func<T, bool> Passing<T>(
        ListRequest request,
        Dictionary<string, Func<T, IEnumerable<string>>> fields,
        Dictionary<string, Func<T, long?>> numbers,
        Dictionary<string, Func<T, DateTimeOffset?>> times,
        bool prefixes
    )
    {
        var tests = new List<Func<T, bool>>();
        foreach (var (field, filters) in request.FilterCriteria ?? new Dictionary<string, IReadOnlyList<Filter>>())
        {
            if (
                times.TryGetValue(field, out var timeOf)
                && filters.All(f => f is { Comparison: null, Value: null, LowerInclusive: null, UpperInclusive: null })
            )
            {
                tests.Add(resource =>
                    timeOf(resource)?.ToUnixTimeMilliseconds() / 1000.0 is { } time
                    && filters.Any(f => time >= (f.StartInclusive ?? time) && time <= (f.EndInclusive ?? time))
                );
                continue;
            }

            if (
                numbers.TryGetValue(field, out var numberOf)
                && filters.All(f => f is { Comparison: null, Value: null, StartInclusive: null, EndInclusive: null })
            )
            {
                tests.Add(resource =>
                    numberOf(resource) is { } number
                    && filters.Any(f =>
                        number >= (f.LowerInclusive ?? number) && number <= (f.UpperInclusive ?? number)
                    )
                );
                continue;
            }

            if (
                !fields.TryGetValue(field, out var valuesOf)
                || filters.Any(f =>
                    f
                        is not {
                            Comparison: not null,
                            Value: not null,
                            LowerInclusive: null,
                            UpperInclusive: null,
                            StartInclusive: null,
                            EndInclusive: null
                        }
                )
            )
            {
                throw LocalError.Unexpected("ValidationException", $"The filter '{field}' is not known here.");
            }

            if (filters.Count is < 1 or > 10 || filters.Any(f => f.Value!.Length is < 1 or > 1024))
            {
                throw Invalid(
                    $"1 validation error detected: the list of filters at '{field}' must have 1 to 10 values "
                        + "of 1 to 1024 characters"
                );
            }

            if (
                filters.FirstOrDefault(f =>
                    f.Comparison is not ("EQUALS" or "NOT_EQUALS") && !(prefixes && f.Comparison == "PREFIX")
                ) is
                { } unknown
            )
            {
                throw Invalid($"1 validation error detected: '{unknown.Comparison}' at '{field}' is not a comparison");
            }

            var wanted = filters.Where(f => f.Comparison != "NOT_EQUALS").ToList();
            var unwanted = filters.Where(f => f.Comparison == "NOT_EQUALS").Select(f => f.Value!).ToHashSet();
            tests.Add(resource =>
                (wanted.Count == 0 || valuesOf(resource).Any(v => wanted.Any(w => Matches(w, v))))
                && !valuesOf(resource).Any(unwanted.Contains)
            );
        }

        return resource => tests.All(test => test(resource));

        static bool Matches(Filter filter, string value) =>
            filter.Comparison == "PREFIX"
                ? value.StartsWith(filter.Value!, StringComparison.Ordinal)
                : value == filter.Value;
    }

    private static (IReadOnlyList<T> Items, string? NextToken) Page<T>(
        string listing,
        ListRequest request,
        int most,
        int perPage,
        bool emptyFirst,
        bool repeats,
        IEnumerable<T> items
    )
    {
        if (request.MaxResults is { } asked && (asked < 1 || asked > most))
        {
            throw Invalid(
                $"1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy constraint: "
                    + $"Member must be between 1 and {most}"
            );
        }

        if (request.NextToken is null && emptyFirst)
        {
            return ([], Token(0));
        }

        var start = 0;
        if (request.NextToken is { } token)
        {
            var bytes = new byte[token.Length];
            start =
                Convert.TryFromBase64String(token, bytes, out var length)
                && Encoding.UTF8.GetString(bytes, 0, length).Split('\n') is [var issuedFor, var at]
                && issuedFor == listing
                    ? int.Parse(at, CultureInfo.InvariantCulture)
                    : throw Invalid("The pagination token is not valid.");
        }

        var size = Math.Min(request.MaxResults ?? perPage, perPage);
        var page = items.Skip(start).Take(size + 1).ToList();
        var next = start + size - (repeats && size > 1 ? 1 : 0);
        return page.Count <= size ? (page, null) : (page[..size], Token(next));

        string Token(int at) =>
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{listing}\n{at}"))
            );
    }
}
