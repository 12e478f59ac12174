namespace Amazon.Lambda.APIGatewayEvents;

/// <summary>
/// A request through an HTTP API with payload format 2.0 and IAM authorisation.
/// Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
/// </summary>
public class APIGatewayHttpApiV2ProxyRequest
{
    public string Version { get; set; }
    public string RouteKey { get; set; }
    public string RawPath { get; set; }
    public string RawQueryString { get; set; }
    public string[] Cookies { get; set; }

    /// <summary>Lower-case names; several values of one header are joined by commas.</summary>
    public IDictionary<string, string> Headers { get; set; }

    /// <summary>Decoded; several values of one parameter are joined by commas.</summary>
    public IDictionary<string, string> QueryStringParameters { get; set; }
    public ProxyRequestContext RequestContext { get; set; }
    public string Body { get; set; }
    public IDictionary<string, string> PathParameters { get; set; }
    public bool IsBase64Encoded { get; set; }
    public IDictionary<string, string> StageVariables { get; set; }

    public class ProxyRequestContext
    {
        public string AccountId { get; set; }
        public string ApiId { get; set; }
        public AuthorizerDescription Authorizer { get; set; }
        public string DomainName { get; set; }
        public string DomainPrefix { get; set; }
        public HttpDescription Http { get; set; }
        public string RequestId { get; set; }
        public string RouteId { get; set; }
        public string RouteKey { get; set; }
        public string Stage { get; set; }
        public string Time { get; set; }

        /// <summary>Milliseconds since 1970.</summary>
        public long TimeEpoch { get; set; }
    }

    public class HttpDescription
    {
        public string Method { get; set; }
        public string Path { get; set; }
        public string Protocol { get; set; }
        public string SourceIp { get; set; }
        public string UserAgent { get; set; }
    }

    public class AuthorizerDescription
    {
        public IAMDescription IAM { get; set; }

        /// <summary>The caller whose signature API Gateway has checked.</summary>
        public class IAMDescription
        {
            public string AccessKey { get; set; }
            public string AccountId { get; set; }
            public string CallerId { get; set; }
            public string PrincipalOrgId { get; set; }
            public string UserARN { get; set; }
            public string UserId { get; set; }
        }
    }
}
