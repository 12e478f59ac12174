using System.Text.Json;
using EcrGuard.Aws.Tests.Flow;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.Chaos;

/// <content>What teams, scanners and platforms do, whatever EcrGuard is doing.</content>
internal sealed partial class ChaosRun
{
    private const int Recent = 25;
    private const string Referenced = "ImageReferencedByManifestList";
    private readonly List<TrueImage> touched = [];

    /// <summary>
    /// Images whose events come in time. Their findings are listed so late that an empty list is already believed.
    /// </summary>
    private readonly HashSet<TrueImage> prompt = [];

    private readonly Dictionary<string, (string Arn, List<(string Definition, TrueImage Image)> History)> services = [];
    private readonly Dictionary<string, string> tasks = [];
    private bool ending;
    private DateTimeOffset nextSweep;
    private DateTimeOffset nextLifecycle;
    private IEnumerator<bool>? sweep;

    private void CreateRepositories()
    {
        var few = Keeps(Few);
        const string TwoDays = """ "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 2 """;
        var untagged = Expires($""" "tagStatus": "untagged", {TwoDays} """);
        for (var i = 0; i < options.Repositories; i++)
        {
            var prefix = (i % 10) switch
            {
                0 => "observe",
                1 => "quarantine",
                2 or 3 => "base",
                _ => "team",
            };
            var mutability = (i % 8) switch
            {
                5 => TagMutability.Immutable,
                6 => TagMutability.ImmutableExcept("ecrguard-*"),
                7 => TagMutability.MutableExcept("v*"),
                _ => TagMutability.Mutable,
            };
            var lifecycle =
                prefix != "team"
                    ? null
                    : (i % 7) switch
                    {
                        0 => few,
                        1 => untagged,
                        _ => null,
                    };
            var repository = new TrueRepository($"{prefix}/r{i}", mutability, scanOnPush: i % 5 != 4, lifecycle);
            Truth.Repositories.Add(repository);
            foreach (var ecr in new[] { aws.Ecr, twin.Ecr })
                ecr.CreateRepository(repository.Name, mutability, repository.ScanOnPush, lifecycle);
        }
    }

    /// <summary>How many images a team's count rule keeps.</summary>
    private const int Few = 6;

    private static string Keeps(int count) =>
        Expires($""" "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": {count} """);

    private static string Expires(string selection) =>
        $$"""
            { "rules": [ { "rulePriority": 1, "selection": { {{selection}} }, "action": { "type": "expire" } } ] }
            """;

