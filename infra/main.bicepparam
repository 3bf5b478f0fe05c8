// Values come from the environment, which azd fills from `azd env set NAME VALUE`; for az, export them or edit the second argument.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'influxion')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param signingCertificateName = readEnvironmentVariable('CERTIFICATE', 'seal')
param signingCertificateReady = bool(readEnvironmentVariable('CERTIFICATE_READY', 'false'))

// Who deploys with azd may call; further callers by comma in CALLERS.
var caller = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
var callers = readEnvironmentVariable('CALLERS', '')
param callerIds = union(empty(caller) ? [] : [caller], empty(callers) ? [] : split(callers, ','))

param tsaUrl = readEnvironmentVariable('TSA_URL', '')
param tsaUser = readEnvironmentVariable('TSA_USER', '')
param tsaPasswordSecret = readEnvironmentVariable('TSA_PASSWORD_SECRET', '')
param tsaKeySecret = readEnvironmentVariable('TSA_KEY_SECRET', '')
param tsaKeyHeader = readEnvironmentVariable('TSA_KEY_HEADER', '')
param tsaCertificate = readEnvironmentVariable('TSA_CERTIFICATE', '')
param outboundProxy = readEnvironmentVariable('OUTBOUND_PROXY', '')
param outboundHosts = readEnvironmentVariable('OUTBOUND_HOSTS', '')
param keyPlace = readEnvironmentVariable('KEY_PLACE', 'memory')
param vaultSku = readEnvironmentVariable('VAULT_SKU', 'standard')
param managedHsmUrl = readEnvironmentVariable('MANAGED_HSM_URL', '')
param certificateFiles = readEnvironmentVariable('CERTIFICATE_FILES', '')
param defaultLevel = readEnvironmentVariable('DEFAULT_LEVEL', 'B-B')
param trustAnchors = readEnvironmentVariable('TRUST_ANCHORS', '')
var certificateRoleList = readEnvironmentVariable('CERTIFICATE_ROLES', '')
param certificateRoles = empty(certificateRoleList) ? [] : split(certificateRoleList, ',')
param auditRetentionDays = int(readEnvironmentVariable('AUDIT_RETENTION_DAYS', '0'))
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
