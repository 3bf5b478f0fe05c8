package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"influxion/handler/client"
)

// probes signs, timestamps and verifies a document of our own.
func (d *examination) probes(ctx context.Context) {
	if !d.Probe {
		d.notChecked("probe", "nothing was signed (--no-probe)")
		return
	}
	if d.vaultProblem {
		d.notChecked("sign", "nothing was signed, because of the above")
		return
	}
	d.signProbe(ctx)
	d.timestampProbe(ctx)
}

func (d *examination) signProbe(ctx context.Context) {
	options := client.Options{Certificate: d.Certificate, Level: "B-B", Reason: "influxion doctor"}
	if options.Certificate == "" && len(d.offered.Certificates) > 1 {
		options.Certificate = d.offered.Certificates[0].Name
	}
	document, err := receive(d.client.Sign(ctx, bytes.NewReader(sample()), options))
	if err != nil {
		d.refusedProbe("sign", "sign", err)
		return
	}
	report, err := d.client.Verify(ctx, bytes.NewReader(document))
	if err != nil {
		d.refusedProbe("sign", "verify", err)
		return
	}
	if len(report.Signatures) == 1 {
		if revoked(report.Signatures[0]) {
			d.note("certificate-revoked", "the signing certificate is revoked by its authority", remedy{
				why:     "whoever verifies a signature made with it now will refuse it",
				portal:  "Key Vault → Certificates → disable this version and issue a new one; ask the authority why",
				command: `az keyvault certificate create --vault-name "$VAULT" --name "$CERTIFICATE" --policy @policy.json`,
			})
			return
		}
		if report.Summary.Passed == 1 {
			d.ok("sign", "a document was signed and verified: TOTAL-PASSED")
			return
		}
		s := report.Signatures[0]
		d.note("sign", fmt.Sprintf("a document was signed, and verified as %s %s: %s", s.Indication, s.SubIndication,
			s.Detail), remedy{
			why:     "there is a signature, and the service itself does not verify it as valid",
			portal:  "Key Vault → Certificates: the chain; INFLUXION_TRUST_ANCHORS",
			command: `az functionapp config appsettings list --name "$APP" --resource-group "$GROUP" --query "[?name=='INFLUXION_TRUST_ANCHORS']"; influxion certificates --json`,
		})
		return
	}
	d.failed("sign", fmt.Sprintf("a signed document came back with %d signatures", len(report.Signatures)), remedy{
		why: "this is a fault of the service", portal: "Function App → Deployment Center: publish the last version that worked", command: `func azure functionapp publish "$APP"`,
	})
}

func revoked(s client.Signature) bool {
	if strings.HasPrefix(s.SubIndication, "REVOKED") {
		return true
	}
	for _, link := range s.Chain {
		if link.Revocation != nil && link.Revocation.Status == "revoked" {
			return true
		}
	}
	return false
}

func (d *examination) timestampProbe(ctx context.Context) {
	_, err := receive(d.client.Timestamp(ctx, bytes.NewReader(sample())))
	if err == nil {
		d.ok("timestamp", "the timestamp authority answers the service")
		return
	}
	problem, ok := errors.AsType[*client.Problem](err)
	if ok && strings.Contains(problem.Detail, "none is configured") {
		if d.Level == "" || d.Level == "B-B" {
			d.ok("timestamp", "no timestamp authority is configured: B-B is the only level")
			return
		}
		d.failed("timestamp-none", "no timestamp authority is configured, and "+d.Level+" needs one", remedy{
			why:     "without a proof of its time a signature is valid only until its certificate expires",
			portal:  "Function App → Environment variables → INFLUXION_TSA_URL",
			command: `az functionapp config appsettings set --name "$APP" --resource-group "$GROUP" --settings INFLUXION_TSA_URL=http://timestamp.example.org`,
		})
		return
	}
	if ok && problem.Code == "level_unreachable" && strings.Contains(problem.Detail, "HTTP status 401") {
		d.failed("timestamp-credentials", "the timestamp authority refuses the credentials: "+problem.Detail, remedy{
			why: "levels B-T, B-LT and B-LTA need one; credentials go to the first address of INFLUXION_TSA_URL",
			portal: "Function App → Environment variables → INFLUXION_TSA_USER and INFLUXION_TSA_PASSWORD, or " +
				"INFLUXION_TSA_API_KEY, or INFLUXION_TSA_CLIENT_CERTIFICATE",
			command: `az functionapp config appsettings list --name "$APP" --resource-group "$GROUP" --query "[?starts_with(name, 'INFLUXION_TSA_')].name"`,
		})
		return
	}
	if ok && problem.Code == "level_unreachable" {
		d.failed("timestamp", "the service gets no timestamp: "+problem.Detail, remedy{
			why: "levels B-T, B-LT and B-LTA need one",
			portal: "Function App → Environment variables → INFLUXION_TSA_URL; Networking → Outbound traffic (port " +
				"80 too); Log stream, under " + problem.Instance,
			command: `az functionapp config appsettings list --name "$APP" --resource-group "$GROUP" --query "[?name=='INFLUXION_TSA_URL']"`,
		})
		return
	}
	d.refusedProbe("timestamp", "timestamp", err)
}

func (d *examination) refusedProbe(check, what string, err error) {
	problem, ok := errors.AsType[*client.Problem](err)
	if !ok {
		d.failed(check, fmt.Sprintf("the service could not %s a document: %v", what, err), remedy{
			why: "the service exists to sign documents", portal: "Function App → Log stream; Networking; API gateway",
			command: logged(""),
		})
		return
	}
	r := remedy{why: "the service exists to sign documents",
		portal: "Function App → Log stream has the cause under " + problem.Instance, command: logged(problem.Instance)}
	if problem.Code == "" {
		r.portal = "something in front of Influxion answers: Function App → Log stream, API gateway"
	}
	d.failed(check, fmt.Sprintf("the service could not %s a document: %d %s: %s", what, problem.Status, problem.Code,
		problem.Detail), r)
}

// maxProbe bounds an answer in bytes, far above the size of a signed sample.
const maxProbe = 8 << 20

func receive(signed *client.Signed, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if signed.Size > maxProbe {
		signed.Body.Close()
		return nil, fmt.Errorf("the answer has %d bytes", signed.Size)
	}
	var document bytes.Buffer
	if _, err := signed.WriteTo(&document); err != nil {
		return nil, err
	}
	return document.Bytes(), nil
}

// sample is a PDF of one empty page.
func sample() []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
	}
	offsets := make([]int, 0, len(objects))
	for i, object := range objects {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}
