using System.Text;

namespace EcrGuard.LocalAws.Lambda;

/// <summary>
/// AWS Lambda in memory: functions with their published versions, and handlers that run in this process.
/// </summary>
public sealed class LocalLambda : LocalRestService, ILocalService
{
    /// <summary>A page never holds more functions, whatever the request asks for.</summary>
    private const int PerPage = 50;

    private readonly LocalAccount account;
    private readonly SortedDictionary<string, Function> functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<string, Task<string>>> handlers = [];

    internal LocalLambda(LocalAccount account)
        : base("lambda", "/2015-03-31/functions") => this.account = account;

    private protected override LocalError Throttled => new(429, "TooManyRequestsException", "Rate Exceeded.");

    /// <summary>Creates a function that is an image.</summary>
    /// <param name="imageUri">As given: by tag or digest.</param>
    /// <param name="resolvedImageUri">By digest, as Lambda pulled it.</param>
    public void CreateFunction(string name, string imageUri, string resolvedImageUri)
    {
        lock (Gate)
        {
            functions.Add(name, new Function(name) { Latest = new Code(imageUri, resolvedImageUri) });
            EmitCall("CreateFunction20150331", name, "Image");
        }
    }

    /// <summary>Creates a function that is a .zip file.</summary>
    public void CreateZipFunction(string name)
    {
        lock (Gate)
        {
            functions.Add(name, new Function(name));
            EmitCall("CreateFunction20150331", name, "Zip");
        }
    }

    /// <summary>Gives $LATEST another image.</summary>
    public void UpdateFunctionCode(string name, string imageUri, string resolvedImageUri)
    {
        lock (Gate)
        {
            functions[name].Latest = new Code(imageUri, resolvedImageUri);
            EmitCall("UpdateFunctionCode20150331v2", name, "Image");
        }
    }

    /// <summary>Publishes $LATEST as the next version.</summary>
    /// <returns>Its number.</returns>
    public string PublishVersion(string name)
    {
        lock (Gate)
        {
            functions[name].Versions.Add(functions[name].Latest);
            var version = $"{functions[name].Versions.Count}";
            EmitCall("PublishVersion20150331", name, functions[name].Latest is null ? "Zip" : "Image", version);
            return version;
        }
    }

    public void DeleteFunction(string name)
    {
        lock (Gate)
        {
            functions.Remove(name);
        }
    }

    /// <summary>
    /// Sets the handler of a function. It takes the event's JSON and returns the answer's JSON. An exception is the
    /// function's error.
    /// </summary>
    public void Register(string name, Func<string, Task<string>> handler)
    {
        lock (Gate)
        {
            handlers[name] = handler;
        }
    }

    Task<LocalAnswer> ILocalService.AnswerAsync(LocalCall call, LocalOperation operation) =>
        operation.Name == "Invoke"
            ? InvokeAsync(call, operation)
            : Task.FromResult(((ILocalService)this).Answer(call, operation));

    private protected override LocalOperation? Operation(string method, string[] path) =>
        (method, path) switch
        {
            ("GET", []) => new LocalOperation("ListFunctions", null),
            ("GET", [var function]) => new LocalOperation("GetFunction", NameOf(function)),
            ("POST", [var function, "invocations"]) => new LocalOperation("Invoke", NameOf(function)),
            _ => null,
        };

    private protected override object Answer(LocalOperation operation, QueryParameters query) =>
        operation.Name == "ListFunctions" ? ListFunctions(query) : GetFunction(operation.Resource!, query);

    private void EmitCall(string call, string function, string packageType, string? version = null) =>
        account.EmitCall(
            "lambda",
            call,
            new Members { ["functionName"] = function },
            new Members
            {
                ["functionName"] = function,
                ["functionArn"] = Arn(function, version),
                ["version"] = version ?? Function.LatestVersion,
                ["packageType"] = packageType,
            }
        );

    private static LocalError Invalid(string message) => new(400, "InvalidParameterValueException", message);

    /// <summary>A function may be named by its ARN.</summary>
    private static string NameOf(string function) =>
        function.Split(':') is ["arn", _, "lambda", _, _, "function", var name, ..] ? name : function;

