using System.Text.RegularExpressions;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// The template names what the code has, and allows what the code calls. The tests read the sources, since neither
/// compiler sees the other side.
/// </summary>
public sealed class CodeAndTemplateTests
{
    private static readonly SamTemplate Template = SamTemplate.With([
        ("Enforcement", "quarantine"),
        .. SamTemplate.Everything,
    ]);

    [Fact]
    public void A_function_is_a_file_a_class_and_a_method_of_its_name()
    {
        var functions =
            from file in Sources("EcrGuard.Lambda")
            from Match method in Regex.Matches(
                File.ReadAllText(file),
                @"class (\w+)(?:(?!\bclass\b).)*?\[LambdaFunction\]\s+public (?:async )?\S+ (\w+)\(",
                RegexOptions.Singleline
            )
            select (
                File: Path.GetFileNameWithoutExtension(file),
                Class: method.Groups[1].Value,
                Method: method.Groups[2].Value
            );

        Assert.Equal(Template.Functions.Order().Select(name => (name, name, $"{name}Async")), functions.Order());
    }

    [Fact]
    public void The_template_sets_the_variables_that_the_code_reads()
    {
        var read = Sources("EcrGuard.Aws", "EcrGuard.Lambda")
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), "\"(ECRGUARD_[A-Z_]+)\""))
            .Select(name => name.Groups[1].Value);
        var set = Template
            .Functions.Select(Template.Properties)
            .Append(Template.Globals)
            .SelectMany(level => level["Environment"]!["Variables"]!.AsObject())
            .Select(variable => variable.Key)
            .Except(["ANNOTATIONS_HANDLER"]);

        Assert.Equal(read.Distinct().Order(StringComparer.Ordinal), set.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_functions_together_may_call_what_the_code_calls_and_nothing_else()
    {
        string[] services = ["dynamodb", "ecr", "inspector2", "s3", "sns"];
        var called = Sources("EcrGuard.Aws", "EcrGuard.Lambda")
            .SelectMany(file =>
                Regex.Matches(
                    File.ReadAllText(file),
                    @"\b(?:dynamo|ecr|inspector|s3|sns|aws\s*\.Ecr(?:Once)?)\s*\.(?:Paginators\s*\.)?"
                        + @"([A-Z]\w+?)(?:Async)?\("
                )
            )
            .Select(call => call.Groups[1].Value)
            // A transaction is allowed by the actions of its items.
            .Except(["TransactWriteItems"])
            // S3 requires it before it says that an object is not there.
            .Append("ListBucket")
            // S3 requires it if GetObject names a version.
            .Append("GetObjectVersion");
        var allowed = Template
            .Functions.SelectMany(Template.Permissions)
            .SelectMany(statement => statement.Actions)
            .Select(action => action.Split(':'))
            .Where(action => services.Contains(action[0]))
            .Select(action => action[1]);

        Assert.Equal(called.Distinct().Order(StringComparer.Ordinal), allowed.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Consumers_are_read_with_the_actions_that_the_code_calls_and_no_others()
    {
        string[] services = ["apprunner", "ecs", "events", "lambda", "scheduler"];
        var called = Sources("EcrGuard.Aws")
            .SelectMany(file =>
                Regex.Matches(
                    File.ReadAllText(file),
                    @"\b(?:Ecs|Lambda|AppRunner|EventBridge|Scheduler)\s*\.([A-Z]\w+?)Async\("
                )
            )
            .Select(call => call.Groups[1].Value);
        var allowed = Template
            .Permissions("SweepList")
            .SelectMany(statement => statement.Actions)
            .Select(action => action.Split(':'))
            .Where(action => services.Contains(action[0]))
            .Select(action => action[1]);

        Assert.Equal(called.Distinct().Order(StringComparer.Ordinal), allowed.Distinct().Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Sources(params string[] projects) =>
        from project in projects
        from file in Directory.EnumerateFiles(
            Path.Combine(SamTemplate.Root, "functions", project),
            "*.cs",
            SearchOption.AllDirectories
        )
        where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        select file;
}
