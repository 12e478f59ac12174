using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class AlertMessageTests
{
    private static Alert Blocked(int number = 1, string repository = "pay/api", string tag = "1.0") =>
        Alert.For(Facts.Record(Status.Blocked, Facts.Image(number, tag).In(repository), was: Status.Approved))!;

    private static AlertMessage Message(Alert alert) => ImageMessage.For(ImageAlert.Of(alert));

    private static AlertMessage OfBatch(IReadOnlyList<Alert> alerts) =>
        ImageMessage.ForBatch([.. alerts.Select(ImageAlert.Of)]);

    [Fact]
    public void An_alert_says_what_happened_to_which_image_why_and_what_to_do()
    {
        var alert = Blocked();
        var message = Message(alert);
        Assert.Equal("EcrGuard: BLOCKED pay/api:1.0 in 123456789012 eu-central-1", message.Subject);
        Assert.Contains(
            $"123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api@{Facts.Digest(1)}",
            message.Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Status    APPROVED → BLOCKED since 2026-11-18 11:00 UTC; pipelines that ask EcrGuard get a no",
            message.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("Findings  1 critical", message.Text, StringComparison.Ordinal);
        Assert.Contains(
            "CVE-2026-0001 (CRITICAL) in openssl 3.0.1 (OS): fixed in 3.0.2",
            message.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("Update openssl 3.0.1 → 3.0.2.", message.Text, StringComparison.Ordinal);
        Assert.Contains(Facts.Policy.Version, message.Text, StringComparison.Ordinal);
        Assert.Contains(alert.Id, message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alert_says_how_bad_it_is_where_it_runs_whose_it_is_and_where_to_go_next()
    {
        var record = Blocked().Record;
        var reason = record.Verdict.Reasons[0] with { Severity = Severity.Critical, Score = 9.8, Epss = 0.94213 };
        var alert = Blocked() with
        {
            Record = record with { Verdict = record.Verdict with { Reasons = [reason] } },
            RunsIn = ["ECS service main/pay", "Lambda function pay"],
            Team = "payments",
        };
        var message = Message(alert);
        Assert.Equal("EcrGuard: URGENT, runs and is BLOCKED pay/api:1.0 in 123456789012 eu-central-1", message.Subject);
        foreach (
            var line in new[]
            {
                "An image that was approved is blocked now: the policy blocks at least one of its findings, and "
                    + "nothing excuses it.",
                "Team      payments",
                "Severity  critical, CVSS up to 9.8, EPSS up to 0.94",
                "It runs now, and goes on running until its team replaces it (2):\n- ECS service main/pay\n",
                "\n  https://www.cve.org/CVERecord?id=CVE-2026-0001\n",
                $"Explain   ecrguard explain pay/api@{Facts.Digest(1)}\n",
                "ECR       https://eu-central-1.console.aws.amazon.com/ecr/repositories/private/123456789012/pay/api?",
                "Inspector https://eu-central-1.console.aws.amazon.com/inspector/v2/home?region=eu-central-1",
                "\"vulnerability\": \"CVE-2026-0001\"",
                "\"expires\": \"2026-12-18\"",
            }
        )
            Assert.Contains(line, message.Text, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal("critical", json.RootElement.GetProperty("severity").GetString(), ignoreCase: true);
        Assert.Equal(9.8, json.RootElement.GetProperty("score").GetDouble());
        Assert.Equal(2, json.RootElement.GetProperty("runsInCount").GetInt32());
        Assert.Equal("payments", json.RootElement.GetProperty("team").GetString());
        Assert.Equal(
            [("running", "true"), ("wasApproved", "true"), ("severity", "critical"), ("team", "payments")],
            message.Attributes.Skip(6).Select(each => (each.Name, each.Value))
        );
        Assert.InRange(message.Attributes.Count, 1, 10);
    }

    [Fact]
    public void Many_alerts_share_a_message_for_each_team()
    {
        var alerts = Enumerable
            .Range(1, 12)
            .Select(number => Blocked(number) with { Team = number % 2 == 0 ? "even" : null })
            .ToList();
        var messages = ImageMessage.Batches(alerts, alert => alert.Team).Select(OfBatch).ToList();
        Assert.Equal(2, messages.Count);
        Assert.Equal(
            ["even"],
            messages.SelectMany(each => each.Attributes).Where(each => each.Name == "team").Select(each => each.Value)
        );
        Assert.All(messages, each => Assert.InRange(each.Attributes.Count, 1, 10));
        // A few alerts are sent one by one, whoever owns the images.
        Assert.Equal(10, ImageMessage.Batches([.. alerts.Take(10)], alert => alert.Team).Count());
    }

    [Fact]
    public void Body_and_attributes_carry_the_alerts_stable_id()
    {
        var alert = Blocked();
        var message = Message(alert);
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal(alert.Id, message.Id);
        Assert.Equal(alert.Id, json.RootElement.GetProperty("alertId").GetString());
        Assert.Equal("BLOCKED", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(
            "CVE-2026-0001",
            json.RootElement.GetProperty("reasons")[0].GetProperty("vulnerability").GetString()
        );
        Assert.Equal(
            [
                new("alertId", alert.Id),
                new("kind", "blocked"),
                new("account", "123456789012"),
                new("region", "eu-central-1"),
                new("repository", "pay/api"),
                new("status", "blocked"),
                new("running", "false"),
                new("wasApproved", "true"),
                new("severity", "critical"),
            ],
            message.Attributes
        );
    }

    [Fact]
    public void An_alert_about_an_index_names_the_platform()
    {
        var image = Facts.Image(1, "1.0") with { Kind = ImageKind.Index };
        var verdict = IndexJudge.Decide(
            image,
            [(new IndexChild(Facts.Digest(2), "linux/arm64", ImageKind.Image), Facts.Verdict(Status.Blocked))],
            Facts.Policy
        );
        var message = Message(Alert.For(ImageRecord.Of(image, verdict, null, "01C", Facts.Now, image.Tags))!);
        Assert.Contains("- linux/arm64: CVE-2026-0001", message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lifted_block_and_a_lost_approval_are_told_as_what_they_are()
    {
        Assert.StartsWith(
            "An image is no longer blocked.",
            Message(Alert.For(Facts.Record(Status.Approved, was: Status.Blocked))!).Text,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "An image that was approved no longer is",
            Message(Alert.For(Facts.Record(Status.Stale, was: Status.Approved))!).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Reasons_that_were_cut_are_counted()
    {
        var image = Facts.Image(1, "1.0");
        var verdict = Facts.Decide(
            image,
            Facts.Scan([.. Enumerable.Range(0, 30).Select(i => Facts.Finding($"CVE-2026-{i:D4}"))])
        );
        var text = Message(Alert.For(ImageRecord.Of(image, verdict, null, "01C", Facts.Now, image.Tags))!).Text;
        Assert.Contains("Reasons: 30\n", text, StringComparison.Ordinal);
        Assert.Contains("The first 20 are listed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_alerts_of_a_batch_are_ten_messages_and_eleven_are_one()
    {
        var alerts = Enumerable.Range(0, 11).Select(i => Blocked(i)).ToList();
        Assert.Equal(
            alerts.Take(10).Select(alert => alert.Id),
            ImageMessage.Batches([.. alerts.Take(10)], alert => alert.Team).Select(batch => OfBatch(batch).Id)
        );
        Assert.Equal(alerts, Assert.Single(ImageMessage.Batches(alerts, alert => alert.Team)));
        Assert.Empty(ImageMessage.Batches<Alert>([], alert => alert.Team));
    }

    [Fact]
    public void One_message_for_many_counts_them_and_loses_none()
    {
        var alerts = Enumerable
            .Range(0, 40)
            .Select(i => Blocked(i, i % 4 == 0 ? "web/shop" : "pay/api"))
            .Append(Alert.For(Facts.Record(Status.Approved, Facts.Image(99, "9"), was: Status.Blocked))!)
            .ToList();
        var message = OfBatch(alerts);
        Assert.Equal("EcrGuard: news of 41 images: 40 blocked, 1 lifted", message.Subject);
        Assert.Contains("- pay/api: 31\n", message.Text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(message.Json);
        Assert.All(alerts, alert => Assert.Contains(alert.Id, message.Text, StringComparison.Ordinal));
        Assert.Equal(
            alerts.Select(alert => alert.Id).Order(),
            json.RootElement.GetProperty("alerts")
                .EnumerateArray()
                .Select(entry => entry.GetProperty("alertId").GetString()!)
                .Order()
        );
    }

    [Fact]
    public void The_id_of_one_message_for_many_rests_on_theirs_and_not_on_their_order()
    {
        var alerts = Enumerable.Range(0, 12).Select(i => Blocked(i)).ToList();
        var (message, reversed) = (OfBatch(alerts), OfBatch([.. alerts.AsEnumerable().Reverse()]));
        Assert.Equal((message.Id, message.Text, message.Json), (reversed.Id, reversed.Text, reversed.Json));
        Assert.NotEqual(message.Id, OfBatch([.. alerts.Skip(1)]).Id);
    }

    [Fact]
    public void A_flood_of_alerts_becomes_messages_that_each_fit_and_together_lose_none()
    {
        var alerts = Enumerable
            .Range(0, 450)
            .Select(i => Blocked(i, $"{new string('a', 251)}{i:D5}", new string('ü', 300)))
            .ToList();
        var messages = ImageMessage.Batches(alerts, alert => alert.Team).Select(OfBatch).ToList();
        Assert.Equal(6, messages.Count);
        Assert.All(messages, Fits);
        Assert.All(
            alerts,
            alert => Assert.Single(messages, message => message.Text.Contains(alert.Id, StringComparison.Ordinal))
        );
    }

    [Fact]
    public void The_longest_words_of_strangers_fit_one_message()
    {
        var image = Facts.Image(1, [.. Enumerable.Range(0, 20).Select(i => new string('\u0416', 300))]);
        var finding = Facts.Finding(new string('\u0416', 5000), package: new string('\u0416', 5000));
        var verdict = Facts.Decide(
            image,
            Facts.Scan([
                .. Enumerable
                    .Range(0, 20)
                    .Select(i =>
                        finding with
                        {
                            Vulnerability = $"{i}{finding.Vulnerability}",
                            Occurrences =
                            [
                                new PackageOccurrence(finding.Package, finding.Package, finding.Package, null),
                            ],
                        }
                    ),
            ])
        );
        Fits(Message(Alert.For(ImageRecord.Of(image, verdict, null, "01C", Facts.Now, image.Tags))!));
    }

    [Fact]
    public void Tags_and_packages_cannot_forge_lines_or_subjects()
    {
        var image = Facts.Image(1, "1.0\nStatus    APPROVED");
        var verdict = Facts.Decide(image, Facts.Scan(Facts.Finding(package: "open\nssl\u0085")));
        var message = Message(Alert.For(ImageRecord.Of(image, verdict, null, "01C", Facts.Now, image.Tags))!);
        Assert.DoesNotContain("\nStatus    APPROVED", message.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nssl", message.Text, StringComparison.Ordinal);
        Assert.All(message.Subject, c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_tag_does_not_lose_the_alert()
    {
        var message = Message(Blocked(tag: "a\ud83d"));
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal("a\ufffd", json.RootElement.GetProperty("tags")[0].GetString());
    }

    [Fact]
    public void A_tag_with_the_prefix_that_ecrguard_did_not_write_is_told_once_per_event()
    {
        var message = TagAlert.ForForeign(Facts.Image().Id, "ecrguard-approved-\nx", "e-1", Facts.Now);
        Assert.Equal($"{Facts.Digest(1).Hex}:FOREIGN-TAG:e-1", message.Id);
        Assert.Contains("Tag       ecrguard-approved-\ufffdx\n", message.Text, StringComparison.Ordinal);
        Assert.Contains(new FilterValue("kind", "foreign-tag"), message.Attributes);
        Assert.Equal("EcrGuard: foreign tag ecrguard-approved-?x in pay/api", message.Subject);
        Fits(message);
    }

    [Fact]
    public void A_deployment_of_a_blocked_image_is_told_with_its_grace_its_fix_and_a_waiver()
    {
        var record = Facts.Record(Status.Blocked) with
        {
            Grace = new Grace(
                [new GraceStart(Severity.Critical, Facts.Now)],
                Severity.Critical,
                Facts.Now.AddDays(7),
                Counting: true
            ),
        };
        var by = new Consumer(ConsumerKind.EcsService, "web");
        var message = ImageMessage.For(DeployedAlert.Of(Facts.Image().Id, by, record, Facts.Now) with { Team = "pay" });
        foreach (
            var part in new[]
            {
                "- ECS service web\n",
                "Team      pay\n",
                "Severity  critical",
                "Grace     What runs it has until 2026-11-25 12:00 UTC to be replaced",
                "https://www.cve.org/CVERecord?id=CVE-2026-0001\n",
                "- Update openssl 3.0.1 → 3.0.2.",
                $"Explain   ecrguard explain pay/api@{Facts.Digest(1)}\n",
                "\"vulnerability\": \"CVE-2026-0001\",",
                $"\nAlert     {message.Id}\n",
            }
        )
            Assert.Contains(part, message.Text, StringComparison.Ordinal);
        Assert.Contains(new FilterValue("severity", "critical"), message.Attributes);
        Fits(message);

        var unknown = ImageMessage.For(DeployedAlert.Of(Facts.Image().Id, by, null, Facts.Now));
        Assert.Contains("that EcrGuard has not judged", unknown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("waiver", unknown.Text, StringComparison.Ordinal);
        Fits(unknown);
    }

    [Fact]
    public void A_deployed_image_without_a_shield_is_told_to_its_team_once_a_day()
    {
        var message = TagAlert.ForUnshielded(Facts.Image().Id, "It has 999 tags.", Facts.Now, "pay\nx");
        Assert.Equal(TagAlert.IdOfUnshielded(Facts.Image().Id, Facts.Now.AddMinutes(1)), message.Id);
        Assert.Contains("Team      pay\ufffdx\n", message.Text, StringComparison.Ordinal);
        Assert.Contains(new FilterValue("team", "pay\ufffdx"), message.Attributes);
        Assert.Contains("\"team\":", message.Json, StringComparison.Ordinal);
        Fits(message);
    }

    [Fact]
    public void A_backfill_ends_in_one_message_with_its_numbers_and_what_it_could_not_read()
    {
        var done = new BackfillResult(
            "123456789012",
            "eu-central-1",
            Facts.Now,
            Facts.Now.AddMinutes(95),
            1000,
            new StatusCounts(Blocked: 7, Approved: 99_993),
            [],
            Facts.Policy.Version
        );
        var message = BackfillMessage.For(done);
        Assert.Equal("backfill:123456789012:eu-central-1:20261118T120000Z", message.Id);
        Assert.Contains("Judged    100000 images in 1000 repositories", message.Text, StringComparison.Ordinal);
        Assert.Contains("Took      95 minutes", message.Text, StringComparison.Ordinal);
        Assert.Matches(@"\nBLOCKED +7\n", message.Text);
        Assert.Contains(new FilterValue("complete", "true"), message.Attributes);

        var flood = BackfillMessage.For(
            done with
            {
                Unread =
                [
                    .. Enumerable
                        .Range(0, 5000)
                        .Select(i => new Unread(
                            $"repository {i} {new string('\u0416', 1000)}",
                            new string('\u0416', 1000)
                        )),
                ],
            }
        );
        Assert.StartsWith(
            "The backfill is done, but not everything could be read.",
            flood.Text,
            StringComparison.Ordinal
        );
        Assert.EndsWith("INCOMPLETE", flood.Subject, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(flood.Json);
        Assert.Equal(5000, json.RootElement.GetProperty("unreadCount").GetInt32());
        Fits(flood);
    }

    [Fact]
    public void E_mail_gets_the_text_and_every_other_protocol_the_json()
    {
        var message = Message(Blocked(tag: "ünïcode"));
        using var envelope = JsonDocument.Parse(message.Envelope);
        Assert.Equal(
            [("default", message.Json), ("email", message.Text)],
            envelope.RootElement.EnumerateObject().Select(form => (form.Name, form.Value.GetString()!))
        );
    }

    [Fact]
    public void A_week_is_told_with_its_numbers_and_the_place_of_the_whole()
    {
        var week = new SummaryFacts
        {
            Account = "123456789012",
            Region = "eu-central-1",
            Week = IsoWeek.Parse("2026-W47"),
            GeneratedAt = Facts.Now,
            Policy = Facts.Policy,
            Ceiling = Core.Policy.EnforcementMode.Observe,
        };
        var summary = new SummaryBuilder(week).Add(Facts.Record(Status.Blocked)).Build();
        var message = WeekMessage.For(summary, "s3://reports/2026-W47/", "https://console/report.html");
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal("weekly:123456789012:eu-central-1:2026-W47", message.Id);
        Assert.Equal(
            1,
            json.RootElement.GetProperty("numbers").GetProperty("statuses").GetProperty("blocked").GetInt32()
        );
        Assert.Equal("s3://reports/2026-W47/", json.RootElement.GetProperty("wholeAt").GetString());
        Assert.Contains("\nhttps://console/report.html\n", message.Text, StringComparison.Ordinal);
        Fits(message);

        var flood = new SummaryBuilder(
            week with
            {
                Unread =
                [
                    .. Enumerable
                        .Range(0, 5000)
                        .Select(i => new Unread($"{i}{new string('"', 300)}", new string('\\', 300))),
                ],
            }
        ).Build();
        Fits(WeekMessage.For(flood, "s3://reports/2026-W47/", "https://console/report.html"));
    }

    private static void Fits(AlertMessage message)
    {
        Assert.InRange(Encoding.UTF8.GetByteCount(message.Envelope), 1, AlertMessage.MaxEnvelope);
        Assert.InRange(message.Subject.Length, 1, 99);
        Assert.InRange(message.Attributes.Count, 1, 10);
    }
}
