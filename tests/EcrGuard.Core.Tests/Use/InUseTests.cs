using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Use;

public sealed class InUseTests
{
    private static readonly Consumer Service = new(
        ConsumerKind.EcsService,
        "arn:aws:ecs:eu-central-1:123456789012:service/main/pay"
    );

    /// <summary>Nothing runs; Amazon Inspector would see anything that did.</summary>
    private static readonly UsageReading Nobody = new()
    {
        ReadAt = Facts.Now.AddHours(-1),
        Scanned = new Dictionary<string, IReadOnlyList<Digest>>
        {
            [Facts.Repository.Name] = [.. Enumerable.Range(1, 12).Select(Facts.Digest)],
        },
    };

    private static UsageReading Uses(string? tag, Digest? digest = null) =>
        Nobody with
        {
            Uses = [new ConsumerReference(Facts.Repository, tag, digest, Service)],
        };

    private static UsageReading Unread =>
        Nobody with
        {
            Unread = [new UnreadConsumer("ECS services", "123456789012", "denied") { Kind = ConsumerKind.Workload }],
        };

    private static ImageFacts Old(int number, params string[] tags) =>
        Facts.Image(number, tags) with
        {
            PushedAt = Facts.Now.AddDays(-400),
        };

    private static IReadOnlyDictionary<Digest, ImageUsage> Of(
        UsageReading? use,
        IReadOnlyList<ImageFacts> images,
        Dictionary<Digest, IReadOnlyList<Digest>>? children = null
    ) => InUse.Of(use, Facts.Contents(images, children), new Core.Policy.Consumers(), Facts.Now);

    private static UseState One(UsageReading? use, ImageFacts image) => Of(use, [image])[image.Id.Digest].Use;

    [Fact]
    public void A_reference_by_digest_or_by_tag_is_use_and_names_who()
    {
        Assert.Equal(UseState.InUse, One(Uses(null, Facts.Digest(1)), Old(1)));
        Assert.Equal(UseState.InUse, One(Uses("1.0"), Old(1, "1.0")));
        var usage = Of(Uses("1.0"), [Old(1, "1.0")])[Facts.Digest(1)];
        Assert.Equal([Service], usage.By);
        Assert.Equal([$"The ECS service {Service.Name} refers to it by the tag 1.0."], usage.Why);
    }

    [Fact]
    public void A_reference_by_both_means_the_digest()
    {
        var usages = Of(Uses("1.0", Facts.Digest(1)), [Old(1), Old(2, "1.0")]);
        Assert.Equal((UseState.InUse, UseState.NotInUse), (usages[Facts.Digest(1)].Use, usages[Facts.Digest(2)].Use));
    }

    [Fact]
    public void A_reference_to_another_repository_or_to_nothing_that_is_there_uses_nothing()
    {
        Assert.Equal(
            UseState.NotInUse,
            One(
                Nobody with
                {
                    Uses = [new ConsumerReference(Facts.Repository with { Name = "pay/web" }, "1.0", null, Service)],
                },
                Old(1, "1.0")
            )
        );
        Assert.Equal(UseState.NotInUse, One(Uses("2.0"), Old(1, "1.0")));
        Assert.Equal(UseState.NotInUse, One(Uses(null, Facts.Digest(9)), Old(1, "1.0")));
    }

    [Theory]
    [InlineData("sha256-{0}.sig", true)]
    [InlineData("sha256-{0}.att", true)]
    [InlineData("sha256-{0}", true)]
    [InlineData("sha256-{0}0.sig", false)]
    [InlineData("sha256-{0}-sig", true)]
    [InlineData("signature-of-{0}", false)]
    public void What_cosign_tags_as_the_signature_of_an_image_is_used_with_it(string tag, bool used)
    {
        var signature = Old(
            2,
            string.Format(System.Globalization.CultureInfo.InvariantCulture, tag, Facts.Digest(1).Hex)
        );
        Assert.Equal(
            used ? UseState.InUse : UseState.NotInUse,
            Of(Uses(null, Facts.Digest(1)), [Old(1), signature])[Facts.Digest(2)].Use
        );
        Assert.Equal(UseState.NotInUse, Of(Uses(null, Facts.Digest(1)), [signature])[Facts.Digest(2)].Use);
    }

