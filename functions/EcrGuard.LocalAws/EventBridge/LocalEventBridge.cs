namespace EcrGuard.LocalAws.EventBridge;

/// <summary>Amazon EventBridge in memory: buses, rules and their targets. No event is routed.</summary>
public sealed class LocalEventBridge : LocalJsonService
{
    private const string DefaultBus = "default";
    private const int MostListed = 100;

    private readonly LocalAccount account;
    private readonly SortedDictionary<string, SortedDictionary<string, List<Target>>> buses = new(
        StringComparer.Ordinal
    )
    {
        [DefaultBus] = new(StringComparer.Ordinal),
    };

    internal LocalEventBridge(LocalAccount account)
        : base("events", "AWSEvents", "application/x-amz-json-1.1", JsonWire.Pascal, ["Rule", "EventBusName"])
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["ListEventBuses"] = On<ListRequest>(ListEventBuses),
            ["ListRules"] = On<ListRulesRequest>(ListRules),
            ["ListTargetsByRule"] = On<ListTargetsByRuleRequest>(ListTargetsByRule),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalException";

    /// <summary>Creates a rule. Creates the bus if it does not exist.</summary>
    /// <returns>Its ARN.</returns>
    public string PutRule(string rule, string bus = DefaultBus)
    {
        lock (Gate)
        {
            if (!buses.TryGetValue(bus, out var rules))
            {
                buses.Add(bus, rules = new(StringComparer.Ordinal));
            }

            rules.TryAdd(rule, []);
            return RuleArn(rule, bus);
        }
    }

    /// <summary>Lets a rule run a task. Creates the rule if it does not exist.</summary>
    /// <param name="taskDefinition">An ARN, with a revision or without.</param>
    /// <returns>The rule's ARN.</returns>
    public string PutTaskTarget(string rule, string taskDefinition, string bus = DefaultBus) =>
        Put(rule, new Target(Arn("ecs", "cluster/default"), taskDefinition), bus);

    /// <summary>
    /// Lets a rule call a target that runs no image of its own. Creates the rule if it does not exist.
    /// </summary>
    /// <returns>The rule's ARN.</returns>
    public string PutTarget(string rule, string targetArn, string bus = DefaultBus) =>
        Put(rule, new Target(targetArn, null), bus);

    public void DeleteRule(string rule, string bus = DefaultBus)
    {
        lock (Gate)
        {
            buses[bus].Remove(rule);
        }
    }

    private string Put(string rule, Target target, string bus)
    {
        var arn = PutRule(rule, bus);
        lock (Gate)
        {
            buses[bus][rule].Add(target);
            return arn;
        }
    }

    private string Arn(string service, string resource) =>
        $"arn:aws:{service}:{account.Options.Region}:{account.Options.AccountId}:{resource}";

    private string RuleArn(string rule, string bus) =>
        Arn("events", bus == DefaultBus ? $"rule/{rule}" : $"rule/{bus}/{rule}");

    private (IReadOnlyList<T> Items, string? Next) Page<T>(string listing, ListRequest request, IEnumerable<T> items) =>
        request.Limit is < 1 or > MostListed
            ? throw new LocalError(
                400,
                "ValidationException",
                $"1 validation error detected: Value '{request.Limit}' at 'limit' failed to satisfy "
                    + $"constraint: Member must have value between 1 and {MostListed}"
            )
            : LocalPages.Of(
                listing,
                request.NextToken,
                request.Limit ?? MostListed,
                account.Options.EmptyPages,
                items,
                () => new LocalError(400, "ValidationException", "The token is not valid.")
            );

    private SortedDictionary<string, List<Target>> RulesOf(string? bus) =>
        buses.GetValueOrDefault(bus ?? DefaultBus)
        ?? throw new LocalError(400, "ResourceNotFoundException", $"Event bus {bus} does not exist.");

    private object ListEventBuses(ListRequest request)
    {
        var (page, next) = Page("ListEventBuses", request, buses.Keys);
        return new Members
        {
            ["EventBuses"] = page.Select(bus => new Members
            {
                ["Name"] = bus,
                ["Arn"] = Arn("events", $"event-bus/{bus}"),
            }),
            ["NextToken"] = next,
        };
    }

    private object ListRules(ListRulesRequest request)
    {
        var (page, next) = Page($"ListRules {request.EventBusName}", request, RulesOf(request.EventBusName).Keys);
        return new Members
        {
            ["Rules"] = page.Select(rule => new Members
            {
                ["Name"] = rule,
                ["Arn"] = RuleArn(rule, request.EventBusName ?? DefaultBus),
                ["State"] = "ENABLED",
            }),
            ["NextToken"] = next,
        };
    }

    private object ListTargetsByRule(ListTargetsByRuleRequest request)
    {
        var targets =
            RulesOf(request.EventBusName).GetValueOrDefault(request.Rule)
            ?? throw new LocalError(
                400,
                "ResourceNotFoundException",
                $"Rule {request.Rule} does not exist on EventBus {request.EventBusName ?? DefaultBus}."
            );
        var (page, next) = Page($"ListTargetsByRule {request.EventBusName} {request.Rule}", request, targets.Index());
        return new Members
        {
            ["Targets"] = page.Select(target => new Members
            {
                ["Id"] = $"Id{target.Index}",
                ["Arn"] = target.Item.Arn,
                ["EcsParameters"] = target.Item.TaskDefinition is null
                    ? null
                    : new Members { ["TaskDefinitionArn"] = target.Item.TaskDefinition },
            }),
            ["NextToken"] = next,
        };
    }

    private sealed record Target(string Arn, string? TaskDefinition);

    internal record ListRequest
    {
        public string? NextToken { get; init; }

        public int? Limit { get; init; }
    }

    internal sealed record ListRulesRequest : ListRequest
    {
        public string? EventBusName { get; init; }
    }

    internal sealed record ListTargetsByRuleRequest : ListRequest
    {
        public required string Rule { get; init; }

        public string? EventBusName { get; init; }
    }
}
