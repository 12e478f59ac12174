using Amazon.Runtime;

namespace Amazon.EventBridge.Model;

public class ListEventBusesRequest : AmazonEventBridgeRequest
{
    public string NextToken { get; set; }
    public int? Limit { get; set; }
}

public class ListEventBusesResponse : AmazonWebServiceResponse
{
    public List<EventBus> EventBuses { get; set; }
    public string NextToken { get; set; }
}

public class EventBus
{
    public string Name { get; set; }
    public string Arn { get; set; }
}
