using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace EcrGuard.Core.Tests;

/// <summary>
/// Which folder may use which. It reads the sources, not the compiled types, where a constant of another room leaves no
/// trace. Every <c>using</c> is needed, since the compiler refuses unused ones.
/// </summary>
public sealed partial class RoomsTests
{
    /// <summary>In the order of the flow: a room uses only those before it.</summary>
    private static readonly string[] Core =
    [
        "Images",
        "Documents",
        "Lifecycle",
        "Policy",
        "Use",
        "Verdicts",
        "Gates",
        "Baselines",
        "Plans",
        "Reports",
    ];

    private static readonly string[] Aws = ["Ledger", "Facts", "Actions"];

    private static readonly string[] Lambda = ["Hosting", "Flow", "Functions"];

    /// <summary>The folders of Lambda's Flow. The files beside them use none of them.</summary>
    private static readonly string[] Flow =
    [
        "Quarantines",
        "Deciding",
        "Deployments",
        "Baselines",
        "Pushing",
        "Backfilling",
        "Forcing",
        "Plans",
        "Reporting",
        "Sweeping",
    ];

    private static readonly string[] Cli = ["Lifecycle", "Judging", "Trying", "Plans", "Asking", "Demo", "Commands"];

    public static TheoryData<string, string[]> Projects =>
        new()
        {
            { "Core", Core },
            { "Aws", Aws },
            { "Lambda", Lambda },
            { "Cli", Cli },
        };

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_room_uses_only_rooms_before_it(string project, string[] rooms) =>
        Assert.Empty(
            from file in SourceFiles.Of(project)
            let room = Array.IndexOf(rooms, RoomOf(file))
            where room >= 0
            from used in Used(file)
            where Array.LastIndexOf(rooms, used.Room) > room && used.Project == project
            select $"{file} uses {used.Room}"
        );

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_folder_has_its_place_in_the_order(string project, string[] rooms) =>
        Assert.Equal(
            rooms.Order(StringComparer.Ordinal),
            SourceFiles.Of(project).Select(RoomOf).OfType<string>().Distinct().Order(StringComparer.Ordinal)
        );

    [Fact]
    public void A_folder_of_the_flow_uses_only_folders_before_it() =>
        Assert.Empty(
            from file in SourceFiles.Of("Lambda")
            where RoomOf(file) == "Flow"
            let folder = Array.IndexOf(Flow, FolderOf(file))
            from used in FlowFolder().Matches(Text(file)).Select(match => match.Groups["folder"].Value)
            where Array.IndexOf(Flow, used) > folder
            select $"{file} uses {used}"
        );

    [Fact]
    public void Every_folder_of_the_flow_has_its_place_in_the_order() =>
        Assert.Equal(
            Flow.Order(StringComparer.Ordinal),
            SourceFiles
                .Of("Lambda")
                .Where(file => RoomOf(file) == "Flow")
                .Select(FolderOf)
                .OfType<string>()
                .Distinct()
                .Order(StringComparer.Ordinal)
        );

    /// <summary>
    /// A project can refer to others. Its project file decides which ones, and the compiler forbids the rest.
    /// </summary>
    [Theory]
    [InlineData("Core", "Aws", "Lambda", "Cli", "LocalAws")]
    [InlineData("Aws", "Lambda", "Cli", "LocalAws")]
    [InlineData("Lambda", "Cli", "LocalAws")]
    [InlineData("LocalAws", "Core", "Aws", "Lambda", "Cli")]
    public void A_project_uses_no_project_after_it(string project, params string[] others) =>
        Assert.Empty(
            from file in SourceFiles.Of(project)
            from used in Used(file)
            where others.Contains(used.Project)
            select $"{file} uses {used.Project}"
        );

    private static string? RoomOf(string file) => file.Split('/') is [_, var room, _, ..] ? room : null;

    private static string? FolderOf(string file) => file.Split('/') is [_, _, var folder, _, ..] ? folder : null;

    private static string Text(string file) => File.ReadAllText(Path.Combine(SourceFiles.Functions, file));

    /// <summary>By a using, by a name with its namespace, and by one with the last part of its namespace.</summary>
    private static IEnumerable<(string Project, string? Room)> Used(string file)
    {
        var project = file[(file.IndexOf('.') + 1)..file.IndexOf('/')];
        var text = Text(file);
        return Reference()
            .Matches(text)
            .Select(match => (match.Groups["project"].Value, (string?)match.Groups["room"].Value))
            .Concat(
                ShortReference()
                    .Matches(text)
                    .Select(match => (Room: match.Groups["room"].Value, Type: match.Groups["type"].Value))
                    .Where(used => Declared(project).Contains(used))
                    .Select(used => (project, (string?)used.Room))
            );
    }

    private static IReadOnlySet<(string Room, string Type)> Declared(string project) =>
        Types.GetOrAdd(
            project,
            static name =>
                (
                    from file in SourceFiles.Of(name)
                    let room = RoomOf(file)
                    where room is not null
                    from Match type in Declaration().Matches(Text(file))
                    select (room, type.Groups["type"].Value)
                ).ToHashSet()
        );

    private static readonly ConcurrentDictionary<string, IReadOnlySet<(string Room, string Type)>> Types = new(
        StringComparer.Ordinal
    );

    /// <summary>A using, or a name with its namespace before it; not the file's own namespace.</summary>
    [GeneratedRegex(@"(?<!^namespace )\bEcrGuard\.(?<project>\w+)(\.(?<room>\w+))?", RegexOptions.Multiline)]
    private static partial Regex Reference();

    /// <summary>A name such as <c>Policy.RuleEffect</c>, which a file beside that room may write.</summary>
    [GeneratedRegex(@"(?<![.\w])(?<room>\w+)\.(?<type>\w+)")]
    private static partial Regex ShortReference();

    [GeneratedRegex(@"\b(class|record|struct|enum|interface) (?<type>\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<!^namespace )\bEcrGuard\.Lambda\.Flow\.(?<folder>\w+)", RegexOptions.Multiline)]
    private static partial Regex FlowFolder();
}
