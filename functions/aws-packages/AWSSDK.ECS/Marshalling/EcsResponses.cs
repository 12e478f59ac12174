using Amazon.ECS.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;
using Task = Amazon.ECS.Model.Task;

namespace Amazon.ECS.Marshalling;

internal static class EcsResponses
{
    internal static ListClustersResponse ReadListClustersResponse(ref Json json)
    {
        var value = new ListClustersResponse();
        while (json.NextMember())
        {
            if (json.At("clusterArns"))
                value.ClusterArns = json.Strings();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListServicesResponse ReadListServicesResponse(ref Json json)
    {
        var value = new ListServicesResponse();
        while (json.NextMember())
        {
            if (json.At("serviceArns"))
                value.ServiceArns = json.Strings();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeServicesResponse ReadDescribeServicesResponse(ref Json json)
    {
        var value = new DescribeServicesResponse();
        while (json.NextMember())
        {
            if (json.At("services"))
                value.Services = json.List(ReadService);
            else if (json.At("failures"))
                value.Failures = json.List(ReadFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static Service ReadService(ref Json json)
    {
        var value = new Service();
        while (json.NextMember())
        {
            if (json.At("serviceArn"))
                value.ServiceArn = json.String();
            else if (json.At("serviceName"))
                value.ServiceName = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("desiredCount"))
                value.DesiredCount = json.Int();
            else if (json.At("taskDefinition"))
                value.TaskDefinition = json.String();
            else if (json.At("taskSets"))
                value.TaskSets = json.List(ReadTaskSet);
            else if (json.At("deployments"))
                value.Deployments = json.List(ReadDeployment);
            else if (json.At("currentServiceDeployment"))
                value.CurrentServiceDeployment = json.String();
            else if (json.At("currentServiceRevisions"))
                value.CurrentServiceRevisions = json.List(ReadServiceCurrentRevisionSummary);
            else
                json.Skip();
        }
        return value;
    }

    private static ServiceCurrentRevisionSummary ReadServiceCurrentRevisionSummary(ref Json json)
    {
        var value = new ServiceCurrentRevisionSummary();
        while (json.NextMember())
        {
            if (json.At("arn"))
                value.Arn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Failure ReadFailure(ref Json json)
    {
        var value = new Failure();
        while (json.NextMember())
        {
            if (json.At("arn"))
                value.Arn = json.String();
            else if (json.At("reason"))
                value.Reason = json.String();
            else if (json.At("detail"))
                value.Detail = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static TaskSet ReadTaskSet(ref Json json)
    {
        var value = new TaskSet();
        while (json.NextMember())
        {
            if (json.At("id"))
                value.Id = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("taskDefinition"))
                value.TaskDefinition = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Deployment ReadDeployment(ref Json json)
    {
        var value = new Deployment();
        while (json.NextMember())
        {
            if (json.At("id"))
                value.Id = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("taskDefinition"))
                value.TaskDefinition = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeServiceDeploymentsResponse ReadDescribeServiceDeploymentsResponse(ref Json json)
    {
        var value = new DescribeServiceDeploymentsResponse();
        while (json.NextMember())
        {
            if (json.At("serviceDeployments"))
                value.ServiceDeployments = json.List(ReadServiceDeployment);
            else if (json.At("failures"))
                value.Failures = json.List(ReadFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static ServiceDeployment ReadServiceDeployment(ref Json json)
    {
        var value = new ServiceDeployment();
        while (json.NextMember())
        {
            if (json.At("serviceDeploymentArn"))
                value.ServiceDeploymentArn = json.String();
            else if (json.At("serviceArn"))
                value.ServiceArn = json.String();
            else if (json.At("sourceServiceRevisions"))
                value.SourceServiceRevisions = json.List(ReadServiceRevisionSummary);
            else if (json.At("targetServiceRevision"))
                value.TargetServiceRevision = json.Structure(ReadServiceRevisionSummary);
            else if (json.At("rollback"))
                value.Rollback = json.Structure(ReadRollback);
            else if (json.At("status"))
                value.Status = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ServiceRevisionSummary ReadServiceRevisionSummary(ref Json json)
    {
        var value = new ServiceRevisionSummary();
        while (json.NextMember())
        {
            if (json.At("arn"))
                value.Arn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Rollback ReadRollback(ref Json json)
    {
        var value = new Rollback();
        while (json.NextMember())
        {
            if (json.At("serviceRevisionArn"))
                value.ServiceRevisionArn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeServiceRevisionsResponse ReadDescribeServiceRevisionsResponse(ref Json json)
    {
        var value = new DescribeServiceRevisionsResponse();
        while (json.NextMember())
        {
            if (json.At("serviceRevisions"))
                value.ServiceRevisions = json.List(ReadServiceRevision);
            else if (json.At("failures"))
                value.Failures = json.List(ReadFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static ServiceRevision ReadServiceRevision(ref Json json)
    {
        var value = new ServiceRevision();
        while (json.NextMember())
        {
            if (json.At("serviceRevisionArn"))
                value.ServiceRevisionArn = json.String();
            else if (json.At("serviceArn"))
                value.ServiceArn = json.String();
            else if (json.At("taskDefinition"))
                value.TaskDefinition = json.String();
            else if (json.At("containerImages"))
                value.ContainerImages = json.List(ReadContainerImage);
            else
                json.Skip();
        }
        return value;
    }

    private static ContainerImage ReadContainerImage(ref Json json)
    {
        var value = new ContainerImage();
        while (json.NextMember())
        {
            if (json.At("containerName"))
                value.ContainerName = json.String();
            else if (json.At("imageDigest"))
                value.ImageDigest = json.String();
            else if (json.At("image"))
                value.Image = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListTasksResponse ReadListTasksResponse(ref Json json)
    {
        var value = new ListTasksResponse();
        while (json.NextMember())
        {
            if (json.At("taskArns"))
                value.TaskArns = json.Strings();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeTasksResponse ReadDescribeTasksResponse(ref Json json)
    {
        var value = new DescribeTasksResponse();
        while (json.NextMember())
        {
            if (json.At("tasks"))
                value.Tasks = json.List(ReadTask);
            else if (json.At("failures"))
                value.Failures = json.List(ReadFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static Task ReadTask(ref Json json)
    {
        var value = new Task();
        while (json.NextMember())
        {
            if (json.At("containers"))
                value.Containers = json.List(ReadContainer);
            else if (json.At("group"))
                value.Group = json.String();
            else if (json.At("lastStatus"))
                value.LastStatus = json.String();
            else if (json.At("taskArn"))
                value.TaskArn = json.String();
            else if (json.At("taskDefinitionArn"))
                value.TaskDefinitionArn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Container ReadContainer(ref Json json)
    {
        var value = new Container();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("image"))
                value.Image = json.String();
            else if (json.At("imageDigest"))
                value.ImageDigest = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListTaskDefinitionFamiliesResponse ReadListTaskDefinitionFamiliesResponse(ref Json json)
    {
        var value = new ListTaskDefinitionFamiliesResponse();
        while (json.NextMember())
        {
            if (json.At("families"))
                value.Families = json.Strings();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListTaskDefinitionsResponse ReadListTaskDefinitionsResponse(ref Json json)
    {
        var value = new ListTaskDefinitionsResponse();
        while (json.NextMember())
        {
            if (json.At("taskDefinitionArns"))
                value.TaskDefinitionArns = json.Strings();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeTaskDefinitionResponse ReadDescribeTaskDefinitionResponse(ref Json json)
    {
        var value = new DescribeTaskDefinitionResponse();
        while (json.NextMember())
        {
            if (json.At("taskDefinition"))
                value.TaskDefinition = json.Structure(ReadTaskDefinition);
            else
                json.Skip();
        }
        return value;
    }

    private static TaskDefinition ReadTaskDefinition(ref Json json)
    {
        var value = new TaskDefinition();
        while (json.NextMember())
        {
            if (json.At("taskDefinitionArn"))
                value.TaskDefinitionArn = json.String();
            else if (json.At("containerDefinitions"))
                value.ContainerDefinitions = json.List(ReadContainerDefinition);
            else if (json.At("family"))
                value.Family = json.String();
            else if (json.At("revision"))
                value.Revision = json.Int();
            else
                json.Skip();
        }
        return value;
    }

    private static ContainerDefinition ReadContainerDefinition(ref Json json)
    {
        var value = new ContainerDefinition();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("image"))
                value.Image = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
