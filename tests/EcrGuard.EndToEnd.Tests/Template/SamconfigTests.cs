using System.Text.RegularExpressions;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// A deployment without flags keeps earlier decisions: CloudFormation keeps the value of a parameter that is not named.
/// </summary>
public sealed class SamconfigTests
{
    private static readonly string Settings = File.ReadAllText(Path.Combine(SamTemplate.Root, "samconfig.toml"));

    private static readonly string Pages = string.Join('\n', Page.All.Select(page => page.Text));

    [Fact]
    public void No_tracked_file_says_how_far_a_deployment_may_go()
    {
        var set = Regex
            .Matches(Settings, @"^(?!\s*#).*parameter_overrides.*$", RegexOptions.Multiline)
            .Select(line => line.Value);

        Assert.NotEmpty(set);
        Assert.All(set, line => Assert.DoesNotContain("Enforcement", line, StringComparison.Ordinal));
    }

    /// <summary>
    /// SAM would write every parameter into that file, also Enforcement, and each later deployment would set it again.
    /// </summary>
    [Fact]
    public void No_command_of_a_page_lets_SAM_ask() => Assert.DoesNotMatch("sam deploy[^\n]*--guided", Pages);

    [Fact]
    public void Every_parameter_that_a_file_or_a_page_sets_is_one_of_the_template()
    {
        var named = Regex
            .Matches(Settings + Pages, @"(?:parameter_overrides = ""|--parameter-overrides )([^""\n#]*)")
            .SelectMany(overrides => Regex.Matches(overrides.Groups[1].Value, @"(\w+)="))
            .Select(parameter => parameter.Groups[1].Value)
            .ToList();

        Assert.Contains("Enforcement", named);
        Assert.All(named, parameter => Assert.Contains(parameter, SamTemplate.With().Parameters.Select(p => p.Key)));
    }

    /// <summary>SAM takes the list of the command line instead of the one in the file.</summary>
    [Fact]
    public void Where_a_command_overrides_parameters_it_names_those_of_the_file_too()
    {
        var file = Regex.Match(
            Settings,
            @"\[prod\.deploy\.parameters\][^\[]*^parameter_overrides = ""([^""]*)""",
            RegexOptions.Multiline
        );
        Assert.True(file.Success);
        var commands = Regex
            .Matches(Pages, @"sam deploy[^\n&]*--config-env prod[^\n&]*--parameter-overrides[^\n&]*")
            .Select(command => command.Value)
            .ToList();

        Assert.NotEmpty(commands);
        Assert.All(
            commands,
            command =>
                Assert.All(
                    file.Groups[1].Value.Split(' '),
                    parameter => Assert.Contains(parameter, command, StringComparison.Ordinal)
                )
        );
        Assert.DoesNotMatch(@"(?s)\[default\.deploy\.parameters\][^\[]*^parameter_overrides", Settings);
    }
}
