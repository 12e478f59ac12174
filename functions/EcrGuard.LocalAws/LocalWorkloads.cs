using EcrGuard.LocalAws.AppRunner;
using EcrGuard.LocalAws.Ecs;
using EcrGuard.LocalAws.EventBridge;
using EcrGuard.LocalAws.Lambda;
using EcrGuard.LocalAws.Scheduler;

namespace EcrGuard.LocalAws;

/// <summary>The services of one account that run images.</summary>
public sealed class LocalWorkloads
{
    internal LocalWorkloads(LocalAccount account)
    {
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

    internal IReadOnlyList<ILocalService> Services { get; }
}
