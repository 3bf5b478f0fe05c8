package doctor

// keyCauses are the causes that package keyvault reports for a key that stays in the vault, each
// with its remedy. The state of the key comes before the rights on it, because both answer with
// 403.
func keyCauses(name, who string) []vaultCause {
	key := "Key Vault → Keys → " + name
	scope := `--scope "$(az keyvault show --name "$VAULT" --query id -o tsv)/keys/` + name + `"`
	identity := `--assignee-object-id "$(az functionapp identity show --name "$APP" --resource-group "$GROUP" --query principalId -o tsv)" ` +
		`--assignee-principal-type ServicePrincipal`
	state := remedy{"the key has its own dates and its own Enabled, apart from those of the certificate",
		key + " → the current version → Enabled: Yes, Activation and Expiration date",
		`az keyvault key set-attributes --vault-name "$VAULT" --name ` + sh(name) + ` --enabled true --expires "…"`}
	sign := remedy{"the vault signs only for an identity with keys/sign on this key",
		key + " → Access control (IAM) → Add role assignment → Influxion Signer (infra/signer.bicep makes it) → the " +
			"Function App; it takes minutes to work",
		`az role assignment create --role "Influxion Signer $GROUP" ` + scope + " " + identity}
	mismatch := remedy{"a signature with it would not verify, so none is made",
		"Key Vault → Certificates → " + name + " → New version; import certificate and key together",
		`az keyvault certificate show --vault-name "$VAULT" --name ` + sh(name) + ` --query "{kid:kid,sid:sid}"`}
	return []vaultCause{
		{"KeyDisabled", "key-disabled", "the key of " + name + " is disabled", state},
		{"get key: it is disabled", "key-disabled", "the key of " + name + " is disabled", state},
		{"KeyExpired", "key-expired", "the key of " + name + " has expired", state},
		{"KeyNotYetValid", "key-not-yet-valid", "the key of " + name + " is not valid yet", state},
		{"sign: vault answered 403", "key-sign-right", who + " may not sign with the key of " + name, sign},
		{"get key: vault answered 403", "key-read-right", who + " may not read the public half of the key of " + name,
			remedy{"the key's ID and its public half are compared with the certificate's", sign.portal, sign.command}},
		{"get certificate: vault answered 403", "certificate-read-right", who + " may not read the certificate " + name,
			remedy{"with INFLUXION_KEY_MODE=vault the certificate is read, and never the secret",
				"Key Vault → Access control (IAM) → Add role assignment → Key Vault Reader → the Function " +
					"App; not Key " +
					"Vault Certificate User, which reads the key as well",
				`az role assignment create --role "Key Vault Reader" --scope "$(az keyvault show --name "$VAULT" --query id -o tsv)/certificates/` +
					name + `" ` + identity}},
		{"does not verify with the certificate's key", "key-mismatch",
			"the key that signs is not that of the certificate " + name, mismatch},
		{"the key of that name is not that of the certificate", "key-mismatch",
			"the key of the name " + name + " is not that of the certificate", mismatch},
		{"its ID is of another vault", "key-mismatch", "the key of " + name + " has an ID of another vault",
			mismatch},
		{"is about another key", "key-mismatch", "the vault answers with another key than that of " + name, mismatch},
		{"CertificateNotFound", "certificate-missing", "the vault has no certificate " + name, remedy{
			"the name is misspelt, or the certificate is in another vault", "Key Vault → Certificates",
			`az keyvault certificate list --vault-name "$VAULT" --query "[].name" -o tsv`}},
		{"the vault signs with RSA of", "key-kind", "the vault does not sign with a key such as that of " + name,
			remedy{
				"it signs with RSA of 2048, 3072 or 4096 bits and with P-256, P-384 or P-521",
				"Key Vault → Certificates → " + name +
					" → Issuance policy → Advanced policy → Key type; then a new version",
				`az keyvault certificate show --vault-name "$VAULT" --name ` + sh(name) + ` --query policy.keyProperties`}},
	}
}
