using System.Diagnostics.CodeAnalysis;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.SimpleNotificationService;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Backfilling;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Flow.Forcing;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Flow.Pushing;
using EcrGuard.Lambda.Flow.Quarantines;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;
using Microsoft.Extensions.DependencyInjection;

[assembly: LambdaSerializer(typeof(SourceGeneratorLambdaJsonSerializer<EcrGuard.Lambda.LambdaJson>))]
[assembly: LambdaGlobalProperties(GenerateMain = false, Runtime = "dotnet10")]

namespace EcrGuard.Lambda;

/// <summary>Composes the functions: every part once, built in the init phase.</summary>
[LambdaStartup]
public sealed class Startup
{
    [SuppressMessage("Performance", "CA1822", Justification = "Amazon.Lambda.Annotations calls it on an instance.")]
    public void ConfigureServices(IServiceCollection services)
    {
        var settings = Settings.From(Environment.GetEnvironmentVariable);
        var policy = Path.Combine(AppContext.BaseDirectory, PolicyFile.Name);
        Compose(
            services,
            settings,
            AwsClients.FromEnvironment(),
            PolicyFile.Load(policy, TimeProvider.System.GetUtcNow(), settings.Account),
            TimeProvider.System,
            Log.OfFunction(TimeProvider.System)
        );
    }

    /// <summary>The same composition for Lambda, the demo and the tests.</summary>
    public static void Compose(
        IServiceCollection services,
        Settings settings,
        AwsClients aws,
        PolicyDocument policy,
        TimeProvider time,
        Log log
    )
    {
        PolicyFile.Report(policy, log);
        services.AddSingleton(settings);
        services.AddSingleton(policy);
        services.AddSingleton(time);
        services.AddSingleton(log);
        AddClients(services, aws);
        AddLedger(services);
        AddFacts(services);
        AddActions(services);
        AddDeciding(services);
        AddSweeping(services);
        AddBaselines(services);
        AddQuarantines(services);
        AddDeployments(services);
        AddPlans(services);
        AddFlow(services);
    }

    private static void AddClients(IServiceCollection services, AwsClients aws)
    {
        services.AddSingleton(aws);
        services.AddSingleton(aws.Ecr);
        services.AddSingleton(aws.Inspector);
        services.AddSingleton(aws.Sns);
        services.AddSingleton(aws.Dynamo);
        services.AddSingleton(aws.S3);
    }

    private static void AddLedger(IServiceCollection services)
    {
        services.AddSingleton<LedgerTable>();
        services.AddSingleton<ImageRecords>();
        services.AddSingleton<ManifestRecords>();
        services.AddSingleton<WriteRecords>();
        services.AddSingleton<QuarantineRecords>();
        services.AddSingleton<RepositoryRecords>();
        services.AddSingleton<DeploymentRecords>();
        services.AddSingleton<ForcedApprovalRecords>();
        services.AddSingleton<AlertClaims>();
        services.AddSingleton<RegistryDocuments>();
        services.AddSingleton<TableOwnership>();
        services.AddSingleton<FindingsStore>();
        services.AddSingleton<UseStore>();
        services.AddSingleton<PlanLedger>();
    }

    private static void AddFacts(IServiceCollection services)
    {
        services.AddSingleton<EcrReader>();
        services.AddSingleton<ScanReader>();
        services.AddSingleton<Aws.Facts.ConsumerReader>();
        services.AddSingleton(parts => new EvidenceReader(
            parts.GetRequiredService<ScanReader>(),
            parts.GetRequiredService<ImageRecords>(),
            parts.GetRequiredService<FindingsStore>(),
            parts.GetRequiredService<TimeProvider>(),
            parts.GetRequiredService<Settings>().SettlingTime
        ));
        services.AddSingleton<DeploymentReader>();
        services.AddSingleton<RevisionReader>();
        services.AddSingleton<CodeDeployReader>();
        services.AddSingleton<ArtifactReader>();
        services.AddSingleton<StackReader>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<RepositoryReader>();
        services.AddSingleton<PreviewReader>();
    }