    [Fact]
    public void Use_of_a_child_is_use_of_its_indexes_and_the_reverse()
    {
        var index = Old(10, "1.0") with { Kind = ImageKind.Index };
        var other = Old(11, "2.0") with { Kind = ImageKind.Index };
        var unrelated = Old(12, "3.0") with { Kind = ImageKind.Index };
        Dictionary<Digest, IReadOnlyList<Digest>> children = new()
        {
            [index.Id.Digest] = [Facts.Digest(1), Facts.Digest(2)],
            [other.Id.Digest] = [Facts.Digest(2)],
            [unrelated.Id.Digest] = [Facts.Digest(3), Facts.Digest(99)],
        };
        var byChild = Of(Uses(null, Facts.Digest(1)), [index, other, unrelated, Old(1), Old(2), Old(3)], children);
        Assert.Equal(
            [UseState.InUse, UseState.InUse, UseState.NotInUse, UseState.InUse, UseState.InUse, UseState.NotInUse],
            byChild.Values.Select(u => u.Use)
        );
        var byIndex = Of(Uses("1.0"), [index, other, unrelated, Old(1), Old(2), Old(3)], children);
        Assert.Equal(byChild.Values.Select(u => u.Use), byIndex.Values.Select(u => u.Use));
        Assert.StartsWith(
            $"The {Service} refers to sha256:",
            byIndex[Facts.Digest(1)].Why[0],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_signature_is_used_with_its_subject() =>
        Assert.Equal(
            UseState.InUse,
            Of(Uses("1.0"), [Old(1, "1.0"), Old(2) with { Kind = ImageKind.Artifact, Subject = Facts.Digest(1) }])[
                Facts.Digest(2)
            ].Use
        );

    [Theory]
    [InlineData(30, UseState.InUse)]
    [InlineData(31, UseState.NotInUse)]
    public void A_pull_within_the_days_of_the_policy_is_use(int days, UseState use) =>
        Assert.Equal(use, One(Nobody, Old(1, "1.0") with { LastPulledAt = Facts.Now.AddDays(-days) }));

    [Fact]
    public void What_came_after_the_references_were_read_may_have_been_deployed_since()
    {
        Assert.Equal(UseState.Unknown, One(Nobody, Old(1) with { PushedAt = Facts.Now.AddMinutes(-1) }));
        Assert.Equal(UseState.Unknown, One(Nobody, Old(1) with { LastActivatedAt = Facts.Now.AddMinutes(-1) }));
    }

    [Fact]
    public void That_nothing_refers_to_an_image_is_not_believed_for_long_and_that_something_does_is()
    {
        var read = Facts.Now.AddHours(-3);
        Assert.Equal(UseState.Unknown, One(Nobody with { ReadAt = read }, Old(1)));
        Assert.Equal(UseState.InUse, One(Uses("1.0") with { ReadAt = read }, Old(1, "1.0")));
    }

    [Fact]
    public void An_image_so_new_that_nobody_may_have_seen_it_run_is_unknown_with_all_that_hangs_together_with_it()
    {
        Assert.Equal(UseState.Unknown, One(Nobody, Facts.Image(1, "1.0")));
        var index = Old(10, "1.0") with { Kind = ImageKind.Index, PushedAt = Facts.Now.AddHours(-48) };
        Dictionary<Digest, IReadOnlyList<Digest>> children = new() { [index.Id.Digest] = [Facts.Digest(1)] };
        Assert.Equal(
            [UseState.Unknown, UseState.Unknown, UseState.NotInUse],
            Of(Nobody, [index, Old(1), Old(2)], children).Values.Select(u => u.Use)
        );
        // What is said about an image makes it no newer.
        Assert.Equal(
            UseState.NotInUse,
            Of(Nobody, [Old(1), Facts.Image(3) with { Kind = ImageKind.Artifact, Subject = Facts.Digest(1) }])[
                Facts.Digest(1)
            ].Use
        );
        Assert.Equal(
            [UseState.NotInUse, UseState.NotInUse],
            Of(Nobody, [index with { PushedAt = Facts.Now.AddHours(-49) }, Old(1)], children).Values.Select(u => u.Use)
        );
    }

    [Theory]
    [InlineData(ConsumerKind.LambdaFunction, UseState.Unknown)]
    [InlineData(ConsumerKind.TaskDefinition, UseState.Unknown)]
    [InlineData(null, UseState.Unknown)]
    [InlineData(ConsumerKind.EcsService, UseState.Unknown)]
    [InlineData(ConsumerKind.ScheduledTask, UseState.Unknown)]
    [InlineData(ConsumerKind.Workload, UseState.NotInUse)]
    [InlineData(ConsumerKind.EcsTask, UseState.NotInUse)]
    [InlineData(ConsumerKind.AppRunnerService, UseState.NotInUse)]
    public void What_stands_without_running_is_not_pulled_so_that_no_age_tells_that_an_unread_one_does_not_use_an_image(
        ConsumerKind? kind,
        UseState use
    )
    {
        var unread = Nobody with
        {
            Unread = [new UnreadConsumer("Lambda functions", "123456789012", "denied") { Kind = kind }],
        };
        Assert.Equal(use, One(unread, Old(1)));
        Assert.Equal(use, One(unread, Old(1) with { LastPulledAt = Facts.Now.AddDays(-200) }));
    }

    [Theory]
    [InlineData(180, UseState.InUse)]
    [InlineData(181, UseState.NotInUse)]
    public void Where_a_consumer_could_not_be_read_half_a_year_of_pulls_counts_and_the_reason_names_it(
        int days,
        UseState use
    )
    {
        var usage = Of(Unread, [Old(1) with { LastPulledAt = Facts.Now.AddDays(-days) }])[Facts.Digest(1)];
        Assert.Equal(use, usage.Use);
        Assert.All(
            usage.Why,
            why =>
                Assert.Contains(
                    "because ECS services of account 123456789012 could not be read",
                    why,
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData(180, UseState.InUse)]
    [InlineData(181, UseState.NotInUse)]
    public void Half_a_year_of_pulls_counts_for_an_image_that_Inspector_has_not_scanned_though_every_consumer_could_be_read(
        int days,
        UseState use
    )
    {
        foreach (
            var scanned in new[]
            {
                null,
                new Dictionary<string, IReadOnlyList<Digest>>(),
                new() { ["pay/web"] = [Facts.Digest(1)], [Facts.Repository.Name] = [Facts.Digest(2)] },
            }
        )
        {
            Assert.EndsWith(
                "a pull within 30 days counts as use.",
                Of(Nobody with { Scanned = scanned }, [Old(1) with { LastPulledAt = Facts.Now.AddDays(-30) }])[
                    Facts.Digest(1)
                ].Why[0],
                StringComparison.Ordinal
            );
            var usage = Of(
                Nobody with
                {
                    Scanned = scanned,
                },
                [Old(1) with { LastPulledAt = Facts.Now.AddDays(-days) }]
            )[Facts.Digest(1)];
            Assert.Equal(use, usage.Use);
            Assert.All(
                usage.Why,
                why =>
                    Assert.EndsWith(
                        "a pull within 180 days counts as use, because Amazon Inspector is not known to have "
                            + "scanned it and to see it run.",
                        why,
                        StringComparison.Ordinal
                    )
            );
        }
    }

    [Fact]
    public void An_index_is_known_to_Inspector_by_a_platform_of_it_and_an_artifact_runs_nowhere()
    {
        var pulled = Facts.Now.AddDays(-100);
        var index = Old(10, "1.0") with { Kind = ImageKind.Index, LastPulledAt = pulled };
        UseState Index(UsageReading use, Dictionary<Digest, IReadOnlyList<Digest>>? children) =>
            Of(use, [index, Old(1) with { LastPulledAt = pulled }, Old(2)], children)[index.Id.Digest].Use;
        UsageReading Scans(params Digest[] digests) =>
            Nobody with
            {
                Scanned = new Dictionary<string, IReadOnlyList<Digest>> { [Facts.Repository.Name] = digests },
            };
        Dictionary<Digest, IReadOnlyList<Digest>> platforms = new()
        {
            [index.Id.Digest] = [Facts.Digest(1), Facts.Digest(2)],
        };

        Assert.Equal(UseState.NotInUse, Index(Scans(Facts.Digest(1)), platforms));
        Assert.Equal(UseState.InUse, Index(Scans(Facts.Digest(2)), platforms));
        Assert.Equal(UseState.InUse, Index(Scans(), platforms));
        Assert.Equal(UseState.InUse, Index(Scans(Facts.Digest(1)), null));
        Assert.Equal(UseState.NotInUse, One(Scans(), Old(3) with { Kind = ImageKind.Artifact, LastPulledAt = pulled }));
    }

    [Theory]
    [InlineData(48, UseState.InUse)]
    [InlineData(49, UseState.NotInUse)]
    public void Where_a_consumer_could_not_be_read_an_image_so_new_that_a_pull_may_not_be_recorded_counts(
        int hours,
        UseState use
    )
    {
        var then = Facts.Now.AddHours(-hours);
        Assert.Equal(use, One(Unread, Old(1) with { PushedAt = then }));
        Assert.Equal(use, One(Unread, Old(1) with { LastActivatedAt = then }));
    }

    [Fact]
    public void Without_fresh_references_nothing_is_known()
    {
        Assert.Equal(UseState.Unknown, One(null, Old(1)));
        Assert.Equal(UseState.Unknown, One(Nobody with { ReadAt = Facts.Now.AddHours(-27) }, Old(1)));
    }

    [Fact]
    public void An_index_in_use_whose_children_nobody_knows_leaves_every_image_unknown_that_may_be_one()
    {
        var index = Old(10, "1.0") with { Kind = ImageKind.Index };
        var used = Of(Uses("1.0"), [index, Old(1), Old(2, "2.0")]);
        Assert.Equal([UseState.InUse, UseState.Unknown, UseState.Unknown], used.Values.Select(u => u.Use));
        // It is not known either whether its platforms run, so nobody can say that it is not in use.
        var unused = Of(Nobody, [index, Old(1)]);
        Assert.Equal([UseState.Unknown, UseState.NotInUse], unused.Values.Select(u => u.Use));
    }

    [Fact]
    public void What_is_not_known_says_why()
    {
        string Why(UsageReading use, params IReadOnlyList<ImageFacts> images) =>
            Of(use, images)[Facts.Digest(1)].Why[0];
        var index = Old(10, "1.0") with { Kind = ImageKind.Index };
        Assert.Equal(
            "It may belong to an index in use whose manifest could not be read.",
            Why(Uses("1.0"), index, Old(1))
        );
        Assert.Equal(
            "Its manifest could not be read, so that nobody knows whether its platforms run.",
            Why(Nobody, Old(1) with { Kind = ImageKind.Index })
        );
        Assert.Equal(
            "It may have been deployed since it was last read what runs.",
            Why(Nobody with { ReadAt = Facts.Now.AddHours(-3) }, Old(1))
        );
        Assert.Equal(
            "Whether it belongs to Lambda functions of account 123456789012 is not known: they could not be read.",
            Why(
                Nobody with
                {
                    Unread =
                    [
                        new UnreadConsumer("Lambda functions", "123456789012", "denied")
                        {
                            Kind = ConsumerKind.LambdaFunction,
                        },
                    ],
                },
                Old(1)
            )
        );
        Assert.Equal(
            "It is so new that a pull may not be recorded yet, which counts as use, because ECS services of "
                + "account 123456789012 could not be read (and 1 more).",
            Why(
                Unread with
                {
                    Unread = [.. Unread.Unread, .. Unread.Unread.Select(other => other with { What = "pods" })],
                },
                Old(1) with
                {
                    PushedAt = Facts.Now,
                }
            )
        );
        Assert.Equal(
            $"The ECS service {Service.Name} refers to it by its digest.",
            Why(Uses(null, Facts.Digest(1)), Old(1))
        );
    }
}
