using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class FindingsTests
{
    private static readonly DateTimeOffset Day = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private static readonly Finding OpenSsl = new()
    {
        Vulnerability = "CVE-2024-6119",
        Severity = Severity.Medium,
        PackageManager = "OS",
        Package = "openssl",
    };

    [Fact]
    public void One_vulnerability_in_one_package_is_one_finding_with_all_its_places_and_the_worse_of_each_value()
    {
        var finding = Assert.Single(
            Findings.Merge([
                OpenSsl with
                {
                    Epss = 0.1,
                    Fix = FixAvailability.Yes,
                    FirstObservedAt = Day.AddDays(1),
                    Occurrences = [new("3.0.13", null, "/b", null), new("3.0.13", null, "/a", null)],
                    Uri = "https://b",
                },
                OpenSsl with
                {
                    Severity = Severity.High,
                    Score = 7.5,
                    Exploit = ExploitAvailability.Yes,
                    FirstObservedAt = Day,
                    Occurrences = [new("3.0.13", null, "/a", null)],
                    Uri = "https://a",
                },
                OpenSsl with
                {
                    Epss = 0.2,
                    Score = 5,
                    Fix = FixAvailability.No,
                    FixFirstSeenAt = Day,
                },
            ])
        );

        Assert.Equal(
            (Severity.High, 0.2, 7.5, FixAvailability.Yes, ExploitAvailability.Yes),
            (finding.Severity, finding.Epss, finding.Score, finding.Fix, finding.Exploit)
        );
        Assert.Equal((Day, Day, "https://a"), (finding.FirstObservedAt, finding.FixFirstSeenAt, finding.Uri));
        Assert.Equal(["/a", "/b"], finding.Occurrences.Select(occurrence => occurrence.Path));
    }

    [Fact]
    public void What_both_scanners_find_in_a_package_of_the_operating_system_is_one_finding_in_one_place()
    {
        var basic = Findings.OfBasic(
            "CVE-2024-6119",
            "MEDIUM",
            null,
            key =>
                key switch
                {
                    "package_name" => "openssl",
                    "package_version" => "3.0.13",
                    _ => null,
                }
        );
        var enhanced = OpenSsl with
        {
            Fix = FixAvailability.Yes,
            Occurrences = [new("3.0.13", "3.0.14", null, "sha256:l")],
        };

        foreach (var both in new[] { Findings.Merge([basic, enhanced]), Findings.Merge([enhanced, basic]) })
        {
            var finding = Assert.Single(both);
            Assert.Equal((FixAvailability.Yes, "OS"), (finding.Fix, finding.PackageManager));
            Assert.Equal([new("3.0.13", "3.0.14", null, "sha256:l")], finding.Occurrences);
        }
        // A different version is a different place.
        Assert.Equal(
            2,
            Findings
                .Merge([basic, enhanced with { Occurrences = [new("3.0.12", "3.0.14", null, null)] }])[0]
                .Occurrences.Count
        );
    }

    [Theory]
    [InlineData("UNDEFINED", Severity.Undefined, false)]
    [InlineData("UNTRIAGED", Severity.Untriaged, false)]
    [InlineData("Critical", Severity.Undefined, true)]
    [InlineData("SEVERE", Severity.Undefined, true)]
    [InlineData(null, Severity.Undefined, true)]
    public void A_severity_that_no_scanner_documents_is_shown_as_undefined_and_known_to_be_none(
        string? word,
        Severity severity,
        bool unknown
    )
    {
        var finding = Findings.OfBasic("CVE-1", word, null, _ => null);

        Assert.Equal((severity, unknown), (finding.Severity, finding.SeverityUnknown));
        Assert.Equal(
            unknown,
            Assert.Single(Findings.Merge([finding, Findings.OfBasic("CVE-1", "LOW", null, _ => null)])).SeverityUnknown
        );
    }

    [Fact]
    public void A_list_that_is_shorter_than_its_counts_misses_something_and_one_that_is_longer_does_not()
    {
        static KeyValuePair<string, int>[] Counts(params (string Word, int Count)[] counts) =>
            [.. counts.Select(c => KeyValuePair.Create(c.Word, c.Count))];

        Assert.Equal("5 CRITICAL counted, 0 listed", Findings.Missing([], Counts(("CRITICAL", 5))));
        Assert.Equal(
            "1 HIGH counted, 0 listed; 2 LOW counted, 1 listed",
            Findings.Missing(["LOW", "CRITICAL"], Counts(("LOW", 2), ("HIGH", 1)))
        );
        Assert.Null(
            Findings.Missing(
                ["LOW", "LOW", "UNTRIAGED", "NEW", null],
                Counts(("LOW", 1), ("UNDEFINED", 3), ("HIGH", 0))
            )
        );
        Assert.Null(Findings.Missing(["LOW"], null));
    }

    [Theory]
    [InlineData("GO", "x/Y", "GOMOD", "x/y", 1)]
    [InlineData("PYTHON", "a_b", "PYTHONPKG", "A-b", 1)]
    [InlineData("GO", "x", "NPM", "x", 2)]
    [InlineData("OS", "x", "OS", "X", 2)]
    [InlineData("NEW", "x", "NEWER", "x", 2)]
    public void A_package_that_is_told_under_two_words_for_its_manager_is_one(
        string manager,
        string package,
        string otherManager,
        string otherPackage,
        int findings
    )
    {
        static Finding Of(string manager, string package) =>
            new()
            {
                Vulnerability = "CVE-1",
                Severity = Severity.Low,
                PackageManager = manager,
                Package = package,
            };
        Finding[] both = [Of(manager, package), Of(otherManager, otherPackage)];

        var merged = Findings.Merge(both);

        Assert.Equal(findings, merged.Count);
        Assert.Equal(merged, Findings.Merge(both.Reverse()), (one, other) => one.Package == other.Package);
    }

    [Fact]
    public void The_total_among_counts_is_held_against_the_whole_list()
    {
        static KeyValuePair<string, int>[] Counts(int total) => [new("CRITICAL", 0), new("TOTAL", total)];

        Assert.Null(Findings.Missing(["LOW", "UNTRIAGED"], Counts(2)));
        Assert.Equal("3 in all counted, 2 listed", Findings.Missing(["LOW", "UNTRIAGED"], Counts(3)));
        Assert.Equal(
            ("", 3, 2),
            Assert.Single(Findings.NotListed(["LOW", "UNTRIAGED"], [.. Counts(3), new("UNDEFINED", 1)]))
        );
    }

    [Fact]
    public void Another_package_manager_or_platform_is_another_finding()
    {
        Finding[] different =
        [
            OpenSsl,
            OpenSsl with
            {
                Vulnerability = "CVE-2",
            },
            OpenSsl with
            {
                Package = "libssl",
            },
            OpenSsl with
            {
                Package = null,
            },
            OpenSsl with
            {
                PackageManager = "GOMOD",
            },
            OpenSsl with
            {
                Platform = "linux/arm64",
            },
        ];

        Assert.Equal(different.Length, Findings.Merge(different).Count);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void What_only_some_reports_suppress_is_not_suppressed(bool one, bool other, bool together) =>
        Assert.Equal(
            together,
            Assert
                .Single(Findings.Merge([OpenSsl with { Suppressed = one }, OpenSsl with { Suppressed = other }]))
                .Suppressed
        );

    [Fact]
    public void Reports_that_differ_are_all_kept_the_worst_first_and_reports_that_agree_are_one()
    {
        var untriaged = OpenSsl with { Severity = Severity.Untriaged, Occurrences = [new("3.0.13", null, null, null)] };
        var critical = OpenSsl with { Severity = Severity.Critical, Occurrences = [new("3.0.14", null, null, null)] };

        var finding = Assert.Single(
            Findings.Merge([untriaged, critical, untriaged with { Occurrences = [new("3.0.12", null, null, null)] }])
        );

        Assert.Equal((Severity.Critical, 3), (finding.Severity, finding.Occurrences.Count));
        Assert.Equal(
            [(Severity.Critical, 1), (Severity.Untriaged, 2)],
            finding.Reports!.Select(report => (report.Severity, report.Occurrences.Count))
        );
        Assert.Null(Assert.Single(Findings.Merge([critical, critical])).Reports);
    }

    [Theory]
    [InlineData(Severity.Critical, Severity.Untriaged, Severity.Critical)]
    [InlineData(Severity.High, Severity.Undefined, Severity.High)]
    [InlineData(Severity.Low, Severity.Untriaged, Severity.Untriaged)]
    [InlineData(Severity.Medium, Severity.Undefined, Severity.Undefined)]
    public void A_finding_counts_once_with_the_worst_that_is_said_of_it_and_unknown_is_not_low(
        Severity one,
        Severity other,
        Severity counted
    ) =>
        Assert.Equal(
            counted,
            Assert.Single(Findings.Merge([OpenSsl with { Severity = one }, OpenSsl with { Severity = other }])).Severity
        );

    [Fact]
    public void A_fix_date_is_every_report_s()
    {
        var merged = Findings.Merge([
            OpenSsl with
            {
                Fix = FixAvailability.Yes,
            },
            OpenSsl with
            {
                Fix = FixAvailability.No,
            },
        ]);

        Assert.Equal(
            [Day, null],
            Assert.Single(Findings.WithFixDates(merged, [], Day)).Reports!.Select(report => report.FixFirstSeenAt)
        );
    }

    [Fact]
    public void The_worst_come_first()
    {
        var merged = Findings.Merge(
            Enum.GetValues<Severity>()
                .Select((severity, i) => OpenSsl with { Vulnerability = $"CVE-{i}", Severity = severity })
        );

        Assert.Equal(
            [
                Severity.Critical,
                Severity.High,
                Severity.Medium,
                Severity.Low,
                Severity.Informational,
                Severity.Untriaged,
                Severity.Undefined,
            ],
            merged.Select(finding => finding.Severity)
        );
    }

    [Fact]
    public void The_order_of_what_is_reported_is_irrelevant_and_merging_again_changes_nothing()
    {
        var random = new Random(1);
        for (var run = 0; run < 500; run++)
        {
            var reported = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Any(random)).ToArray();
            var expected = Text(Findings.Merge(reported));

            random.Shuffle(reported);

            Assert.Equal(expected, Text(Findings.Merge(reported)));
            Assert.Equal(expected, Text(Findings.Merge(Findings.Merge(reported))));
        }
    }

    [Fact]
    public void Since_when_a_fix_is_known_is_remembered_and_begins_now_for_a_new_one()
    {
        Finding[] before =
        [
            OpenSsl with
            {
                Fix = FixAvailability.Yes,
                FixFirstSeenAt = Day,
            },
            OpenSsl with
            {
                Vulnerability = "CVE-2",
                Fix = FixAvailability.No,
            },
        ];
        Finding[] current =
        [
            OpenSsl with
            {
                Fix = FixAvailability.Partial,
            },
            OpenSsl with
            {
                Vulnerability = "CVE-2",
                Fix = FixAvailability.Yes,
            },
            OpenSsl with
            {
                Vulnerability = "CVE-3",
                Fix = FixAvailability.No,
            },
        ];

        Assert.Equal(
            [Day, Day.AddDays(5), null],
            Findings.WithFixDates(current, before, Day.AddDays(5)).Select(finding => finding.FixFirstSeenAt)
        );
    }

    [Theory]
    [InlineData(FixAvailability.No)]
    [InlineData(FixAvailability.Unknown)]
    public void Since_when_a_fix_is_known_outlasts_a_report_that_names_none(FixAvailability fix)
    {
        var between = Findings.WithFixDates(
            [OpenSsl with { Fix = fix }],
            [OpenSsl with { Fix = FixAvailability.Yes, FixFirstSeenAt = Day }],
            Day.AddDays(5)
        );
        Assert.Equal(
            Day,
            Assert
                .Single(Findings.WithFixDates([OpenSsl with { Fix = FixAvailability.Yes }], between, Day.AddDays(9)))
                .FixFirstSeenAt
        );
    }

    [Fact]
    public void Of_what_the_ledger_has_lost_a_fix_has_been_known_as_long_as_it_can_have_been()
    {
        Finding[] current =
        [
            OpenSsl with
            {
                Fix = FixAvailability.Yes,
                FirstObservedAt = Day,
            },
            OpenSsl with
            {
                Vulnerability = "CVE-2",
                Fix = FixAvailability.Partial,
            },
            OpenSsl with
            {
                Vulnerability = "CVE-3",
                FirstObservedAt = Day,
            },
        ];
        Assert.Equal(
            [Day, DateTimeOffset.MinValue, null],
            Findings.WithFixDates(current, null, Day.AddDays(5)).Select(finding => finding.FixFirstSeenAt)
        );
    }

    private static Finding Any(Random random)
    {
        T OneOf<T>(params T[] values) => values[random.Next(values.Length)];
        return new Finding
        {
            Vulnerability = OneOf("CVE-1", "CVE-2"),
            Severity = OneOf(Enum.GetValues<Severity>()),
            SeverityUnknown = OneOf(true, false),
            Package = OneOf("openssl", null),
            PackageManager = OneOf("OS", null),
            Platform = OneOf("linux/amd64", null),
            Fix = OneOf(Enum.GetValues<FixAvailability>()),
            Exploit = OneOf(Enum.GetValues<ExploitAvailability>()),
            Epss = OneOf<double?>(0.1, 0.9, null),
            Score = OneOf<double?>(1, 9.8, null),
            FirstObservedAt = OneOf<DateTimeOffset?>(Day, Day.AddDays(1), null),
            FixFirstSeenAt = OneOf<DateTimeOffset?>(Day, Day.AddDays(1), null),
            Uri = OneOf("https://a", "https://b", null),
            Occurrences =
            [
                .. Enumerable
                    .Range(0, random.Next(3))
                    .Select(_ => new PackageOccurrence(
                        OneOf("1", "2", null),
                        OneOf("3", null),
                        OneOf("/a", "/b", null),
                        OneOf("l", null)
                    )),
            ],
        };
    }

    /// <summary>The whole finding as text, with its list of places, since records compare lists by reference.</summary>
    private static string Text(IEnumerable<Finding> findings) =>
        string.Join(
            '\n',
            findings.Select(finding => $"{finding with { Occurrences = [] }} {string.Join(' ', finding.Occurrences)}")
        );
}
