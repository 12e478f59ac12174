using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Reports.Page;
using EcrGuard.Core.Reports.Weekly;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>All forms of the weekly report say the same, and no name does harm in any of them.</summary>
public sealed class SummaryFormsTests
{
    private const string Console = "https://eu-central-1.console.aws.amazon.com/s3/object/reports";
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Tuesday = new(2026, 11, 17, 9, 0, 0, TimeSpan.Zero);

    private static ImageRecord Blocked(int number, string repository, string tag, params Finding[] findings)
    {
        var image = Facts.Image(number, tag).In(repository) with { PushedAt = Tuesday };
        var verdict = Facts.Decide(image, Facts.Scan(findings));
        return ImageRecord.Of(image, verdict, null, "01C", Tuesday.AddMinutes(number), image.Tags) with
        {
            PreviousStatus = number % 2 == 0 ? Status.Approved : null,
        };
    }

    private static ConsumerReference Uses(string repository, int number, string service) =>
        new(
            Facts.Repository with
            {
                Name = repository,
            },
            null,
            Facts.Digest(number),
            new Consumer(ConsumerKind.EcsService, $"arn:aws:ecs:eu-central-1:123456789012:service/{service}")
        );

    private static readonly SummaryFacts Registry = new()
    {
        Account = "123456789012",
        Region = "eu-central-1",
        Week = IsoWeek.Parse("2026-W47"),
        GeneratedAt = Now,
        Policy = Facts.Policy with
        {
            Grace = new Dictionary<Severity, int> { [Severity.Critical] = 3 },
            Sla = new Dictionary<Severity, int> { [Severity.Critical] = 7 },
            Waivers = [Facts.Waiver() with { Expires = new DateOnly(2026, 11, 30) }],
        },
        Ceiling = EnforcementMode.Mark,
        Repositories = ["legacy/report", "pay/api", "web/shop"],
        Usage = new UsageReading
        {
            ReadAt = Now.AddHours(-3),
            Uses = [Uses("pay/api", 1, "main/pay"), Uses("web/shop", 5, "main/shop")],
        },
        Sweeps =
        [
            new SweptRepository(
                "pay/api",
                new RepositorySweep
                {
                    SweptAt = Now,
                    Images = 3,
                    InUse = 1,
                    UseUnknown = 1,
                    AtRiskCount = 0,
                    AtRisk = [],
                    AbandonedCount = 0,
                    Abandoned = [],
                    Team = "payments",
                    Lint = ["Rule 2: It never takes an image: rule 1 takes them all before. Remove it."],
                    Archived = 1,
                    ArchivedBytes = 120_000_000,
                }
            ),
            .. Facts.Swept(Now, "legacy/report", "web/shop"),
        ],
        Past =
        [
            new RepositoryPast(
                "pay/api",
                new RepositoryHistory
                {
                    Since = Now.AddDays(-40),
                    PolicyVersion = "x",
                    OpenUnlisted = 12,
                    FixedCutAt = Tuesday.AddDays(-10),
                    Open =
                    [
                        new OpenFinding("CVE-2026-0001", "openssl", Severity.Critical, Tuesday.AddDays(-20), true),
                        new OpenFinding("CVE-2026-0002", "zlib", Severity.Critical, Tuesday, true),
                    ],
                    Fixed =
                    [
                        new FixedFinding("CVE-2026-0009", "curl", Severity.Critical, Tuesday.AddDays(-9), Tuesday),
                        new FixedFinding(
                            "CVE-2026-0008",
                            "tar",
                            Severity.High,
                            Tuesday.AddDays(-30),
                            Tuesday.AddDays(-25)
                        ),
                    ],
                    Storage = [new StorageWeek(IsoWeek.Parse("2026-W47"), 4, 6, 1_450_000_000)],
                }
            ),
        ],
        Trend =
        [
            new WeekRollUp(
                IsoWeek.Parse("2026-W45"),
                Now.AddDays(-14),
                3,
                new StatusCounts(Blocked: 1, Approved: 4),
                1,
                0,
                0,
                true,
                Facts.Policy.Version,
                new WeekFigures(1, 1, 0, 2, 1, 0, [1, 0, 0, 0], 4.5, 900_000_000)
            ),
        ],
    };

