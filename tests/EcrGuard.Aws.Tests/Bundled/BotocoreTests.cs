using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.AppRunner;
using Amazon.CloudFormation;
using Amazon.CodeDeploy;
using Amazon.CodePipeline;
using Amazon.ECR;
using Amazon.ECS;
using Amazon.EventBridge;
using Amazon.Inspector2;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.Scheduler;
using Amazon.SimpleNotificationService;
using EcrGuard.Tests;
using StringComparison = System.StringComparison;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// Every operation, with every member set, against the serializer and the service models of botocore.
/// </summary>
public sealed class BotocoreTests
{
    /// <summary>
    /// Members of Inspector's filters and findings that the package leaves out: it has only what concerns container
    /// images.
    /// </summary>
    private static readonly string[] LeftOut =
    [
        "ListFindings.filterCriteria.componentId",
        "ListFindings.filterCriteria.componentType",
        "ListFindings.filterCriteria.ec2",
        "ListFindings.filterCriteria.networkProtocol",
        "ListFindings.filterCriteria.portRange",
        "ListFindings.filterCriteria.lambdaFunction",
        "ListFindings.filterCriteria.codeVulnerability",
        "ListFindings.filterCriteria.codeRepository",
        "ListCoverage.filterCriteria.ec2",
        "ListCoverage.filterCriteria.lambdaFunction",
        "ListCoverage.filterCriteria.codeRepository",
        "ListCoverage.filterCriteria.lastScannedCommitId",
        "networkReachabilityDetails",
        "codeVulnerabilityDetails",
        "awsEc2Instance",
        "awsLambdaFunction",
        "codeRepository",
        "ec2",
        "lambdaFunction",
    ];

    /// <summary>
    /// The services, with their names in botocore. After the third one, a package has only the request members that
    /// EcrGuard sends and the answer members that it reads.
    /// </summary>
    private static readonly Dictionary<Type, (string Name, Func<string, IDisposable> Connect)> Services = new()
    {
        [typeof(IAmazonECR)] = ("ecr", url => new AmazonECRClient("id", "secret", At<AmazonECRConfig>(url))),
        [typeof(IAmazonInspector2)] = (
            "inspector2",
            url => new AmazonInspector2Client("id", "secret", At<AmazonInspector2Config>(url))
        ),
        [typeof(IAmazonSimpleNotificationService)] = (
            "sns",
            url => new AmazonSimpleNotificationServiceClient(
                "id",
                "secret",
                At<AmazonSimpleNotificationServiceConfig>(url)
            )
        ),
        [typeof(IAmazonECS)] = ("ecs", url => new AmazonECSClient("id", "secret", At<AmazonECSConfig>(url))),
        [typeof(IAmazonLambda)] = (
            "lambda",
            url => new AmazonLambdaClient("id", "secret", At<AmazonLambdaConfig>(url))
        ),
        [typeof(IAmazonAppRunner)] = (
            "apprunner",
            url => new AmazonAppRunnerClient("id", "secret", At<AmazonAppRunnerConfig>(url))
        ),
        [typeof(IAmazonCodeDeploy)] = (
            "codedeploy",
            url => new AmazonCodeDeployClient("id", "secret", At<AmazonCodeDeployConfig>(url))
        ),
        [typeof(IAmazonCodePipeline)] = (
            "codepipeline",
            url => new AmazonCodePipelineClient("id", "secret", At<AmazonCodePipelineConfig>(url))
        ),
        [typeof(IAmazonCloudFormation)] = (
            "cloudformation",
            url => new AmazonCloudFormationClient("id", "secret", At<AmazonCloudFormationConfig>(url))
        ),
        [typeof(IAmazonEventBridge)] = (
            "events",
            url => new AmazonEventBridgeClient("id", "secret", At<AmazonEventBridgeConfig>(url))
        ),
        [typeof(IAmazonScheduler)] = (
            "scheduler",
            url => new AmazonSchedulerClient("id", "secret", At<AmazonSchedulerConfig>(url))
        ),
    };

    private static readonly string[] Whole = ["ecr", "inspector2", "sns"];

    /// <summary>The services that answer in XML.</summary>
    private static readonly string[] Query = ["cloudformation", "sns"];