    private static void AddActions(IServiceCollection services)
    {
        services.AddSingleton(parts =>
        {
            var (settings, time) = (parts.GetRequiredService<Settings>(), parts.GetRequiredService<TimeProvider>());
            var turns = settings.SharesWrites ? parts.GetRequiredService<WriteRecords>() : null;
            return new WriteRates(
                new WriteRate(settings.WritesPerSecond, time, turns),
                new WriteRate(settings.OtherWritesPerSecond, time)
            );
        });
        services.AddSingleton<RecheckSender>();
        services.AddSingleton<GateJobs>();
        services.AddSingleton<TagRemover>();
        services.AddSingleton<TagWriter>();
        services.AddSingleton<QuarantineWriter>();
        services.AddSingleton<RepositoryWriter>();
        services.AddSingleton(parts => new Notifier(
            parts.GetRequiredService<IAmazonSimpleNotificationService>(),
            parts.GetRequiredService<Settings>(),
            (message, error) =>
                parts.GetRequiredService<Log>().Error("The chat was not told.", error, ("alertId", message.Id))
        ));
        services.AddSingleton<ImageRemover>();
    }

    private static void AddDeciding(IServiceCollection services)
    {
        services.AddSingleton<EffectivePolicy>();
        services.AddSingleton<ParentIndexes>();
        services.AddSingleton<IndexReader>();
        services.AddSingleton<VerdictReader>();
        services.AddSingleton<ApprovalReader>();
        services.AddSingleton<VerdictRecorder>();
        services.AddSingleton<ScanStarter>();
        services.AddSingleton<PlatformDecider>();
        services.AddSingleton<ChildDecider>();
        services.AddSingleton<IndexDecider>();
        services.AddSingleton<ImageDecider>();
        services.AddSingleton<AlertFacts>();
        services.AddSingleton<ImageAlerts>();
        services.AddSingleton<Rechecks>();
        services.AddSingleton<BatchQuarantine>();
        services.AddSingleton<BatchFinish>();
        services.AddSingleton<DecisionBatch>();
        services.AddSingleton<EventBatch>();
    }

    private static void AddSweeping(IServiceCollection services)
    {
        services.AddSingleton<SweepLease>();
        services.AddSingleton<SweepReader>();
        services.AddSingleton<SweepMarking>();
        services.AddSingleton<DepartedImages>();
        services.AddSingleton<SweepDecisions>();
        services.AddSingleton<SweepTags>();
        services.AddSingleton<ImageSweep>();
        services.AddSingleton<SettingSweep>();
        services.AddSingleton<SweepListing>();
        services.AddSingleton<SweepResultReader>();
        services.AddSingleton<SweepNotes>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<RepositorySweeper>();
        services.AddSingleton<SharedFactsReader>();
        services.AddSingleton<SweepRun>();
    }

    private static void AddBaselines(IServiceCollection services)
    {
        services.AddSingleton<BaselineFacts>();
        services.AddSingleton<LifecyclePutCheck>();
        services.AddSingleton<LifecycleRepairs>();
        services.AddSingleton<BaselineRepairs>();
        services.AddSingleton<UnknownOriginals>();
        services.AddSingleton<BaselineEnforcer>();
        services.AddSingleton<RestoreCheck>();
        services.AddSingleton<RepositoryRestorer>();
    }

    private static void AddQuarantines(IServiceCollection services)
    {
        services.AddSingleton<QuarantinePlanner>();
        services.AddSingleton<QuarantineEnforcer>();
        services.AddSingleton<QuarantineSweep>();
        services.AddSingleton<ImageReleaser>();
    }

    private static void AddDeployments(IServiceCollection services)
    {
        services.AddSingleton<DeploymentRecorder>();
        services.AddSingleton<DeploymentShields>();
        services.AddSingleton<UnapprovedDeployments>();
        services.AddSingleton<DeploymentFollower>();
        services.AddSingleton<DeletedIndexes>();
    }

    private static void AddPlans(IServiceCollection services)
    {
        services.AddSingleton<PlanAdmission>();
        services.AddSingleton<ApplyLeases>();
        services.AddSingleton<ImageRemovals>();
        services.AddSingleton<PlanShields>();
        services.AddSingleton<PutPreparer>();
        services.AddSingleton<PolicyPut>();
        services.AddSingleton<PlanApplier>();
    }

    private static void AddFlow(IServiceCollection services)
    {
        services.AddSingleton<Gatekeeper>();
        services.AddSingleton<ImageMarker>();
        services.AddSingleton<RemovalManifestCleanup>();
        services.AddSingleton<Notices>();
        services.AddSingleton<TimedNotices>();
        services.AddSingleton<WeekRollUps>();
        services.AddSingleton<SummarySources>();
        services.AddSingleton<SummaryReader>();
        services.AddSingleton<SummaryFiles>();
        services.AddSingleton<PushRecorder>();
        services.AddSingleton<ForeignTags>();
        services.AddSingleton<ImageBackfill>();
        services.AddSingleton<RepositoryBackfill>();
        services.AddSingleton<BackfillNotice>();
        services.AddSingleton<ForcedApprovalOrders>();
    }
}
