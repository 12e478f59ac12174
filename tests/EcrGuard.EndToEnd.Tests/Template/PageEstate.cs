using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcrGuard.EndToEnd.Tests.Cli;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// An account with images that have the demo's names, with EcrGuard deployed and one sweep done. The commands of the
/// pages run in a folder that looks like the top of the source tree.
/// </summary>
public sealed partial class PageEstate : IAsyncLifetime
{
    private const string Secret = "local";

    private static readonly LocalFinding OpenSsl = new(
        "CVE-2026-1001",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.11", "3.0.13")
    );

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("ecrguard-");
    private readonly Deployment _guard = new() { Enforcement = "quarantine", Policy = DemoPolicy() };
    private HttpApi _breakGlass = null!;

    /// <summary>Answers what the local AWS does not.</summary>
    internal RestOfAws Rest { get; private set; } = null!;

    /// <summary>The lines that run before the commands of each page.</summary>
    internal string Preamble { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await _guard.InitializeAsync();
        Seed("shop/web", "1.0");
        Seed("payments/ledger", "2.0", OpenSsl);
        Seed("payments/api", "3.1", OpenSsl);
        await SweepAsync();
        _breakGlass = await HttpApi.StartAsync(Secret, request => InvokeAsync("BreakGlass", request));
        Rest = await RestOfAws.StartAsync(
            question => InvokeAsync("Approval", question),
            Outputs().ToDictionary(output => output.Name, output => output.Value)
        );
        _guard.Serve("Approval", "ApplyPlan", "CloudFormationGate", "RestoreRepository", "ReleaseImage");
        _guard.ServeBreakGlass();
        var functions = _work.CreateSubdirectory("functions").FullName;
        await File.WriteAllTextAsync(Path.Combine(functions, "policy.jsonc"), DemoPolicy());
        Directory.CreateSymbolicLink(
            Path.Combine(functions, "vex"),
            Path.Combine(SamTemplate.Root, "functions", "vex")
        );
        Directory.CreateSymbolicLink(Path.Combine(_work.FullName, "tests"), Path.Combine(SamTemplate.Root, "tests"));
        Preamble = PreambleOf();
    }

    public async ValueTask DisposeAsync()
    {
        await _breakGlass.DisposeAsync();
        await Rest.DisposeAsync();
        await _guard.DisposeAsync();
        _work.Delete(recursive: true);
    }

    internal Task<(int ExitCode, string Output)> RunAsync(string script)
    {
        var file = Path.Combine(_work.FullName, "script");
        File.WriteAllText(file, script);
        return Tool.RunAsync(new ProcessStartInfo("bash", [file]) { WorkingDirectory = _work.FullName });
    }

    /// <summary>The calls to a program that is not really run, one line each. Forgets them.</summary>
    internal IReadOnlyList<string> Take(string program)
    {
        var file = Path.Combine(_work.FullName, $"{program}.calls");
        if (!File.Exists(file))
            return [];
        var lines = File.ReadAllLines(file);
        File.Delete(file);
        return lines;
    }

    /// <summary>The demo's policy, which quarantines in one repository.</summary>
    private static string DemoPolicy() =>
        File.ReadAllText(Path.Combine(SamTemplate.Root, "functions/EcrGuard.Cli/Demo/policy.jsonc"))
            .Replace(
                "EXPIRES",
                DateTimeOffset.UtcNow.AddDays(10).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            )
            .Replace(
                "\"enforcement\": [",
                "\"enforcement\": [ { \"repositories\": [\"payments/api\"], \"mode\": \"quarantine\" },",
                StringComparison.Ordinal
            );

    private void Seed(string repository, string tag, params LocalFinding[] findings)
    {
        _guard.Aws.Ecr.CreateRepository(repository, scanOnPush: true);
        var digest = _guard.Aws.Ecr.Push(
            repository,
            Manifest.Image($"{repository} {tag}"),
            tag,
            DateTimeOffset.UtcNow.AddDays(-200),
            announce: false
        );
        _guard.Aws.Ecr.CompleteScan(repository, digest, findings);
    }

