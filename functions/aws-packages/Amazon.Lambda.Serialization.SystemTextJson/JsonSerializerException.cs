namespace Amazon.Lambda.Serialization.SystemTextJson;

/// <summary>The payload or the answer of an invocation could not be converted.</summary>
public class JsonSerializerException : Exception
{
    public JsonSerializerException(string message)
        : base(message) { }

    public JsonSerializerException(string message, Exception exception)
        : base(message, exception) { }
}
