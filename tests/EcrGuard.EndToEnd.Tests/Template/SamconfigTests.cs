using System.Diagnostics;
using System.Text.RegularExpressions;
using EcrGuard.Tests;

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

    /// <summary>A package of one runtime does not start on the other.</summary>
    [Fact]
    public async Task The_native_configuration_builds_native_code_and_deploys_what_it_built_for_its_runtime()
    {
        await Tool.RequireAsync("make", "make", "--version");
        var build = Section("native.build");
        var deploy = Section("native.deploy");

        Assert.Equal("Runtime=provided.al2023", build["parameter_overrides"]);
        Assert.Equal("Runtime=provided.al2023", deploy["parameter_overrides"]);
        Assert.Equal($"{build["build_dir"]}/template.yaml", deploy["template_file"]);
        Assert.All(["default.build", "prod.build"], other => Assert.False(Section(other).ContainsKey("build_dir")));
        var folder = Path.Combine(SamTemplate.Root, build["build_dir"], "Approval");
        Assert.Contains("PublishAot=true", await CommandsAsync(folder), StringComparison.Ordinal);
        Assert.Contains("/bootstrap\n", await CommandsAsync(folder), StringComparison.Ordinal);
        folder = Path.Combine(SamTemplate.Root, ".aws-sam/build", "Approval");
        Assert.DoesNotContain("PublishAot", await CommandsAsync(folder), StringComparison.Ordinal);
    }

    /// <summary>What make would run.</summary>
    private static async Task<string> CommandsAsync(string artifacts)
    {
        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo("make", ["--dry-run", "--always-make", "build-Approval"])
            {
                WorkingDirectory = Path.Combine(SamTemplate.Root, "functions"),
                Environment = { ["ARTIFACTS_DIR"] = artifacts },
            }
        );
        Assert.True(exitCode == 0, output);
        return output;
    }

    private static Dictionary<string, string> Section(string name) =>
        Regex
            .Match(Settings, $@"^\[{Regex.Escape(name)}\.parameters\]\n((?!\[).*\n)*", RegexOptions.Multiline)
            .Value.Split('\n')
            .Select(line => Regex.Match(line, @"^(\w+) = ""?([^""]*)""?$"))
            .Where(setting => setting.Success)
            .ToDictionary(setting => setting.Groups[1].Value, setting => setting.Groups[2].Value);
}
