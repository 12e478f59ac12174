using Amazon.Runtime;

namespace Amazon.Inspector2;

public class AmazonInspector2Request : AmazonWebServiceRequest;
