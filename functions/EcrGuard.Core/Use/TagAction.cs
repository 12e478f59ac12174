namespace EcrGuard.Core.Use;

public enum TagChange
{
    Add,
    Remove,
}

/// <summary>One write to ECR.</summary>
public sealed record TagAction(TagChange Change, string Tag);
