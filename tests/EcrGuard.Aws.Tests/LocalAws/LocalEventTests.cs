using System.Text.Json;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// Events have exactly the members of those that AWS documents or that were captured; the values below are theirs.
/// </summary>
public sealed class LocalEventTests
{
    private const string Repository = "pay/api";

    private static readonly LocalFinding Finding = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    [Fact]
    public async Task Pushing_an_index_sends_an_event_for_each_child_by_digest_and_then_one_for_the_index()
    {
        await using var aws = await StartAsync();

        aws.Ecr.Push(
            Repository,
            Manifest.Index(
                [("linux/amd64", Manifest.Image("a")), ("linux/arm64", Manifest.Image("b"))],
                attestations: true
            ),
            "v1"
        );

        var events = aws.Events.ToList();
        Assert.Equal(["", "", "", "", "v1"], events.Select(e => Detail(e).GetProperty("image-tag").GetString()));
        AssertSameMembers(
            """
            {"version":"0","id":"446d9337-ebe2-cf4f-42e6-42be36883bbd","detail-type":"ECR Image Action","source":"aws.ecr","account":"123456789012","time":"2025-09-25T12:38:33Z","region":"eu-central-1","resources":[],
             "detail":{"result":"SUCCESS","repository-name":"soci","image-digest":"sha256:2c","action-type":"PUSH","artifact-media-type":"application/vnd.oci.image.config.v1+json","image-tag":"","manifest-media-type":"application/vnd.oci.image.manifest.v1+json"}}
            """,
            events[0]
        );
        AssertSameMembers(
            """
            {"version":"0","id":"4198ac28-edd6-ae65-8669-99b84990a06a","detail-type":"ECR Image Action","source":"aws.ecr","account":"123456789012","time":"2025-09-25T12:38:34Z","region":"eu-central-1","resources":[],
             "detail":{"result":"SUCCESS","repository-name":"soci","image-digest":"sha256:42","action-type":"PUSH","image-tag":"v4-soci","manifest-media-type":"application/vnd.oci.image.index.v1+json"}}
            """,
            events[4]
        );
    }

    [Fact]
    public async Task A_push_over_the_wire_sends_an_event_and_a_refused_one_none()
    {
        await using var aws = await StartAsync();
        var manifest = Manifest.Image("one");
        aws.Ecr.Push(Repository, manifest, announce: false);
        var body = JsonSerializer.Serialize(
            new
            {
                repositoryName = Repository,
                imageManifest = manifest.Text,
                imageTag = "v1",
            }
        );

        await aws.PostToEcrAsync("PutImage", body);
        await aws.PostToEcrAsync("PutImage", body);

        var pushed = Detail(Assert.Single(aws.Events));
        Assert.Equal(
            ("PUSH", "v1"),
            (pushed.GetProperty("action-type").GetString(), pushed.GetProperty("image-tag").GetString())
        );
    }

