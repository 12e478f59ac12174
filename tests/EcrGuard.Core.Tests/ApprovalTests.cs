using Xunit.Sdk;

namespace EcrGuard.Core.Tests;

public sealed class ApprovalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecrguard-approval-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_approved_passes_whatever_its_line_ends_and_removes_an_old_difference()
    {
        File.WriteAllText(FileOf("table.approved.txt"), "one\r\ntwo\r\n");
        File.WriteAllText(FileOf("table.received.txt"), "old");

        Approval.Matches("one\ntwo", "table", FileOf("Test.cs"));

        Assert.False(File.Exists(FileOf("table.received.txt")));
    }

    [Fact]
    public void A_difference_fails_with_its_line_and_leaves_the_new_text_to_approve()
    {
        File.WriteAllText(FileOf("table.approved.txt"), "one\ntwo\n");

        var failure = Assert.Throws<FailException>(() => Approval.Matches("one\nthree\n", "table", FileOf("Test.cs")));

        Assert.Contains("line 2", failure.Message, StringComparison.Ordinal);
        Assert.Equal("one\nthree\n", File.ReadAllText(FileOf("table.received.txt")));
    }

    [Fact]
    public void Nothing_is_approved_by_itself() =>
        Assert.Throws<FailException>(() => Approval.Matches("", "new", FileOf("Test.cs")));

    private string FileOf(string name) => Path.Combine(_folder, name);
}
