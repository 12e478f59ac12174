using Amazon.Runtime;

namespace Amazon.Lambda.Model;

public class ListFunctionsRequest : AmazonLambdaRequest
{
    public FunctionVersion FunctionVersion { get; set; }
    public string Marker { get; set; }
    public int? MaxItems { get; set; }
}

public class ListFunctionsResponse : AmazonWebServiceResponse
{
    public string NextMarker { get; set; }
    public List<FunctionConfiguration> Functions { get; set; }
}

public class FunctionConfiguration
{
    public string FunctionName { get; set; }
    public string FunctionArn { get; set; }
    public string Version { get; set; }
    public PackageType PackageType { get; set; }
}

public class GetFunctionRequest : AmazonLambdaRequest
{
    public string FunctionName { get; set; }
    public string Qualifier { get; set; }
}

public class GetFunctionResponse : AmazonWebServiceResponse
{
    public FunctionConfiguration Configuration { get; set; }
    public FunctionCodeLocation Code { get; set; }
}

public class FunctionCodeLocation
{
    public string RepositoryType { get; set; }
    public string ImageUri { get; set; }
    public string ResolvedImageUri { get; set; }
}
