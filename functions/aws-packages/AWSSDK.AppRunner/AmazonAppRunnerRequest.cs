using Amazon.Runtime;

namespace Amazon.AppRunner;

public class AmazonAppRunnerRequest : AmazonWebServiceRequest;