    private Members ListFunctions(QueryParameters query)
    {
        var all = query.Take("FunctionVersion") switch
        {
            null => false,
            "ALL" => true,
            var other => throw Invalid(
                $"1 validation error detected: Value '{other}' at 'functionVersion' failed to satisfy "
                    + "constraint: Member must satisfy enum value set: [ALL]"
            ),
        };
        var size =
            int.TryParse(query.Take("MaxItems") ?? $"{PerPage}", out var asked) && asked is >= 1 and <= 10_000
                ? Math.Min(asked, PerPage)
                : throw Invalid("MaxItems must be between 1 and 10000.");
        var marker = query.Take("Marker");
        query.End();
        var (page, next) = LocalPages.Of(
            "ListFunctions",
            marker,
            size,
            account.Options.EmptyPages,
            functions.Values.SelectMany(f =>
                f.All.Where(v => all || v.Version == Function.LatestVersion)
                    .Select(v => Configuration(f, v.Version, v.Code))
            ),
            () => Invalid("Invalid marker")
        );
        return new Members { ["Functions"] = page, ["NextMarker"] = next };
    }

    private Members GetFunction(string name, QueryParameters query)
    {
        var version = query.Take("Qualifier") ?? Function.LatestVersion;
        query.End();
        var found = functions.GetValueOrDefault(name);
        if (found is null || !found.All.Any(v => v.Version == version))
        {
            throw NotFound(name, version);
        }

        var code = found.All.First(v => v.Version == version).Code;
        return new Members
        {
            ["Configuration"] = Configuration(found, version, code),
            ["Code"] = new Members
            {
                ["RepositoryType"] = code is null ? "S3" : "ECR",
                ["ImageUri"] = code?.ImageUri,
                ["ResolvedImageUri"] = code?.ResolvedImageUri,
            },
        };
    }

    private Members Configuration(Function function, string version, Code? code) =>
        new Members
        {
            ["FunctionName"] = function.Name,
            ["FunctionArn"] = Arn(function.Name, version == Function.LatestVersion ? null : version),
            ["Version"] = version,
            ["PackageType"] = code is null ? "Zip" : "Image",
        };

    private string Arn(string name, string? qualifier) =>
        $"arn:aws:lambda:{account.Options.Region}:{account.Options.AccountId}:function:{name}"
        + (qualifier is null ? "" : $":{qualifier}");

    private LocalError NotFound(string name, string? qualifier) =>
        new(404, "ResourceNotFoundException", $"Function not found: {Arn(name, qualifier)}");

    private async Task<LocalAnswer> InvokeAsync(LocalCall call, LocalOperation operation)
    {
        new QueryParameters(call.Query).End();
        Func<string, Task<string>>? handler;
        lock (Gate)
        {
            handler = handlers.GetValueOrDefault(operation.Resource!);
        }

        if (handler is null)
        {
            throw NotFound(operation.Resource!, null);
        }

        switch (call.Headers["X-Amz-Invocation-Type"].ToString())
        {
            case "" or "RequestResponse":
                try
                {
                    return Payload(
                        200,
                        await handler(call.Text).ConfigureAwait(false),
                        ("X-Amz-Executed-Version", Function.LatestVersion)
                    );
                }
#pragma warning disable CA1031 // Whatever a function throws is its answer.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    var payload = JsonWire.Write(
                        new Members { ["ErrorType"] = error.GetType().Name, ["ErrorMessage"] = error.Message }
                    );
                    return Payload(
                        200,
                        payload,
                        ("X-Amz-Function-Error", "Unhandled"),
                        ("X-Amz-Executed-Version", Function.LatestVersion)
                    );
                }

            case "Event":
                await handler(call.Text).ConfigureAwait(false);
                return Payload(202, "");
            case var other:
                throw LocalError.Unexpected(
                    "InvalidParameterValueException",
                    $"The invocation type '{other}' is not known here."
                );
        }
    }

    private static LocalAnswer Payload(int status, string json, params (string Name, string Value)[] headers) =>
        new(status, "application/json", Encoding.UTF8.GetBytes(json))
        {
            Headers = headers.ToDictionary(h => h.Name, h => h.Value),
        };

    /// <summary>The code of a function that is an image; a .zip file has none.</summary>
    private sealed record Code(string ImageUri, string ResolvedImageUri);

    private sealed class Function(string name)
    {
        public const string LatestVersion = "$LATEST";

        public string Name => name;

        public Code? Latest { get; set; }

        public List<Code?> Versions { get; } = [];

        public IEnumerable<(string Version, Code? Code)> All =>
            [(LatestVersion, Latest), .. Versions.Select((code, at) => ($"{at + 1}", code))];
    }
}
