using System.Text;
using Amazon.Runtime;

namespace Amazon.Lambda.Model;

public class InvokeRequest : AmazonLambdaRequest
{
    public string FunctionName { get; set; }
    public InvocationType InvocationType { get; set; }
    public string Qualifier { get; set; }

    /// <summary>
    /// The event as JSON; setting it sets <see cref="PayloadStream"/> to its UTF-8 bytes, as in the published package.
    /// </summary>
    public string Payload
    {
        get;
        set
        {
            field = value;
            PayloadStream = value is null ? null : new MemoryStream(Encoding.UTF8.GetBytes(value));
        }
    }

    public MemoryStream PayloadStream { get; set; }
}

public class InvokeResponse : AmazonWebServiceResponse
{
    /// <summary>200 for a function that was waited for, 202 for one that was queued.</summary>
    public int? StatusCode { get; set; }

    /// <summary>Null unless the function itself failed: then the payload is its error.</summary>
    public string FunctionError { get; set; }

    public MemoryStream Payload { get; set; }
    public string ExecutedVersion { get; set; }
}
