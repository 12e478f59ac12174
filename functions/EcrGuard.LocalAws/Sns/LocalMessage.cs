namespace EcrGuard.LocalAws.Sns;

/// <summary>A message that SNS accepted.</summary>
/// <param name="MessageId">Given by SNS.</param>
/// <param name="TopicArn">Where it was published.</param>
/// <param name="Subject">Null if it has none.</param>
/// <param name="Message">The body; with <paramref name="IsPerProtocol"/> a JSON object from protocol to body.</param>
/// <param name="IsPerProtocol">Whether it was published with MessageStructure <c>json</c>.</param>
/// <param name="Attributes">By name.</param>
/// <param name="When">By the server's clock.</param>
public sealed record LocalMessage(
    string MessageId,
    string TopicArn,
    string? Subject,
    string Message,
    bool IsPerProtocol,
    IReadOnlyDictionary<string, LocalAttributeValue> Attributes,
    DateTimeOffset When
);

/// <summary>A message attribute.</summary>
/// <param name="DataType">String, String.Array, Number or Binary.</param>
/// <param name="Value">The string value; for Binary, the Base64 text.</param>
public sealed record LocalAttributeValue(string DataType, string Value);
