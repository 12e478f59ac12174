using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.LocalAws;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class S3Tests : IAsyncLifetime
{
    private const string Bucket = "findings";

    private LocalAwsServer server = null!;
    private AmazonS3Client client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await LocalAwsServer.StartAsync();
        server.S3.CreateBucket(Bucket);
        client = Connect(server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        Assert.Empty(server.Unexpected);
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with spaces/and+plus/ü~'(1)!*.json")]
    [InlineData("a//b")]
    public async Task An_object_comes_back_with_what_it_was_put_with(string key)
    {
        var request = new PutObjectRequest
        {
            BucketName = Bucket,
            Key = key,
            ContentType = "application/json",
            InputStream = new MemoryStream([1, 2, 3]),
            Headers = { ContentEncoding = "gzip", CacheControl = "no-store" },
        };
        request.Metadata["policy"] = "abc";
        var put = await client.PutObjectAsync(request);

        using var got = await client.GetObjectAsync(Bucket, key);

        Assert.Equal([1, 2, 3], await ReadAsync(got));
        Assert.Equal(
            ("application/json", "gzip", "no-store"),
            (got.Headers.ContentType, got.Headers.ContentEncoding, got.Headers.CacheControl)
        );
        Assert.Equal("abc", got.Metadata["policy"]);
        Assert.Equal(put.ETag, got.ETag);
        Assert.Equal([1, 2, 3], server.S3.Find(Bucket, key)!.Content.ToArray());
        Assert.Equal([key], server.S3.Keys(Bucket));
    }

    [Fact]
    public async Task A_bucket_in_the_host_name_is_the_bucket_in_the_path()
    {
        using var other = new AmazonS3Client(
            new BasicAWSCredentials("AKIDEXAMPLE", "secret"),
            new AmazonS3Config
            {
                ServiceURL = new UriBuilder(server.Endpoint) { Host = "localhost" }.ToString(),
                AuthenticationRegion = "eu-central-1",
                HttpClientFactory = new ToLoopback(),
            }
        );

        await other.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "a/b",
                ContentBody = "text",
            }
        );

        using var got = await client.GetObjectAsync(Bucket, "a/b");
        Assert.Equal("text", Encoding.UTF8.GetString(await ReadAsync(got)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_large_body_is_decoded_however_the_SDK_sends_it(bool chunked, bool unsignedPayload)
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "large",
                InputStream = new MemoryStream(content),
                UseChunkEncoding = chunked,
                DisablePayloadSigning = unsignedPayload && !chunked,
            }
        );

        using var got = await client.GetObjectAsync(Bucket, "large");
        Assert.Equal(content, await ReadAsync(got));
        Assert.Null(server.S3.Find(Bucket, "large")!.ContentEncoding);
    }

    [Theory]
    [InlineData("CRC32")]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    public async Task Every_checksum_that_the_SDK_computes_is_verified_on_the_way_in_and_out(string algorithm)
    {
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "123456789",
                ChecksumAlgorithm = ChecksumAlgorithm.FindValue(algorithm),
            }
        );

        using var got = await client.GetObjectAsync(
            new GetObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ChecksumMode = ChecksumMode.ENABLED,
            }
        );
        Assert.Equal("123456789", Encoding.UTF8.GetString(await ReadAsync(got)));
        Assert.Equal(algorithm, got.ResponseMetadata.ChecksumAlgorithm.ToString());
    }

    [Theory]
    [InlineData("x-amz-checksum-crc32c", "4waSgw==", HttpStatusCode.OK)]
    [InlineData("x-amz-checksum-crc32c", "4waSgg==", HttpStatusCode.BadRequest)]
    [InlineData("x-amz-checksum-crc64nvme", "rosUhgp5mIg=", HttpStatusCode.OK)]
    [InlineData("x-amz-checksum-crc64nvme", "rosUhgp5mIk=", HttpStatusCode.BadRequest)]
    public async Task The_checksums_that_other_SDKs_compute_are_verified_too(
        string header,
        string value,
        HttpStatusCode expected
    )
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(server.Endpoint, $"{Bucket}/k"))
        {
            Content = new StringContent("123456789"),
        };
        request.Headers.Add(header, value);
        request.Headers.Add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        request.Headers.Add("x-amz-date", "20260301T000000Z");
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260301/eu-central-1/s3/aws4_request, "
                + $"SignedHeaders=host;x-amz-date, Signature={new string('0', 64)}"
        );

        using var response = await http.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task A_put_that_asks_for_a_new_key_never_overwrites()
    {
        var request = new PutObjectRequest
        {
            BucketName = Bucket,
            Key = "once",
            ContentBody = "first",
            IfNoneMatch = "*",
        };
        await client.PutObjectAsync(request);
        request.ContentBody = "second";

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() => client.PutObjectAsync(request));

        Assert.Equal((HttpStatusCode.PreconditionFailed, "PreconditionFailed"), (error.StatusCode, error.ErrorCode));
        Assert.Equal("first"u8.ToArray(), server.S3.Find(Bucket, "once")!.Content.ToArray());
    }

    [Fact]
    public async Task A_put_that_expects_an_object_replaces_only_that_one()
    {
        var first = await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "first",
            }
        );
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "second",
                IfMatch = first.ETag,
            }
        );

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    ContentBody = "third",
                    IfMatch = first.ETag,
                }
            )
        );

        Assert.Equal("PreconditionFailed", error.ErrorCode);
        Assert.Equal("second"u8.ToArray(), server.S3.Find(Bucket, "k")!.Content.ToArray());
    }

    [Fact]
    public async Task A_read_may_depend_on_the_entity_tag()
    {
        var put = await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "text",
            }
        );

        var changed = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    EtagToMatch = "\"other\"",
                }
            )
        );
        var unchanged = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    EtagToNotMatch = put.ETag,
                }
            )
        );

        Assert.Equal(
            (HttpStatusCode.PreconditionFailed, HttpStatusCode.NotModified),
            (changed.StatusCode, unchanged.StatusCode)
        );
    }

    [Theory]
    [InlineData("bytes=1-3", "123")]
    [InlineData("bytes=7-", "789")]
    [InlineData("bytes=-2", "89")]
    [InlineData("bytes=8-99", "89")]
    public async Task A_range_is_the_bytes_it_names(string range, string expected)
    {
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "0123456789",
            }
        );

        using var got = await client.GetObjectAsync(
            new GetObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ByteRange = new ByteRange(range),
            }
        );

        Assert.Equal(
            (HttpStatusCode.PartialContent, expected),
            (got.HttpStatusCode, Encoding.UTF8.GetString(await ReadAsync(got)))
        );
    }

    [Fact]
    public async Task A_range_past_the_end_is_refused()
    {
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "0123456789",
            }
        );

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    ByteRange = new ByteRange("bytes=10-"),
                }
            )
        );

        Assert.Equal("InvalidRange", error.ErrorCode);
    }

    [Fact]
    public async Task A_listing_pages_through_keys_and_common_prefixes_in_order()
    {
        string[] keys = ["a", "b/1", "b/2", "c", "d/1/x", "d/1/y", "d/2", "e", "\uFFFD", "\U0001F600"];
        foreach (var key in keys.Reverse())
        {
            await client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = Bucket,
                    Key = key,
                    ContentBody = key,
                }
            );
        }

        Assert.Equal(keys, (await ListAsync("", "")).Objects);
        Assert.Equal((["a", "c", "e", "\uFFFD", "\U0001F600"], ["b/", "d/"]), await ListAsync("", "/"), Same);
        Assert.Equal((["d/2"], ["d/1/"]), await ListAsync("d/", "/"), Same);
        Assert.Equal(([], []), await ListAsync("nothing", "/"), Same);

        async Task<(string[] Objects, string[] Prefixes)> ListAsync(string prefix, string delimiter)
        {
            var (objects, prefixes) = (new List<string>(), new List<string>());
            var request = new ListObjectsV2Request
            {
                BucketName = Bucket,
                Prefix = prefix,
                Delimiter = delimiter,
                MaxKeys = 2,
            };
            bool more;
            do
            {
                var page = await client.ListObjectsV2Async(request);
                objects.AddRange((page.S3Objects ?? []).Select(o => o.Key));
                prefixes.AddRange(page.CommonPrefixes ?? []);
                Assert.InRange(page.KeyCount!.Value, 0, 2);
                request.ContinuationToken = page.NextContinuationToken;
                more = page.IsTruncated == true;
            } while (more);
            return ([.. objects], [.. prefixes]);
        }

        static bool Same((string[] Objects, string[] Prefixes) x, (string[] Objects, string[] Prefixes) y) =>
            x.Objects.SequenceEqual(y.Objects) && x.Prefixes.SequenceEqual(y.Prefixes);
    }

    [Fact]
    public async Task Deleting_is_the_same_for_what_is_there_and_what_is_not()
    {
        foreach (var key in new[] { "1", "2", "3", "4" })
        {
            await client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = Bucket,
                    Key = key,
                    ContentBody = key,
                }
            );
        }

        await client.DeleteObjectAsync(Bucket, "1");
        await client.DeleteObjectAsync(Bucket, "1");
        var deleted = await client.DeleteObjectsAsync(
            new DeleteObjectsRequest
            {
                BucketName = Bucket,
                Objects = [new() { Key = "2" }, new() { Key = "3" }, new() { Key = "none" }],
            }
        );

        Assert.Equal(["2", "3", "none"], deleted.DeletedObjects.Select(d => d.Key));
        Assert.Equal(["4"], server.S3.Keys(Bucket));
    }

    [Fact]
    public async Task A_head_has_everything_but_the_content()
    {
        await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = "k",
                ContentBody = "text",
                ContentType = "text/plain",
            }
        );

        var head = await client.GetObjectMetadataAsync(Bucket, "k");

        Assert.Equal((4L, "text/plain"), (head.ContentLength, head.Headers.ContentType));
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        Assert.Equal(
            "NoSuchKey",
            (await Assert.ThrowsAsync<NoSuchKeyException>(() => client.GetObjectAsync(Bucket, "none"))).ErrorCode
        );
        Assert.Equal(
            "NoSuchBucket",
            (await Assert.ThrowsAsync<AmazonS3Exception>(() => client.GetObjectAsync("none", "none"))).ErrorCode
        );
        Assert.Equal(
            HttpStatusCode.NotFound,
            (
                await Assert.ThrowsAsync<AmazonS3Exception>(() => client.GetObjectMetadataAsync(Bucket, "none"))
            ).StatusCode
        );
        Assert.Equal(
            "BucketAlreadyOwnedByYou",
            (await Assert.ThrowsAsync<BucketAlreadyOwnedByYouException>(() => client.PutBucketAsync(Bucket))).ErrorCode
        );
    }

    [Fact]
    public async Task A_body_that_does_not_match_its_digest_is_refused()
    {
        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    ContentBody = "text",
                    MD5Digest = Convert.ToBase64String(new byte[16]),
                }
            )
        );

        Assert.Equal("BadDigest", error.ErrorCode);
        Assert.Empty(server.S3.Keys(Bucket));
    }

    [Fact]
    public async Task What_is_not_known_is_refused_and_recorded()
    {
        await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = Bucket, Key = "k" })
        );

        Assert.Single(server.Unexpected.Take());
    }

    [Fact]
    public async Task Throttling_is_SlowDown()
    {
        server.Faults.Add(Fault.Throttle with { Service = "s3", Operation = "PutObject", Resource = $"{Bucket}/k" });

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = Bucket,
                    Key = "k",
                    ContentBody = "text",
                }
            )
        );

        Assert.Equal(("SlowDown", HttpStatusCode.ServiceUnavailable), (error.ErrorCode, error.StatusCode));
        Assert.Equal(0, server.Faults.Outstanding);
    }

    private static AmazonS3Client Connect(Uri endpoint) =>
        new(
            new BasicAWSCredentials("AKIDEXAMPLE", "secret"),
            new AmazonS3Config
            {
                ServiceURL = endpoint.ToString(),
                AuthenticationRegion = "eu-central-1",
                ForcePathStyle = true,
                MaxErrorRetry = 0,
            }
        );

    private static async Task<byte[]> ReadAsync(GetObjectResponse response)
    {
        using var content = new MemoryStream();
        await response.ResponseStream.CopyToAsync(content);
        return content.ToArray();
    }

    /// <summary>
    /// Connects to loopback whatever the host name is, since not every resolver knows names under localhost.
    /// </summary>
    private sealed class ToLoopback : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(
                new SocketsHttpHandler
                {
                    ConnectCallback = async (context, cancelled) =>
                    {
                        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                        await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancelled);
                        return new NetworkStream(socket, ownsSocket: true);
                    },
                }
            );
    }
}
