using System.Net;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Inspector2;
using Amazon.Inspector2.Model;
using Amazon.Runtime;
using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using StringComparison = System.StringComparison;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// What a caller of the bundled clients sees if the service answers well, badly, late or only in part.
/// </summary>
public sealed class ServiceClientTests
{
    private static AmazonECRClient Ecr(Loopback aws, int retries = 2) =>
        new(
            "id",
            "secret",
            new AmazonECRConfig
            {
                ServiceURL = aws.Url,
                AuthenticationRegion = "eu-central-1",
                MaxErrorRetry = retries,
            }
        );

    private static AmazonInspector2Client Inspector(Loopback aws) =>
        new(
            "id",
            "secret",
            new AmazonInspector2Config
            {
                ServiceURL = aws.Url,
                AuthenticationRegion = "eu-central-1",
                MaxErrorRetry = 0,
            }
        );

    private static AmazonSimpleNotificationServiceClient Sns(Loopback aws) =>
        new(
            "id",
            "secret",
            new AmazonSimpleNotificationServiceConfig
            {
                ServiceURL = aws.Url,
                AuthenticationRegion = "eu-central-1",
                MaxErrorRetry = 0,
            }
        );

    /// <summary>
    /// AWSSDK's own packages turn 1700000000.123 into a time some ticks before the millisecond. Facts have whole
    /// milliseconds.
    /// </summary>
    [Theory]
    [InlineData("1700000000.123", "2023-11-14T22:13:20.1230000+00:00")]
    [InlineData("1796006605.369", "2026-11-30T02:43:25.3690000+00:00")]
    [InlineData("1700000000.9999", "2023-11-14T22:13:21.0000000+00:00")]
    [InlineData("1.7E9", "2023-11-14T22:13:20.0000000+00:00")]
    public async Task Times_are_read_as_the_published_packages_read_them_and_facts_are_whole_milliseconds(
        string sent,
        string fact
    )
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Json($$"""{"imageDetails":[{"imagePushedAt":{{sent}}}]}""")
        );

        var answer = await Ecr(aws).DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "api" });

        var read = answer.ImageDetails.Single().ImagePushedAt!.Value;
        var seconds = double.Parse(sent, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(seconds).Ticks, read.Ticks);
        Assert.Equal(fact, $"{Facts.EcrReader.Utc(read):O}");
    }

    [Fact]
    public async Task A_request_is_signed_for_its_service_and_says_that_the_client_is_a_stand_in()
    {
        await using var aws = await Loopback.StartAsync(Answer.Json("{}"));

        await Ecr(aws).ListImagesAsync(new ListImagesRequest { RepositoryName = "api" });

        var request = Assert.Single(aws.Requests);
        Assert.Matches(
            "^AWS4-HMAC-SHA256 Credential=id/[0-9]{8}/eu-central-1/ecr/aws4_request, "
                + "SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$",
            request.Headers["Authorization"]
        );
        Assert.Contains("api/ECR#EcrGuard.Bundled", request.Headers["User-Agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_the_model_does_not_have_are_passed_over()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Json(
                """{"new":{"a":[1,{"imageIds":[]}]},"imageIds":[{"newer":[[]],"imageDigest":"sha256:1","imageTag":null}],"nextToken":"t\u00e9"}"""
            )
        );

        var response = await Ecr(aws).ListImagesAsync(new ListImagesRequest());

        var image = Assert.Single(response.ImageIds);
        Assert.Equal(("sha256:1", null), (image.ImageDigest, image.ImageTag));
        Assert.Equal("té", response.NextToken);
    }

    [Fact]
    public async Task Absent_lists_and_numbers_are_null_and_times_are_utc()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Json("""{"imageDetails":[{"imagePushedAt":1.7633376001E9}]}""")
        );

        var image = Assert.Single((await Ecr(aws).DescribeImagesAsync(new DescribeImagesRequest())).ImageDetails);

        Assert.Null(image.ImageTags);
        Assert.Null(image.ImageSizeInBytes);
        Assert.Null(image.ImageStatus);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1763337600.1), image.ImagePushedAt);
        Assert.Equal(DateTimeKind.Utc, image.ImagePushedAt!.Value.Kind);
    }

    [Fact]
    public async Task A_modelled_error_arrives_as_its_exception()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.JsonError(400, "com.amazonaws.ecr#ImageTagAlreadyExistsException", "tag taken") with
            {
                Headers = [("x-amzn-RequestId", "r-1")],
            }
        );

        var error = await Assert.ThrowsAsync<ImageTagAlreadyExistsException>(() =>
            Ecr(aws).PutImageAsync(new PutImageRequest())
        );

        Assert.Equal(
            ("tag taken", "ImageTagAlreadyExistsException", "r-1", HttpStatusCode.BadRequest),
            (error.Message, error.ErrorCode, error.RequestId, error.StatusCode)
        );
        Assert.Single(aws.Requests);
    }

    [Fact]
    public async Task An_error_that_the_operation_does_not_model_arrives_as_the_base_exception_as_in_the_published_package()
    {
        await using var aws = await Loopback.StartAsync(Answer.JsonError(400, "ImageTagAlreadyExistsException"));

        var error = await Assert.ThrowsAsync<AmazonECRException>(() =>
            Ecr(aws).ListImagesAsync(new ListImagesRequest())
        );

        Assert.Equal("ImageTagAlreadyExistsException", error.ErrorCode);
    }

    [Fact]
    public async Task An_error_brings_its_own_members()
    {
        await using var ecr = await Loopback.StartAsync(
            new Answer(400, """{"__type":"KmsException","message":"no key","kmsError":"DisabledException"}""")
        );
        await using var inspector = await Loopback.StartAsync(
            (_, number) =>
                number == 0
                    ? new Answer(
                        429,
                        """{"message":"slower"}""",
                        "application/json",
                        0,
                        ("x-amzn-ErrorType", "ThrottlingException:http://internal"),
                        ("Retry-After", "7")
                    )
                    : new Answer(
                        400,
                        """{"message":"bad","reason":"FIELD_VALIDATION_FAILED","fields":[{"name":"maxResults","message":"too big"}]}""",
                        "application/json",
                        0,
                        ("x-amzn-ErrorType", "ValidationException")
                    )
        );
        using var client = Inspector(inspector);

        Assert.Equal(
            "DisabledException",
            (await Assert.ThrowsAsync<KmsException>(() => Ecr(ecr).PutImageAsync(new PutImageRequest()))).KmsError
        );

        var throttled = await Assert.ThrowsAsync<ThrottlingException>(() =>
            client.ListFindingsAsync(new ListFindingsRequest())
        );
        Assert.Equal(
            (7, true, "slower"),
            (throttled.RetryAfterSeconds, throttled.Retryable.Throttling, throttled.Message)
        );

        var invalid = await Assert.ThrowsAsync<Amazon.Inspector2.Model.ValidationException>(() =>
            client.ListFindingsAsync(new ListFindingsRequest())
        );
        Assert.Equal(ValidationExceptionReason.FIELD_VALIDATION_FAILED, invalid.Reason);
        Assert.Equal(("maxResults", "too big"), (invalid.Fields[0].Name, invalid.Fields[0].Message));
    }

    [Fact]
    public async Task A_query_error_arrives_as_the_exception_of_its_wire_code()
    {
        await using var aws = await Loopback.StartAsync(
            new Answer(
                400,
                """<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>ParameterValueInvalid</Code><Message>too long</Message></Error><RequestId>r-2</RequestId></ErrorResponse>""",
                "text/xml"
            )
        );

        var error = await Assert.ThrowsAsync<InvalidParameterValueException>(() =>
            Sns(aws).PublishAsync("arn:aws:sns:eu-central-1:111122223333:t", "m")
        );

        Assert.Equal(
            ("too long", "ParameterValueInvalid", "r-2", ErrorType.Sender),
            (error.Message, error.ErrorCode, error.RequestId, error.ErrorType)
        );
    }

    [Fact]
    public async Task A_batch_answer_tells_what_was_sent_and_what_was_not()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Xml(
                """
                <PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>
                  <Failed><member><Id>b</Id><Code>InternalError</Code><Message>later</Message><SenderFault>false</SenderFault></member></Failed>
                  <Successful><member><Id>a</Id><MessageId>m-1</MessageId></member><member><Id>c</Id><MessageId>m-2</MessageId><SequenceNumber>9</SequenceNumber></member></Successful>
                </PublishBatchResult><ResponseMetadata><RequestId>r-3</RequestId></ResponseMetadata></PublishBatchResponse>
                """
            )
        );

        var response = await Sns(aws).PublishBatchAsync(new PublishBatchRequest());

        Assert.Equal(
            ["a m-1 ", "c m-2 9"],
            response.Successful.Select(m => $"{m.Id} {m.MessageId} {m.SequenceNumber}")
        );
        Assert.Equal(
            [("b", "InternalError", "later", false)],
            response.Failed.Select(m => (m.Id, m.Code, m.Message, m.SenderFault))
        );
        Assert.Equal("r-3", response.ResponseMetadata.RequestId);
    }

    [Theory]
    [InlineData(400, "ThrottlingException")]
    [InlineData(500, "ServerException")]
    [InlineData(503, "ServiceUnavailable")]
    public async Task Throttling_and_server_errors_are_tried_again_until_an_answer_comes(int status, string code)
    {
        await using var aws = await Loopback.StartAsync(
            (_, number) =>
                number < 2 ? Answer.JsonError(status, code) : Answer.Json("""{"imageIds":[{"imageTag":"v1"}]}""")
        );

        var response = await Ecr(aws).ListImagesAsync(new ListImagesRequest());

        Assert.Equal("v1", Assert.Single(response.ImageIds).ImageTag);
        Assert.Equal(3, aws.Requests.Count);
        Assert.Single(aws.Requests.Select(r => r.Headers["amz-sdk-invocation-id"]).Distinct());
    }

    [Fact]
    public async Task Throttling_that_does_not_end_is_given_up_after_the_configured_retries()
    {
        await using var aws = await Loopback.StartAsync(Answer.JsonError(400, "ThrottlingException"));

        await Assert.ThrowsAsync<AmazonECRException>(() =>
            Ecr(aws, retries: 1).ListImagesAsync(new ListImagesRequest())
        );

        Assert.Equal(2, aws.Requests.Count);
    }

    [Theory]
    [InlineData("ExpiredTokenException")]
    [InlineData("UnrecognizedClientException")]
    [InlineData("AccessDeniedException")]
    public async Task Refused_credentials_are_an_error_with_the_services_code(string code)
    {
        await using var aws = await Loopback.StartAsync(Answer.JsonError(400, code, "the credentials are no good"));

        var error = await Assert.ThrowsAsync<AmazonECRException>(() =>
            Ecr(aws, retries: 0).ListImagesAsync(new ListImagesRequest())
        );

        Assert.Equal((code, "the credentials are no good"), (error.ErrorCode, error.Message));
    }

    [Theory]
    [InlineData("""{"imageIds":[{"imageDigest":"sha256:1"},""")]
    [InlineData("""{"imageIds":[{"imageDigest":"sha256:1"}]""")]
    [InlineData("""{"imageIds":[{"imageDigest":"sha2""")]
    [InlineData("""{"imageIds":["x"]}""")]
    [InlineData("""{"imageIds":7}""")]
    [InlineData("<html>busy</html>")]
    public async Task Half_an_answer_is_an_error_and_never_half_a_page(string body)
    {
        await using var aws = await Loopback.StartAsync(Answer.Json(body));

        await Assert.ThrowsAnyAsync<Exception>(() => Ecr(aws, retries: 0).ListImagesAsync(new ListImagesRequest()));
    }

    [Fact]
    public async Task A_connection_cut_in_the_middle_of_an_answer_is_an_error()
    {
        await using var aws = await Loopback.StartAsync(
            Answer.Json("""{"imageIds":[{"imageDigest":"sha256:1"}]}""") with
            {
                MissingBytes = 20,
            }
        );

        await Assert.ThrowsAnyAsync<Exception>(() => Ecr(aws, retries: 0).ListImagesAsync(new ListImagesRequest()));
    }

    [Fact]
    public async Task A_paginator_walks_all_pages_once()
    {
        await using var aws = await Loopback.StartAsync(
            (request, _) =>
                Answer.Json(
                    request.Text.Contains("second", StringComparison.Ordinal)
                        ? """{"imageIds":[{"imageTag":"b"}],"nextToken":""}"""
                        : """{"imageIds":[{"imageTag":"a"}],"nextToken":"second"}"""
                )
        );
        using var client = Ecr(aws);
        var pages = client.Paginators.ListImages(new ListImagesRequest { RepositoryName = "api" });

        var tags = new List<string>();
        await foreach (var image in pages.ImageIds)
            tags.Add(image.ImageTag);

        Assert.Equal(["a", "b"], tags);
        Assert.Equal(
            ["""{"repositoryName":"api"}""", """{"repositoryName":"api","nextToken":"second"}"""],
            aws.Requests.Select(r => r.Text)
        );
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await pages.ImageIds.GetAsyncEnumerator().MoveNextAsync()
        );
    }
}
