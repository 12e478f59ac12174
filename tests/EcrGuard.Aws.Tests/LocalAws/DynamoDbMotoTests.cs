using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EcrGuard.Tests;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>The scenarios against moto's DynamoDB, if its server is installed.</summary>
public sealed class DynamoDbMotoTests(MotoServer moto) : DynamoDbScenarios, IClassFixture<MotoServer>
{
    protected override async Task<Uri> StartAsync()
    {
        if (moto.Endpoint is null)
        {
            await Tool.RequireAsync("moto_server", "moto_server", "--help");
        }

        return moto.Endpoint ?? throw new InvalidOperationException("moto_server did not come up");
    }

    protected override Task StopAsync() => Task.CompletedTask;
}

/// <summary>
/// A moto server on a free loopback port. It ends with its fixture. If it is not installed, there is no endpoint.
/// </summary>
public sealed class MotoServer : IAsyncLifetime
{
    private Process? process;

    public Uri? Endpoint { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var port = FreePort();
        try
        {
            process = Process.Start(
                new ProcessStartInfo(
                    "moto_server",
                    ["-H", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture)]
                )
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
        }
        catch (Win32Exception)
        {
            return;
        }

        // The output is read to the end, since a full pipe would stop the server.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var deadline = Stopwatch.StartNew();
        while (!process.HasExited && deadline.Elapsed < TimeSpan.FromSeconds(60))
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                Endpoint = new Uri($"http://127.0.0.1:{port}");
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process?.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
