using Amazon.AppRunner.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.AppRunner.Marshalling;

internal static class AppRunnerResponses
{
    internal static ListServicesResponse ReadListServicesResponse(ref Json json)
    {
        var value = new ListServicesResponse();
        while (json.NextMember())
        {
            if (json.At("ServiceSummaryList"))
                value.ServiceSummaryList = json.List(ReadServiceSummary);
            else if (json.At("NextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ServiceSummary ReadServiceSummary(ref Json json)
    {
        var value = new ServiceSummary();
        while (json.NextMember())
        {
            if (json.At("ServiceName"))
                value.ServiceName = json.String();
            else if (json.At("ServiceArn"))
                value.ServiceArn = json.String();
            else if (json.At("Status"))
                value.Status = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeServiceResponse ReadDescribeServiceResponse(ref Json json)
    {
        var value = new DescribeServiceResponse();
        while (json.NextMember())
        {
            if (json.At("Service"))
                value.Service = json.Structure(ReadService);
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
            if (json.At("ServiceName"))
                value.ServiceName = json.String();
            else if (json.At("ServiceArn"))
                value.ServiceArn = json.String();
            else if (json.At("Status"))
                value.Status = json.String();
            else if (json.At("SourceConfiguration"))
                value.SourceConfiguration = json.Structure(ReadSourceConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static SourceConfiguration ReadSourceConfiguration(ref Json json)
    {
        var value = new SourceConfiguration();
        while (json.NextMember())
        {
            if (json.At("ImageRepository"))
                value.ImageRepository = json.Structure(ReadImageRepository);
            else
                json.Skip();
        }
        return value;
    }

    private static ImageRepository ReadImageRepository(ref Json json)
    {
        var value = new ImageRepository();
        while (json.NextMember())
        {
            if (json.At("ImageIdentifier"))
                value.ImageIdentifier = json.String();
            else if (json.At("ImageRepositoryType"))
                value.ImageRepositoryType = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
