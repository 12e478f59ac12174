using System.Text.Json;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.SecurityToken;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;
using Kms = Amazon.KeyManagementService.Model;
using Sts = Amazon.SecurityToken.Model;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// The plumbing makes the same requests as the published packages. Operations of KMS (JSON 1.1) and STS (query) are
/// built on it like the bundled packages, and compared with AWSSDK.KeyManagementService and AWSSDK.SecurityToken on one
/// loopback port.
/// </summary>
public sealed class PlumbingProofTests
{
    // These are not constants, because the analyzers in the published packages refuse constants that the service would
    // refuse.
    private static readonly string Odd = "arn:aws:iam::111122223333:role/\"é<>&'+ ~*%20\t\u2028\U0001F512";
    private static readonly string Empty = "";

    public static TheoryData<string> Grants => ["nothing", "everything", "empty"];

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task A_JSON_operation_sends_the_bytes_of_the_published_package(string what)
    {
        await using var aws = await Loopback.StartAsync(Answer.Json("""{"GrantId":"g","GrantToken":"t"}"""));
        using var published = PublishedKms(aws.Url);
        using var ours = new TestKms(aws.Url);
        var request = what switch
        {
            "nothing" => new Kms.CreateGrantRequest(),
            "empty" => new Kms.CreateGrantRequest
            {
                Name = Empty,
                Operations = [],
                GrantTokens = [],
                Constraints = new Kms.GrantConstraints { EncryptionContextEquals = [] },
            },
            _ => new Kms.CreateGrantRequest
            {
                KeyId = "k",
                GranteePrincipal = Odd,
                Operations = ["Decrypt", "Encrypt"],
                GrantTokens = ["one", ""],
                Constraints = new Kms.GrantConstraints
                {
                    EncryptionContextEquals = new() { ["a"] = "b", ["c"] = "\t\\/" },
                },
                DryRun = false,
            },
        };

        var expected = await published.CreateGrantAsync(request);
        var actual = await ours.CreateGrantAsync(request);

        AssertSameRequest(aws.Requests[0], aws.Requests[1]);
        Assert.Equal(
            (expected.GrantId, expected.GrantToken, expected.HttpStatusCode),
            (actual.GrantId, actual.GrantToken, actual.HttpStatusCode)
        );
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05.4Z")]
    [InlineData("2026-01-02T03:04:05.6Z")]
    [InlineData("1969-12-31T23:59:59.2Z")]
    public async Task Times_and_numbers_are_sent_as_the_published_package_sends_them(string time)
    {
        await using var aws = await Loopback.StartAsync(Answer.Json("{}"));
        using var published = PublishedKms(aws.Url);
        using var ours = new TestKms(aws.Url);
        var import = new Kms.ImportKeyMaterialRequest
        {
            KeyId = "k",
            ValidTo = DateTime.Parse(time, null, System.Globalization.DateTimeStyles.AdjustToUniversal),
        };
        var list = new Kms.ListKeysRequest { Limit = 1000, Marker = "m" };

        await published.ImportKeyMaterialAsync(import);
        await ours.ImportKeyMaterialAsync(import);
        await published.ListKeysAsync(list);
        await ours.ListKeysAsync(list);

        AssertSameRequest(aws.Requests[0], aws.Requests[1]);
        AssertSameRequest(aws.Requests[2], aws.Requests[3]);
    }

    [Fact]
    public async Task A_JSON_answer_reads_as_the_published_package_reads_it()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Json(
                """{"Keys":[{"KeyId":"a","KeyArn":null,"x":{}},{"KeyArn":"b"}],"Truncated":true,"NextMarker":"n"}"""
            )
        );
        using var published = PublishedKms(aws.Url);
        using var ours = new TestKms(aws.Url);

        var expected = await published.ListKeysAsync(new Kms.ListKeysRequest());
        var actual = await ours.ListKeysAsync(new Kms.ListKeysRequest());