    private static WeeklySummary Sample() =>
        new SummaryBuilder(Registry)
            .Add(Blocked(1, "pay/api", "1.0", Facts.Finding(), Facts.Finding("CVE-2026-0002", package: "zlib")))
            .Add(Blocked(2, "pay/api", "0.9", Facts.Finding() with { Score = 9.8, Epss = 0.91 }))
            .Add(Facts.Record(Status.Approved, Facts.Image(3, "1.1").In("pay/api")) with { WaiversUsed = ["W1"] })
            .Add(
                Blocked(
                    4,
                    "web/shop",
                    "2",
                    Facts.Finding("CVE-2026-0003") with
                    {
                        Occurrences = [],
                        Fix = FixAvailability.No,
                    }
                )
            )
            .Add(Facts.Record(Status.Unscanned, Facts.Image(5, "7").In("web/shop")))
            .Add(
                Facts.Record(
                    Status.Unscanned,
                    Facts.Image(6, "old").In("legacy/report") with
                    {
                        PushedAt = Now.AddDays(-900),
                    }
                )
            )
            .Build();

    private static string Text(WeeklySummary summary) => summary.ToText(AlertMessage.MaxEnvelope, Console);

    private static Dictionary<string, string> Files(WeeklySummary summary) =>
        SummaryForms
            .Of(summary)
            .ToDictionary(
                file => file.Name,
                file =>
                {
                    using var output = new MemoryStream();
                    file.Write(output);
                    return Encoding.UTF8.GetString(output.ToArray());
                }
            );

    [Fact]
    public void The_mail_is_as_approved() => Approval.Matches(Text(Sample()), "forms/mail");

    [Fact]
    public void A_quiet_week_says_so_in_one_screen()
    {
        var text = Text(
            new SummaryBuilder(
                Registry with
                {
                    Usage = Registry.Usage! with { Uses = [] },
                    Policy = Facts.Policy,
                    Past = [],
                    Sweeps = [.. Facts.Swept(Now, Registry.Repositories)],
                    Trend = [],
                }
            )
                .Add(Facts.Record(Status.Approved))
                .Build()
        );
        Approval.Matches(text, "forms/mail-of-a-quiet-week");
        Assert.InRange(text.Split('\n').Length, 1, 25);
    }

    [Theory]
    [InlineData("report.html")]
    [InlineData("report.json")]
    [InlineData("images.csv")]
    [InlineData("blocking.csv")]
    [InlineData("open.csv")]
    [InlineData("waivers.csv")]
    [InlineData("coverage.csv")]
    public void Each_file_is_as_approved(string name)
    {
        var file = Files(Sample())[name];
        if (name == "report.json")
            file = JsonNode.Parse(file)!.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        if (name == "report.html")
            file = Without(Without(file, "style"), "script");
        Approval.Matches(file.TrimStart('\uFEFF'), $"forms/{name}");

        // Style and script are separate files.
        static string Without(string html, string tag) =>
            html[..(html.IndexOf($"<{tag}>", StringComparison.Ordinal) + tag.Length + 2)]
            + html[html.IndexOf($"</{tag}>", StringComparison.Ordinal)..];
    }