    public static TheoryData<Type> Clients => [.. Services.Keys];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Requests_and_answers_are_those_of_the_service_model(Type client)
    {
        await Tool.RequireAsync("botocore", "python3", "-c", "import botocore");
        var operations = client
            .GetMethods()
            .Where(m =>
                m.GetParameters() is [{ ParameterType: var request }, _]
                && request.IsSubclassOf(typeof(AmazonWebServiceRequest))
                && request != typeof(InvokeRequest)
            )
            .Select(m =>
                (
                    Method: m,
                    Name: m.Name[..^"Async".Length],
                    Request: (AmazonWebServiceRequest)Sample.Of(m.GetParameters()[0].ParameterType, "")
                )
            )
            .ToList();
        Assert.NotEmpty(operations);

        var (service, connect) = Services[client];
        var expected = await BotocoreAsync([
            .. operations.Select(o => new JsonObject
            {
                ["service"] = service,
                ["operation"] = o.Name,
                ["parameters"] = Sample.ToJson(o.Request),
            }),
        ]);

        var answers = operations
            .Zip(expected)
            .ToDictionary(pair => pair.First.Name, pair => pair.Second!["answer"]!.ToJsonString());
        var current = "";
        await using var aws = await Loopback.StartAsync(
            (_, _) => Query.Contains(service) ? Answer.Xml($"<{current}Response/>") : Answer.Json(answers[current])
        );
        using var bundled = connect(aws.Url);
        foreach (var ((method, name, request), model) in operations.Zip(expected))
        {
            current = name;
            var task = (Task)method.Invoke(bundled, [request, TestContext.Current.CancellationToken])!;
            await task;
            AssertRequest(model!, aws.Requests[^1]);
            if (Whole.Contains(service))
                Assert.Equal(
                    "",
                    string.Join(
                        '\n',
                        model!["missing"]!
                            .AsArray()
                            .Select(m => (string)m!)
                            .Where(m => !LeftOut.Any(left => m.StartsWith(left, StringComparison.Ordinal)))
                    )
                );
            if (!Query.Contains(service))
                AssertAnswer(
                    name,
                    model!["answer"]!.AsObject(),
                    task.GetType().GetProperty("Result")!.GetValue(task)!,
                    Whole.Contains(service)
                );
        }
    }

    [Fact]
    public async Task An_invocation_carries_its_payload_as_it_is()
    {
        await Tool.RequireAsync("botocore", "python3", "-c", "import botocore");
        var payload = "{\"é\":1}";
        var parameters = new JsonObject
        {
            ["FunctionName"] = "arn:aws:lambda:eu-central-1:111122223333:function:guard",
            ["InvocationType"] = "RequestResponse",
            ["Qualifier"] = "a/b",
            ["Payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(payload)),
        };
        var model = Assert.Single(
            await BotocoreAsync([
                new JsonObject
                {
                    ["service"] = "lambda",
                    ["operation"] = "Invoke",
                    ["parameters"] = parameters,
                },
            ])
        )!;
        await using var aws = await Loopback.StartAsync(
            new Answer(
                200,
                "no JSON",
                "text/plain",
                0,
                ("X-Amz-Function-Error", "Unhandled"),
                ("X-Amz-Executed-Version", "7")
            )
        );
        using var lambda = new AmazonLambdaClient("id", "secret", At<AmazonLambdaConfig>(aws.Url));

        var response = await lambda.InvokeAsync(
            new InvokeRequest
            {
                FunctionName = (string)parameters["FunctionName"]!,
                InvocationType = InvocationType.RequestResponse,
                Qualifier = "a/b",
                Payload = payload,
            },
            TestContext.Current.CancellationToken
        );

        AssertRequest(model, Assert.Single(aws.Requests));
        Assert.Equal(
            (200, "Unhandled", "7", "no JSON"),
            (
                response.StatusCode,
                response.FunctionError,
                response.ExecutedVersion,
                Encoding.UTF8.GetString(response.Payload.ToArray())
            )
        );
    }

    [Fact]
    public async Task A_request_without_a_label_of_its_path_is_not_sent()
    {
        await using var aws = await Loopback.StartAsync(Answer.Json("{}"));
        using var lambda = new AmazonLambdaClient("id", "secret", At<AmazonLambdaConfig>(aws.Url));

        var error = await Assert.ThrowsAsync<AmazonClientException>(() =>
            lambda.GetFunctionAsync(new GetFunctionRequest(), TestContext.Current.CancellationToken)
        );

        Assert.Contains("FunctionName", error.Message, StringComparison.Ordinal);
        Assert.Empty(aws.Requests);
    }

    private static async Task<JsonArray> BotocoreAsync(JsonArray calls)
    {
        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "Bundled", "botocore_wire.py")]),
            calls.ToJsonString()
        );
        Assert.True(exitCode == 0, output);
        return JsonNode.Parse(output)!.AsArray();
    }

    private static T At<T>(string url)
        where T : ClientConfig, new() => new() { ServiceURL = url, AuthenticationRegion = "eu-central-1" };

    private static void AssertRequest(JsonNode model, Captured actual)
    {
        Assert.Equal(
            ((string?)model["method"], PathAndQuery((string)model["path"]!)),
            (actual.Method, PathAndQuery(actual.Target))
        );
        foreach (var (name, value) in model["headers"]!.AsObject())
            Assert.Equal((string)value!, actual.Headers[name]);
        if (model["body"] is JsonObject form)
        {
            var sent = actual
                .Text.Split('&')
                .Select(p => p.Split('='))
                .ToDictionary(p => Uri.UnescapeDataString(p[0]), p => Uri.UnescapeDataString(p[1]));
            Assert.Equal(form.ToDictionary(p => p.Key, p => (string)p.Value!), sent);
        }
        else if (
            actual.Headers.TryGetValue("Content-Type", out var type) && !type.Contains("json", StringComparison.Ordinal)
            || (string)model["body"]! == ""
        )
        {
            Assert.Equal((string)model["body"]!, actual.Text);
        }
        else
        {
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse((string)model["body"]!), JsonNode.Parse(actual.Text)),
                $"botocore: {model["body"]}\nbundled: {actual.Text}"
            );
        }
    }

    /// <summary>The order of a query's parameters has no meaning.</summary>
    private static string PathAndQuery(string target) =>
        target.Split('?') is [var path, var query]
            ? $"{path}?{string.Join('&', query.Split('&').Order(StringComparer.Ordinal))}"
            : target;

    /// <summary>
    /// Every member of the answer is in the object, except what is left out, and the object has nothing else.
    /// </summary>
    private static void AssertAnswer(string path, JsonNode? wire, object? value, bool whole)
    {
        switch (wire)
        {
            case JsonObject map when value is IDictionary dictionary:
                Assert.Equal(map.Count, dictionary.Count);
                foreach (var (key, item) in map)
                    AssertAnswer($"{path}.{key}", item, dictionary[key], whole);
                break;
            case JsonObject structure:
                Assert.NotNull(value);
                var properties = value
                    .GetType()
                    .GetProperties()
                    .Where(p => p.DeclaringType != typeof(AmazonWebServiceResponse))
                    .ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
                foreach (var (name, item) in structure)
                {
                    if (properties.Remove(name, out var property))
                        AssertAnswer($"{path}.{name}", item, property.GetValue(value), whole);
                    else if (whole)
                        Assert.Contains(name, LeftOut);
                }
                Assert.Empty(properties.Keys);
                break;
            case JsonArray array:
                var list = Assert.IsAssignableFrom<IList>(value);
                Assert.Equal(array.Count, list.Count);
                for (var i = 0; i < array.Count; i++)
                    AssertAnswer($"{path}[{i}]", array[i], list[i], whole);
                break;
            default:
                var expected =
                    wire!.GetValueKind() == JsonValueKind.Number && value is DateTime
                        ? $"{DateTime.UnixEpoch.AddSeconds((double)wire):O}"
                        : wire.ToString();
                Assert.Equal(
                    (path, expected),
                    (
                        path,
                        value switch
                        {
                            DateTime time => $"{time:O}",
                            bool flag => flag ? "true" : "false",
                            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                            _ => value?.ToString(),
                        }
                    )
                );
                break;
        }
    }
}