        Assert.Equal(expected.Keys.Select(k => (k.KeyId, k.KeyArn)), actual.Keys.Select(k => (k.KeyId, k.KeyArn)));
        Assert.Equal((expected.Truncated, expected.NextMarker), (actual.Truncated, actual.NextMarker));
    }

    [Theory]
    [InlineData(400, "LimitExceededException")]
    [InlineData(400, "SomethingNew")]
    [InlineData(500, "KMSInternalException")]
    public async Task A_JSON_error_arrives_as_the_published_package_throws_it(int status, string code)
    {
        await using var aws = await Loopback.StartAsync(
            Answer.JsonError(status, code, "m") with
            {
                Headers = [("x-amzn-RequestId", "r")],
            }
        );
        using var published = PublishedKms(aws.Url);
        using var ours = new TestKms(aws.Url);

        var expected = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
            published.CreateGrantAsync(new Kms.CreateGrantRequest())
        );
        var actual = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
            ours.CreateGrantAsync(new Kms.CreateGrantRequest())
        );

        Assert.Equal(expected.GetType(), actual.GetType());
        Assert.Equal(Head(expected), Head(actual));
    }

    [Theory]
    [MemberData(nameof(Grants))]
    public async Task A_query_operation_sends_the_bytes_of_the_published_package(string what)
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Xml(
                """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><SourceIdentity>s</SourceIdentity></AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>"""
            )
        );
        using var published = PublishedSts(aws.Url);
        using var ours = new TestSts(aws.Url);
        var request = what switch
        {
            "nothing" => new Sts.AssumeRoleRequest(),
            "empty" => new Sts.AssumeRoleRequest { Policy = Empty, Tags = [] },
            _ => new Sts.AssumeRoleRequest
            {
                RoleArn = Odd,
                RoleSessionName = Odd,
                DurationSeconds = 900,
                PolicyArns =
                [
                    new Sts.PolicyDescriptorType { Arn = Odd },
                    new Sts.PolicyDescriptorType { Arn = "arn:aws:iam::aws:policy/ReadOnlyAccess" },
                ],
                Tags = [new Sts.Tag { Key = "k", Value = "v" }],
            },
        };

        var expected = await published.AssumeRoleAsync(request);
        var actual = await ours.AssumeRoleAsync(request);

        AssertSameRequest(aws.Requests[0], aws.Requests[1]);
        Assert.Equal(
            (expected.SourceIdentity, expected.ResponseMetadata.RequestId, expected.HttpStatusCode),
            (actual.SourceIdentity, actual.ResponseMetadata.RequestId, actual.HttpStatusCode)
        );
    }

    [Theory]
    [InlineData("ExpiredTokenException")]
    [InlineData("SomethingNew")]
    public async Task A_query_error_arrives_as_the_published_package_throws_it(string code)
    {
        await using var aws = await Loopback.StartAsync(
            new Answer(
                400,
                $"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>""",
                "text/xml"
            )
        );
        using var published = PublishedSts(aws.Url);
        using var ours = new TestSts(aws.Url);

        var expected = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
            published.AssumeRoleAsync(new Sts.AssumeRoleRequest())
        );
        var actual = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
            ours.AssumeRoleAsync(new Sts.AssumeRoleRequest())
        );

        Assert.Equal(expected.GetType(), actual.GetType());
        Assert.Equal(Head(expected), Head(actual));
    }

    [Fact]
    public void The_public_members_of_a_client_are_those_of_the_published_package()
    {
        static IEnumerable<string> Of(Type type, string name) =>
            ApiLines
                .Of(type)
                .Where(line => line[0] is 'C' or 'P')
                .Select(line => line.Replace(name, "", StringComparison.Ordinal))
                .Order();

        Assert.Equal(
            Of(typeof(AmazonKeyManagementServiceConfig), "KeyManagementService"),
            Of(typeof(Amazon.ECR.AmazonECRConfig), "ECR")
        );
        Assert.Equal(
            Of(typeof(AmazonKeyManagementServiceClient), "KeyManagementService"),
            Of(typeof(Amazon.ECR.AmazonECRClient), "ECR")
        );
    }

    private static AmazonKeyManagementServiceConfig KmsConfig(string url) =>
        new()
        {
            ServiceURL = url,
            AuthenticationRegion = "eu-central-1",
            MaxErrorRetry = 0,
        };

    private static AmazonSecurityTokenServiceConfig StsConfig(string url) =>
        new()
        {
            ServiceURL = url,
            AuthenticationRegion = "eu-central-1",
            MaxErrorRetry = 0,
        };

    private static AmazonKeyManagementServiceClient PublishedKms(string url) => new("id", "secret", KmsConfig(url));

    private static AmazonSecurityTokenServiceClient PublishedSts(string url) => new("id", "secret", StsConfig(url));

    private static object Head(AmazonServiceException e) =>
        (e.Message, e.ErrorCode, e.ErrorType, e.RequestId, e.StatusCode);

    /// <summary>
    /// Compares everything except what changes from call to call (time, ids, signature) and the user agent, which names
    /// the sender.
    /// </summary>
    private static void AssertSameRequest(Captured expected, Captured actual)
    {
        static IEnumerable<string> Of(Captured request) =>
            [
                $"{request.Method} {request.Target}",
                request.Text,
                .. request
                    .Headers.Where(h =>
                        !new[] { "User-Agent", "X-Amz-Date", "amz-sdk-invocation-id" }.Contains(
                            h.Key,
                            StringComparer.OrdinalIgnoreCase
                        )
                    )
                    .Select(h =>
                        h.Key == "Authorization"
                            ? $"{h.Key}: {h.Value[..h.Value.IndexOf("Signature=", StringComparison.Ordinal)]}"
                            : $"{h.Key}: {h.Value}"
                    ),
            ];
        Assert.Equal(Of(expected), Of(actual));
    }

    private sealed class TestKms(string url) : AmazonServiceClient("id", "secret", KmsConfig(url))
    {
        private static readonly ServiceModel Service = new(
            "Amazon.KeyManagementService",
            "2014-11-01",
            e =>
                e.Code switch
                {
                    "LimitExceededException" => new Kms.LimitExceededException(
                        e.Message,
                        e.Inner,
                        e.Type,
                        e.Code,
                        e.RequestId,
                        e.Status
                    ),
                    "KMSInternalException" => new Kms.KMSInternalException(
                        e.Message,
                        e.Inner,
                        e.Type,
                        e.Code,
                        e.RequestId,
                        e.Status
                    ),
                    _ => null,
                },
            e => new AmazonKeyManagementServiceException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
        );

        private static readonly InvokeOptions CreateGrant = Operation<Kms.CreateGrantRequest, Kms.CreateGrantResponse>(
            "CreateGrant",
            (json, value) =>
            {
                json.Member(
                    "Constraints",
                    value.Constraints,
                    (json, value) =>
                    {
                        json.Member("EncryptionContextEquals", value.EncryptionContextEquals);
                        json.Member("EncryptionContextSubset", value.EncryptionContextSubset);
                    }
                );
                json.Member("DryRun", value.DryRun);
                json.Member("GrantTokens", value.GrantTokens);
                json.Member("GranteePrincipal", value.GranteePrincipal);
                json.Member("KeyId", value.KeyId);
                json.Member("Name", value.Name);
                json.Member("Operations", value.Operations);
                json.Member("RetiringPrincipal", value.RetiringPrincipal);
            },
            (ref Json json) =>
            {
                var value = new Kms.CreateGrantResponse();
                while (json.NextMember())
                {
                    if (json.At("GrantId"))
                        value.GrantId = json.String();
                    else if (json.At("GrantToken"))
                        value.GrantToken = json.String();
                    else
                        json.Skip();
                }
                return value;
            }
        );

        private static readonly InvokeOptions ImportKeyMaterial = Operation<
            Kms.ImportKeyMaterialRequest,
            Kms.ImportKeyMaterialResponse
        >(
            "ImportKeyMaterial",
            (json, value) =>
            {
                json.Member("KeyId", value.KeyId);
                json.Member("ValidTo", value.ValidTo);
            },
            (ref Json json) =>
            {
                while (json.NextMember())
                    json.Skip();
                return new Kms.ImportKeyMaterialResponse();
            }
        );

        private static readonly InvokeOptions ListKeys = Operation<Kms.ListKeysRequest, Kms.ListKeysResponse>(
            "ListKeys",
            (json, value) =>
            {
                json.Member("Limit", value.Limit);
                json.Member("Marker", value.Marker);
            },
            (ref Json json) =>
            {
                var value = new Kms.ListKeysResponse();
                while (json.NextMember())
                {
                    if (json.At("Keys"))
                        value.Keys = json.List(ReadKey);
                    else if (json.At("NextMarker"))
                        value.NextMarker = json.String();
                    else if (json.At("Truncated"))
                        value.Truncated = json.Bool();
                    else
                        json.Skip();
                }
                return value;
            }
        );

        public Task<Kms.CreateGrantResponse> CreateGrantAsync(Kms.CreateGrantRequest request) =>
            InvokeAsync<Kms.CreateGrantResponse>(request, CreateGrant, default);

        public Task<Kms.ImportKeyMaterialResponse> ImportKeyMaterialAsync(Kms.ImportKeyMaterialRequest request) =>
            InvokeAsync<Kms.ImportKeyMaterialResponse>(request, ImportKeyMaterial, default);

        public Task<Kms.ListKeysResponse> ListKeysAsync(Kms.ListKeysRequest request) =>
            InvokeAsync<Kms.ListKeysResponse>(request, ListKeys, default);

        protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
        {
            ((ClientConfig)Config).EndpointProvider = new RegionalEndpoints((_, _, _) => "kms");
            pipeline.UseRegionalEndpointsAndSigV4();
        }

        private static Kms.KeyListEntry ReadKey(ref Json json)
        {
            var value = new Kms.KeyListEntry();
            while (json.NextMember())
            {
                if (json.At("KeyId"))
                    value.KeyId = json.String();
                else if (json.At("KeyArn"))
                    value.KeyArn = json.String();
                else
                    json.Skip();
            }
            return value;
        }

        private static InvokeOptions Operation<TRequest, TResponse>(
            string name,
            Action<Utf8JsonWriter, TRequest> write,
            ReadJson<TResponse> read
        )
            where TRequest : AmazonWebServiceRequest
            where TResponse : AmazonWebServiceResponse, new() =>
            new JsonOperation<TRequest, TResponse>
            {
                Service = Service,
                Target = $"TrentService.{name}",
                Write = write,
                Read = read,
                Errors = ["LimitExceededException", "KMSInternalException"],
            }.ToOptions();
    }

    private sealed class TestSts(string url) : AmazonServiceClient("id", "secret", StsConfig(url))
    {
        private static readonly InvokeOptions AssumeRole = new QueryOperation<
            Sts.AssumeRoleRequest,
            Sts.AssumeRoleResponse
        >
        {
            Service = new ServiceModel(
                "Amazon.SecurityToken",
                "2011-06-15",
                e =>
                    e.Code == "ExpiredTokenException"
                        ? new Sts.ExpiredTokenException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                        : null,
                e => new AmazonSecurityTokenServiceException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
            ),
            Name = "AssumeRole",
            Errors = ["ExpiredTokenException"],
            Write = (form, value) =>
            {
                form.Member("RoleArn", value.RoleArn);
                form.Member("RoleSessionName", value.RoleSessionName);
                form.Member("DurationSeconds", value.DurationSeconds);
                form.Member("Policy", value.Policy);
                form.List("PolicyArns", value.PolicyArns, (form, value) => form.Member("arn", value.Arn));
                form.List(
                    "Tags",
                    value.Tags,
                    (form, value) =>
                    {
                        form.Member("Key", value.Key);
                        form.Member("Value", value.Value);
                    }
                );
            },
            Read = (xml, value) =>
            {
                if (xml.TestExpression("AssumeRoleResult/SourceIdentity"))
                    value.SourceIdentity = xml.ReadText();
            },
        }.ToOptions();

        public Task<Sts.AssumeRoleResponse> AssumeRoleAsync(Sts.AssumeRoleRequest request) =>
            InvokeAsync<Sts.AssumeRoleResponse>(request, AssumeRole, default);

        protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
        {
            ((ClientConfig)Config).EndpointProvider = new RegionalEndpoints((_, _, _) => "sts");
            pipeline.UseRegionalEndpointsAndSigV4();
        }
    }
}
