using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class RuleSentenceTests
{
    [Theory]
    [InlineData(
        """ "tagStatus": "tagged", "tagPatternList": ["nightly-*"], "countType": "imageCountMoreThan", "countNumber": 7 """,
        "Rule 1 expires images with tags nightly-*, except the newest 7."
    )]
    [InlineData(
        """ "tagStatus": "tagged", "tagPrefixList": ["a", "b"], "countType": "imageCountMoreThan", "countNumber": 1 """,
        "Rule 1 expires images with tags a* and b*, except the newest 1."
    )]
    [InlineData(
        """ "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1 """,
        "Rule 1 expires untagged images that were pushed more than 1 day ago."
    )]
    [InlineData(
        """ "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30 """,
        "Rule 1 expires images, except the newest 30."
    )]
    [InlineData(
        """ "tagStatus": "tagged", "tagPatternList": ["x-*"], "countType": "imageCountMoreThan", "countNumber": 100000 """,
        "Rule 1 keeps images with tags x-* from all other rules."
    )]
    public void A_rule_is_said_in_one_sentence(string selection, string sentence)
    {
        var reading = LifecyclePolicy.Read(
            $$"""{ "rules": [{ "rulePriority": 1, "selection": { {{selection}} }, "action": { "type": "expire" } }] }"""
        );
        Assert.Equal(sentence, RuleSentence.Of(Assert.Single(reading.Policy!.Rules)));
    }

    [Fact]
    public void A_rule_that_archives_and_one_for_the_archive_say_so()
    {
        var reading = LifecyclePolicy.Read(
            """
            { "rules": [
              { "rulePriority": 1, "selection": { "tagStatus": "any", "storageClass": "standard",
                "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 60 },
                "action": { "type": "transition", "targetStorageClass": "archive" } },
              { "rulePriority": 2, "selection": { "tagStatus": "any", "storageClass": "archive",
                "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 365 },
                "action": { "type": "expire" } } ] }
            """
        );
        Assert.Equal(
            [
                "Rule 1 archives images that were last pulled, or pushed, more than 60 days ago.",
                "Rule 2 expires archived images that were archived more than 365 days ago.",
            ],
            reading.Policy!.Rules.Select(RuleSentence.Of)
        );
    }
}
