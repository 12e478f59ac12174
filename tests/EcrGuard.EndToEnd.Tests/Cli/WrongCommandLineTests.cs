namespace EcrGuard.EndToEnd.Tests.Cli;

public sealed class WrongCommandLineTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Alone_it_prints_its_help()
    {
        var (code, output) = await _cli.RunAsync();
        Assert.True(code == 0, output);
        Assert.Contains("ask <IMAGE>", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aks shop/web:1", "Did you mean 'ask'?", "See 'ecrguard --help'.")]
    [InlineData("explian --help", "Did you mean 'explain'?", "See 'ecrguard --help'.")]
    [InlineData("policy chek --help", "Did you mean 'check'?", "See 'ecrguard policy --help'.")]
    [InlineData("policy chek x", "Did you mean 'check'?", "See 'ecrguard policy --help'.")]
    [InlineData("ask shop/web:1 --formt json", "Did you mean '--format'?", "See 'ecrguard ask --help'.")]
    [InlineData("lint --polcy x", "Did you mean '--policy'?", "See 'ecrguard lint --help'.")]
    public async Task An_unknown_word_is_met_with_the_one_that_was_meant(string line, string meant, string help)
    {
        var (code, output) = await _cli.RunAsync(line.Split(' '));
        Assert.True(code == 64, output);
        Assert.EndsWith($"{meant}\n{help}\n", output, StringComparison.Ordinal);
    }
}
