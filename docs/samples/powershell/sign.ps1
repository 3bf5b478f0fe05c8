#!/usr/bin/env pwsh
# Has a PDF signed by Influxion: ./sign.ps1 IN.pdf OUT.pdf [LEVEL]. Needs PowerShell 7.4.
#
# Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET. Without a
# secret a person signs in, by device code.
param(
    [Parameter(Mandatory)] [string] $Source,
    [Parameter(Mandatory)] [string] $Target,
    [string] $Level
)
$ErrorActionPreference = 'Stop'
$authority = "https://login.microsoftonline.com/$env:INFLUXION_CLIENT_TENANT_ID/oauth2/v2.0"

function Get-AccessToken {
    $form = @{ client_id = $env:INFLUXION_CLIENT_ID; scope = $env:INFLUXION_CLIENT_SCOPE }
    if ($env:INFLUXION_CLIENT_SECRET) {
        $form += @{ grant_type = 'client_credentials'; client_secret = $env:INFLUXION_CLIENT_SECRET }
        return (Invoke-RestMethod -Method Post -Uri "$authority/token" -Body $form).access_token
    }
    $flow = Invoke-RestMethod -Method Post -Uri "$authority/devicecode" -Body $form
    [Console]::Error.WriteLine($flow.message)
    $form = @{ client_id = $env:INFLUXION_CLIENT_ID; device_code = $flow.device_code }
    $form.grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    do {
        Start-Sleep -Seconds $flow.interval
        $answer = Invoke-RestMethod -Method Post -Uri "$authority/token" -Body $form -SkipHttpErrorCheck
    } while ($answer.error -eq 'authorization_pending')
    if (-not $answer.access_token) { throw "no access token: $($answer.error_description)" }
    $answer.access_token
}

function Send-Document([string] $Route, [string] $Token, [byte[]] $Document) {
    $request = @{
        Method = 'Post'; Uri = "$env:INFLUXION_CLIENT_URL/api/$Route"; Body = $Document; ContentType = 'application/pdf'; TimeoutSec = 120
        Headers = @{ Authorization = "Bearer $Token" }; MaximumRedirection = 0; SkipHttpErrorCheck = $true
    }
    for ($attempt = 1; ; $attempt++) {
        $answer = Invoke-WebRequest @request
        if ($answer.StatusCode -eq 200) { return $answer }
        $pause = [int]($answer.Headers['Retry-After'] | Select-Object -First 1)
        if ($answer.StatusCode -in 429, 503 -and $attempt -lt 3 -and $pause -gt 0 -and $pause -le 30) {
            [Console]::Error.WriteLine("$($answer.StatusCode): trying again in $pause s")
            Start-Sleep -Seconds $pause
            continue
        }
        if ("$($answer.Headers['Content-Type'])" -notlike 'application/problem+json*') {
            throw "$($answer.StatusCode): not from Influxion itself"
        }
        $problem = [Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray()) | ConvertFrom-Json # RFC 9457
        throw "$($problem.status) $($problem.code): $($problem.detail) ($($problem.instance))"
    }
}

$document = [IO.File]::ReadAllBytes((Resolve-Path $Source))
$token = Get-AccessToken
$route = 'sign?reason=Approved'
if ($Level) { $route += "&level=$([Uri]::EscapeDataString($Level))" }
$answer = Send-Document $route $token $document
$signed = $answer.RawContentStream.ToArray()

$digest = [Convert]::ToBase64String([Security.Cryptography.SHA256]::HashData($signed))
if ("$($answer.Headers['Repr-Digest'])" -ne "sha-256=:${digest}:") { throw 'what arrived is not the signed document' }
$part = "$Target.part"
[IO.File]::WriteAllBytes($ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($part), $signed)
Move-Item -Force $part $Target
$header = $answer.Headers
"signed by $($header['Influxion-Certificate']) at level $($header['Influxion-Level']) $($header['Influxion-Shortfall'])"

$report = [Text.Encoding]::UTF8.GetString((Send-Document 'verify' $token $signed).RawContentStream.ToArray()) | ConvertFrom-Json
"verified: $($report.summary.passed) of $($report.summary.total) signatures and timestamps passed"
