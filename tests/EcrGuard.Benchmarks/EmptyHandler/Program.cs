using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Lambda.Serialization.SystemTextJson;

// A function that only makes the two calls of an answer to a tag: no start of a function that makes them can take less.
using var ecr = new AmazonECRClient();
using var dynamo = new AmazonDynamoDBClient();
using var bootstrap = LambdaBootstrapBuilder
    .Create<JsonElement, JsonElement>(
        async (input, _) =>
        {
            var reading = dynamo.BatchGetItemAsync(
                new BatchGetItemRequest
                {
                    RequestItems = new()
                    {
                        [Environment.GetEnvironmentVariable("ECRGUARD_TABLE")!] = new KeysAndAttributes
                        {
                            Keys = [new() { ["pk"] = new("nobody"), ["sk"] = new("nothing") }],
                        },
                    },
                }
            );
            await ecr.DescribeImagesAsync(
                new DescribeImagesRequest
                {
                    RepositoryName = "team/app",
                    ImageIds = [new ImageIdentifier { ImageTag = "1.0" }],
                }
            );
            await reading;
            return input;
        },
        new SourceGeneratorLambdaJsonSerializer<EmptyJson>()
    )
    .Build();
await bootstrap.RunAsync();

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class EmptyJson : JsonSerializerContext;
