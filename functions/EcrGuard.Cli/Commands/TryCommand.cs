using System.Collections.Concurrent;
using System.CommandLine;
using System.Text.Json;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Cli.Plans;
using EcrGuard.Cli.Trying;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using ConsumerReader = EcrGuard.Aws.Facts.ConsumerReader;
using EcrReader = EcrGuard.Aws.Facts.EcrReader;

namespace EcrGuard.Cli.Commands;

/// <param name="Against">The policy in force; null: the built-in policy.</param>
/// <param name="Images">The images to judge; empty: every image of the account.</param>
/// <param name="Repositories">The repositories of the account.</param>
/// <param name="Table">The ledger. If it is null, <paramref name="Bucket"/> is too, and nothing is known about earlier
///     scans.</param>
internal sealed record TryOptions(
    FileInfo File,
    FileInfo? Against,
    IReadOnlyList<ImageReference> Images,
    Glob Repositories,
    string? Table,
    string? Bucket
);

/// <summary>
/// <c>ecrguard policy try</c>: judges images by the policy in force and by another one, from the same facts, and tells
/// what changes. It only reads, and writes nothing.
/// </summary>
internal static class TryCommand
{
    private const int AtOnce = 2;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE")
        {
            Description = "The policy document to try, with the VEX documents in the folder vex beside it.",
        };
        var repositories = SharedOptions.Repositories();
        var format = SharedOptions.TextOrJson();
        var against = new Option<FileInfo?>("--against")
        {
            Description = "The policy document in force, with the VEX documents beside it. Default: the built-in one.",
        };
        var images = new Option<ImageReference[]>("--image")
        {
            Description = "An image, by tag, digest or full URI; may be given several times.",
            CustomParser = result => SharedOptions.ReadImages(result, "--image"),
        };
        var account = new Option<bool>("--account")
        {
            Description = "Every image of the registry of the caller's credentials.",
        };
        var ledger = new LedgerOptions(
            "Earlier scans then count, and fewer scans are read.",
            "It holds the ledger's findings."
        );
        var command = new Command(
            "try",
            "Judges images by FILE and by the policy in force, and shows what changes: answers, and what EcrGuard "
                + "would mark or archive. Reads only. Exits 0 if no answer gets worse, 1 if one does, 5 if something "
                + "could not be read, 64 if FILE has errors."
        )
        {
            file,
            against,
            images,
            account,
            repositories,
            ledger.Table,
            ledger.Bucket,
            format,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(images) is null == !result.GetValue(account))
                result.AddError("Say what to try the policy on: either '--image' or '--account'.");
            ledger.RequireBoth(result);
            if (result.GetResult(images) is not null && result.GetResult(repositories) is { Implicit: false })
                result.AddError("'--repository' goes with '--account': an image names its repository.");
        });
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    new TryOptions(
                        parsed.GetRequiredValue(file),
                        parsed.GetValue(against),
                        parsed.GetValue(images) ?? [],
                        parsed.GetRequiredValue(repositories),
                        parsed.GetValue(ledger.Table),
                        parsed.GetValue(ledger.Bucket)
                    ),
                    parsed.GetValue(format) == SharedOptions.Json,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    /// <returns>
    /// 0 if no answer gets worse, 1 if one does, 5 if something could not be read, 64 for a file or an environment that
    /// cannot be used.
    /// </returns>
    public static Task<int> RunAsync(
        TryOptions options,
        bool asJson,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                // A waiver that has ended is printed and waives nothing, as it will be once deployed.
                var reading = PolicyCommand.Read(
                    options.File,
                    TimeProvider.System.GetUtcNow(),
                    asJson ? errors : output
                );
                if (reading.Policy is not { VexProblems: [] } tried)
                    return ExitCodes.Usage;
                var inForce = InputFile.LoadPolicy(options.Against);
                var throttles = Throttles.Counted();
                using var aws = AwsClients.FromEnvironment();
                var trial = await TryAsync(
                    aws,
                    options,
                    inForce,
                    tried,
                    new Progress(errors, !Console.IsErrorRedirected, throttles),
                    cancellation
                );
                if (asJson)
                    output.WriteLine(JsonSerializer.Serialize(trial, TrialJson.Readable.Trial));
                else
                    TrialText.Write(trial, output);
                return trial.ExitCode;
            },
            "Nothing was written.",
            errors,
            cancellation
        );

    private static async Task<Trial> TryAsync(
        AwsClients aws,
        TryOptions options,
        PolicyDocument inForce,
        PolicyDocument tried,
        Progress progress,
        CancellationToken cancellation
    )
    {
        var time = TimeProvider.System;
        var settings = await LedgerOptions.ReadAsync(aws, options.Table, options.Bucket, cancellation);
        var readers = Readers.Of(aws, tried, options, settings, time);
        // What runs is read as it will be read when the tried policy is in force.
        var use = await progress.OfUseAsync(() => readers.Consumers.ReadAsync(null, cancellation));
        var repositories = await RepositoriesAsync(readers.Registry, options, settings, cancellation);
        var judged = new ConcurrentBag<TriedContents>();
        await Parallel.ForEachAsync(
            repositories,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (repository, token) =>
            {
                var one = new TriedContents();
                try
                {
                    await JudgeAsync(one, repository, readers, use, options, inForce, token);
                }
                catch (Exception failure) when (!token.IsCancellationRequested)
                {
                    one.Unread.Add($"{repository.Name}: {ErrorText.Of(failure)}");
                    one.IsRead = false;
                }
                judged.Add(one);
                progress.Done(one.Images, repositories.Count);
            }
        );
        progress.End();
        return TrialOf(
            options,
            inForce,
            tried,
            judged.Count(one => one.IsRead),
            [.. judged],
            Notes(options, inForce, tried, use, judged.SelectMany(one => one.DecidedBy).ToHashSet())
        );
    }

    /// <summary>What was found out about one repository.</summary>
    private sealed class TriedContents
    {
        public int Images { get; set; }
        public IReadOnlyList<VerdictChange> Changes { get; set; } = [];
        public RepositoryEnforcement? Enforcement { get; set; }

        /// <summary>The versions of the policies that the ledger's verdicts are by.</summary>
        public IReadOnlyList<string> DecidedBy { get; set; } = [];
        public List<string> Unread { get; } = [];

        /// <summary>Whether the repository could be read at all.</summary>
        public bool IsRead { get; set; } = true;
    }

    private static async Task JudgeAsync(
        TriedContents one,
        RepositoryId repository,
        Readers readers,
        UsageReading use,
        TryOptions options,
        PolicyDocument inForce,
        CancellationToken cancellation
    )
    {
        var contents = await readers.Registry.ContentsAsync(repository, readers.Manifests, cancellation);
        // The repository is gone since the repositories were listed: nothing in it can change.
        if (contents is null && options.Images.Count == 0)
            return;
        contents ??= new RepositoryContents { Repository = repository, ReadAt = TimeProvider.System.GetUtcNow() };
        var wanted = Wanted(contents, options, one.Unread);
        one.Images = wanted.Count;
        var evidence = await readers.Evidences.OfAsync(contents, wanted, readers.Tried.Version, cancellation);
        one.Unread.AddRange(evidence.Unread.Select(image => $"{repository.Name}@{image.Key}: {image.Value}"));
        one.DecidedBy = [.. evidence.PolicyVersions];
        var now = TimeProvider.System.GetUtcNow();
        var usages = InUse.Of(use, contents, readers.Tried.Consumers, now);
        one.Changes = evidence.Try(wanted, inForce, readers.Tried, usages, now);
        one.Enforcement = await readers.EnforcementAsync(one.Changes, evidence.Contents, inForce, now, cancellation);
    }

    /// <param name="Manifests">Null if there is no ledger, like <paramref name="Images"/>.</param>
    private sealed record Readers(
        PolicyDocument Tried,
        EcrReader Registry,
        ManifestRecords? Manifests,
        ImageRecords? Images,
        EvidenceReader Evidences,
        ConsumerReader Consumers
    )
    {
        /// <summary>What EcrGuard would write to a repository. Null if it writes the same as now.</summary>
        public async Task<RepositoryEnforcement?> EnforcementAsync(
            IReadOnlyList<VerdictChange> judged,
            RepositoryContents contents,
            PolicyDocument inForce,
            DateTimeOffset now,
            CancellationToken cancellation
        )
        {
            var id = contents.Repository;
            // Only a quarantine depends on what was done before, and on the lifecycle policy.
            var archives =
                inForce.EnforcementOf(id.Name) == EnforcementMode.Quarantine
                || Tried.EnforcementOf(id.Name) == EnforcementMode.Quarantine;
            var entries =
                archives && Images is not null
                    ? await Images.FindAsync(id, judged.Select(change => change.Image.Id.Digest), cancellation)
                    : new Dictionary<Digest, LedgerEntry>();
            var lifecycle =
                archives && judged.Any(change => change.After.Status == Status.Blocked)
                    ? await Registry.LifecyclePolicyAsync(id, cancellation)
                    : null;
            return RepositoryEnforcement.Of(
                id.Name,
                inForce,
                Tried,
                judged.Select(change =>
                    ImageEnforcement.Of(
                        change,
                        contents,
                        inForce,
                        Tried,
                        Known(entries.GetValueOrDefault(change.Image.Id.Digest)),
                        lifecycle,
                        now
                    )
                )
            );
        }

        private static KnownQuarantine Known(LedgerEntry? entry) =>
            entry is null
                ? KnownQuarantine.None
                : new KnownQuarantine(entry.Quarantine, entry.Record.ChangeId, entry.Record.Forced?.Until);

        public static Readers Of(
            AwsClients aws,
            PolicyDocument tried,
            TryOptions options,
            Settings settings,
            TimeProvider time
        )
        {
            var registry = new EcrReader(aws.Ecr, settings, time);
            var table = options.Table is null ? null : new LedgerTable(aws.Dynamo, settings, time);
            var records = table is null ? null : new ImageRecords(table);
            var evidences = new EvidenceReader(
                new ScanReader(aws.Ecr, aws.Inspector, registry, time),
                records,
                options.Bucket is null ? null : new FindingsStore(aws.S3, settings),
                time,
                settings.SettlingTime
            );
            var manifests = records is null ? null : new ManifestRecords(table!, records);
            return new Readers(
                tried,
                registry,
                manifests,
                records,
                evidences,
                new ConsumerReader(aws, tried, settings, time)
            );
        }
    }

    private static async Task<IReadOnlyList<RepositoryId>> RepositoriesAsync(
        EcrReader registry,
        TryOptions options,
        Settings settings,
        CancellationToken cancellation
    )
    {
        foreach (var image in options.Images)
            Caller.RequireHere("--image", image, settings);
        if (options.Images.Count == 0)
            return await MatchingRepositories.ReadAsync(registry, options.Repositories, cancellation);
        var named = options.Images.Select(image => image.Repository).Distinct().Order(StringComparer.Ordinal);
        return [.. named.Select(registry.Repository)];
    }

    private static Trial TrialOf(
        TryOptions options,
        PolicyDocument inForce,
        PolicyDocument tried,
        int repositories,
        IReadOnlyList<TriedContents> judged,
        IEnumerable<string> notes
    )
    {
        var all = judged
            .SelectMany(one => one.Changes)
            .OrderBy(change => change.Change)
            .ThenByDescending(change => change.FailsRunning)
            .ThenBy(change => change.Image.Id.Repository.Name, StringComparer.Ordinal)
            .ThenBy(change => change.Image.Id.Digest)
            .ToList();
        var enforcement = judged
            .Select(one => one.Enforcement)
            .OfType<RepositoryEnforcement>()
            .OrderBy(one => one.Repository, StringComparer.Ordinal)
            .ToList();
        return new Trial(
            options.File.ToString(),
            tried.Version,
            options.Against?.ToString(),
            inForce.Version,
            TrialSummary.Of(repositories, all, enforcement),
            [.. all.Where(change => change.Change != AnswerChange.None).Select(TriedImage.Of)],
            [.. enforcement.Select(TriedRepository.Of)],
            [.. judged.SelectMany(one => one.Unread).Order(StringComparer.Ordinal)],
            [.. notes]
        );
    }

    /// <summary>The images to judge: the named ones, or all that anybody deploys.</summary>
    private static HashSet<Digest> Wanted(RepositoryContents contents, TryOptions options, List<string> unread)
    {
        if (options.Images.Count == 0)
            return [.. RepositoryEvidence.Named(contents).Select(image => image.Id.Digest)];
        var wanted = new HashSet<Digest>();
        foreach (var reference in options.Images.Where(reference => reference.Repository == contents.Repository.Name))
        {
            if (
                contents.Images.FirstOrDefault(image =>
                    (reference.Digest is null || reference.Digest == image.Id.Digest)
                    && (reference.Tag is null || image.Tags.Contains(reference.Tag))
                ) is
                { } image
            )
                wanted.Add(image.Id.Digest);
            else
                unread.Add(
                    reference.Missing(
                        contents.Images.Any(image => image.Id.Digest == reference.Digest),
                        contents
                            .Images.FirstOrDefault(image => reference.Tag is { } tag && image.Tags.Contains(tag))
                            ?.Id.Digest,
                        "the registry"
                    )
                );
        }
        return wanted;
    }

    /// <param name="decidedBy">The versions of the policies that the ledger's verdicts are by.</param>
    private static IEnumerable<string> Notes(
        TryOptions options,
        PolicyDocument inForce,
        PolicyDocument tried,
        UsageReading use,
        HashSet<string> decidedBy
    )
    {
        if (inForce.Version == tried.Version)
            yield return "Both policies are the same document.";
        var against = options.Against?.ToString() ?? "the built-in policy";
        if (decidedBy.Count > 0 && !decidedBy.Contains(inForce.Version))
            yield return $"The ledger's verdicts are by another policy ({decidedBy.First()[..12]}…) than {against} "
                + $"({inForce.Version[..12]}…). Name the policy that is deployed with --against.";
        else if (options is { Against: null, Table: null })
            yield return "This compares with the built-in policy. If another one is deployed, name it with --against.";
        if (options.Table is null)
            yield return "Without --table and --bucket nothing is known of earlier scans: neither a block that still "
                + "rests on one, nor since when there has been a fix.";
        if (inForce.Enforcement.Count + tried.Enforcement.Count > 0)
            yield return "The stack's parameter Enforcement is a ceiling: EcrGuard does less where it is lower.";
        foreach (var unread in use.Unread)
            yield return Plan.Sentence(unread);
    }
}