    private async Task SweepAsync()
    {
        await InvokeAsync("Backfill", new JsonObject());
        var start = await InvokeAsync("SweepList", new JsonObject());
        JsonNode Of(JsonNode node, string name) =>
            node.AsObject().Single(p => p.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value!.DeepClone();
        foreach (var repository in new[] { "shop/web", "payments/ledger", "payments/api" })
        {
            var swept = await InvokeAsync(
                "SweepRepository",
                new JsonObject
                {
                    ["Repositories"] = new JsonArray(repository),
                    ["StartedAt"] = Of(start, "startedAt"),
                    ["Run"] = Of(start, "run"),
                    ["Runs"] = 0,
                }
            );
            Assert.True((bool)Of(swept, "done"), swept.ToJsonString());
        }
        await InvokeAsync("SweepClose", start.DeepClone());
    }

    private async Task<JsonNode> InvokeAsync(string function, JsonNode request) =>
        (await (await _guard.FunctionAsync(function)).InvokeAsync(request, TimeSpan.FromMinutes(5))).Payload;

    /// <summary>
    /// The stack's outputs. A resource is named by its id; what a test stands in for is named by its kind.
    /// </summary>
    private IEnumerable<(string Name, string Value)> Outputs() =>
        SamTemplate
            .With()
            .Outputs.Select(output =>
                (
                    output.Key,
                    output.Key switch
                    {
                        "Table" => Deployment.Table,
                        "Bucket" => Deployment.Bucket,
                        "Key" => "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                        "Sweep" => "arn:aws:states:eu-central-1:123456789012:stateMachine:EcrGuardSweep",
                        "BreakGlassUrl" => _breakGlass.Url,
                        "ApprovalUrl" => RestOfAws.ApprovalUrl,
                        _ => Regex.Replace(output.Key, "Function$", ""),
                    }
                )
            );

    private string PreambleOf()
    {
        var ecrguard = CommandLine.Executable();
        // A page writes the output ApplyPlanFunction as $APPLY_PLAN_FUNCTION.
        var outputs = Outputs()
            .Select(output =>
                $"export {Capital().Replace(output.Name, "_$0").ToUpperInvariant()}='{Rest.Here(output.Value)}'\n"
            );
        return $$"""
            export AWS_ENDPOINT_URL={{_guard.Aws.Endpoint}} AWS_REGION={{_guard.Aws.Region}}
            export AWS_DEFAULT_REGION=$AWS_REGION AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY={{Secret}}
            export AWS_SESSION_TOKEN=local AWS_PAGER= AWS_MAX_ATTEMPTS=1
            {{string.Concat(outputs)}}
            fail() { echo "expected exit code $1, got $2:"; cat; exit 1; }
            sleep() { :; }
            sam() { echo "$*" >> {{_work.FullName}}/sam.calls; }
            git() { :; }
            trap '[ -z "$LOCAL" ] || kill "$LOCAL"' EXIT
            # A page that starts a local AWS goes on in another terminal, with the environment that is printed.
            run_ecrguard() {
              if [ "$1" != local ]; then
                command dotnet {{ecrguard}} "$@"
                return
              fi
              command dotnet {{ecrguard}} "$@" > local.txt &
              LOCAL=$!
              until grep -q "Ctrl-C ends it" local.txt; do
                kill -0 "$LOCAL" || return
                command sleep 0.1
              done
              eval "$(grep "^  export" local.txt)"
            }
            ecrguard() { run_ecrguard "$@"; }
            dotnet() {
              if [ "$1 $2 $3" != "run --project functions/EcrGuard.Cli" ]; then
                echo "$*" >> {{_work.FullName}}/dotnet.calls
                return
              fi
              while [ "$1" != -- ]; do shift; done
              shift
              # The demo is run by the build.
              [ "$1" != demo ] || set -- demo --help
              run_ecrguard "$@"
            }
            aws() {
              local arguments=() endpoint=$AWS_ENDPOINT_URL
              for argument in "$@"; do
                # Version 1 of the AWS CLI reads every payload so, and does not know the option.
                case $argument in --cli-binary-format | raw-in-base64-out) ;; *) arguments+=("$argument") ;; esac
              done
              case "$LOCAL$1 $2" in
                *cloudformation*) endpoint={{Rest.Endpoint}} ;;
                [0-9]* | "ecr "* | "inspector2 "* | "lambda "* | "dynamodb scan" | "dynamodb query") ;;
                *) endpoint={{Rest.Endpoint}} ;;
              esac
              command aws --endpoint-url "$endpoint" "${arguments[@]}"
            }

            """;
    }

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();
}
