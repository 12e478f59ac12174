using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class PlanTests
{
    private static readonly UnreadConsumer Services = new("ECS services", "123456789012", "AccessDenied");
    private static readonly UnreadConsumer Functions = new("Lambda functions", "123456789012", "AccessDenied");

    [Fact]
    public void A_consumer_that_could_not_be_read_is_named_with_its_account_and_what_AWS_said() =>
        Assert.Equal(
            "ECS services of the account 123456789012 could not be read: AccessDenied",
            Core.Plans.Plan.Sentence(Services)
        );

    [Fact]
    public void Whatever_AWS_said_a_plan_that_quotes_it_can_be_read()
    {
        var plan = Plan() with
        {
            Unread = [Core.Plans.Plan.Sentence(Services with { Why = new string('x', 5000) + "\n" })],
        };
        Assert.Equal(plan.Unread, PlanReader.Read(PlanWriter.Write(plan, indented: false)).Plan?.Unread);
    }

    [Fact]
    public void A_plan_knows_the_consumers_that_it_names_whatever_AWS_says_of_them_by_now()
    {
        var plan = Plan() with { Unread = [Core.Plans.Plan.Sentence(Functions), Core.Plans.Plan.Sentence(Services)] };
        Assert.True(plan.Knows(Services with { Why = "Throttled" }));
        Assert.False(plan.Knows(Services with { Account = "210987654321" }));
        Assert.False((Plan() with { Unread = [Core.Plans.Plan.Sentence(Functions)] }).Knows(Services));
    }

    [Fact]
    public void Its_id_is_the_hash_of_its_shortest_text_without_the_id()
    {
        var plan = Plan(Planned(View(Six), KeepsTwo));
        var text = Encoding
            .UTF8.GetString(PlanWriter.Write(plan, indented: false))
            .Replace(plan.Id, "", StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), plan.Id);
    }

    [Fact]
    public void A_policy_takes_what_it_expires_and_what_it_archives()
    {
        var planned = Planned(View(Six), ArchivesUnused);
        var put = Assert.IsType<PutPolicy>(Assert.Single(planned.Items));
        Assert.Equal((0, 6, 6, 0), (put.Expires, put.Archives, put.Takes, planned.Keeps));
        Assert.Equal(10, (put with { Expires = 4 }).Takes);
    }

    [Fact]
    public void What_a_policy_takes_today_and_what_is_in_use_is_named_for_its_reviewers_and_again_for_who_applies_it()
    {
        var planned = Planned(View(Six, uses: (6, UseState.InUse)), KeepsTwo);
        var put = Assert.IsType<PutPolicy>(Assert.Single(planned.Items));
        Assert.Equal(put.Expires, put.Today.Count);
        Assert.Equal(Six[5].Id.Digest, Assert.Single(planned.Used).Digest);
        var plan = Plan(planned);

        foreach (var review in new[] { false, true })
        {
            var read = PlanReader.Read(PlanWriter.Write(plan, indented: false, review));
            Assert.Empty(read.Problems);
            Assert.Equal(plan.Id, read.Plan!.Id);
            var again = Assert.Single(read.Plan.Repositories);
            Assert.Equal(
                put.Today.Select(image => (image.Digest, image.Why)),
                Assert.IsType<PutPolicy>(Assert.Single(again.Items)).Today.Select(image => (image.Digest, image.Why))
            );
            Assert.Equal(planned.Used[0].Why, Assert.Single(again.Used).Why);
        }
    }

    [Fact]
    public void A_plan_names_the_first_images_only_and_nobody_can_name_others_in_it()
    {
        var planned = Planned(View([.. Enumerable.Range(1, 30).Select(at => Old(at))]), KeepsTwo);
        var put = Assert.IsType<PutPolicy>(Assert.Single(planned.Items));
        var plan = Plan([.. Enumerable.Range(1, 150).Select(at => planned with { Name = $"team/{at:000}" })]);

        var text = Encoding.UTF8.GetString(PlanWriter.Write(plan, indented: false));
        var read = PlanReader.Read(Encoding.UTF8.GetBytes(text)).Plan!;
        var named = read.Repositories.Select(repository => ((PutPolicy)repository.Items[0]).Today.Count).ToList();
        Assert.Equal((28, 10, 0, 1_000), (put.Today.Count, named[0], named[^1], named.Sum()));
        Assert.Equal(28, ((PutPolicy)read.Repositories[0].Items[0]).Takes);
        Assert.Equal(plan.Id, PlanReader.Read(PlanWriter.Write(plan, indented: false, review: true)).Plan!.Id);

        var other = text.Replace($"{put.Today[0].Digest}", $"{Facts.Digest(99)}", StringComparison.Ordinal);
        Assert.Contains(
            PlanReader.Read(Encoding.UTF8.GetBytes(other)).Problems,
            problem => problem.Message.Contains("it was changed or damaged", StringComparison.Ordinal)
        );
    }
}
