using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests;

public sealed class PurityTests
{
    [Fact]
    public void The_core_references_nothing_but_the_base_library() =>
        Assert.All(
            typeof(Digest).Assembly.GetReferencedAssemblies(),
            reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal)
        );
}
