using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Plans;

public sealed class UnfinishedWriteTests
{
    private static readonly RepositoryFacts Repository = new()
    {
        Id = Facts.Repository,
        LifecyclePolicy = "{}",
        ResourceTags = new Dictionary<string, string> { ["owner"] = "pay" },
    };

    private static string End(
        string change,
        string? tag = null,
        RepositorySetting? setting = null,
        string? value = null,
        RepositoryFacts? repository = null,
        StorageStatus storage = StorageStatus.Active
    ) =>
        new UnfinishedWrite("1", change, setting is null ? Facts.Image().Id : null, tag, setting, value).Outcome(
            Facts.Contents([Facts.Image(1, "1.0") with { Storage = storage }]),
            repository
        );

    [Theory]
    [InlineData("Add", "1.0", true)]
    [InlineData("Add", "2.0", false)]
    [InlineData("Remove", "1.0", false)]
    [InlineData("Restore", null, true)]
    [InlineData("Archive", null, false)]
    [InlineData("StartImageScan", null, null)]
    public void Of_a_write_to_an_image_it_is_told_whether_what_it_wanted_is_there(
        string change,
        string? tag,
        bool? there
    ) => AssertEnd(there, End(change, tag));

    [Fact]
    public void What_is_archived_is_where_an_archive_wanted_it() =>
        AssertEnd(true, End("Archive", storage: StorageStatus.Archived));

    [Fact]
    public void Of_an_image_that_is_gone_nothing_is_told() =>
        AssertEnd(
            null,
            new UnfinishedWrite("1", "Remove", Facts.Image(2).Id, "1.0", null, null).Outcome(
                Facts.Contents([Facts.Image(1, "1.0")]),
                Repository
            )
        );

    /// <summary>An image is deleted with its last tag.</summary>
    [Theory]
    [InlineData("Remove", false, 2, true)]
    [InlineData("Remove", false, 1, false)]
    [InlineData("Remove", true, 2, false)]
    [InlineData("Add", false, 2, false)]
    public void An_image_that_is_gone_after_a_removal_by_name_is_told(string change, bool moves, int image, bool told)
    {
        var write = new UnfinishedWrite("1", change, Facts.Image(image).Id, "1.0", null, null) { Moves = moves };
        Assert.Equal(told, write.Alarm(Facts.Contents([Facts.Image(1, "1.0")])) is not null);
    }

    [Fact]
    public void Of_a_write_to_a_setting_it_is_told_where_the_setting_was_read()
    {
        AssertEnd(
            true,
            End("PutLifecyclePolicy", setting: RepositorySetting.LifecyclePolicy, value: "{}", repository: Repository)
        );
        AssertEnd(
            false,
            End("DeleteLifecyclePolicy", setting: RepositorySetting.LifecyclePolicy, repository: Repository)
        );
        AssertEnd(
            true,
            End("TagResource", setting: RepositorySetting.ResourceTag("owner"), value: "pay", repository: Repository)
        );
        AssertEnd(true, End("UntagResource", setting: RepositorySetting.ResourceTag("team"), repository: Repository));
        AssertEnd(
            null,
            End(
                "UntagResource",
                setting: RepositorySetting.ResourceTag("team"),
                repository: Repository with
                {
                    ResourceTags = null,
                }
            )
        );
        AssertEnd(
            null,
            End(
                "PutImageTagMutability",
                setting: RepositorySetting.TagMutability,
                value: "IMMUTABLE",
                repository: Repository
            )
        );
        AssertEnd(null, End("PutLifecyclePolicy", setting: RepositorySetting.LifecyclePolicy, value: "{}"));
    }

    private static void AssertEnd(bool? there, string outcome) =>
        Assert.Equal(
            "not known: the function ended before it was"
                + (
                    there switch
                    {
                        true => "; what it wanted was found in place later",
                        false => "; what it wanted was not found in place later",
                        null => "",
                    }
                ),
            outcome
        );
}
