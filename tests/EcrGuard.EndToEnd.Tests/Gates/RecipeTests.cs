using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcrGuard.EndToEnd.Tests.Cli;
using EcrGuard.EndToEnd.Tests.Template;
using EcrGuard.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using YamlDotNet.RepresentationModel;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>
/// The recipes that pipelines copy. The tests take the shell code out of each recipe and run it as the pipeline would,
/// against <c>ecrguard local</c>.
/// </summary>
public sealed partial class RecipeTests(LocalProcess local) : IClassFixture<LocalProcess>
{
    private const string Action = ".github/actions/approve/action.yml";
    private const string GitLab = "functions/gates/gitlab.yml";
    private const string Jenkins = "functions/gates/Jenkinsfile";
    private const string Pipeline = "functions/gates/codepipeline.yaml";
    private const string Role = "arn:aws:iam::123456789012:role/EcrGuardAsk";
    private const string Approved = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web@sha256:";

    [Fact]
    public async Task The_action_of_GitHub_takes_a_role_and_approves_with_outputs_and_a_summary()
    {
        await using var tokens = await TokensAsync();
        var step = await AskByGitHubAsync(
            new() { ["images"] = "shop/web:1.0", ["role"] = Role },
            ("ACTIONS_ID_TOKEN_REQUEST_URL", $"{tokens.Urls.Single()}/token?api-version=2.0"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-this-job")
        );
        Assert.True(step.ExitCode == 0, step.Log);
        Assert.StartsWith("::notice title=EcrGuard%3A APPROVED shop/web%3A1.0::Deploy ", step.Log);
        Assert.Equal("true", step.Outputs["approved"]);
        Assert.StartsWith(Approved, step.Outputs["deploy"], StringComparison.Ordinal);
        Assert.EndsWith(step.Outputs["digest"], step.Outputs["deploy"], StringComparison.Ordinal);
        Assert.StartsWith("**EcrGuard: 1 image: it passes.**", step.Summary, StringComparison.Ordinal);

        // If the job may not assume the role, its own credentials must not be used instead.
        step = await AskByGitHubAsync(
            new() { ["images"] = "shop/web:1.0", ["role"] = $"{Role}Other" },
            ("ACTIONS_ID_TOKEN_REQUEST_URL", $"{tokens.Urls.Single()}/token?api-version=2.0"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-this-job")
        );
        Assert.True(step.ExitCode == 5, step.Log);
    }

    [Fact]
    public void Every_action_that_a_workflow_uses_is_pinned_to_a_commit() =>
        Assert.All(
            Directory
                .EnumerateFiles(Path.Combine(SamTemplate.Root, ".github"), "*.yml", SearchOption.AllDirectories)
                .SelectMany(File.ReadLines)
                .Where(line => line.TrimStart(' ', '-').StartsWith("uses:", StringComparison.Ordinal)),
            line => Assert.Matches("uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$", line)
        );

    [Fact]
    public async Task The_action_of_GitHub_says_no_for_the_worst_of_its_images_and_files()
    {
        await File.WriteAllTextAsync(
            Path.Combine(local.Folder, "imagedefinitions.json"),
            """[{"name":"ledger","imageUri":"123456789012.dkr.ecr.eu-central-1.amazonaws.com/payments/ledger:2.0"}]"""
        );
        var step = await AskByGitHubAsync(
            new() { ["images"] = "shop/web:1.0\n", ["files"] = "imagedefinitions.json\n" }
        );
        Assert.True(step.ExitCode == 1, step.Log);
        Assert.Contains("::error title=EcrGuard%3A BLOCKED ", step.Log, StringComparison.Ordinal);
        Assert.Equal(("false", ""), (step.Outputs["approved"], step.Outputs["deploy"]));
    }

    /// <summary>A branch may be called anything.</summary>
    [Theory]
    [InlineData("--others=ignore")]
    [InlineData("--help")]
    [InlineData("$(touch$IFS'stolen')")]
    [InlineData("'; touch stolen; '")]
    public async Task No_name_of_an_image_is_an_option_or_a_command(string image)
    {
        var step = await AskByGitHubAsync(new() { ["images"] = image });
        Assert.True(step.ExitCode == 64, step.Log);
        Assert.Contains("::error title=EcrGuard::", step.Log, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(local.Folder, "stolen")));
        var (code, log) = await local.BashAsync(
            Script(GitLab),
            new Dictionary<string, string>(Variables(GitLab)) { ["ECRGUARD_IMAGES"] = image }
        );
        Assert.True(code == 64, log);
        Assert.False(File.Exists(Path.Combine(local.Folder, "stolen")));
    }

    [Fact]
    public async Task The_action_of_GitHub_without_the_permission_for_a_role_says_which_one_is_missing()
    {
        var step = await AskByGitHubAsync(new() { ["images"] = "shop/web:1.0", ["role"] = Role });
        Assert.True(step.ExitCode == 64, step.Log);
        Assert.Contains("'id-token: write'", step.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_of_a_release_is_run_only_if_it_is_the_one_that_was_meant()
    {
        var release = Directory.CreateDirectory(Path.Combine(local.Folder, "releases", "download", "v1"));
        File.Copy(local.Executable, Path.Combine(release.FullName, "ecrguard-linux-x64"), overwrite: true);
        File.Copy(local.Executable, Path.Combine(release.FullName, "ecrguard-linux-arm64"), overwrite: true);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(local.Executable)));

        var got = await GetAsync(sha256);
        Assert.True(got.ExitCode == 0, got.Output);
        var folder = (await File.ReadAllTextAsync(Path.Combine(local.Folder, "path"))).Trim();
        Assert.True(File.Exists(Path.Combine(folder, "ecrguard")));

        Assert.NotEqual(0, (await GetAsync(new string('0', 64))).ExitCode);
        Assert.Equal(64, (await GetAsync("")).ExitCode);

        Task<(int ExitCode, string Output)> GetAsync(string given)
        {
            var (script, variables) = Step("Get ecrguard", new() { ["version"] = "v1", ["sha256"] = given });
            variables["REPOSITORY"] = $"file://{local.Folder}";
            variables["GITHUB_PATH"] = Path.Combine(local.Folder, "path");
            // The program is not installed on that path.
            return local.BashAsync($"PATH=/usr/bin:/bin\n{script}", variables, "-eo", "pipefail");
        }
    }

    /// <summary>A company's copy of the repository is private: without a token the answer is 404.</summary>
    [Fact]
    public async Task The_file_of_a_private_release_is_asked_for_with_a_token()
    {
        var program = await File.ReadAllBytesAsync(local.Executable);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var company = builder.Build();
        company.Run(context =>
        {
            var (headers, path) = (context.Request.Headers, context.Request.Path.ToString());
            var here = $"http://{context.Request.Host}/releases/assets/";
            if (path == "/package" && headers["JOB-TOKEN"] == "of-this-job")
                return context.Response.Body.WriteAsync(program, 0, program.Length);
            if (headers.Authorization == "Bearer reader" && path == "/releases/tags/v1")
                return context.Response.WriteAsync(
                    $$"""
                    { "assets": [
                      { "name": "ecrguard-linux-x64.sha256", "url": "{{here}}1" },
                      { "name": "ecrguard-linux-x64", "url": "{{here}}2" },
                      { "name": "ecrguard-linux-arm64", "url": "{{here}}2" } ] }
                    """
                );
            if (
                headers.Authorization == "Bearer reader"
                && headers.Accept == "application/octet-stream"
                && path == "/releases/assets/2"
            )
                return context.Response.Body.WriteAsync(program, 0, program.Length);
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        await company.StartAsync(TestContext.Current.CancellationToken);
        var (address, sha256) = (company.Urls.Single(), Convert.ToHexStringLower(SHA256.HashData(program)));

        var (script, variables) = Step(
            "Get ecrguard",
            new()
            {
                ["version"] = "v1",
                ["sha256"] = sha256,
                ["token"] = "reader",
            }
        );
        (variables["API"], variables["REPOSITORY"]) = (address, address);
        variables["GITHUB_PATH"] = Path.Combine(local.Folder, "path-of-private");
        var (code, log) = await local.BashAsync($"PATH=/usr/bin:/bin\n{script}", variables, "-eo", "pipefail");
        Assert.True(code == 0, log);
        variables["TOKEN"] = "";
        Assert.NotEqual(
            0,
            (await local.BashAsync($"PATH=/usr/bin:/bin\n{script}", variables, "-eo", "pipefail")).ExitCode
        );

        var gitLab = new Dictionary<string, string>(Variables(GitLab))
        {
            ["ECRGUARD_IMAGES"] = "shop/web:1.0",
            ["ECRGUARD_FILE"] = $"{address}/package",
            ["ECRGUARD_SHA256"] = sha256,
            ["ECRGUARD_HEADER"] = "JOB-TOKEN: of-this-job",
        };
        // Up to where it is installed: the file is a script that needs what is on the usual path.
        var install = Script(GitLab)[..Script(GitLab).IndexOf("if [ -n \"$ECRGUARD_ROLE\"", StringComparison.Ordinal)];
        (code, log) = await local.BashAsync($"PATH=/usr/bin:/bin\n{install}", gitLab);
        Assert.True(code == 0, log);
        gitLab["ECRGUARD_HEADER"] = "";
        Assert.NotEqual(0, (await local.BashAsync($"PATH=/usr/bin:/bin\n{install}", gitLab)).ExitCode);
    }

    [Fact]
    public void The_action_of_GitHub_uses_nothing_that_can_change_and_puts_no_input_into_a_script()
    {
        var steps = Steps();
        Assert.All(steps, step => Assert.False(step.Children.ContainsKey("uses")));
        Assert.All(
            steps,
            step => Assert.DoesNotContain("${{", step.Children["run"].ToString(), StringComparison.Ordinal)
        );
        // Every input is used, and everything that is used as an input is declared.
        var text = File.ReadAllText(Path.Combine(SamTemplate.Root, Action));
        Assert.Equal(
            Inputs().Select(input => input.Key).Order(StringComparer.Ordinal),
            UsedInput().Matches(text).Select(used => used.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("shop/web:1.0", 0)]
    [InlineData("shop/web:1.0 payments/ledger:2.0", 1)]
    [InlineData("shop/web:1.0\npayments/ledger:2.0\n", 1)]
    public async Task The_template_of_GitLab_takes_a_role_and_hands_on_what_to_deploy(string images, int expected)
    {
        var report = Path.Combine(local.Folder, "ecrguard.xml");
        var handedOn = Path.Combine(local.Folder, "ecrguard.env");
        File.Delete(report);
        File.Delete(handedOn);
        var variables = new Dictionary<string, string>(Variables(GitLab))
        {
            ["ECRGUARD_IMAGES"] = images,
            ["ECRGUARD_ROLE"] = Role,
            ["ECRGUARD_TOKEN"] = Token("https://gitlab.com", Audience()),
            ["CI_JOB_ID"] = "7",
        };
        var (code, log) = await local.BashAsync(Script(GitLab), variables);
        Assert.True(code == expected, log);
        Assert.Contains("<testsuite ", await File.ReadAllTextAsync(report), StringComparison.Ordinal);
        if (expected == 0)
            Assert.StartsWith($"ECRGUARD_DEPLOY={Approved}", await File.ReadAllTextAsync(handedOn));
        else
        {
            Assert.False(File.Exists(handedOn));
            Assert.Contains("  To pass:\n", log, StringComparison.Ordinal);
        }

        static string Audience() =>
            Read(GitLab).Child(".ecrguard").Child("id_tokens").Child("ECRGUARD_TOKEN").Child("aud").ToString();
    }

    [Theory]
    [InlineData("shop/web:1.0", 0)]
    [InlineData("payments/ledger:2.0", 1)]
    public async Task The_lines_of_Jenkins_ask(string image, int expected)
    {
        var lines = ShellOfJenkins()
            .Matches(await File.ReadAllTextAsync(Path.Combine(SamTemplate.Root, Jenkins)))
            .Select(line => line.Groups[1].Value)
            .Where(line => line.Contains("ecrguard", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(2, lines.Count);
        foreach (var line in lines)
        {
            // The step sh runs it like this.
            var (code, log) = await local.BashAsync(line, new Dictionary<string, string> { ["IMAGE"] = image }, "-xe");
            Assert.True(code == expected, log);
            if (expected != 0)
                Assert.Contains("  To pass:\n", log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_build_of_the_pipeline_names_by_digest_what_the_gate_is_asked_about()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        var build = Read(Pipeline).Child("Resources").Child("Build").Child("Properties");
        var commands = (YamlSequenceNode)
            Yaml.Parse(build.Child("Source").Child("BuildSpec").ToString())
                .Child("phases")
                .Child("build")
                .Child("commands");
        var (code, log) = await local.BashAsync(
            $$"""
            docker() { [ "$1" != login ] || cat > /dev/null; }
            {{string.Join('\n', commands.Select(command => command.ToString()))}}
            ecrguard ask --file imageDetail.json
            """,
            new Dictionary<string, string>
            {
                ["REPOSITORY"] = "shop/web",
                ["IMAGE"] = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web",
                ["CODEBUILD_RESOLVED_SOURCE_VERSION"] = "1.0",
            },
            "-e"
        );
        Assert.True(code == 0, log);
        Assert.Contains($"Deploy {Approved}", log, StringComparison.Ordinal);
        Assert.StartsWith(
            $$"""{"ImageURI":"{{Approved}}""",
            await File.ReadAllTextAsync(Path.Combine(local.Folder, "imageDetail.json")),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("shop/web:1.0", 0)]
    [InlineData("shop/web:1.0 payments/ledger:2.0", 1)]
    public async Task The_buildspec_of_CodeBuild_gets_ecrguard_and_asks(string images, int expected)
    {
        var spec = Read("functions/gates/codebuild.yml");
        var commands = (YamlSequenceNode)spec.Child("phases").Child("build").Child("commands");
        var variables = ((YamlMappingNode)spec.Child("env").Child("variables")).ToDictionary(
            variable => variable.Key.ToString(),
            variable => variable.Value.ToString()
        );
        variables["ECRGUARD_IMAGES"] = images;
        (variables["ECRGUARD_FILE"], variables["ECRGUARD_SHA256"]) = await ReleasedAsync();
        // CodeBuild runs the commands in one shell and stops at the first that fails.
        var script = string.Join('\n', commands.Select(command => command.ToString()));
        var (code, log) = await local.BashAsync($"{script}\necho \"[$DEPLOY]\"", variables, "-e");
        Assert.True(code == expected, log);
        Assert.Equal(expected == 0, log.Contains($"[{Approved}", StringComparison.Ordinal));

        variables["ECRGUARD_SHA256"] = new string('0', 64);
        Assert.Equal(1, (await local.BashAsync(script, variables, "-e")).ExitCode);
    }

    [Theory]
    [InlineData("shop/web:1.0", 0)]
    [InlineData("payments/ledger:2.0", 1)]
    public async Task The_commands_of_an_action_and_of_a_condition_get_ecrguard_and_ask(string image, int expected)
    {
        var (file, sha256) = await ReleasedAsync();
        var commands = CommandsOf(Read("functions/gates/commands.yaml")).ToList();
        Assert.Equal(2, commands.Count);
        foreach (var command in commands)
        {
            var filled = command.Replace("${Image}", image).Replace("${File}", file).Replace("${Sha256}", sha256);
            var (code, log) = await local.BashAsync(filled);
            Assert.True(code == expected, log);
            Assert.NotEqual(0, (await local.BashAsync(filled.Replace(sha256, new string('0', 64)))).ExitCode);
        }

        static IEnumerable<string> CommandsOf(YamlNode node) =>
            node switch
            {
                YamlMappingNode mapping => mapping.SelectMany(member =>
                    member.Key.ToString() == "Commands"
                        ? ((YamlSequenceNode)member.Value).Select(command => command.ToString())
                        : CommandsOf(member.Value)
                ),
                YamlSequenceNode list => list.SelectMany(CommandsOf),
                _ => [],
            };
    }

    /// <summary>The file of a release, and its SHA-256.</summary>
    private async Task<(string File, string Sha256)> ReleasedAsync() =>
        (
            $"file://{local.Executable}",
            Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(local.Executable)))
        );

    /// <summary>Whoever copies a recipe reads it there.</summary>
    [Fact]
    public void Every_recipe_says_in_one_line_what_it_cannot_stop()
    {
        const string line = "What it cannot stop: ";
        string[] folders = ["functions/gates", ".github/actions"];
        var files = folders
            .SelectMany(folder =>
                Directory.EnumerateFiles(
                    Path.Combine(SamTemplate.Root, folder),
                    "*",
                    new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }
                )
            )
            .ToLookup(file => Path.GetExtension(file) == ".md");
        Assert.All(
            files[false],
            file => Assert.True(File.ReadAllText(file).Split(line).Length == 2, $"{file} does not say it once")
        );
        Assert.All(
            files[true].SelectMany(page => File.ReadAllText(page).Split("\n## ")[1..]),
            section => Assert.True(section.Split($"\n{line}").Length == 2, $"{section}\ndoes not say it once")
        );
        Assert.Contains($"\n{line}", new Page("functions/EcrGuard.Lambda/README.md").Text, StringComparison.Ordinal);
    }

    private sealed record AskedByGitHub(int ExitCode, string Log, Dictionary<string, string> Outputs, string Summary);

    /// <summary>Runs the step "Ask" as GitHub does.</summary>
    private async Task<AskedByGitHub> AskByGitHubAsync(
        Dictionary<string, string> inputs,
        params (string Name, string Value)[] environment
    )
    {
        await Tool.RequireAsync("jq", "jq", "--version");
        var (script, variables) = Step("Ask", new(inputs) { ["region"] = "eu-central-1" });
        var (summary, outputs) = (Path.Combine(local.Folder, "summary"), Path.Combine(local.Folder, "outputs"));
        await File.WriteAllTextAsync(summary, "");
        await File.WriteAllTextAsync(outputs, "");
        (variables["GITHUB_STEP_SUMMARY"], variables["GITHUB_OUTPUT"]) = (summary, outputs);
        variables["GITHUB_RUN_ID"] = "42";
        foreach (var (name, value) in environment)
            variables[name] = value;
        var (code, log) = await local.BashAsync(script, variables, "--noprofile", "--norc", "-eo", "pipefail");
        return new AskedByGitHub(
            code,
            log,
            (await File.ReadAllLinesAsync(outputs)).ToDictionary(
                line => line.Split('=', 2)[0],
                line => line.Split('=', 2)[1]
            ),
            await File.ReadAllTextAsync(summary)
        );
    }

    /// <summary>A step's script, and its environment with the inputs filled in.</summary>
    private static (string Script, Dictionary<string, string> Variables) Step(
        string name,
        Dictionary<string, string> inputs
    )
    {
        var step = Steps().Single(step => step.Children["name"].ToString() == name);
        var defaults = Inputs()
            .ToDictionary(
                input => input.Key,
                input => input.Value.Children.TryGetValue("default", out var value) ? value.ToString() : ""
            );
        return (
            step.Children["run"].ToString(),
            ((YamlMappingNode)step.Children["env"]).ToDictionary(
                variable => variable.Key.ToString(),
                variable =>
                    UsedInput()
                        .Replace(
                            variable.Value.ToString(),
                            used => inputs.GetValueOrDefault(used.Groups[1].Value) ?? defaults[used.Groups[1].Value]
                        )
            )
        );
    }

    private static List<YamlMappingNode> Steps() =>
        [.. ((YamlSequenceNode)Read(Action).Child("runs").Child("steps")).Cast<YamlMappingNode>()];

    private static IEnumerable<KeyValuePair<string, YamlMappingNode>> Inputs() =>
        ((YamlMappingNode)Read(Action).Child("inputs")).Select(input =>
            KeyValuePair.Create(input.Key.ToString(), (YamlMappingNode)input.Value)
        );

    private static string Script(string gitLab) =>
        ((YamlSequenceNode)Read(gitLab).Child(".ecrguard").Child("script")).Single().ToString();

    private static Dictionary<string, string> Variables(string gitLab) =>
        ((YamlMappingNode)Read(gitLab).Child(".ecrguard").Child("variables")).ToDictionary(
            variable => variable.Key.ToString(),
            variable => variable.Value.ToString()
        );

    private static YamlNode Read(string path) => Yaml.Parse(File.ReadAllText(Path.Combine(SamTemplate.Root, path)));

    /// <summary>A token of an OpenID Connect provider, not signed.</summary>
    private static string Token(string issuer, string audience)
    {
        var (header, claims) = (
            new JsonObject { ["alg"] = "none" },
            new JsonObject
            {
                ["iss"] = issuer,
                ["aud"] = audience,
                ["sub"] = "x",
            }
        );
        return $"{Part(header)}.{Part(claims)}.";

        static string Part(JsonObject json) =>
            System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    /// <summary>
    /// The server that gives a GitHub job its token, for the audience that the job asks for, and only with the job's
    /// own key.
    /// </summary>
    private static async Task<WebApplication> TokensAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            if (context.Request.Headers.Authorization != "bearer of-this-job")
            {
                context.Response.StatusCode = 401;
                return Task.CompletedTask;
            }
            var token = Token("https://token.actions.githubusercontent.com", context.Request.Query["audience"]!);
            return context.Response.WriteAsync(new JsonObject { ["value"] = token }.ToJsonString());
        });
        await app.StartAsync();
        return app;
    }

    [GeneratedRegex(@"\$\{\{ inputs\.(\w+) \}\}")]
    private static partial Regex UsedInput();

    [GeneratedRegex(@"\bsh(?:\(returnStdout: true, script:)? '([^']+)'")]
    private static partial Regex ShellOfJenkins();
}

internal static class Yaml
{
    /// <summary>The first document of a text.</summary>
    public static YamlNode Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents[0].RootNode;
    }

    /// <summary>What a mapping has under a key.</summary>
    public static YamlNode Child(this YamlNode node, string key) => ((YamlMappingNode)node).Children[key];
}
