using System.Text;
using Amazon.Runtime;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using EcrGuard.LocalAws;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Aws.Tests.Chaos;

/// <summary>One instance of the functions, composed as in Lambda. It runs one invocation at a time.</summary>
internal sealed class Instance
{
    public const string Table = "ledger",
        Bucket = "reports";
    private readonly ServiceProvider services;

    /// <param name="policy">The policy document's text.</param>
    /// <param name="skew">How far its clock is ahead of AWS's.</param>
    public Instance(
        LocalAwsServer aws,
        string alertTopic,
        string scanQueue,
        TimeProvider time,
        TimeSpan skew,
        string policy
    )
    {
        var reading = PolicyReader.Read(Encoding.UTF8.GetBytes(policy), time.GetUtcNow());
        var settings = new Settings
        {
            Account = aws.AccountId,
            Region = aws.Region,
            Table = Table,
            Bucket = Bucket,
            AlertTopic = alertTopic,
            SummaryTopic = alertTopic,
            ScanQueue = scanQueue,
            Enforcement = EnforcementMode.Quarantine,
            WritesPerSecond = double.PositiveInfinity,
            OtherWritesPerSecond = double.PositiveInfinity,
        };
        var parts = new ServiceCollection();
        var clock = new SkewedTime(time, skew);
        var clients = AwsClients.Through(Transport, aws.Endpoint, aws.Region, new BasicAWSCredentials("test", "test"));
        var rules =
            reading.Policy
            ?? throw new ArgumentException(string.Join(Environment.NewLine, reading.Problems), nameof(policy));
        Startup.Compose(parts, settings, clients, rules, clock, new Log(Lines, clock));
        parts
            .AddSingleton<OnImagePushed>()
            .AddSingleton<OnScanChanged>()
            .AddSingleton<OnImageDeployed>()
            .AddSingleton<SweepList>()
            .AddSingleton<SweepRepository>()
            .AddSingleton<SweepClose>()
            .AddSingleton<Approval>()
            .AddSingleton<Backfill>();
        services = parts.BuildServiceProvider();
    }

    public Transport Transport { get; } = new();

    /// <summary>The functions' log.</summary>
    public StringWriter Lines { get; } = new();

    public T Part<T>()
        where T : notnull => services.GetRequiredService<T>();

    private sealed class SkewedTime(TimeProvider time, TimeSpan skew) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + skew;

        public override long GetTimestamp() => time.GetTimestamp();

        public override long TimestampFrequency => time.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
