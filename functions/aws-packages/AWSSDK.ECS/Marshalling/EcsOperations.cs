using System.Text.Json;
using Amazon.ECS.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.ECS.Marshalling.EcsResponses;

namespace Amazon.ECS.Marshalling;

internal static class EcsOperations
{
    private static readonly ServiceModel Ecs = new(
        "Amazon.ECS",
        "2014-11-13",
        Typed,
        e => new AmazonECSException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListClusters = Operation<ListClustersRequest, ListClustersResponse>(
        "ListClusters",
        Write,
        ReadListClustersResponse,
        ["ClientException"]
    );
    internal static readonly InvokeOptions ListServices = Operation<ListServicesRequest, ListServicesResponse>(
        "ListServices",
        Write,
        ReadListServicesResponse,
        ["ClientException", "ClusterNotFoundException"]
    );
    internal static readonly InvokeOptions DescribeServices = Operation<
        DescribeServicesRequest,
        DescribeServicesResponse
    >("DescribeServices", Write, ReadDescribeServicesResponse, ["ClientException", "ClusterNotFoundException"]);
    internal static readonly InvokeOptions DescribeServiceDeployments = Operation<
        DescribeServiceDeploymentsRequest,
        DescribeServiceDeploymentsResponse
    >(
        "DescribeServiceDeployments",
        Write,
        ReadDescribeServiceDeploymentsResponse,
        ["ClientException", "ClusterNotFoundException"]
    );
    internal static readonly InvokeOptions DescribeServiceRevisions = Operation<
        DescribeServiceRevisionsRequest,
        DescribeServiceRevisionsResponse
    >(
        "DescribeServiceRevisions",
        Write,
        ReadDescribeServiceRevisionsResponse,
        ["ClientException", "ClusterNotFoundException"]
    );
    internal static readonly InvokeOptions ListTasks = Operation<ListTasksRequest, ListTasksResponse>(
        "ListTasks",
        Write,
        ReadListTasksResponse,
        ["ClientException", "ClusterNotFoundException"]
    );
    internal static readonly InvokeOptions DescribeTasks = Operation<DescribeTasksRequest, DescribeTasksResponse>(
        "DescribeTasks",
        Write,
        ReadDescribeTasksResponse,
        ["ClientException", "ClusterNotFoundException"]
    );
    internal static readonly InvokeOptions ListTaskDefinitionFamilies = Operation<
        ListTaskDefinitionFamiliesRequest,
        ListTaskDefinitionFamiliesResponse
    >("ListTaskDefinitionFamilies", Write, ReadListTaskDefinitionFamiliesResponse, ["ClientException"]);
    internal static readonly InvokeOptions ListTaskDefinitions = Operation<
        ListTaskDefinitionsRequest,
        ListTaskDefinitionsResponse
    >("ListTaskDefinitions", Write, ReadListTaskDefinitionsResponse, ["ClientException"]);
    internal static readonly InvokeOptions DescribeTaskDefinition = Operation<
        DescribeTaskDefinitionRequest,
        DescribeTaskDefinitionResponse
    >("DescribeTaskDefinition", Write, ReadDescribeTaskDefinitionResponse, ["ClientException"]);

    private static void Write(Utf8JsonWriter json, ListClustersRequest value)
    {
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, ListServicesRequest value)
    {
        json.Member("cluster", value.Cluster);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, DescribeServicesRequest value)
    {
        json.Member("cluster", value.Cluster);
        json.Member("services", value.Services);
    }

    private static void Write(Utf8JsonWriter json, DescribeServiceDeploymentsRequest value)
    {
        json.Member("serviceDeploymentArns", value.ServiceDeploymentArns);
    }

    private static void Write(Utf8JsonWriter json, DescribeServiceRevisionsRequest value)
    {
        json.Member("serviceRevisionArns", value.ServiceRevisionArns);
    }

    private static void Write(Utf8JsonWriter json, ListTasksRequest value)
    {
        json.Member("cluster", value.Cluster);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, DescribeTasksRequest value)
    {
        json.Member("cluster", value.Cluster);
        json.Member("tasks", value.Tasks);
    }

    private static void Write(Utf8JsonWriter json, ListTaskDefinitionFamiliesRequest value)
    {
        json.Member("status", value.Status);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, ListTaskDefinitionsRequest value)
    {
        json.Member("familyPrefix", value.FamilyPrefix);
        json.Member("status", value.Status);
        json.Member("sort", value.Sort);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, DescribeTaskDefinitionRequest value)
    {
        json.Member("taskDefinition", value.TaskDefinition);
    }

    private static InvokeOptions Operation<TRequest, TResponse>(
        string name,
        Action<Utf8JsonWriter, TRequest> write,
        ReadJson<TResponse> read,
        string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = Ecs,
            Target = $"AmazonEC2ContainerServiceV20141113.{name}",
            Write = write,
            Read = read,
            Errors = errors,
        }.ToOptions();

    private static AmazonServiceException Typed(ServiceError e) =>
        e.Code switch
        {
            "ClientException" => new ClientException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "ClusterNotFoundException" => new ClusterNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            _ => null,
        };
}
