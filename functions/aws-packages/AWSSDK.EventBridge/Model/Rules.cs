using Amazon.Runtime;

namespace Amazon.EventBridge.Model;

public class ListRulesRequest : AmazonEventBridgeRequest
{
    public string EventBusName { get; set; }
    public string NextToken { get; set; }
    public int? Limit { get; set; }
}

public class ListRulesResponse : AmazonWebServiceResponse
{
    public List<Rule> Rules { get; set; }
    public string NextToken { get; set; }
}

public class Rule
{
    public string Name { get; set; }
    public string Arn { get; set; }
    public RuleState State { get; set; }
}

public class ListTargetsByRuleRequest : AmazonEventBridgeRequest
{
    public string Rule { get; set; }
    public string EventBusName { get; set; }
    public string NextToken { get; set; }
    public int? Limit { get; set; }
}

public class ListTargetsByRuleResponse : AmazonWebServiceResponse
{
    public List<Target> Targets { get; set; }
    public string NextToken { get; set; }
}

public class Target
{
    public string Id { get; set; }
    public string Arn { get; set; }
    public EcsParameters EcsParameters { get; set; }
}

public class EcsParameters
{
    public string TaskDefinitionArn { get; set; }
}
