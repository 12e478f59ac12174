using EcrGuard.Lambda;
using EcrGuard.Lambda.Hosting;

TrustedCertificates.ReadOnce();

// The Main of both kinds of AWS packages. The one that Amazon.Lambda.Annotations generates ends without a word on an
// unknown function name, and loses what goes wrong at start: here the first is an error, and the second is reported.
var handler = Environment.GetEnvironmentVariable("ANNOTATIONS_HANDLER");
if (!FunctionTable.All.TryGetValue(handler ?? "", out var function))
{
    Console.Error.WriteLine(
        $"The environment variable ANNOTATIONS_HANDLER is '{handler}'; it must be one of "
            + $"{string.Join(", ", FunctionTable.All.Keys)}."
    );
    return 64;
}
await function().RunAsync();
return 0;