/// <summary>Request objects with every property set, and the same as JSON.</summary>
internal static class Sample
{
    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    internal static object Of(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return $"{name} é\"<&";
        if (type == typeof(int))
            return 7;
        if (type == typeof(long))
            return 8L;
        if (type == typeof(double))
            return 0.5;
        if (type == typeof(bool))
            return true;
        if (type == typeof(DateTime))
            return Time;
        if (type == typeof(MemoryStream))
            return new MemoryStream([1, 2, 3]);
        if (type.IsSubclassOf(typeof(ConstantClass)))
            return type.GetFields().First(f => f.FieldType == type).GetValue(null)!;
        var value = Activator.CreateInstance(type)!;
        if (value is IList list)
        {
            for (var i = 0; i < 2; i++)
                list.Add(Of(type.GetGenericArguments()[0], $"{name}{i}"));
            return value;
        }
        if (value is IDictionary map)
        {
            map.Add("key", Of(type.GetGenericArguments()[1], name));
            return value;
        }
        foreach (var property in Properties(type))
            property.SetValue(value, Of(property.PropertyType, property.Name));
        return value;
    }

    internal static JsonNode? ToJson(object? value) =>
        value switch
        {
            null => null,
            string text => text,
            int number => number,
            long number => number,
            double number => number,
            bool flag => flag,
            DateTime time => $"{time:O}",
            MemoryStream bytes => Convert.ToBase64String(bytes.ToArray()),
            ConstantClass constant => constant.Value,
            IDictionary map => new JsonObject(
                map.Keys.Cast<string>().Select(key => KeyValuePair.Create(key, ToJson(map[key])))
            ),
            IList list => new JsonArray([.. list.Cast<object>().Select(ToJson)]),
            _ => new JsonObject(
                Properties(value.GetType()).Select(p => KeyValuePair.Create(p.Name, ToJson(p.GetValue(value))))
            ),
        };

    private static IEnumerable<System.Reflection.PropertyInfo> Properties(Type type) =>
        type.GetProperties().Where(p => p.CanWrite && p.DeclaringType!.Assembly == type.Assembly);
}
