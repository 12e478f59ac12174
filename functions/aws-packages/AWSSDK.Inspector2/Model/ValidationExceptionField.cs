namespace Amazon.Inspector2.Model;

public class ValidationExceptionField
{
    public string Name { get; set; }
    public string Message { get; set; }
}
