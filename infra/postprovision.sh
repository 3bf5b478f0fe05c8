#!/usr/bin/env bash
# What azd does after infra/main.bicep: the certificate, which no template can make, and then the right on it. Needs az, signed in to
# the same subscription as azd. The outputs of main.bicep are in the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

subscription=$(az account show --query id --output tsv)
if [[ $subscription != "$AZURE_SUBSCRIPTION_ID" ]]; then
	echo "postprovision: az is signed in to another subscription; az account set --subscription $AZURE_SUBSCRIPTION_ID" >&2
	exit 1
fi

if [[ ${KEY_PLACE:-memory} == hsm ]]; then
	echo "postprovision: the key lies in a Managed HSM: docs/certificates.md says what to do there" >&2
	exit 0
fi
template=infra/grant.bicep
[[ ${KEY_PLACE:-memory} != vault ]] || template=infra/signer.bicep
GROUP=$AZURE_RESOURCE_GROUP infra/setup.sh certificate
az deployment group create --name grant --resource-group "$AZURE_RESOURCE_GROUP" --template-file "$template" \
	--parameters "vaultName=$VAULT" "certificateName=$CERTIFICATE" "principalId=$PRINCIPAL_ID" --output none
azd env set CERTIFICATE_READY true # later deployments keep the right
