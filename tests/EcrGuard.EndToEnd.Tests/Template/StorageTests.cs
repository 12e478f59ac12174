using System.Text.RegularExpressions;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>What EcrGuard keeps, and how it is kept.</summary>
public sealed class StorageTests
{
    private static readonly SamTemplate Template = SamTemplate.With();

    /// <summary>
    /// A first deployment that fails removes what can be removed. It does not remove a protected table, which would
    /// block the removal, nor its key.
    /// </summary>
    [Theory]
    [InlineData("Table", "Retain")]
    [InlineData("Bucket", "RetainExceptOnCreate")]
    [InlineData("Key", "Retain")]
    [InlineData("AccessLogs", "RetainExceptOnCreate")]
    public void Ledger_and_findings_and_the_key_that_opens_them_outlive_the_stack(string resource, string policy)
    {
        Assert.Equal(policy, Template.Resources[resource]["DeletionPolicy"]!.ToString());
        Assert.Equal("Retain", Template.Resources[resource]["UpdateReplacePolicy"]!.ToString());
    }

    /// <summary>
    /// The second deployment fails at the name that it shares with the first, before it has made anything that would be
    /// kept.
    /// </summary>
    [Fact]
    public void A_second_stack_leaves_nothing_behind()
    {
        var kept = Template.Resources.Where(resource => resource.Value["DeletionPolicy"] is not null).ToList();
        Assert.Equal(4, kept.Count);
        Assert.All(kept, resource => Assert.Equal("OneStackOnly", resource.Value["DependsOn"]!.ToString()));
        Assert.Null(Template.Resources["OneStackOnly"]["DependsOn"]);
    }

    [Fact]
    public void The_ledger_has_the_keys_and_the_index_that_the_code_uses()
    {
        var table = Template.Properties("Table");

        Assert.Equal("PAY_PER_REQUEST", table["BillingMode"]!.ToString());
        Assert.Equal(
            """[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]""",
            table["KeySchema"]!.ToJsonString()
        );
        Assert.Equal(
            """[{"IndexName":"byStatus","KeySchema":[{"AttributeName":"gsi1pk","KeyType":"HASH"},{"AttributeName":"gsi1sk","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]""",
            table["GlobalSecondaryIndexes"]!.ToJsonString()
        );
        Assert.Equal(
            """{"AttributeName":"expires","Enabled":true}""",
            table["TimeToLiveSpecification"]!.ToJsonString()
        );
        Assert.True(table["PointInTimeRecoverySpecification"]!["PointInTimeRecoveryEnabled"]!.GetValue<bool>());
        Assert.Equal("LedgerKey", SamTemplate.Target(table["SSESpecification"]!["KMSMasterKeyId"]));
        Assert.True(table["DeletionProtectionEnabled"]!.GetValue<bool>());
    }

    [Fact]
    public void The_bucket_is_private_versioned_and_encrypted_under_the_key()
    {
        var bucket = Template.Properties("Bucket");

        Assert.All(
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"],
            block => Assert.True(bucket["PublicAccessBlockConfiguration"]![block]!.GetValue<bool>())
        );
        Assert.Equal("BucketOwnerEnforced", bucket["OwnershipControls"]!["Rules"]![0]!["ObjectOwnership"]!.ToString());
        Assert.Equal("Enabled", bucket["VersioningConfiguration"]!["Status"]!.ToString());
        var old = Assert.Single(
            bucket["LifecycleConfiguration"]!["Rules"]!.AsArray(),
            rule => rule!["NoncurrentVersionExpiration"] is not null
        )!;
        Assert.Equal(
            ("Enabled", 30),
            (old["Status"]!.ToString(), old["NoncurrentVersionExpiration"]!["NoncurrentDays"]!.GetValue<int>())
        );
        Assert.Equal(
            "LedgerKey",
            SamTemplate.Target(
                bucket["BucketEncryption"]!["ServerSideEncryptionConfiguration"]![0]!["ServerSideEncryptionByDefault"]![
                    "KMSMasterKeyID"
                ]
            )
        );
        Assert.True(Template.Properties("Key")["EnableKeyRotation"]!.GetValue<bool>());
    }

    [Fact]
    public void Every_queue_is_encrypted() =>
        Assert.All(
            Template.OfType("AWS::SQS::Queue"),
            queue => Assert.True(Template.Properties(queue)["SqsManagedSseEnabled"]!.GetValue<bool>())
        );

    [Theory]
    [InlineData("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues")]
    [InlineData("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics")]
    [InlineData("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket")]
    public void Nothing_is_reached_without_TLS(string type, string policyType, string guards)
    {
        var guarded =
            from policy in Template.OfType(policyType).Select(Template.Properties)
            where
                policy["PolicyDocument"]!["Statement"]!
                    .AsArray()
                    .Any(statement =>
                        statement!["Effect"]!.ToString() == "Deny"
                        && statement["Principal"]!.ToString() == "*"
                        && statement["Condition"]!.ToJsonString() == """{"Bool":{"aws:SecureTransport":"false"}}"""
                    )
            from resource in policy[guards] is System.Text.Json.Nodes.JsonArray several
                ? several
                : [policy[guards]!.DeepClone()]
            select SamTemplate.Target(resource);

        // Each exactly once, since AWS keeps only the last of two policies for one resource. The bucket may be an
        // adopted one.
        Assert.Equal(
            Template.OfType(type).Order(),
            guarded.Select(resource => resource == "LedgerBucket" ? "Bucket" : resource).Order()
        );
    }

    [Theory]
    [InlineData("AdoptTable", "Table", "LedgerTable", "ecrguard-restored")]
    [InlineData("AdoptBucket", "Bucket", "LedgerBucket", "ecrguard-bucket-1x2y")]
    [InlineData("AdoptKey", "Key", "LedgerKey", "arn:aws:kms:eu-central-1:111122223333:key/1234")]
    public void What_is_adopted_is_not_made_and_everything_refers_to_it_through_one_place(
        string parameter,
        string resource,
        string place,
        string value
    )
    {
        var adopting = SamTemplate.With((parameter, value));

        Assert.DoesNotContain(resource, adopting.Resources.Keys);
        Assert.Equal($$"""{"Ref":"{{parameter}}"}""", adopting.Properties(place)["Value"]!.ToJsonString());
        Assert.All(
            new[] { Template, adopting },
            template =>
                Assert.All(
                    template.Resources.Where(other => other.Key != resource && other.Key != place),
                    other =>
                        Assert.DoesNotMatch(
                            $"\"(Ref|Fn::GetAtt)\":\"{resource}[\".]|[$][{{]{resource}[.}}]",
                            other.Value.ToJsonString()
                        )
                )
        );
        Assert.Matches($"^(?:{Template.Parameters[parameter]!["AllowedPattern"]})$", value);
    }

    [Theory]
    [InlineData("AlertEmail", "", true)]
    [InlineData("AlertEmail", "security@example.com", true)]
    [InlineData("AlertEmail", "security", false)]
    public void A_parameter_takes_what_it_should(string parameter, string value, bool allowed) =>
        // CloudFormation matches the whole value.
        Assert.Equal(allowed, Regex.IsMatch(value, $"^(?:{Template.Parameters[parameter]!["AllowedPattern"]})$"));
}
