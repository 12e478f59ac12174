namespace EcrGuard.EndToEnd.Tests.Cli;

public sealed class WrongCommandLineTests : IDisposable
{
    private const string Why = "The proxy filters it.";

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
    [InlineData("ask shop/web:1 --wiat 15m", "Did you mean '--wait'?", "See 'ecrguard ask --help'.")]
    [InlineData("list --status blokced", "Did you mean 'blocked'?", "See 'ecrguard list --help'.")]
    public async Task An_unknown_word_is_met_with_the_one_that_was_meant(string line, string meant, string help)
    {
        var (code, output) = await _cli.RunAsync(line.Split(' '));
        Assert.True(code == 64, output);
        Assert.EndsWith($"{meant}\n{help}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_option_is_no_image()
    {
        var (code, output) = await _cli.RunAsync("ask", "shop/web:1", "--bogus");
        Assert.True(code == 64, output);
        Assert.Equal("Unknown option '--bogus'.\nSee 'ecrguard ask --help'.\n", output);
    }

    [Theory]
    [InlineData("--until is 'yesterday'", "breakglass", "shop/web:1", "--reason", Why, "--until", "yesterday")]
    [InlineData("--until is '2h30'", "breakglass", "shop/web:1", "--reason", Why, "--until", "2h30")]
    [InlineData("--until is '999h'", "breakglass", "shop/web:1", "--reason", Why, "--until", "999h")]
    [InlineData("--until is '0h'", "breakglass", "shop/web:1", "--reason", Why, "--until", "0h")]
    [InlineData("--until is '2020", "breakglass", "shop/web:1", "--reason", Why, "--until", "2020-01-01T00:00:00Z")]
    [InlineData("--until is '2090", "breakglass", "shop/web:1", "--reason", Why, "--until", "2090-01-01T00:00:00")]
    [InlineData("--until is '2090", "breakglass", "shop/web:1", "--reason", Why, "--until", "2090-01-01")]
    [InlineData("--reason is wrong: ", "breakglass", "shop/web:1", "--reason", "x", "--until", "2h")]
    [InlineData("--reason is wrong: ", "release", "shop/web:1", "--reason", "")]
    [InlineData("--reason is wrong: ", "restore", "shop/web", "--reason", " ")]
    [InlineData("--role is 'nonsense'; it must be the ARN of a role", "ask", "shop/web:1", "--role", "nonsense")]
    [InlineData("--out is '/proc/x'; it cannot be written", "demo", "--out", "/proc/x")]
    [InlineData("missing.json", "ask", "-f", "missing.json")]
    public async Task A_wrong_value_is_named_before_AWS_is_asked_with_the_help_of_the_command(
        string said,
        params string[] line
    )
    {
        var (code, output) = await _cli.RunAsync(line);
        Assert.True(code == 64, output);
        Assert.StartsWith(said, output, StringComparison.Ordinal);
        Assert.EndsWith($"\nSee 'ecrguard {line[0]} --help'.\n", output, StringComparison.Ordinal);
    }
}