    [Theory]
    [InlineData(ReferrerPushEvent.ImageAction, new[] { "ECR Image Action" })]
    [InlineData(ReferrerPushEvent.ReferrerAction, new[] { "ECR Referrer Action" })]
    [InlineData(ReferrerPushEvent.Both, new[] { "ECR Image Action", "ECR Referrer Action" })]
    [InlineData(ReferrerPushEvent.None, new string[0])]
    public async Task The_push_of_a_referrer_sends_the_chosen_events(ReferrerPushEvent choice, string[] sent)
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { ReferrerPush = choice });
        aws.Ecr.CreateRepository(Repository);

        aws.Ecr.Push(Repository, Manifest.Referrer(Manifest.Image("one").Digest));

        Assert.Equal(sent, aws.Events.Select(DetailType));
    }

    [Fact]
    public async Task Archiving_and_restoring_send_storage_class_events_without_a_tag()
    {
        await using var aws = await StartAsync();
        var manifest = Manifest.Image("one");
        var digest = aws.Ecr.Push(Repository, manifest, "v1", announce: false);

        aws.Ecr.Archive(Repository, digest);
        aws.Ecr.Push(Repository, manifest, "v2");

        var events = aws.Events.ToList();
        AssertSameMembers(
            """
            {"version":"0","id":"4f5ec4d5-4de4-7aad-a046-EXAMPLE","detail-type":"ECR Image Action","source":"aws.ecr","account":"123456789012","time":"2019-08-06T00:58:09Z","region":"us-east-1","resources":[],
             "detail":{"action-type":"UPDATE_STORAGE_CLASS","target-storage-class":"ARCHIVE","image-digest":"sha256:f9","repository-name":"ubuntu","result":"SUCCESS","manifest-media-type":"application/vnd.oci.image.manifest.v1+json","artifact-media-type":"application/vnd.oci.image.config.v1+json"}}
            """,
            events[0]
        );
        Assert.Equal(
            ["ARCHIVE", "STANDARD"],
            events.Take(2).Select(e => Detail(e).GetProperty("target-storage-class").GetString())
        );
        Assert.EndsWith("Z", Detail(events[1]).GetProperty("last-activated-at").GetString(), StringComparison.Ordinal);
        Assert.Equal("PUSH", Detail(events[2]).GetProperty("action-type").GetString());
    }

    [Fact]
    public async Task Deleting_sends_an_event_with_the_tag_that_was_named()
    {
        await using var aws = await StartAsync();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);
        aws.Ecr.Push(Repository, Manifest.Image("one"), "v2", announce: false);

        aws.Ecr.DeleteTag(Repository, "v1");
        aws.Ecr.Delete(Repository, digest);

        Assert.Equal(
            ["DELETE v1", "DELETE "],
            aws.Events.Select(e => $"{Detail(e).GetProperty("action-type")} {Detail(e).GetProperty("image-tag")}")
        );
        Assert.Throws<InvalidOperationException>(() => aws.Ecr.Delete(Repository, digest));
    }

    [Fact]
    public async Task A_basic_scan_counts_only_severities_that_it_found()
    {
        await using var aws = await StartAsync();
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);

        aws.Ecr.CompleteScan(Repository, digest, Finding, Finding with { Severity = "MEDIUM" });
        aws.Ecr.FailScan(Repository, digest);

        var events = aws.Events.ToList();
        AssertSameMembers(
            """
            {"version":"0","id":"85fc3613-e913-7fc4-a80c-a3753e4aa9ae","detail-type":"ECR Image Scan","source":"aws.ecr","account":"123456789012","time":"2019-10-29T02:36:48Z","region":"us-east-1","resources":["arn:aws:ecr:us-east-1:123456789012:repository/my-repository-name"],
             "detail":{"scan-status":"COMPLETE","repository-name":"my-repository-name","finding-severity-counts":{"CRITICAL":10,"MEDIUM":9},"image-digest":"sha256:7f","image-tags":[]}}
            """,
            events[0]
        );
        Assert.Equal("FAILED", Detail(events[1]).GetProperty("scan-status").GetString());
        Assert.False(Detail(events[1]).TryGetProperty("finding-severity-counts", out _));
    }

    [Fact]
    public async Task An_enhanced_scan_names_the_repository_by_its_ARN_and_counts_zeros()
    {
        await using var aws = await StartAsync();
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);

        aws.Inspector.CompleteScan(Repository, digest, Finding);

        var events = aws.Events.ToList();
        Assert.Equal(["Inspector2 Finding", "Inspector2 Scan"], events.Select(DetailType));
        AssertSameMembers(
            """
            {"version":"0","id":"fdaa751a-984c-a709-44f9-9a9da9cd3606","detail-type":"Inspector2 Scan","source":"aws.inspector2","account":"111122223333","time":"2023-01-20T23:15:18Z","region":"us-east-1","resources":["arn:aws:ecr:us-east-1:111122223333:repository/inspector2"],
             "detail":{"scan-status":"INITIAL_SCAN_COMPLETE","repository-name":"arn:aws:ecr:us-east-1:111122223333:repository/inspector2","finding-severity-counts":{"CRITICAL":0,"HIGH":0,"MEDIUM":0,"TOTAL":0},"image-digest":"sha256:96","image-tags":["ubuntu22"],"version":"1.0"}}
            """,
            events[1]
        );
        Assert.Equal(
            $"arn:aws:ecr:eu-central-1:123456789012:repository/{Repository}",
            Detail(events[1]).GetProperty("repository-name").GetString()
        );
    }

    [Fact]
    public async Task A_finding_event_names_the_image_by_its_ARN_and_writes_dates_as_Inspector_does()
    {
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions
            {
                TimeProvider = new FakeTimeProvider(DateTimeOffset.Parse("2024-09-04T16:55:38.411Z")),
            }
        );
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        aws.Ecr.CreateRepository(Repository);
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);

        aws.Inspector.Report(Repository, digest, Finding);
        aws.Inspector.SetStatus(Repository, digest, Finding.Vulnerability, "CLOSED");

        var (opened, closed) = (aws.Events.First(), aws.Events.Last());
        var arn = $"arn:aws:ecr:eu-central-1:123456789012:repository/{Repository}/{digest}";
        Assert.Equal(arn, JsonDocument.Parse(opened).RootElement.GetProperty("resources")[0].GetString());
        Assert.Equal("Wed Sep 04 16:55:38.411 UTC 2024", Detail(opened).GetProperty("firstObservedAt").GetString());
        Assert.Equal(
            ["ACTIVE", "CLOSED"],
            new[] { opened, closed }.Select(e => Detail(e).GetProperty("status").GetString())
        );
        var resource = Detail(opened).GetProperty("resources")[0];
        Assert.Equal(
            (arn, "AWS_ECR_CONTAINER_IMAGE"),
            (resource.GetProperty("id").GetString(), resource.GetProperty("type").GetString())
        );
        Assert.Equal(
            (Repository, digest, digest),
            (
                resource
                    .GetProperty("details")
                    .GetProperty("awsEcrContainerImage")
                    .GetProperty("repositoryName")
                    .GetString(),
                resource
                    .GetProperty("details")
                    .GetProperty("awsEcrContainerImage")
                    .GetProperty("imageHash")
                    .GetString(),
                resource.GetProperty("details").GetProperty("image").GetProperty("imageDigest").GetString()
            )
        );
    }

    [Fact]
    public async Task A_coverage_event_has_the_documented_status()
    {
        await using var aws = await StartAsync();
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1", announce: false);

        aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", "UNSUPPORTED_OS");

        var sent = Assert.Single(aws.Events);
        Assert.Equal("Inspector2 Coverage", DetailType(sent));
        Assert.Equal(
            """{"reason":"UNSUPPORTED_OS","statusCodeValue":"INACTIVE"}""",
            Detail(sent).GetProperty("scanStatus").GetRawText()
        );
    }

    [Fact]
    public async Task A_changed_scan_frequency_sends_the_documented_event_where_enhanced_scanning_is_on()
    {
        await using var aws = await StartAsync();
        aws.Ecr.CreateRepository("free");
        await aws.PostToEcrAsync(
            "PutRegistryScanningConfiguration",
            """{"scanType":"BASIC","rules":[{"scanFrequency":"MANUAL","repositoryFilters":[{"filter":"*","filterType":"WILDCARD"}]}]}"""
        );
        Assert.Empty(aws.Events);

        await aws.PostToEcrAsync(
            "PutRegistryScanningConfiguration",
            """{"scanType":"ENHANCED","rules":[{"scanFrequency":"CONTINUOUS_SCAN","repositoryFilters":[{"filter":"pay/*","filterType":"WILDCARD"}]}]}"""
        );

        var sent = Assert.Single(aws.Events);
        AssertSameMembers(
            """
            {"version":"0","id":"0c18352a-a4d4-6853-ef53-0ab8638973bf","detail-type":"ECR Scan Resource Change","source":"aws.ecr","account":"123456789012","time":"2021-10-14T20:53:46Z","region":"us-east-1","resources":[],
             "detail":{"action-type":"SCAN_FREQUENCY_CHANGE","repositories":[{"repository-name":"repository-1","repository-arn":"arn:aws:ecr:us-east-1:123456789012:repository/repository-1","scan-frequency":"SCAN_ON_PUSH","previous-scan-frequency":"MANUAL"}],"resource-type":"REPOSITORY","scan-type":"ENHANCED"}}
            """,
            sent
        );
        var changed = Assert.Single(Detail(sent).GetProperty("repositories").EnumerateArray());
        Assert.Equal(
            (Repository, "MANUAL", "CONTINUOUS_SCAN"),
            (
                changed.GetProperty("repository-name").GetString(),
                changed.GetProperty("previous-scan-frequency").GetString(),
                changed.GetProperty("scan-frequency").GetString()
            )
        );
    }

    private static async Task<LocalAwsServer> StartAsync()
    {
        var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository(Repository);
        return aws;
    }

    private static string? DetailType(string sent) =>
        JsonDocument.Parse(sent).RootElement.GetProperty("detail-type").GetString();

    private static JsonElement Detail(string sent) => JsonDocument.Parse(sent).RootElement.GetProperty("detail");

    private static void AssertSameMembers(string documented, string sent) =>
        Assert.Equal(
            Members("", JsonDocument.Parse(documented).RootElement).Order(),
            Members("", JsonDocument.Parse(sent).RootElement).Order()
        );

    private static IEnumerable<string> Members(string path, JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().SelectMany(p => Members($"{path}/{p.Name}", p.Value))
            : [$"{path} {element.ValueKind}"];
}
