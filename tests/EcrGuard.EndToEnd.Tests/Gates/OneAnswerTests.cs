using System.Text.Json.Nodes;
using EcrGuard.Core.Verdicts;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.EndToEnd.Tests.Template;
using EcrGuard.LocalAws;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>
/// However AWS asks, the answer is the same. The tests cover every adapter in the template, with every status, and with
/// a failure of each of its calls. The function Approval answers what the test tells it to.
/// </summary>
public sealed class OneAnswerTests(Deployment guard) : IClassFixture<Deployment>
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";

    private static readonly bool[] Either = [false, true];

    private string Host => $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com";

    public static TheoryData<string, string, bool, Told> Statuses =>
        [
            .. from adapter in GateAdapter.All
            from status in Enum.GetValues<Status>()
            from approved in Either
            where approved ? status >= Status.Unscanned : status != Status.Approved
            select (
                adapter.Function,
                status.Word(),
                approved,
                approved ? Told.Go
                : status is Status.Pending or Status.Error ? Told.Wait
                : Told.Stop
            ),
        ];

    public static TheoryData<string> Adapters => [.. GateAdapter.All.Select(adapter => adapter.Function)];

    [Fact]
    public void Every_function_that_asks_the_gate_is_here() =>
        Assert.Equal(
            SamTemplate
                .With(SamTemplate.Everything)
                .Functions.Where(function =>
                    SamTemplate
                        .With(SamTemplate.Everything)
                        .Properties(function)["Environment"]
                        ?["Variables"]?["ECRGUARD_APPROVAL_FUNCTION"]
                        is not null
                )
                .Order(StringComparer.Ordinal),
            GateAdapter.All.Select(adapter => adapter.Function).Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Every_adapter_tells_every_status_alike(string adapter, string status, bool approved, Told told)
    {
        Approval(_ => Verdict("shop/web", status, approved));
        Assert.Equal(told, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1"]));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Of_several_images_the_worst_decides_and_a_no_does_not_wait_for_a_scan(string adapter)
    {
        Approval(image =>
            image.Contains("shop/web", StringComparison.Ordinal) ? Verdict("shop/web", "APPROVED", true)
            : image.Contains("shop/api", StringComparison.Ordinal) ? Verdict("shop/api", "PENDING", false)
            : Verdict("shop/db", "BLOCKED", false)
        );
        Assert.Equal(Told.Wait, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1", $"{Host}/shop/api:1"]));
        Assert.Equal(
            Told.Stop,
            await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1", $"{Host}/shop/api:1", $"{Host}/shop/db:1"])
        );
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task An_image_of_another_registry_is_a_no(string adapter)
    {
        Approval(image =>
            image.StartsWith("999999999999", StringComparison.Ordinal)
                ? """{"approved":false,"status":"OTHER_REGISTRY","problem":"This EcrGuard answers for another."}"""
                : Verdict("shop/web", "APPROVED", true)
        );
        foreach (var other in new[] { "nginx:1.27", "999999999999.dkr.ecr.us-east-1.amazonaws.com/pause:3" })
            Assert.Equal(Told.Stop, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1", other]));
    }

    /// <summary>The answer is checked, and not simply believed.</summary>
    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task An_answer_that_is_none_is_no_yes(string adapter)
    {
        foreach (
            var answer in new[]
            {
                "true",
                "[]",
                "{}",
                """{"approved":true}""",
                """{"approved":"yes","status":"APPROVED"}""",
                Verdict("shop/other", "APPROVED", true),
                $$"""{"approved":true,"status":"{{new string('X', 1_000_000)}}"}""",
            }
        )
        {
            Approval(_ => answer);
            Assert.NotEqual(Told.Go, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1"]));
        }
    }

    /// <summary>These are all its calls, so the test below can make each of them fail.</summary>
    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task The_calls_of_an_adapter_are_known(string adapter)
    {
        guard.TakeRequests();
        foreach (var approved in Either)
        {
            Approval(_ => Verdict("shop/web", approved ? "APPROVED" : "BLOCKED", approved));
            await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1"]);
        }
        Assert.Equal(
            Of(adapter).Reads.Concat(Of(adapter).ReadsAfterNo).Append(("lambda", "Invoke")).Order(),
            guard
                .TakeRequests()
                .Where(request => request.Application == adapter)
                .Select(request => (request.Service, request.Operation))
                .Where(request => !request.Operation.StartsWith("Put", StringComparison.Ordinal))
                .Distinct()
                .Order()
        );
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Whatever_fails_is_no_yes(string adapter)
    {
        // The SDK repeats calls that fail for a while, and waits before each try. The gate is asked only once.
        (Fault, Told)[] passing = [(Fault.Throttle, Told.Wait), (Fault.CloseBefore, Told.Wait)];
        (Fault, Told)[] always =
        [
            (Fault.Unavailable, Told.Wait),
            (Fault.Refuse(403, "AccessDeniedException", "It may not."), Told.Stop),
        ];
        var reads = Of(adapter).Reads.Append(("lambda", "Invoke")).Select(read => (read, "APPROVED"));
        foreach (
            var ((service, operation), status) in reads.Concat(
                Of(adapter).ReadsAfterNo.Select(read => (read, "BLOCKED"))
            )
        )
        {
            foreach (var (fault, told) in operation == "Invoke" ? [.. always, .. passing] : always)
            {
                Approval(_ => Verdict("shop/web", status, status == "APPROVED"));
                guard.Aws.Faults.Add(fault with { Service = service, Operation = operation, Times = 1000 });
                var answer = await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1"]);
                guard.Aws.Faults.Clear();
                Assert.True(told == answer, $"{operation}, expected {told}: {answer}");
            }
        }
        guard.Aws.Lambda.Register("Approval", _ => throw new InvalidOperationException("It is broken."));
        Assert.Equal(Told.Wait, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:1"]));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task A_deployment_of_very_many_or_very_long_names_is_refused(string adapter)
    {
        Approval(_ => Verdict("shop/web", "APPROVED", true));
        Assert.Equal(
            Told.Stop,
            await Of(adapter).AskAsync(guard, [.. Enumerable.Range(0, 501).Select(i => $"{Host}/shop/web:{i}")])
        );
        Assert.Equal(Told.Stop, await Of(adapter).AskAsync(guard, [$"{Host}/shop/web:{new string('x', 1_000_000)}"]));
    }

    private static GateAdapter Of(string function) => GateAdapter.All.Single(adapter => adapter.Function == function);

    private void Approval(Func<string, string> answer) =>
        guard.Aws.Lambda.Register(
            "Approval",
            question => Task.FromResult(answer((string)JsonNode.Parse(question)!["image"]!))
        );

    private string Verdict(string repository, string status, bool approved) =>
        Verdict(guard, repository, status, approved);

    /// <summary>What Approval says about an image of this deployment.</summary>
    internal static string Verdict(Deployment guard, string repository, string status, bool approved) =>
        new JsonObject
        {
            ["approved"] = approved,
            ["status"] = status,
            ["image"] = repository,
            ["repository"] = repository,
            ["digest"] = Digest,
            ["deploy"] = $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}@{Digest}",
            ["reasons"] = new JsonArray(new JsonObject { ["code"] = "critical", ["sentence"] = "CVE-1 blocks." }),
            ["reasonCount"] = 1,
            ["warnings"] = new JsonArray(),
            ["waivers"] = new JsonArray(),
            ["toPass"] = new JsonArray(),
            ["counts"] = new JsonObject
            {
                ["critical"] = 1,
                ["high"] = 0,
                ["medium"] = 0,
                ["low"] = 0,
                ["informational"] = 0,
                ["untriaged"] = 0,
                ["undefined"] = 0,
            },
            ["decidedAt"] = "2026-11-30T00:00:00+00:00",
            ["policyVersion"] = "abc",
        }.ToJsonString();
}
