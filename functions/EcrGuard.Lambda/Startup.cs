using System.Diagnostics.CodeAnalysis;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow;
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
        services.AddSingleton(aws);
        services.AddSingleton(aws.Ecr);
        services.AddSingleton(aws.Inspector);
        services.AddSingleton(aws.Sns);
        services.AddSingleton(aws.Dynamo);
        services.AddSingleton(aws.S3);
        services.AddSingleton(policy);
        services.AddSingleton(time);
        services.AddSingleton(log);
        services.AddSingleton(parts => new WriteRates(
            new WriteRate(
                settings.WritesPerSecond,
                time,
                settings.SharesWrites ? parts.GetRequiredService<WriteRecords>() : null
            ),
            new WriteRate(settings.OtherWritesPerSecond, time)
        ));
        services.AddSingleton<EcrReader>();
        services.AddSingleton<ScanReader>();
        services.AddSingleton<Aws.Facts.ConsumerReader>();
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
        services.AddSingleton(parts => new EvidenceReader(
            parts.GetRequiredService<ScanReader>(),
            parts.GetRequiredService<ImageRecords>(),
            parts.GetRequiredService<FindingsStore>(),
            time,
            settings.SettlingTime
        ));
        services.AddSingleton(_ => new RecheckSender(aws, settings, time));
        services.AddSingleton<DeploymentReader>();
        services.AddSingleton<RevisionReader>();
        services.AddSingleton<CodeDeployReader>();
        services.AddSingleton<ArtifactReader>();
        services.AddSingleton<StackReader>();
        services.AddSingleton<GateJobs>();
        services.AddSingleton<Gatekeeper>();
        services.AddSingleton<UseStore>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<SummaryReader>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<TagRemover>();
        services.AddSingleton<TagWriter>();
        services.AddSingleton<QuarantineWriter>();
        services.AddSingleton<RepositoryWriter>();
        services.AddSingleton<Notifier>();
        services.AddSingleton<TimedNotices>();
        services.AddSingleton<RepositoryReader>();
        services.AddSingleton<PreviewReader>();
        services.AddSingleton<ImageRemover>();
        services.AddSingleton<PlanLedger>();
        services.AddSingleton<ImageRemovals>();
        services.AddSingleton<PolicyPut>();
        services.AddSingleton<ImageDecider>();
        services.AddSingleton<DeploymentRecorder>();
        services.AddSingleton<DeletedIndexes>();
        services.AddSingleton<BaselineEnforcer>();
        services.AddSingleton<QuarantineEnforcer>();
        services.AddSingleton<AlertFacts>();
        services.AddSingleton<DecisionBatch>();
        services.AddSingleton<EventBatch>();
        services.AddSingleton<SweepLease>();
        services.AddSingleton<SweepReader>();
        services.AddSingleton<SweepMarking>();
        services.AddSingleton<DepartedImages>();
        services.AddSingleton<ImageSweep>();
        services.AddSingleton<SettingSweep>();
        services.AddSingleton<SweepNotes>();
        services.AddSingleton<RepositorySweeper>();
    }
}
