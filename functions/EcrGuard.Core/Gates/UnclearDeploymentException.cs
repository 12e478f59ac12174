namespace EcrGuard.Core.Gates;

/// <summary>What is deployed is not said, or not so that a gate can ask about it; a sentence.</summary>
public sealed class UnclearDeploymentException(string message) : FormatException(message);
