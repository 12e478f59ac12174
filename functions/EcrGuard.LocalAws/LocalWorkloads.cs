using System.Collections.Concurrent;
using EcrGuard.LocalAws.AppRunner;
using EcrGuard.LocalAws.Ecs;
using EcrGuard.LocalAws.EventBridge;
using EcrGuard.LocalAws.Lambda;
using EcrGuard.LocalAws.Scheduler;

namespace EcrGuard.LocalAws;

/// <summary>The services of one account that run images, in one region.</summary>
public sealed class LocalWorkloads
{
    private readonly LocalAccount account;
    private readonly ConcurrentDictionary<string, LocalWorkloads> elsewhere = [];

    internal LocalWorkloads(LocalAccount account)
    {
        this.account = account;
        Ecs = new LocalEcs(account);
        Lambda = new LocalLambda(account);
        AppRunner = new LocalAppRunner(account);
        EventBridge = new LocalEventBridge(account);
        Scheduler = new LocalScheduler(account);
        Services = [Ecs, Lambda, AppRunner, EventBridge, Scheduler];
    }

    public LocalEcs Ecs { get; }

    public LocalLambda Lambda { get; }

    public LocalAppRunner AppRunner { get; }

    public LocalEventBridge EventBridge { get; }

    public LocalScheduler Scheduler { get; }

    /// <summary>The same services in another region.</summary>
    public LocalWorkloads In(string region) =>
        region == account.Options.Region
            ? this
            : elsewhere.GetOrAdd(region, name => new LocalWorkloads(account.In(name)));

    internal IReadOnlyList<ILocalService> Services { get; }
}
