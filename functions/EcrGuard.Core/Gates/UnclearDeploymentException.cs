namespace EcrGuard.Core.Gates;

/// <summary>The document does not say what is deployed, or not so that a gate can ask about it; a sentence.</summary>
public sealed class UnclearDeploymentException(string message) : FormatException(message);
