using Amazon.Lambda.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.Lambda.Marshalling;

internal static class LambdaResponses
{
    internal static ListFunctionsResponse ReadListFunctionsResponse(ref Json json)
    {
        var value = new ListFunctionsResponse();
        while (json.NextMember())
        {
            if (json.At("NextMarker"))
                value.NextMarker = json.String();
            else if (json.At("Functions"))
                value.Functions = json.List(ReadFunctionConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static FunctionConfiguration ReadFunctionConfiguration(ref Json json)
    {
        var value = new FunctionConfiguration();
        while (json.NextMember())
        {
            if (json.At("FunctionName"))
                value.FunctionName = json.String();
            else if (json.At("FunctionArn"))
                value.FunctionArn = json.String();
            else if (json.At("Version"))
                value.Version = json.String();
            else if (json.At("PackageType"))
                value.PackageType = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetFunctionResponse ReadGetFunctionResponse(ref Json json)
    {
        var value = new GetFunctionResponse();
        while (json.NextMember())
        {
            if (json.At("Code"))
                value.Code = json.Structure(ReadFunctionCodeLocation);
            else if (json.At("Configuration"))
                value.Configuration = json.Structure(ReadFunctionConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static FunctionCodeLocation ReadFunctionCodeLocation(ref Json json)
    {
        var value = new FunctionCodeLocation();
        while (json.NextMember())
        {
            if (json.At("RepositoryType"))
                value.RepositoryType = json.String();
            else if (json.At("ImageUri"))
                value.ImageUri = json.String();
            else if (json.At("ResolvedImageUri"))
                value.ResolvedImageUri = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
