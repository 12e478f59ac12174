using System.Text;
using System.Text.Json.Nodes;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class PlanReaderTests
{
    private static readonly Plan Example = Plan(
        Planned(
            View([
                .. Six,
                Old(7) with
                {
                    PushedAt = null,
                    SizeInBytes = null,
                    Kind = ImageKind.Artifact,
                    Subject = Facts.Digest(1),
                },
            ]),
            KeepsTwo,
            exact: true
        ),
        Planned(View(Six, present: ExpiresUntagged), KeepsTwo) with
        {
            Name = "pay/web",
        }
    ) with
    {
        Unread = ["ECS services of the account 123456789012 could not be read: \"denied\"."],
    };

    private static PlanReading Read(string json) => PlanReader.Read(Encoding.UTF8.GetBytes(json));

    private static string Text(Plan plan) => Encoding.UTF8.GetString(PlanWriter.Write(plan, indented: true));

    /// <summary>The example with one thing changed.</summary>
    private static string Changed(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Text(Example))!.AsObject();
        change(json);
        return json.ToJsonString();
    }

    private static JsonObject Repository(JsonObject plan, int at = 0) => plan["repositories"]![at]!.AsObject();

    private static JsonObject Item(JsonObject plan, int repository = 0) =>
        Repository(plan, repository)["items"]![0]!.AsObject();

    private static JsonObject Image(JsonObject plan) => Item(plan)["images"]![0]!.AsObject();

    /// <summary>Plans are kept in files, so a plan in another form needs another version.</summary>
    [Fact]
    public void A_plan_of_version_1_is_read_and_written_as_it_was()
    {
        Approval.Matches(Text(Example), "plan.v1");
        Assert.Equal(Example.Id, Read(Text(Example)).Plan!.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_written_is_read_again_and_written_the_same(bool indented)
    {
        var written = PlanWriter.Write(Example, indented);
        var read = PlanReader.Read(written);
        Assert.Empty(read.Problems);
        Assert.Equal(Example.Id, read.Plan!.Id);
        Assert.Equal(written, PlanWriter.Write(read.Plan, indented));
        Assert.Equal(Going(Example.Repositories[0]), Going(read.Plan.Repositories[0]));
    }

    [Fact]
    public void White_space_does_not_matter_and_any_change_of_the_content_does()
    {
        Assert.Empty(Read(Changed(_ => { })).Problems);
        Assert.Equal(
            "$.planId",
            Assert.Single(Read(Changed(plan => Image(plan)["digest"] = Facts.Digest(6).ToString())).Problems).Path
        );
        Assert.Equal(
            "$.planId",
            Assert.Single(Read(Changed(plan => plan["createdAt"] = "2026-11-18T12:00:01Z")).Problems).Path
        );
        Assert.Contains(
            "Make a new one",
            Assert.Single(Read(Changed(plan => Repository(plan)["items"]!.AsArray().Clear())).Problems).Message,
            StringComparison.Ordinal
        );
    }

    public static TheoryData<string, string, string> Damaged =>
        new()
        {
            { "$.version", "2", "Found 2; it must be a whole number from 1 to 1." },
            { "$.planId", "\"ABC\"", "Found 'ABC'; it must be 64 lower-case hexadecimal characters." },
            {
                "$.planId",
                $"\"{new string('0', 63)}G\"",
                $"Found '{new string('0', 60)}…'; it must be 64 lower-case hexadecimal characters."
            },
            {
                "$.createdAt",
                "\"2026-11-18\"",
                "Found '2026-11-18'; it must be a time in UTC such as \"2026-01-31T00:00:00Z\"."
            },
            {
                "$.createdAt",
                "\"2026-11-18T12:00:00+01:00\"",
                "Found '2026-11-18T12:00:00+01:00'; it must be a time in UTC such as \"2026-01-31T00:00:00Z\"."
            },
            { "$.account", "\"42\"", "Found '42'; it must be twelve digits." },
            { "$.region", "\"Europe\"", "Found 'Europe'; it must be a region such as eu-central-1." },
            { "$.policyVersion", "null", "Found null; it must be 64 lower-case hexadecimal characters." },
            { "$.unread", "{}", "Found an object; it must be a list." },
            { "$.repositories", "null", "Found null; it must be a list." },
            { "$.repositories[0].repository", "\"Pay\"", "Found 'Pay'; it must be the name of a repository." },
            { "$.repositories[0].images", "-1", "Found -1; it must be a whole number from 0 to 2147483647." },
            {
                "$.repositories[0].items[0].kind",
                "\"drop\"",
                "Found 'drop'; it must be put-policy, delete or archive."
            },
            { "$.repositories[0].items[0].images", "[]", "The list is empty: there would be nothing to do." },
            {
                "$.repositories[0].items[0].images[0].digest",
                "\"sha256:1\"",
                "Found 'sha256:1'; it must be 'sha256:' and 64 lower-case hexadecimal characters."
            },
            { "$.repositories[0].items[0].images[0].tags", "[\"a b\"]", "Found 'a b'; it must be a tag." },
            {
                "$.repositories[0].items[0].images[0].bytes",
                "1.5",
                "Found 1.5; it must be a whole number from 0 to 9007199254740992."
            },
            {
                "$.repositories[0].items[0].images[0].pushedAt",
                "true",
                "Found true; it must be a time in UTC such as \"2026-01-31T00:00:00Z\"."
            },
            { "$.repositories[0].items[0].images[0].why", "\"\"", "'' is blank; it must say something." },
            { "$.repositories[0].items[0].images[0].usage", "\"in use\"", "Found 'in use'; it must be not in use." },
            {
                "$.repositories[1].items[0].policy",
                "\"{}\"",
                "ECR would refuse the lifecycle policy, at its line 1, column 1: "
            },
            { "$.repositories[1].items[0].policy", "7", "Found 7; it must be a lifecycle policy as text." },
            { "$.repositories[1].items[0].expires", "-1", "Found -1; it must be a whole number from 0 to 2147483647." },
            {
                "$.repositories[1].items[0].archives",
                "-1",
                "Found -1; it must be a whole number from 0 to 2147483647."
            },
            {
                "$.repositories[1].items[0].freedBytes",
                "-1",
                "Found -1; it must be a whole number from 0 to 9007199254740992."
            },
            { "$.repositories[1].items[0].why", "\"\"", "'' is blank; it must say something." },
            { "$.repositories[1].items[0].replaces", "7", "Found 7; it must be 64 lower-case hexadecimal characters." },
            { "$.repositories[1].repository", "\"pay/api\"", "The repository 'pay/api' is that of the repository at " },
        };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Each_kind_of_damage_is_named_with_its_place_what_was_found_and_what_would_be_right(
        string path,
        string value,
        string message
    )
    {
        var reading = Read(
            Changed(plan =>
            {
                JsonNode at = plan;
                var steps = path[2..]
                    .Replace("[", ".", StringComparison.Ordinal)
                    .Replace("]", "", StringComparison.Ordinal)
                    .Split('.');
                foreach (var step in steps[..^1])
                    at = (
                        at is JsonArray list
                            ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]
                            : at[step]
                    )!;
                at[steps[^1]] = JsonNode.Parse(value);
            })
        );
        Assert.Null(reading.Plan);
        var problem = Assert.Single(reading.Problems);
        Assert.StartsWith(path, problem.Path, StringComparison.Ordinal);
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_may_be_missing_be_there_twice_or_be_unknown()
    {
        Assert.Equal(
            "The key 'replaces' is missing.",
            Assert.Single(Read(Changed(plan => Item(plan, 1).Remove("replaces"))).Problems).Message
        );
        Assert.Equal(
            "The key 'tag' is unknown; did you mean 'tags'?",
            Assert.Single(Read(Changed(plan => Image(plan)["tag"] = "1.0")).Problems).Message
        );
        Assert.StartsWith(
            "The image 'sha256:",
            Assert
                .Single(Read(Changed(plan => Item(plan)["images"]!.AsArray().Add(Image(plan).DeepClone()))).Problems)
                .Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "The repository has a lifecycle policy in an earlier item",
            Assert
                .Single(
                    Read(
                        Changed(plan => Repository(plan, 1)["items"]!.AsArray().Add(Item(plan, 1).DeepClone()))
                    ).Problems
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_plan_that_ends_early_is_none()
    {
        var text = PlanWriter.Write(Example, indented: false);
        foreach (var length in Enumerable.Range(0, 40).Select(part => part * text.Length / 40))
            Assert.Null(PlanReader.Read(text.AsSpan(0, length)).Plan);
    }

    [Fact]
    public void Neither_comments_nor_a_plan_that_is_too_long_are_read()
    {
        Assert.Null(Read("// mine\n" + Text(Example)).Plan);
        Assert.Equal(
            "The plan has 5000001 bytes; at most 5000000 are read. Make a smaller one: 'ecrguard plan "
                + "--repository GLOB'.",
            Assert.Single(PlanReader.Read(new byte[Core.Plans.Plan.MaxBytes + 1]).Problems).Message
        );
    }

    [Fact]
    public void Every_sentence_and_every_tag_is_read_as_it_was_written()
    {
        var plan = Example with
        {
            Repositories = [Example.Repositories[0] with { Notes = ["It is \"old\".", "Look at it."] }],
        };
        var read = PlanReader.Read(PlanWriter.Write(plan, indented: false)).Plan!;
        Assert.Equal(plan.Unread, read.Unread);
        Assert.Equal(plan.Repositories[0].Notes, read.Repositories[0].Notes);
        Assert.Equal(["1.0"], Assert.IsType<Removal>(read.Repositories[0].Items[0]).Images[1].Tags);
    }

    [Fact]
    public void An_unknown_key_is_refused_wherever_it_stands()
    {
        Action<JsonObject>[] changes =
        [
            plan => plan["x"] = 1,
            plan => Repository(plan)["x"] = 1,
            plan => Item(plan)["x"] = 1,
            plan => Item(plan, 1)["x"] = 1,
            plan => Image(plan)["x"] = 1,
        ];
        Assert.All(
            changes,
            change =>
                Assert.StartsWith(
                    "The key 'x' is unknown",
                    Assert.Single(Read(Changed(change)).Problems).Message,
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void A_plan_of_just_the_greatest_length_is_read()
    {
        var longest = new byte[Core.Plans.Plan.MaxBytes];
        longest.AsSpan().Fill((byte)' ');
        PlanWriter.Write(Example, indented: false).CopyTo(longest, 0);
        Assert.Equal(Example.Id, PlanReader.Read(longest).Plan?.Id);
        Assert.Equal("$", Assert.Single(PlanReader.Read([.. longest, (byte)' ']).Problems).Path);
    }
}
