package infratest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The renderer is reachable only inside the network, is monitored, costs nothing without work, and
// opens no address for a page.
func TestRenderer(t *testing.T) {
	t.Parallel()
	read := templates(t)
	apps := named(t, read["renderer.bicep"], "resource", "apps").Body.at("properties", "vnetConfiguration")
	renderer := named(t, read["renderer.bicep"], "resource", "renderer").Body
	properties := renderer.at("properties")
	container := properties.at("template", "containers").Items[0]
	var probes, flags []string
	for _, probe := range container.at("probes").Items {
		probes = append(probes, probe.at("type").literal()+" "+probe.at("httpGet", "path").literal())
	}
	for _, word := range container.at("command").Items {
		flags = append(flags, word.literal())
	}
	for _, check := range []struct{ what, got, want string }{
		{"environment", apps.at("internal").Text, "true"},
		{"subnet", apps.at("infrastructureSubnetId").Text, "subnetId"},
		{"identity", renderer.at("identity", "type").literal(), "UserAssigned"},
		{"TLS alone", properties.at("configuration", "ingress", "allowInsecure").Text, "false"},
		{"port", properties.at("configuration", "ingress", "targetPort").Text, "3000"},
		{"instances without work", properties.at("template", "scale", "minReplicas").Text, "0"},
		{"probes", strings.Join(probes, ", "), "Startup /health, Liveness /health"},
		{"image", container.at("image").Text, "image"},
		{"condition", named(t, read["main.bicep"], "module", "renderer").Condition, "(makesRenderer)"},
		{"no renderer unless asked for", named(t, read["main.bicep"], "param", "rendererImage").Body.Text, "''"},
		{"its domain", named(t, read["renderer-names.bicep"], "resource", "zone").Body.at("name").Text, "domain"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %s, want %s", check.what, check.got, check.want)
		}
	}
	for _, flag := range []string{"--chromium-deny-private-ips", "--chromium-deny-public-ips",
		"--chromium-disable-javascript", "--chromium-max-queue-size=32"} {
		if !slices.Contains(flags, flag) {
			t.Errorf("got the flags %q, want %s", flags, flag)
		}
	}
	// For those who run the renderer elsewhere.
	text, err := os.ReadFile(top + "docs/generate.md")
	if command := strings.Join(flags, " "); err != nil || !strings.Contains(string(text), command) {
		t.Errorf("got docs/generate.md without the command %s (%v)", command, err)
	}
	settings := named(t, read["main.bicep"], "module", "app").Body.at("params", "settings")
	if got := settings.at("INFLUXION_RENDERER_URL").Text; got != "makesRenderer ? renderer.outputs.url : rendererURL" {
		t.Errorf("got the renderer's address %s", got)
	}
}

// The subnet of the renderer allows only HTTPS to services of the platform, and no address of the
// Internet.
func TestRendererHasNoWayOut(t *testing.T) {
	t.Parallel()
	read := templates(t)["network.bicep"]
	rules := named(t, read, "resource", "rendererRules").Body.at("properties", "securityRules").Items
	allowed := []string{"rendererPrefix", "MicrosoftContainerRegistry", "AzureFrontDoor.FirstParty",
		"AzureContainerRegistry", "Storage", "AzureActiveDirectory", "AzureMonitor", "168.63.129.16"}
	denied := map[string]bool{}
	for _, rule := range rules {
		r := rule.at("properties")
		direction, target := r.at("direction").literal(), r.at("destinationAddressPrefix")
		switch {
		case r.at("access").literal() == "Deny":
			denied[direction] = target.literal() == "*" && r.at("sourceAddressPrefix").literal() == "*" &&
				r.at("destinationPortRange").literal() == "*" && r.at("priority").Text == "4000"
		case direction == "Outbound" && !slices.Contains(allowed, target.literal()) && target.Text != "rendererPrefix":
			t.Errorf("got a way out to %s", target.Text)
		}
	}
	if !denied["Inbound"] || !denied["Outbound"] {
		t.Errorf("got %v denied at the end, want everything else, in and out", denied)
	}
	subnet := named(t, read, "resource", "network").Body.at("properties", "subnets").Items[2].at("properties")
	if subnet.at("networkSecurityGroup", "id").Text != "rendererRules.id" || subnet.at("natGateway").Text != "" {
		t.Errorf("got the subnet %s, want it with these rules and without the way out of the app", subnet.Text)
	}
}