    /// <summary>Makes what was there before EcrGuard, and runs the backfill that takes it over.</summary>
    private void Begin()
    {
        begun = Now;
        foreach (var repository in Truth.Repositories.Where(_ => Chance(0.4)))
        {
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var image = Push(repository, wasThere: true);
                foreach (var each in image?.Children.Append(image).Where(each => each.Kind == TrueKind.Image) ?? [])
                    CompleteScan(each, announce: false);
            }
        }
        _ = aws.Events.Take();
        time.Advance(TimeSpan.FromHours(1));
        var on = sweeper;
        Task BackfillAsync() => on.Part<Backfill>().BackfillAsync(new ScheduledRequest(null), new Invocation());
        Whole(new Running(on, "backfill", BackfillAsync, [], calm: true, Now));
        // The backfill works on several threads.
        random = new Random(options.Seed);
        time.SetUtcNow(begun + TimeSpan.FromHours(2));
        _ = aws.Events.Take();
        nextSweep = Now.Date.AddDays(1).AddHours(3);
        nextLifecycle = Now.Date.AddDays(1).AddHours(2);
    }

    /// <summary>Does what is due at this time.</summary>
    private void Daily()
    {
        var now = Now;
        foreach (var image in Truth.Images.Values.Where(image => image.ScanDue <= now).ToList())
            EndScan(image);
        if (now >= nextLifecycle)
        {
            nextLifecycle += TimeSpan.FromDays(1);
            RunLifecycle();
        }
        if (sweep is null && now >= nextSweep)
        {
            nextSweep += TimeSpan.FromDays(1);
            sweep = Sweep(calm: false).GetEnumerator();
        }
        if (sweep is not null && running.All(other => other.On != sweeper) && !sweep.MoveNext())
            sweep = null;
    }

    private bool Exists(TrueImage image) => twin.Ecr.StatusOf(image.Repository.Name, image.Digest) is not null;

    /// <summary>Somebody does something.</summary>
    /// <param name="target">The image that is probably chosen; null for any.</param>
    private void Act(TrueImage? target)
    {
        var repository = target?.Repository ?? Any(Truth.Repositories);
        if (target is null || !Exists(target))
            target = repository.Images.Where(Exists).ToList() is { Count: > 0 } there ? Any(there) : null;
        var dice = random.Next(100);
        if (target is null || dice < 24)
            Push(repository, wasThere: false);
        else if (dice < 36)
        {
            var known = repository.Tags.Count > 0 && Chance(0.7);
            Tag(target, known ? Any([.. repository.Tags]) : $"rel-{++repository.Pushes}");
        }
        else if (dice < 46)
            DeleteTag(target);
        else if (dice < 48)
            Team(target, "deletes it", ecr => ecr.Delete(repository.Name, target.Digest));
        else if (dice < 62)
            NewFinding(target);
        else if (dice < 72)
            CloseFinding(target);
        else if (dice < 73)
            EndCoverage(target);
        else if (dice < 88)
            Deploy(target);
        else if (dice < 92)
            StopOne();
        else if (dice < 93 && running.Count == 0)
            ChangePolicy();
        else if (target.ScanDue is not null)
            EndScan(target);
    }

    /// <summary>Somebody writes the image's other tags while EcrGuard is about to write a tag of this image.</summary>
    private void Interfere(TrueImage image)
    {
        if (Chance(0.4) || twin.Ecr.TagsOf(image.Repository.Name, image.Digest) is not { } tags)
        {
            Act(image);
            return;
        }
        var others = image.Repository.Images.Where(other => other != image && Exists(other)).ToList();
        foreach (var tag in tags)
        {
            if (Chance(0.5) && others.Count > 0)
                Tag(Any(others), tag);
            else if (Chance(0.6))
                Team(image, $"deletes the tag {tag}", ecr => ecr.DeleteTag(image.Repository.Name, tag));
            else
                Tag(image, "latest");
        }
    }

    private void Touch(TrueImage image)
    {
        touched.Remove(image);
        touched.Add(image);
        if (touched.Count > Recent)
            touched.RemoveAt(0);
    }

    /// <summary>
    /// Writes as a team does, in both worlds. If ECR refuses the write without EcrGuard, it does not happen.
    /// </summary>
    private bool Team(TrueImage image, string what, Action<LocalEcr> act)
    {
        var tags = twin.Ecr.TagsOf(image.Repository.Name, image.Digest);
        try
        {
            act(twin.Ecr);
        }
        catch (Exception)
        {
            return false;
        }
        Figures.TeamWrites++;
        if (!Exists(image))
            image.Children.ForEach(child => child.IndexGoneAt ??= Now);
        var meanwhile = running.Select(other =>
            $", {other.Name} wants {(other.On.Transport.Waiting is [var first, ..] ? first : null)}"
        );
        image.Tell(Now, $"the team {what}{string.Concat(meanwhile)}");
        Touch(image);
        var was = aws.Ecr.StatusOf(image.Repository.Name, image.Digest);
        try
        {
            act(aws.Ecr);
            if (was == "ARCHIVED" && IsActive(image))
                Restored(image);
        }
        catch (InvalidOperationException refused) when (refused.Message.Contains(Referenced, StringComparison.Ordinal))
        {
            // The index that holds it lost its last tag of the team. It is there only because of EcrGuard's own tag. So
            // the image stays in the other world too.
            Figures.Kept++;
            // It gets its old push time, because a count rule uses that.
            var pushedAt = aws.Ecr.PushedAtOf(image.Repository.Name, image.Digest);
            foreach (var tag in tags?.Select(tag => (string?)tag).DefaultIfEmpty() ?? [])
                twin.Ecr.Push(image.Repository.Name, image.Manifest, tag, pushedAt, announce: false);
        }
        catch (Exception refused)
        {
            Fail("ECR refuses a team what it allows without EcrGuard", image, $"the team {what}: {refused.Message}");
        }
        return true;
    }

    private TrueImage? Push(TrueRepository repository, bool wasThere)
    {
        var number = ++repository.Pushes;
        var content = $"{options.Seed} {repository.Name} {number}";
        var kind = random.Next(100) switch
        {
            < 12 => TrueKind.Index,
            < 15 => TrueKind.Chart,
            _ => TrueKind.Image,
        };
        string[] platforms = kind == TrueKind.Index ? ["linux/amd64", "linux/arm64"] : [];
        var children = platforms.Select(platform => (platform, Manifest.Image($"{content} {platform}"))).ToArray();
        var manifest = kind switch
        {
            TrueKind.Index => Manifest.Index(children),
            TrueKind.Chart => Manifest.Chart(content),
            _ => Manifest.Image(content),
        };
        var image = Known(new TrueImage(repository, manifest, kind) { WasThere = wasThere });
        foreach (var (_, child) in children)
        {
            var made = new TrueImage(repository, child, TrueKind.Image) { IsChild = true, WasThere = wasThere };
            image.Children.Add(Known(made));
        }
        var tag = Chance(0.95) ? $"v{number}" : null;
        void Pushes(LocalEcr ecr) => ecr.Push(repository.Name, manifest, tag, announce: !wasThere);
        if (!Team(image, $"pushes it as {tag ?? "nothing"}", Pushes))
            return null;
        if (tag is not null)
            repository.Tags.Add(tag);
        if (Chance(0.4) && !wasThere)
            Tag(image, "latest");
        return image;

        TrueImage Known(TrueImage made)
        {
            made.ChangedAt = Now;
            if (kind != TrueKind.Chart && made.Kind == TrueKind.Image && (options.Enhanced || repository.ScanOnPush))
                ScanSoon(made);
            Truth.Images[(repository.Name, made.Digest)] = made;
            repository.Images.Add(made);
            return made;
        }
    }

    private void ScanSoon(TrueImage image)
    {
        image.Scan = TrueScan.Running;
        image.ScanDue = Now + TimeSpan.FromSeconds(random.Next(20, Chance(0.8) ? 600 : 7200));
    }

    /// <summary>
    /// An image that comes back from the archive is scanned as if it had just been pushed. Earlier findings no longer
    /// count. If there is no scan on push, nothing scans it until somebody asks for a scan.
    /// </summary>
    private void Restored(TrueImage image)
    {
        if (image.Kind != TrueKind.Image)
            return;
        image.Tell(Now, "it is restored");
        image.Findings.Clear();
        (image.Scan, image.ScanDue, image.ScannedAt, image.ChangedAt) = (TrueScan.None, null, null, Now);
        if (options.Enhanced || image.Repository.ScanOnPush)
            ScanSoon(image);
    }

    private void Tag(TrueImage image, string tag)
    {
        var repository = image.Repository.Name;
        if (twin.Ecr.DigestOf(repository, tag) is { } had && had != image.Digest)
            Truth.Images.GetValueOrDefault((repository, had))?.Tell(Now, $"the team gives its tag {tag} to another");
        if (Team(image, $"tags it {tag}", ecr => ecr.Push(image.Repository.Name, image.Manifest, tag)))
            image.Repository.Tags.Add(tag);
    }

    private void DeleteTag(TrueImage image)
    {
        if (twin.Ecr.TagsOf(image.Repository.Name, image.Digest) is { Count: > 0 } tags && Any(tags) is var tag)
            Team(image, $"deletes the tag {tag}", ecr => ecr.DeleteTag(image.Repository.Name, tag));
    }

    // Scans. Nobody scans an image that is archived or gone.

    private bool IsScannable(TrueImage image) => image.Kind == TrueKind.Image && IsActive(image);

    private bool IsActive(TrueImage image) => aws.Ecr.StatusOf(image.Repository.Name, image.Digest) == "ACTIVE";

    private const string Unsupported =
        "UnsupportedImageError: The operating system and/or package manager are not supported.";

    private void EndScan(TrueImage image)
    {
        image.ScanDue = null;
        if (!IsScannable(image))
            return;
        Touch(image);
        if (Chance(0.04))
        {
            image.Scan = TrueScan.Unsupported;
            image.ChangedAt = Now;
            image.Tell(Now, "the scanner cannot read it");
            if (options.Enhanced)
                aws.Inspector.SetCoverage(image.Repository.Name, image.Digest, "INACTIVE", "UNSUPPORTED_OS");
            else
                aws.Ecr.FailScan(image.Repository.Name, image.Digest, "UNSUPPORTED_IMAGE", Unsupported);
            return;
        }
        CompleteScan(image, announce: true);
    }

    private void CompleteScan(TrueImage image, bool announce)
    {
        var now = Now;
        // Most findings are listed before an empty list is believed. If they take longer, the event that counts them
        // comes in time.
        var longLag = options.Enhanced && announce && Chance(0.1);
        var lags = options.Enhanced && announce && (longLag || Chance(0.5));
        var first = image.ScannedAt is null;
        image.ScanDue = null;
        image.Findings.Clear();
        for (var i = Chance(0.4) ? 0 : random.Next(1, 5); i > 0; i--)
            Found(image, now, lags ? TimeSpan.FromSeconds(random.Next(longLag ? 7200 : 540)) : default, first);
        if (longLag)
            prompt.Add(image);
        else
            prompt.Remove(image);
        image.Scan = TrueScan.Complete;
        image.ScannedAt = image.ChangedAt = now;
        image.Tell(now, $"the scan ends with {image.Findings.Count}: {string.Join("; ", image.Findings)}");
        IReadOnlyList<LocalFinding> findings = [.. image.Findings.Select(found => Local(found, now))];
        if (options.Enhanced)
            aws.Inspector.CompleteScan(image.Repository.Name, image.Digest, announce, findings);
        else
            aws.Ecr.CompleteScan(image.Repository.Name, image.Digest, findings);
    }

    private TrueFinding? Found(TrueImage image, DateTimeOffset now, TimeSpan lag, bool first)
    {
        var number = random.Next(60);
        // Most images have no finding that blocks.
        if (Truth.SeverityOf(number) == "CRITICAL" && Chance(0.4))
            number++;
        if (image.Findings.Exists(found => found.Vulnerability == Truth.Vulnerability(number)))
            return null;
        var made = new TrueFinding(Truth.Vulnerability(number), Truth.SeverityOf(number), now, now + lag, first);
        image.Findings.Add(made);
        return made;
    }

    private static LocalFinding Local(TrueFinding found, DateTimeOffset now) =>
        new(found.Vulnerability, found.Severity, new LocalPackage($"lib{found.Vulnerability[^4..]}", "1.0", "1.1"))
        {
            Fix = "YES",
            ListedAfter = found.ListedAt - now,
        };

    /// <summary>A new finding appears on an image that was scanned before.</summary>
    private void NewFinding(TrueImage image)
    {
        if (image.Kind == TrueKind.Index)
            image = Any(image.Children);
        if (!options.Enhanced || image.Scan != TrueScan.Complete || !IsScannable(image))
            return;
        var now = Now;
        var lag = Chance(0.6) ? default : TimeSpan.FromSeconds(random.Next(540));
        if (Found(image, now, lag, first: false) is not { } found)
            return;
        image.ChangedAt = now;
        image.Tell(now, $"{found.Vulnerability} {found.Severity} is found, listed {found.ListedAt:HH:mm:ss}");
        Touch(image);
        aws.Inspector.Report(image.Repository.Name, image.Digest, Local(found, now));
    }

    private void CloseFinding(TrueImage image)
    {
        if (image.Kind == TrueKind.Index)
            image = Any(image.Children);
        if (
            !options.Enhanced
            || image.Scan != TrueScan.Complete
            || !IsScannable(image)
            || image.Findings.FindAll(found => found.Active) is not { Count: > 0 } open
        )
            return;
        var found = Any(open);
        found.Active = false;
        image.ChangedAt = Now;
        image.Tell(Now, $"{found.Vulnerability} {found.Severity} is closed");
        Touch(image);
        var lag = Chance(0.6) ? default : TimeSpan.FromSeconds(random.Next(540));
        found.ListedAt = Now + lag;
        aws.Inspector.SetStatus(image.Repository.Name, image.Digest, found.Vulnerability, "CLOSED", lag);
    }

    /// <summary>Inspector stops monitoring and closes its findings, although nothing was fixed.</summary>
    private void EndCoverage(TrueImage image)
    {
        if (!options.Enhanced || image.Scan != TrueScan.Complete || !IsScannable(image))
            return;
        image.Scan = TrueScan.Expired;
        image.ExpiryToldAt = null;
        image.ChangedAt = Now;
        image.Tell(Now, "Inspector's monitoring ends");
        Touch(image);
        aws.Inspector.SetCoverage(image.Repository.Name, image.Digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
    }

    // What runs.

    private void Deploy(TrueImage image)
    {
        var repository = image.Repository;
        if (image.IsChild || image.Kind == TrueKind.Chart || !IsActive(image))
            return;
        var name = $"{repository.Name.Replace('/', '-')}-{random.Next(2)}";
        // A rollback goes to an image that ran before, which may be old.
        if (
            services.TryGetValue(name, out var known)
            && Chance(0.4)
            && known.History.FindAll(each => Exists(each.Image) && IsActive(each.Image)) is { Count: > 0 } earlier
        )
            image = Any(earlier).Image;
        var now = Now;
        var uri = $"{aws.AccountId}.dkr.ecr.{aws.Region}.amazonaws.com/{repository.Name}@{image.Digest}";
        var definition = aws.Ecs.RegisterTaskDefinition(name, uri);
        if (known.Arn is null)
        {
            services[name] = known = (aws.Ecs.CreateService("prod", name, definition, 1, [image.Digest]), []);
        }
        else
        {
            aws.Ecs.StartDeployment(known.Arn, definition, image.Digest);
            aws.Ecs.FinishDeployment(known.Arn);
        }
        known.History.Add((definition, image));
        if (tasks.TryGetValue(name, out var task))
            aws.Ecs.StopTask(task);
        tasks[name] = aws.Ecs.RunServiceTask("prod", name, definition, image.Digest);
        aws.Ecr.Pull(repository.Name, image.Digest);
        twin.Ecr.Pull(repository.Name, image.Digest);
        Stopped(name, now);
        foreach (var each in image.Children.Append(image))
        {
            each.Running[name] = now;
            each.Tell(now, $"{name} runs it");
        }
        Figures.Deployments++;
        Touch(image);
    }

    private void StopOne()
    {
        if (services.Count == 0)
            return;
        var name = Any([.. services.Keys]);
        aws.Ecs.DeleteService(services[name].Arn);
        aws.Ecs.StopTask(tasks[name]);
        tasks.Remove(name);
        services.Remove(name);
        Stopped(name, Now);
    }

    private void Stopped(string service, DateTimeOffset now)
    {
        foreach (var image in Truth.Images.Values)
        {
            if (!image.Running.Remove(service))
                continue;
            image.RanUntil = now;
            image.Tell(now, $"{service} runs it no more");
        }
    }

    /// <summary>All instances are replaced at once. An invocation in progress ends with the old policy.</summary>
    private void ChangePolicy()
    {
        var now = Now;
        var waived = Truth.Policy.Waived.ToHashSet();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var vulnerability = Truth.Vulnerability(random.Next(10) * 6);
            if (!waived.Remove(vulnerability))
                waived.Add(vulnerability);
        }
        Truth.Policy = new TruePolicy(Truth.Policy.Number + 1, Chance(0.2), waived);
        Truth.PolicySince = now;
        Figures.Policies++;
        (sweeper, gate) = (Start(), Start());
        instances = [.. Enumerable.Range(0, EventInstances).Select(_ => Start())];
        var blocks = Truth.Policy.BlocksHigh ? "HIGH and CRITICAL" : "CRITICAL";
        foreach (var image in Truth.Images.Values)
            image.Tell(now, $"policy {Truth.Policy.Number}: blocks {blocks}, waives {string.Join(", ", waived)}");
    }

    /// <summary>ECR's lifecycle policies run, in both worlds.</summary>
    private void RunLifecycle()
    {
        var now = Now;
        var forAbandoned = Truth.Repositories.SelectMany(each => TakenForAbandoned(each, now)).ToHashSet();
        _ = twin.Ecr.RunLifecycle(now);
        foreach (var taken in aws.Ecr.RunLifecycle(now))
        {
            Figures.Expired++;
            if (!Truth.Images.TryGetValue((taken.Repository, taken.Digest), out var image))
                continue;
            image.Tell(now, $"a lifecycle policy takes it, by rule {taken.RulePriority}");
            if (!Exists(image))
                continue;
            // If EcrGuard was told that an image runs, the image stays for fourteen days after it last ran. That is
            // longer than this world lasts.
            var runs = image.Running.Count > 0 ? "runs" : "ran";
            if (image.Repository.HasBaseline && image.StaysSince is { } told)
                Fail($"the policy that EcrGuard put takes what {runs}", image, $"known since {told:dd HH:mm}");
            else if (image.Repository.HasBaseline && image.Running.Count > 0)
                Figures.ExpiredUnknown++;
            else if (forAbandoned.Contains(image))
                Figures.ExpiredForAbandoned++;
            else if (!image.Repository.HasBaseline)
                Fail("a team's lifecycle policy takes what it would not take without EcrGuard", image);
            // It goes in both worlds, so that the rest can be compared.
            Forget(image);
        }
    }

    /// <summary>
    /// What a team's count rule is about to take because images that the team has given up still occupy places. Only
    /// EcrGuard's tag keeps those. Nobody can know whether a team deleted its last tag or moved it, so EcrGuard keeps
    /// images that would be gone without it.
    /// </summary>
    private List<TrueImage> TakenForAbandoned(TrueRepository repository, DateTimeOffset now)
    {
        var name = repository.Name;
        if (repository.Lifecycle != Keeps(Few))
            return [];
        var taken = Taken(repository.Lifecycle);
        var abandoned = repository.Images.Count(image =>
            aws.Ecr.TagsOf(name, image.Digest) is { } tags
            && tags.All(IsOwn)
            && !repository.Images.Exists(index => index.Children.Contains(image) && IsActive(index))
            && !Exists(image)
            && !taken.Contains(image.Digest)
        );
        // With as many more places as those images occupy, the others stay.
        var anyway = Taken(Keeps(Few + abandoned));
        return repository.Images.FindAll(image => taken.Contains(image.Digest) && !anyway.Contains(image.Digest));

        HashSet<string> Taken(string policy) =>
            [.. aws.Ecr.PreviewLifecycle(name, policy, now).Select(image => image.Digest)];
    }

    /// <summary>
    /// Removes from the other world what EcrGuard's policy took rightly, or what was reported already.
    /// </summary>
    private void Forget(TrueImage image)
    {
        foreach (var parent in image.Repository.Images.FindAll(each => each.Children.Contains(image) && Exists(each)))
            twin.Ecr.Delete(parent.Repository.Name, parent.Digest);
        if (Exists(image))
            twin.Ecr.Delete(image.Repository.Name, image.Digest);
    }

    // Sweeps.

    /// <summary>A sweep as the state machine does it. Other functions run meanwhile.</summary>
    private IEnumerable<bool> Sweep(bool calm)
    {
        SweepStart? start = null;
        Task<SweepStart> ListAsync(Instance on) =>
            on.Part<SweepList>().SweepListAsync(new SweepRequest(null), new Invocation());
        foreach (var step in Tried("sweep list", calm, ListAsync, begun => start = begun))
            yield return step;
        if (start is not { Alone: true })
            yield break;
        using var list = JsonDocument.Parse(aws.S3.Find(start.Bucket, start.Key)!.Content);
        var repositories = list
            .RootElement.EnumerateArray()
            .SelectMany(some => some.GetProperty("repositories").EnumerateArray());
        foreach (var each in repositories)
        {
            var name = each.GetString()!;
            SweptItem? swept = null;
            var item = new SweepItem([name], start.StartedAt, 0, start.Run);
            Task<SweptItem> SweepAsync(Instance on) =>
                on.Part<SweepRepository>().SweepRepositoryAsync(item, new Invocation());
            foreach (var step in Tried($"sweep of {name}", calm, SweepAsync, done => swept = done))
                yield return step;
            if (swept is not { Done: true })
                continue;
            foreach (var image in Truth.Repositories.Find(repository => repository.Name == name)!.Images)
            {
                if (image.Running.Values.Any(since => since < start.StartedAt))
                    image.UseToldAt ??= Now;
                if (image.UseToldAt is not null && image.IndexGoneAt < start.StartedAt)
                    image.AloneToldAt ??= Now;
            }
        }
        Task<SweepEnd> CloseAsync(Instance on) => on.Part<SweepClose>().SweepCloseAsync(start, new Invocation());
        foreach (var step in Tried("sweep close", calm, CloseAsync, _ => { }))
            yield return step;
        Figures.Sweeps++;
    }

    /// <summary>One step of the sweep, tried three times. The last try has no faults.</summary>
    private IEnumerable<bool> Tried<T>(string name, bool calm, Func<Instance, Task<T>> work, Action<T> ended)
    {
        var done = false;
        for (var tries = 1; !done && tries <= 3; tries++)
        {
            var on = sweeper;
            Begin(
                new Running(on, name, () => work(on), [], calm || tries == 3, Now)
                {
                    FaultRate = 0.003,
                    Ended = invocation =>
                    {
                        done = true;
                        ended(((Task<T>)invocation.Work).Result);
                    },
                }
            );
            while (running.Any(other => other.On == on))
                yield return true;
        }
    }
}
