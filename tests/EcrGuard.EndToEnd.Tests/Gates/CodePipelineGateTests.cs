using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using EcrGuard.Core.Gates;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>The invoke action of CodePipeline. <see cref="OneAnswerTests"/> tests what all adapters share.</summary>
public sealed class CodePipelineGateTests(Deployment guard) : IClassFixture<Deployment>
{
    private const string Image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1";

    private const string Good = $$"""{"ImageURI":"{{Image}}"}""";

    private readonly List<string> _asked = [];

    [Theory]
    [InlineData("imagedefinitions.json", """[{"name":"web","imageUri":"IMAGE"}]""")]
    [InlineData("imageDetail.json", """{"ImageURI":"IMAGE"}""")]
    public async Task The_images_of_an_artifact_are_asked_about_and_what_to_deploy_is_handed_on(
        string file,
        string content
    )
    {
        Approve("APPROVED");
        var artifact = await GateAdapter.ArtifactAsync(
            guard,
            (file, content.Replace("IMAGE", Image, StringComparison.Ordinal))
        );

        var result = await GateAdapter.PipelineAsync(guard, null, [artifact]);

        Assert.Equal(("Succeeded", null), (result!.Outcome, result.ContinuationToken));
        Assert.Equal([Image], _asked);
        Assert.StartsWith("sha256:", result.Variables["digest"], StringComparison.Ordinal);
        Assert.EndsWith(
            $"/shop/web@{result.Variables["digest"]}",
            result.Variables["deploy"],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_reasons_of_a_no_are_the_jobs_message_and_nobody_sees_its_credentials()
    {
        Approve("BLOCKED");
        var result = await GateAdapter.PipelineAsync(guard, Image);

        Assert.Equal("JobFailed", result!.Outcome);
        Assert.Contains("CVE-1 blocks.", result.Text, StringComparison.Ordinal);
        var gate = await guard.FunctionAsync("CodePipelineGate");
        Assert.All(
            [.. gate.Output, .. gate.Errors],
            line =>
                Assert.All(
                    GateAdapter.PipelineSecrets,
                    secret => Assert.DoesNotContain(secret, line, StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task A_pending_scan_is_asked_about_again_until_the_action_would_time_out()
    {
        Approve("PENDING");
        var job = guard.Aws.CodePipeline.StartJob();
        var first = await GateAdapter.PipelineAsync(guard, Image, job: job);
        Assert.NotNull(first!.ContinuationToken);

        var second = await GateAdapter.PipelineAsync(guard, Image, token: first.ContinuationToken, job: job);
        Assert.Equal(first.ContinuationToken, second!.ContinuationToken);

        var late = PipelineJob.Token(DateTimeOffset.UtcNow.AddHours(-1));
        Assert.Equal("JobFailed", (await GateAdapter.PipelineAsync(guard, Image, token: late, job: job))!.Outcome);
        // A job that has ended is left alone.
        Assert.Equal("JobFailed", (await GateAdapter.PipelineAsync(guard, Image, token: late, job: job))!.Outcome);
        Assert.Equal("JobFailed", (await GateAdapter.PipelineAsync(guard, Image, token: "x"))!.Outcome);
    }

    [Fact]
    public async Task An_action_can_let_images_of_other_registries_pass()
    {
        Approve("APPROVED");
        JsonObject Asked(string others) =>
            new() { ["images"] = new JsonArray(Image, "docker.io/library/nginx:1.27"), ["others"] = others };
        Assert.Equal("JobFailed", (await GateAdapter.PipelineAsync(guard, Asked("deny")))!.Outcome);
        Assert.Equal("Succeeded", (await GateAdapter.PipelineAsync(guard, Asked("ignore")))!.Outcome);
    }

    [Theory]
    [InlineData("{", "The user parameters are no JSON.")]
    [InlineData("""{"imge":"a:1"}""", "The user parameter 'imge' is not known")]
    [InlineData("""{"image":1}""", "UserParameters.image is no text.")]
    [InlineData("""{"image":"a:1","others":"maybe"}""", "others is 'maybe'; it must be deny or ignore")]
    [InlineData("", "No image is named: give one in the user parameters, or an input artifact")]
    public async Task Wrong_parameters_end_the_job_and_say_what_would_be_right(string parameters, string because)
    {
        Approve("APPROVED");
        var result = await GateAdapter.PipelineAsync(guard, JsonValue.Create(parameters));
        Assert.Equal("JobFailed", result!.Outcome);
        Assert.Contains(because, result.Text, StringComparison.Ordinal);
    }

    /// <summary>A job that nobody ends holds its pipeline up until the action times out.</summary>
    [Fact]
    public async Task More_images_than_output_variables_can_name_fail_the_job()
    {
        Approve("APPROVED");
        guard.Aws.Faults.Add(
            Fault.Refuse(400, "OutputVariablesSizeExceededException", "Too large.") with
            {
                Service = "codepipeline",
                Operation = "PutJobSuccessResult",
            }
        );
        var result = await GateAdapter.PipelineAsync(guard, Image);
        Assert.Equal("JobFailed", result!.Outcome);
        Assert.Contains("ask about fewer images in one action", result.Text, StringComparison.Ordinal);
    }

    /// <summary>A rule of a stage's condition. Only an error is surely a no.</summary>
    [Theory]
    [InlineData("""{"images":["shop/web:1"]}""", "APPROVED", null)]
    [InlineData("""{"UserParameters":{"image":"shop/web:1"}}""", "APPROVED", null)]
    [InlineData("""{"UserParameters":"shop/web:1","pipeline":"web"}""", "APPROVED", null)]
    [InlineData("""{"images":["shop/web:1"]}""", "BLOCKED", "CVE-1 blocks.")]
    [InlineData("""{"images":["shop/web:1"]}""", "PENDING", "PENDING")]
    [InlineData("""{"image":["shop/web:1"]}""", "APPROVED", "is no text")]
    [InlineData("""{"pipeline":"web"}""", "APPROVED", "names no job of CodePipeline and no image")]
    [InlineData("{}", "APPROVED", "names no job of CodePipeline and no image")]
    public async Task A_rule_that_names_no_job_is_answered_yes_or_fails(string input, string status, string? error)
    {
        Approve(status);
        var gate = await guard.FunctionAsync("CodePipelineGate");
        Task<Answer> AskAsync() => gate.InvokeAsync(JsonNode.Parse(input)!, TimeSpan.FromMinutes(1));
        if (error is null)
            Assert.True((await AskAsync()).Payload.GetValue<bool>());
        else
            Assert.Contains(error, (await Assert.ThrowsAsync<FunctionErrorException>(AskAsync)).Message);
    }

    [Fact]
    public async Task Hostile_artifacts_are_refused_in_bounded_memory()
    {
        Approve("APPROVED");
        foreach (
            var (artifact, because) in new[]
            {
                (
                    await GateAdapter.ArtifactAsync(guard, ("imagedefinitions.json", new string(' ', 20_000_000))),
                    "more than 1000000 bytes"
                ),
                (await GateAdapter.ArtifactAsync(guard, ("a/imageDetail.json", "{}")), "No image is named"),
                (
                    await GateAdapter.ArtifactAsync(guard, ("imageDetail.json", Good), ("../imageDetail.json", Good)),
                    "in another spelling"
                ),
                (
                    await GateAdapter.ArtifactAsync(
                        guard,
                        ("imageDetail.json", Good),
                        ("a/.././imagedefinitions.json", "[]")
                    ),
                    "in another spelling"
                ),
                (
                    await GateAdapter.ArtifactAsync(
                        guard,
                        ("imageDetail.json", Good),
                        (@".\imagedefinitions.json", "[]")
                    ),
                    "in another spelling"
                ),
                (
                    await GateAdapter.ArtifactAsync(guard, ("imageDetail.json", Good), ("imageDetail.json", Good)),
                    "holds imagedefinitions.json or imageDetail.json twice"
                ),
                (await GateAdapter.ArtifactAsync(guard, FiveGigabytes()), "BuildOutput"),
                (await GateAdapter.ArtifactAsync(guard, ("imagedefinitions.json", "[{}]")), "names no image"),
                (await GateAdapter.ArtifactAsync(guard, ("imagedefinitions.json", "[")), "is no JSON"),
                (await GateAdapter.ArtifactAsync(guard, Encoding.UTF8.GetBytes("not a zip")), "is no .zip file"),
                (await GateAdapter.ArtifactAsync(guard, new byte[20_000_001]), "has more than 20 MB"),
                (
                    await GateAdapter.ArtifactAsync(
                        guard,
                        (
                            "imagedefinitions.json",
                            new JsonArray([
                                .. Enumerable
                                    .Range(0, 10_000)
                                    .Select(i => new JsonObject { ["imageUri"] = $"{Image}{i}" }),
                            ]).ToJsonString()
                        )
                    ),
                    "at most 500 are asked about at once"
                ),
            }
        )
        {
            var result = await GateAdapter.PipelineAsync(guard, null, [artifact]);
            Assert.Equal("JobFailed", result!.Outcome);
            Assert.Contains(because, result.Text, StringComparison.Ordinal);
        }
        Assert.Empty(_asked);
        // This is the memory that the function has, in bytes.
        Assert.InRange((await guard.FunctionAsync("CodePipelineGate")).PeakMemory, 1, 512_000_000);
    }

    /// <summary>An archive whose file claims 5 GB, which only the Zip64 form can state.</summary>
    private static byte[] FiveGigabytes()
    {
        const string name = "imagedefinitions.json";
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var file = zip.CreateEntry(name).Open();
            file.Write(new byte[5_000_000]);
        }
        var archive = bytes.ToArray();
        // PKWARE's APPNOTE, 4.3.12 and 4.5.3: in the central directory the size is all ones, and an extra field with
        // the id 1 holds it in eight bytes. 4.3.16: the end record holds the length of the directory.
        var entry = archive.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        var end = archive.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        var extra = new byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(extra.AsSpan(2), 8);
        BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(4), 5_000_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(entry + 24), uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(archive.AsSpan(entry + 30), (ushort)extra.Length);
        var length = BinaryPrimitives.ReadInt32LittleEndian(archive.AsSpan(end + 12));
        BinaryPrimitives.WriteInt32LittleEndian(archive.AsSpan(end + 12), length + extra.Length);
        var named = entry + 46 + name.Length;
        byte[] hostile = [.. archive[..named], .. extra, .. archive[named..]];
        using var check = new ZipArchive(new MemoryStream(hostile));
        Assert.Equal(5_000_000_000, Assert.Single(check.Entries).Length);
        return hostile;
    }

    private void Approve(string status) =>
        guard.Aws.Lambda.Register(
            "Approval",
            question =>
            {
                lock (_asked)
                    _asked.Add((string)JsonNode.Parse(question)!["image"]!);
                return Task.FromResult(OneAnswerTests.Verdict(guard, "shop/web", status, status == "APPROVED"));
            }
        );
}
