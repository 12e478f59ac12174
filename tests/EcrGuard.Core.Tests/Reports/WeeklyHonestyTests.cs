using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Reports.WeekFacts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>The report says first what it does not know, and counts nothing that it cannot.</summary>
public sealed class WeeklyHonestyTests
{
    private static readonly OpenFinding Open = new("CVE-2026-1", "zlib", Severity.High, Tuesday, true);

    private static readonly string[] Packages = ["openssl", "libssl3"];

    private static RepositoryPast Past(DateTimeOffset since, params OpenFinding[] open) =>
        new(
            "pay/api",
            new RepositoryHistory
            {
                Since = since,
                PolicyVersion = "x",
                Open = open,
            }
        );

    [Fact]
    public void What_could_not_be_read_stands_above_all_figures_of_the_page_however_many_actions_there_are()
    {
        var uses = Enumerable
            .Range(1, 260)
            .Select(number => new ConsumerReference(
                Facts.Repository,
                null,
                Facts.Digest(number),
                new Consumer(ConsumerKind.EcsService, $"arn:aws:ecs:eu-central-1:123456789012:service/s{number}")
            ));
        var facts = Registry with
        {
            Usage = new UsageReading { ReadAt = Monday, Uses = [.. uses] },
            Unread = [new Unread("repository web/shop", "AccessDeniedException")],
        };
        var page = Forms(
            Sum(facts, Enumerable.Range(1, 260).Select(n => Facts.Record(Status.Blocked, Facts.Image(n, $"{n}"))))
        )["report.html"];
        Assert.InRange(
            page.IndexOf("repository web/shop: AccessDeniedException", StringComparison.Ordinal),
            0,
            page.IndexOf("class=\"tiles\"", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void What_EcrGuard_cannot_see_stands_beside_whether_everything_could_be_read()
    {
        var facts = Registry with
        {
            Usage = new UsageReading
            {
                ReadAt = Monday,
                Unread =
                [
                    new UnreadConsumer("what EKS runs", Facts.Repository.Account, "Enhanced scanning is off.")
                    {
                        BySetting = true,
                    },
                ],
            },
        };
        var forms = Forms(Sum(facts, Facts.Record(Status.Approved)));
        const string said = "EcrGuard cannot see what EKS runs of account 123456789012: Enhanced scanning is off.";
        foreach (var (form, firstFigures) in new[] { ("mail", "\nNOW\n"), ("report.html", "class=\"tiles\"") })
        {
            var text = forms[form];
            Assert.InRange(
                text.IndexOf(said, StringComparison.Ordinal),
                0,
                text.IndexOf(firstFigures, StringComparison.Ordinal)
            );
            Assert.DoesNotContain("Everything could be read.", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_week_before_the_first_sweep_and_one_that_ended_before_it_count_no_vulnerability_as_none()
    {
        var never = Forms(Sum(Facts.Record(Status.Blocked, since: Tuesday)));
        Assert.Contains(
            "TIME TO REMEDIATE\nIt is counted from the first daily sweep on.",
            never["mail"],
            StringComparison.Ordinal
        );

        var later = Forms(
            Sum(Registry with { Past = [Past(Monday, Open)] }, Facts.Record(Status.Blocked, since: Tuesday))
        );
        foreach (var form in new[] { "mail", "report.html" })
        {
            Assert.Contains(
                "not counted in this week; counted from 23 Nov 2026 on",
                later[form],
                StringComparison.Ordinal
            );
            Assert.DoesNotContain("0 new", later[form], StringComparison.Ordinal);
        }
        Assert.Contains(
            "HIGH: 1 open, no SLA in the policy, oldest 5.9 days; none fixed since 23 Nov 2026",
            later["mail"],
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("12 weeks", later["mail"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_action_tells_how_many_reasons_there_are_besides_the_one_it_names()
    {
        var image = Facts.Image(1, "1.0");
        var record = ImageRecord.Of(
            image,
            Facts.Decide(image, Facts.Scan([.. Enumerable.Range(1, 4).Select(n => Facts.Finding($"CVE-2026-{n}"))])),
            null,
            "01C",
            Tuesday,
            image.Tags
        );
        var usage = new UsageReading
        {
            ReadAt = Monday,
            Uses =
            [
                new ConsumerReference(
                    Facts.Repository,
                    "1.0",
                    null,
                    new Consumer(ConsumerKind.EcsService, "arn:aws:ecs:eu-central-1:123456789012:service/main/web")
                ),
            ],
        };
        var forms = Forms(Sum(Registry with { Usage = usage }, record));
        Assert.Contains("And 3 more reasons.", forms["mail"], StringComparison.Ordinal);
        Assert.Contains("the 3 other reasons to block need their own", forms["report.html"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_quiet_week_of_a_registry_that_lives_takes_one_screen_and_shows_no_charts_of_one_column()
    {
        var facts = Registry with
        {
            Notes =
            [
                .. Enumerable.Range(1, 12).Select(n => new RepositoryNote($"web/{n}", ["It has no lifecycle policy."])),
            ],
            Past = [Past(Monday.AddDays(-3))],
        };
        var forms = Forms(
            Sum(
                facts,
                Enumerable
                    .Range(1, 30)
                    .Select(n =>
                        Facts.Record(Status.Approved, Facts.Image(n, $"{n}")) with
                        {
                            CouldNotMark = "It is archived.",
                        }
                    )
                    .Append(Facts.Record(Status.Unscanned, Facts.Image(31, "x")))
            )
        );
        Assert.InRange(forms["mail"].Split('\n').Length, 1, 35);
        Assert.Contains("differ from the policy's baseline: 12", forms["mail"], StringComparison.Ordinal);
        Assert.DoesNotContain("<svg viewBox=\"0 0 480", forms["report.html"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_approved_image_that_became_blocked_is_restored_by_the_next_approved_push()
    {
        ImageRecord Pushed(int number, int hour, Status first, Status now, DateTimeOffset since, int late = 0) =>
            Facts.Record(
                now,
                Facts.Image(number, $"{number}") with
                {
                    PushedAt = Tuesday.AddHours(hour),
                },
                since: since
            ) with
            {
                First = new FirstVerdict(first, Tuesday.AddHours(hour + late)),
            };
        var delivery = Sum(
            Pushed(1, 0, Status.Approved, Status.Blocked, Tuesday.AddHours(10)),
            // It was approved before that: it restored nothing.
            Pushed(2, 5, Status.Approved, Status.Approved, Tuesday.AddHours(5)),
            // It was pushed before that and judged after it.
            Pushed(4, 8, Status.Approved, Status.Approved, Tuesday.AddHours(12), late: 4),
            Pushed(3, 16, Status.Approved, Status.Approved, Tuesday.AddHours(16))
        ).Delivery;
        Assert.Equal((1, 6.0), (delivery.Restored, delivery.RestoreMedianHours));
    }

    [Fact]
    public void A_vulnerability_without_a_fix_is_no_update_and_nothing_clears_it()
    {
        var image = Facts.Image(1, "1.0");
        var finding = Facts.Finding("CVE-2026-9") with { Occurrences = [], Fix = FixAvailability.No };
        var record = ImageRecord.Of(image, Facts.Decide(image, Facts.Scan(finding)), null, "01C", Tuesday, image.Tags);
        var summary = Sum(record);
        Assert.Equal(0, Assert.Single(summary.Fixes).Unblocks);
        var mail = Render(summary);
        Assert.Contains(
            "BLOCKED NOW: 1 image, 0 of them running.\n- No fix yet: CVE-2026-9 in openssl",
            mail,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("clear", mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CVE-2026-0001", "openssl", "pay/api")]
    [InlineData("CVE-2026-0001", "lib\"x\\", "pay/api")]
    [InlineData("CVE-2026-0001", "Microsoft Edge [x64] {1}!", "pay/api")]
    [InlineData("CVE-2026-0001", "tab\tand\nline", "pay/api")]
    [InlineData("ALAS2023-2026-[1]", null, "pay/api")]
    public void The_waiver_to_paste_is_refused_until_it_is_filled_in_and_then_excuses_what_it_was_made_for(
        string vulnerability,
        string? package,
        string repository
    )
    {
        var waiver = Links.Waiver(vulnerability, package, repository, Monday);
        var empty = Read(waiver);
        Assert.Equal(3, empty.Problems.Count);
        Assert.All(
            empty.Problems,
            problem => Assert.Contains("is blank", problem.ToString(""), StringComparison.Ordinal)
        );

        var filled = Assert.Single(Read(waiver.Replace("\"\"", "\"x\"", StringComparison.Ordinal)).Policy!.Waivers);
        Assert.True(filled.Vulnerability.Matches(vulnerability));
        Assert.True(package is null || filled.Package!.Matches(package));
    }

    [Fact]
    public void Waivers_of_one_vulnerability_for_all_repositories_packages_and_names_of_any_length_can_be_pasted_together()
    {
        string[] repositories = ["pay/api", "pay-api", "web/shop", new('n', 256), new string('n', 255) + "m"];
        var waivers = repositories.SelectMany(repository =>
            Packages.Select(package => Links.Waiver("CVE-2026-2177", package, repository, Monday))
        );
        var reading = Read(string.Join(",\n", waivers).Replace("\"\"", "\"x\"", StringComparison.Ordinal));
        Assert.Empty(reading.Problems);
        Assert.All(
            repositories,
            repository =>
                Assert.Equal(
                    2,
                    reading.Policy!.Waivers.Count(waiver => waiver.Repositories!.Any(glob => glob.Matches(repository)))
                )
        );
    }

    private static PolicyReading Read(string waivers) =>
        PolicyReader.Read(Encoding.UTF8.GetBytes($$"""{ "version": 1, "waivers": [ {{waivers}} ] }"""), Monday);
}
