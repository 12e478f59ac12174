using System.Collections.Concurrent;
using System.Xml.Linq;

namespace EcrGuard.LocalAws.CloudFormation;

/// <summary>AWS CloudFormation in memory: stacks with their status. Nothing is created.</summary>
public sealed class LocalCloudFormation : ILocalService
{
    private static readonly XNamespace Namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

    private readonly ConcurrentDictionary<string, string> stacks = [];

    internal LocalCloudFormation() { }

    string ILocalService.SigningName => "cloudformation";

    /// <summary>Sets the status of a stack.</summary>
    /// <param name="id">Its ARN.</param>
    public void PutStack(string id, string status) => stacks[id] = status;

    bool ILocalService.LooksLikeMine(LocalCall call) =>
        call.Text.Contains("Version=2010-05-15", StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var parameters = new QueryParameters(call.Text);
        return parameters.Take("Action") is { } action
            ? new LocalOperation(action, parameters.Take("StackName"))
            : throw LocalError.Unexpected("MissingAction", "The request has no Action.");
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var parameters = new QueryParameters(call.Text);
        parameters.Take("Action");
        parameters.Take("Version");
        var name = parameters.Take("StackName");
        parameters.End();
        if (operation.Name != "DescribeStacks")
        {
            throw LocalError.Unexpected("InvalidAction", $"The operation {operation.Name} is not known here.");
        }

        if (name is null || !stacks.TryGetValue(name, out var status))
        {
            throw new LocalError(400, "ValidationError", $"Stack with id {name} does not exist");
        }

        return Xml(
            200,
            "DescribeStacksResponse",
            new XElement(
                Namespace + "DescribeStacksResult",
                new XElement(
                    Namespace + "Stacks",
                    new XElement(
                        Namespace + "member",
                        Text("StackId", name),
                        Text("StackName", name.Split('/')[1]),
                        Text("StackStatus", status)
                    )
                )
            ),
            new XElement(Namespace + "ResponseMetadata", Text("RequestId", Guid.NewGuid().ToString()))
        );
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(400, "Throttling", "Rate exceeded"),
            Trouble.InternalError => new LocalError(500, "InternalFailure", "An internal error has occurred."),
            Trouble.Unavailable => new LocalError(503, "ServiceUnavailable", "Service is temporarily unavailable."),
            Trouble.ExpiredCredentials => new LocalError(403, "ExpiredToken", "The security token is expired"),
            Trouble.MissingAuthentication => new LocalError(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        Xml(
            error.Status,
            "ErrorResponse",
            new XElement(
                Namespace + "Error",
                Text("Type", error.Status < 500 ? "Sender" : "Receiver"),
                Text("Code", error.Code),
                Text("Message", error.Message)
            ),
            Text("RequestId", Guid.NewGuid().ToString())
        );

    private static XElement Text(string name, string value) => new(Namespace + name, value);

    private static LocalAnswer Xml(int status, string root, params XElement[] content) =>
        LocalAnswer.Xml(status, new XElement(Namespace + root, content).ToString(SaveOptions.DisableFormatting));
}