    [Fact]
    public void A_report_that_is_made_again_is_another_message_and_says_so()
    {
        var (own, again) = (Sample() with { MadeAgain = false }, Sample() with { MadeAgain = true });
        var (first, second) = (WeekMessage.For(own, "s3://x/", "page"), WeekMessage.For(again, "s3://x/", "page"));
        Assert.NotEqual(own.AlertId, again.AlertId);
        Assert.Equal(
            [false, true],
            new[] { first, second }.Select(message => (bool)JsonNode.Parse(message.Json)!["madeAgain"]!)
        );
        Assert.Contains("Files that lay there already are kept", second.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_read_what_runs_it_is_not_known_what_is_past_its_grace() =>
        Assert.Null(new SummaryBuilder(Registry with { Usage = null, Repositories = [], Past = [] }).Build().PastGrace);

    [Fact]
    public void Where_some_of_what_runs_could_not_be_read_the_page_says_so_at_its_figures()
    {
        var figure = "</strong><span>blocked images running, as far as is known</span>";
        Assert.Contains(figure, Files(Sample() with { RunsKnown = false })["report.html"], StringComparison.Ordinal);
        Assert.DoesNotContain("as far as is known", Files(Sample())["report.html"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_schema_is_that_of_the_JSON()
    {
        var file = Path.GetFullPath("../../../functions/EcrGuard.Core/Reports/weekly-report.schema.json", Here());
        var schema = JsonSchemaExporter
            .GetJsonSchemaAsNode(
                ReportJson.Default.WeeklySummary,
                new JsonSchemaExporterOptions
                {
                    TreatNullObliviousAsNonNullable = true,
                    TransformSchemaNode = Described,
                }
            )!
            .AsObject();
        schema["properties"]!["schemaVersion"] = new JsonObject { ["const"] = Sample().SchemaVersion };
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "The weekly report of EcrGuard, schemaVersion 3");
        var text = schema.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        if (Environment.GetEnvironmentVariable("ECRGUARD_APPROVE") == "1")
            File.WriteAllText(file, text);
        Assert.Equal(text, File.ReadAllText(file).ReplaceLineEndings("\n"));
        Assert.Equal(3, Sample().SchemaVersion);
        Assert.Contains(Sample().Actions, action => action.Digest is null);
        Assert.True(new Core.Tests.Policy.JsonSchema(schema).Accepts(JsonNode.Parse(Files(Sample())["report.json"])));
    }

    /// <summary>
    /// Our own words are strings in JSON; an enum lists them. A new field does not raise the version, so that no object
    /// may forbid what it does not name.
    /// </summary>
    private static JsonNode Described(JsonSchemaExporterContext context, JsonNode node)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type.IsEnum)
        {
            var isNullable = type != context.TypeInfo.Type;
            List<JsonNode?> words = [.. Enum.GetValues(type).Cast<object>().Select(Word)];
            return new JsonObject { ["enum"] = new JsonArray([.. words, .. isNullable ? (JsonNode?[])[null] : []]) };
        }
        if (node is JsonObject described)
            described.Remove("additionalProperties");
        if (node.GetValueKind() != JsonValueKind.True)
            return node;
        // The exporter knows nothing of what a converter writes.
        var mayBeNull = context.PropertyInfo is { IsGetNullable: true };
        return new JsonObject { ["type"] = mayBeNull ? new JsonArray("string", "null") : "string" };

        JsonNode? Word(object value) => JsonNode.Parse(JsonSerializer.Serialize(value, type, ReportJson.Default));
    }

    [Fact]
    public void An_image_of_an_index_runs_where_its_platform_does()
    {
        var index = Facts.Record(Status.Blocked, Facts.Image(9, "3").In("pay/api")) with
        {
            Kind = ImageKind.Index,
            Children = [new IndexChild(Facts.Digest(1), "linux/amd64", ImageKind.Image)],
        };
        var summary = new SummaryBuilder(Registry)
            .Add(Facts.Record(Status.Blocked, Facts.Image(1).In("pay/api")))
            .Add(index)
            .Build();
        Assert.Equal((1, 1, 1), (summary.Images, summary.Running, summary.RunningBlocked));
        Assert.Equal(["ECS service main/pay"], Assert.Single(summary.Actions, a => a.Digest is not null).RunBy);
    }

    [Fact]
    public void What_is_past_its_grace_comes_first_and_then_what_is_so_within_a_week()
    {
        ImageRecord Due(int number, int days)
        {
            var record = Facts.Record(Status.Blocked, Facts.Image(number, $"{number}").In("pay/api"));
            return record with
            {
                Grace = new Grace(
                    [new GraceStart(Severity.Critical, Now.AddDays(days - 3))],
                    Severity.Critical,
                    Now.AddDays(days),
                    Counting: true
                ),
            };
        }
        var facts = Registry with
        {
            Policy = Facts.Policy,
            Usage = Registry.Usage! with
            {
                Uses = [.. Enumerable.Range(1, 3).Select(i => Uses("pay/api", i, $"s{i}"))],
            },
        };
        var summary = new SummaryBuilder(facts).Add(Due(1, 20)).Add(Due(2, 3)).Add(Due(3, -1)).Build();
        Assert.Equal(
            [ActionKind.PastGrace, ActionKind.GraceEndsSoon, ActionKind.RunsBlocked],
            summary.Actions.Select(action => action.Kind)
        );
        Assert.Equal("pay/api:3", summary.Actions[0].What);
    }

    [Fact]
    public void A_quarantined_image_that_something_names_needs_somebody()
    {
        var record = Blocked(1, "pay/api", "1", Facts.Finding());
        var facts = Registry with { Quarantined = new HashSet<ImageId> { record.Verdict.Image } };
        Assert.Contains(
            new SummaryBuilder(facts).Add(record).Build().Actions,
            action => action.Kind == ActionKind.QuarantinedAndNamed
        );
    }

    [Fact]
    public void A_week_without_a_report_is_a_gap_and_no_zero()
    {
        var summary = Sample();
        Assert.Equal(RepositoryHistory.Weeks, summary.Trend.Count);
        Assert.Equal(
            ["2026-W45", "2026-W47"],
            summary.Trend.Where(week => week.Numbers is not null).Select(week => week.Week.ToString())
        );
        Assert.Contains("Blocked images: W36 – – – – – – – – – 1 – 3 W47\n", Text(summary), StringComparison.Ordinal);
        Assert.Contains("class=\"gap\"", Files(summary)["report.html"], StringComparison.Ordinal);
    }

    [Fact]
    public void Percentiles_are_of_the_nearest_rank()
    {
        Assert.Null(RemediationTable.Percentile([], 50));
        Assert.Equal(3, RemediationTable.Percentile([3], 90));
        Assert.Equal(2, RemediationTable.Percentile([1, 2, 3], 50));
        Assert.Equal(9, RemediationTable.Percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90));
    }

    [Fact]
    public void Delivery_is_counted_from_push_to_first_verdict_and_from_block_to_the_next_approval()
    {
        ImageRecord Pushed(int number, Status status, int minute) =>
            Facts.Record(
                status,
                Facts.Image(number, $"{number}").In("pay/api") with
                {
                    PushedAt = Tuesday.AddMinutes(minute),
                }
            ) with
            {
                First = new FirstVerdict(status, Tuesday.AddMinutes(minute + 4)),
            };
        var delivery = new SummaryBuilder(Registry)
            .Add(Pushed(1, Status.Blocked, 0))
            .Add(Pushed(2, Status.Blocked, 30))
            .Add(Pushed(3, Status.Approved, 120))
            .Add(
                Facts.Record(Status.Approved, Facts.Image(4, "4").In("pay/api") with { PushedAt = Tuesday }) with
                {
                    First = null,
                }
            )
            .Build()
            .Delivery;
        Assert.Equal((4, 3, 2), (delivery.Pushes, delivery.Judged, delivery.BlockedAtFirst));
        Assert.Equal((4.0, 1, 2.0), (delivery.MedianMinutes, delivery.Restored, delivery.RestoreMedianHours));
    }

    [Fact]
    public void What_was_pushed_long_before_the_first_verdict_of_all_says_nothing_of_delivery()
    {
        var old = Facts.Record(
            Status.Blocked,
            Facts.Image(1, "1").In("pay/api") with
            {
                PushedAt = Tuesday.AddHours(-20),
            }
        ) with
        {
            First = new FirstVerdict(Status.Blocked, Tuesday),
        };
        var delivery = new SummaryBuilder(Registry).Add(old).Build().Delivery;
        Assert.Equal((0, 0, null), (delivery.Pushes, delivery.Judged, delivery.MedianMinutes));
    }

    /// <summary>Names that strangers may choose.</summary>
    private static readonly string[] Hostile =
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\u202Egnp.exe\u061C",
        "a\r\nb,\"c\"",
        "javascript:alert(1)",
        "</style></table>",
        "'",
        new string('ü', 300),
        "\ud800",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Parts_add_up_to_totals_all_forms_agree_and_no_name_does_harm(int seed)
    {
        var random = new Random(seed);
        string Name() => Hostile[random.Next(Hostile.Length)];
        var repositories = Enumerable.Range(0, 12).Select(i => $"team{i % 3}/app-{i}").ToList();
        var records = Enumerable
            .Range(0, 150)
            .Select(i =>
            {
                var image = Facts.Image(i, random.Next(4) == 0 ? Name() : $"v{i}").In(repositories[random.Next(12)]);
                image = image with { PushedAt = Tuesday.AddDays(-random.Next(200)) };
                var status = (Status)random.Next(7);
                return status == Status.Blocked
                    ? ImageRecord.Of(
                        image,
                        Facts.Decide(
                            image,
                            Facts.Scan([
                                .. Enumerable
                                    .Range(0, random.Next(1, 4))
                                    .Select(n =>
                                        Facts.Finding(random.Next(3) == 0 ? Name() : $"CVE-2026-{n}", package: Name())
                                    ),
                            ])
                        ),
                        null,
                        "01",
                        Tuesday,
                        image.Tags
                    )
                    : Facts.Record(status, image, was: (Status)random.Next(7), since: Tuesday);
            })
            .ToList();
        var summary = records
            .Aggregate(
                new SummaryBuilder(
                    Registry with
                    {
                        Repositories = repositories,
                        Usage = Registry.Usage! with
                        {
                            Uses =
                            [
                                .. records
                                    .Where(_ => random.Next(3) == 0)
                                    .Select(r => new ConsumerReference(
                                        r.Verdict.Image.Repository,
                                        null,
                                        r.Verdict.Image.Digest,
                                        new Consumer(ConsumerKind.EcsService, Name())
                                    )),
                            ],
                        },
                        Sweeps =
                        [
                            .. repositories
                                .Take(8)
                                .Select(name => new SweptRepository(
                                    name,
                                    Registry.Sweeps[0].Sweep with
                                    {
                                        Team = Name(),
                                    }
                                )),
                        ],
                        Past =
                        [
                            .. repositories.Take(6).Select(name => new RepositoryPast(name, Registry.Past[0].History)),
                        ],
                        Unread = [new Unread(Name(), Name())],
                        Notes = [new RepositoryNote(repositories[0], [Name()])],
                    }
                ),
                (builder, record) => builder.Add(record)
            )
            .Build();

        // The parts add up.
        Assert.Equal(150, summary.Images);
        Assert.Equal(summary.Images, summary.Statuses.Total);
        foreach (var rows in new[] { summary.Teams, summary.ByRepository })
        {
            Assert.Equal(summary.Repositories, rows.Sum(row => row.Repositories));
            Assert.Equal(summary.Images, rows.Sum(row => row.Images));
            Assert.Equal(summary.Running, rows.Sum(row => row.Running));
            Assert.Equal(summary.Statuses.Blocked, rows.Sum(row => row.Blocked));
            Assert.Equal(summary.RunningBlocked, rows.Sum(row => row.RunningBlocked));
            Assert.Equal(summary.NewlyBlockedCount, rows.Sum(row => row.NewlyBlocked));
            Assert.Equal(summary.CoverageGaps.Sum(gap => gap.Images), rows.Sum(row => row.Uncovered));
            Assert.Equal(summary.Remediation.Sum(row => row.Open), rows.Sum(row => row.Open));
            Assert.Equal(summary.Remediation.Sum(row => row.OverSla), rows.Sum(row => row.OverSla));
            Assert.Equal(summary.Remediation.Sum(row => row.Fixed), rows.Sum(row => row.Fixed));
        }
        Assert.All(summary.Remediation, row => Assert.Equal(row.Open, row.OpenByAge.Sum()));
        Assert.Equal(summary.Statuses.Blocked, summary.Blocked.Count);

        // The forms agree.
        var files = Files(summary);
        var images = Csv(files["images.csv"]);
        Assert.Equal(150, images.Count - 1);
        foreach (var status in Enum.GetValues<Status>())
            Assert.Equal(summary.Statuses[status], images.Count(row => row[3] == status.Word()));
        Assert.Equal(summary.Running, images.Count(row => row[7] == "yes"));
        Assert.Equal(summary.Blocked.Sum(image => image.Blocking.Count), Csv(files["blocking.csv"]).Count - 1);
        Assert.Equal(summary.Remediation.Sum(row => row.Open), Csv(files["open.csv"]).Count - 1);
        Assert.Equal(summary.Remediation.Sum(row => row.OverSla), Csv(files["open.csv"]).Count(row => row[8] == "yes"));
        Assert.Equal(
            summary.CoverageGaps.Sum(gap => gap.Images),
            Csv(files["coverage.csv"]).Skip(1).Sum(row => int.Parse(row[3], CultureInfo.InvariantCulture))
        );
        var json = JsonNode.Parse(files["report.json"])!;
        Assert.Equal(summary.Images, json["images"]!.GetValue<int>());
        Assert.Equal(summary.Statuses.Blocked, json["statuses"]!["blocked"]!.GetValue<int>());
        Assert.Equal(summary.ActionCount, json["actionCount"]!.GetValue<int>());
        var (text, page) = (Text(summary), files["report.html"]);
        Assert.Contains($"\nBlocked: {summary.Statuses.Blocked}\n", text, StringComparison.Ordinal);
        Assert.Contains($"{summary.Images} images, {summary.Running} of them running", text, StringComparison.Ordinal);
        Assert.Contains($"<strong>{summary.ActionCount}</strong>", page, StringComparison.Ordinal);
        Assert.Contains($"<strong>{summary.RunningBlocked}</strong>", page, StringComparison.Ordinal);
        Assert.Contains($"{summary.Statuses.Blocked} images are blocked", page, StringComparison.Ordinal);

        // No name does harm.
        Assert.Equal(1, Count(page, "<script"));
        Assert.Equal(1, Count(page, "<style"));
        Assert.Equal(0, Count(page, "<img"));
        Assert.Equal(0, Count(page, "href=\"javascript"));
        Assert.DoesNotContain(page + text + string.Concat(files.Values), c => c is '\u202e' or '\u061c' or '\u2028');
        foreach (var file in files.Where(file => file.Key.EndsWith(".csv", StringComparison.Ordinal)))
            Assert.All(
                Csv(file.Value).SelectMany(row => row),
                field => Assert.False(field.TrimStart() is ['=' or '+' or '-' or '@', ..], field)
            );
        Assert.InRange(WeekMessage.For(summary, "s3://b/", Console).Envelope.Length, 1, AlertMessage.MaxEnvelope);
    }

    [Fact]
    public void The_page_of_a_large_registry_is_under_five_megabytes_and_says_how_many_more_there_are()
    {
        var builder = new SummaryBuilder(
            Registry with
            {
                Repositories = [.. Enumerable.Range(0, 10_000).Select(i => $"{new string('n', 240)}/{i}")],
            }
        );
        var record = Blocked(
            1,
            "x",
            new string('ü', 128),
            [
                .. Enumerable
                    .Range(0, 20)
                    .Select(i => Facts.Finding($"CVE-2026-{i}{new string('é', 150)}", package: new string('ß', 190))),
            ]
        );
        for (var i = 0; i < 3_000; i++)
            builder.Add(
                record with
                {
                    Verdict = record.Verdict with
                    {
                        Image = Facts.Image(i).In($"{new string('n', 240)}/{i % 10_000}").Id,
                    },
                }
            );
        var page = SummaryPage.Of(builder.Build());
        Assert.InRange(page.Length, 1, 5_000_000);
        Assert.Contains(
            "more, in blocking.csv beside this page",
            Encoding.UTF8.GetString(page),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_page_asks_nothing_of_anybody_else_and_lets_no_other_script_run()
    {
        var page = Files(Sample())["report.html"];
        Assert.Contains("default-src 'none'; style-src 'sha256-", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CVE-2026-1", "https://www.cve.org/CVERecord?id=CVE-2026-1")]
    [InlineData("GHSA-xxxx-yyyy-zzzz", "https://github.com/advisories/GHSA-xxxx-yyyy-zzzz")]
    [InlineData("ALAS2-2026-1", null)]
    [InlineData("CVE-2026-1\" onclick=", null)]
    public void A_vulnerability_is_linked_where_its_page_is_known(string id, string? address) =>
        Assert.Equal(address, Links.Vulnerability(id));

    private static string Here([CallerFilePath] string test = "") => Path.GetDirectoryName(test)!;

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Reads RFC 4180 as a spreadsheet does.</summary>
    private static List<List<string>> Csv(string text)
    {
        var (rows, row, field, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        text = text.TrimStart('\uFEFF');
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                field.Append(text[i++]);
            else if (text[i] == '"')
                quoted = !quoted;
            else if (!quoted && text[i] is ',' or '\n' && !quoted)
            {
                row.Add(field.ToString());
                field.Clear();
                if (text[i] == '\n')
                {
                    rows.Add(row);
                    row = [];
                }
            }
            else if (quoted || text[i] != '\r')
                field.Append(text[i]);
        }
        return rows;
    }
}
