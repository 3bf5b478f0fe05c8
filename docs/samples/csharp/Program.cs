// Has a PDF signed by Influxion: dotnet run -- IN.pdf OUT.pdf [LEVEL]. Needs .NET 8.
//
// Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET. Without a
// secret a person signs in, by device code.
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Azure.Core;
using Azure.Identity;

if (args.Length is not (2 or 3))
{
    Console.Error.WriteLine("usage: dotnet run -- IN.pdf OUT.pdf [LEVEL]");
    return 2;
}
try
{
    var document = await File.ReadAllBytesAsync(args[0]);
    // A program that runs on keeps the credential: it caches tokens and renews them.
    var token = await NewCredential().GetTokenAsync(new TokenRequestContext([Setting("INFLUXION_CLIENT_SCOPE")]), default);
    using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
    {
        BaseAddress = new Uri(Setting("INFLUXION_CLIENT_URL").TrimEnd('/') + "/api/"),
        Timeout = TimeSpan.FromSeconds(120),
    };
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);

    var level = args.Length > 2 ? "&level=" + Uri.EscapeDataString(args[2]) : "";
    using var answer = await PostAsync(http, "sign?reason=Approved" + level, document);
    var signed = await answer.Content.ReadAsByteArrayAsync();
    var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(signed))}:";
    if (Header(answer, "Repr-Digest") != digest || !signed.AsSpan().StartsWith(document))
    {
        throw new InvalidDataException("what arrived is not the signed document");
    }
    await File.WriteAllBytesAsync(args[1] + ".part", signed);
    File.Move(args[1] + ".part", args[1], overwrite: true);
    var (certificate, reached) = (Header(answer, "Influxion-Certificate"), Header(answer, "Influxion-Level"));
    Console.WriteLine($"signed by {certificate} at level {reached} {Header(answer, "Influxion-Shortfall")}");

    using var report = await PostAsync(http, "verify", signed);
    var summary = (await report.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("summary");
    Console.WriteLine($"verified: {summary.GetProperty("passed")} of {summary.GetProperty("total")} signatures and timestamps passed");
    return 0;
}
catch (Exception fault) when (fault is HttpRequestException or InvalidDataException or AuthenticationFailedException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static string Setting(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidDataException($"{name} is not set");

static TokenCredential NewCredential()
{
    var (tenant, client) = (Setting("INFLUXION_CLIENT_TENANT_ID"), Setting("INFLUXION_CLIENT_ID"));
    if (Environment.GetEnvironmentVariable("INFLUXION_CLIENT_SECRET") is { Length: > 0 } secret)
    {
        return new ClientSecretCredential(tenant, client, secret);
    }
    return new DeviceCodeCredential(new DeviceCodeCredentialOptions
    {
        TenantId = tenant,
        ClientId = client,
        DeviceCodeCallback = (flow, _) => Console.Error.WriteLineAsync(flow.Message),
    });
}

static string Header(HttpResponseMessage answer, string name) =>
    answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? values.First() : "";

static async Task<HttpResponseMessage> PostAsync(HttpClient http, string route, byte[] document)
{
    for (var attempt = 1; ; attempt++)
    {
        using var content = new ByteArrayContent(document);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        var answer = await http.PostAsync(route, content);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }
        using (answer)
        {
            var pause = answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;
            var temporary = answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;
            if (temporary && attempt < 3 && pause > TimeSpan.Zero && pause <= TimeSpan.FromSeconds(30))
            {
                Console.Error.WriteLine($"{(int)answer.StatusCode}: trying again in {pause.TotalSeconds} s");
                await Task.Delay(pause);
                continue;
            }
            if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            {
                throw new HttpRequestException($"{(int)answer.StatusCode}: not from Influxion itself");
            }
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(); // RFC 9457
            string Member(string name) => problem.GetProperty(name).GetString() ?? "";
            throw new HttpRequestException($"{(int)answer.StatusCode} {Member("code")}: {Member("detail")} ({Member("instance")})");
        }
    }
}
