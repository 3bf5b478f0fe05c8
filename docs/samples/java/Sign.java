import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.DeviceCodeFlowParameters;
import com.microsoft.aad.msal4j.PublicClientApplication;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/**
 * Has a PDF signed by Influxion: Sign IN.pdf OUT.pdf [LEVEL]. Needs Java 17.
 *
 * <p>Settings, from the environment: INFLUXION_CLIENT_URL, _SCOPE, _TENANT_ID, _ID, and for a program without a user _SECRET.
 * Without a secret a person signs in, by device code.
 */
public final class Sign {
  private static final String API = setting("INFLUXION_CLIENT_URL") + "/api/";
  private static final Set<String> SCOPES = Set.of(setting("INFLUXION_CLIENT_SCOPE"));
  private static final String AUTHORITY = "https://login.microsoftonline.com/" + setting("INFLUXION_CLIENT_TENANT_ID");
  private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build(); // follows no redirect

  /** What Influxion answers instead of a document: a problem of RFC 9457. */
  private static final class Refused extends Exception {
    Refused(String message) {
      super(message);
    }
  }

  private static String setting(String name) {
    return Objects.requireNonNull(System.getenv(name), name);
  }

  /** A program that runs on keeps the application object: it caches tokens and renews them. */
  private static String accessToken() throws Exception {
    String secret = System.getenv("INFLUXION_CLIENT_SECRET");
    if (secret != null && !secret.isEmpty()) {
      var app = ConfidentialClientApplication.builder(setting("INFLUXION_CLIENT_ID"), ClientCredentialFactory.createFromSecret(secret))
          .authority(AUTHORITY).build();
      return app.acquireToken(ClientCredentialParameters.builder(SCOPES).build()).get().accessToken();
    }
    var app = PublicClientApplication.builder(setting("INFLUXION_CLIENT_ID")).authority(AUTHORITY).build();
    var flow = DeviceCodeFlowParameters.builder(SCOPES, code -> System.err.println(code.message())).build();
    return app.acquireToken(flow).get().accessToken();
  }

  private static HttpResponse<byte[]> post(String route, String token, byte[] document, Map<String, String> options)
      throws IOException, InterruptedException, Refused {
    String query = options.entrySet().stream()
        .map(option -> option.getKey() + "=" + URLEncoder.encode(option.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
    var request = HttpRequest.newBuilder(URI.create(API + route + (query.isEmpty() ? "" : "?" + query))).timeout(Duration.ofSeconds(120))
        .header("Authorization", "Bearer " + token).header("Content-Type", "application/pdf")
        .POST(HttpRequest.BodyPublishers.ofByteArray(document)).build();
    for (int attempt = 1; ; attempt++) {
      var answer = HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
      int status = answer.statusCode();
      if (status == 200) {
        return answer;
      }
      long pause = answer.headers().firstValue("Retry-After").filter(text -> text.matches("[0-9]{1,4}")).map(Long::parseLong).orElse(0L);
      if ((status != 503 && status != 429) || attempt == 3 || pause == 0 || pause > 30) {
        if (!answer.headers().firstValue("Content-Type").orElse("").startsWith("application/problem+json")) {
          throw new Refused(status + ": not from Influxion itself");
        }
        var problem = json(answer.body());
        throw new Refused(String.format("%d %s: %s (%s)", status, problem.get("code"), problem.get("detail"), problem.get("instance")));
      }
      System.err.println(status + ": trying again in " + pause + " s");
      Thread.sleep(pause * 1000);
    }
  }

  private static Map<String, Object> json(byte[] text) throws IOException { // by the library that MSAL brings along
    try (JsonReader reader = JsonProviders.createReader(text)) {
      return reader.readMap(JsonReader::readUntyped);
    }
  }

  private static HttpResponse<byte[]> sign(String token, byte[] document, String level) throws Exception {
    var answer = post("sign", token, document, level == null ? Map.of("reason", "Approved") : Map.of("reason", "Approved", "level", level));
    byte[] signed = answer.body();
    String digest = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(signed));
    if (!answer.headers().firstValue("Repr-Digest").orElse("").equals("sha-256=:" + digest + ":")
        || signed.length < document.length || !Arrays.equals(signed, 0, document.length, document, 0, document.length)) {
      throw new Refused("what arrived is not the signed document");
    }
    return answer;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2 && arguments.length != 3) {
      System.err.println("usage: Sign IN.pdf OUT.pdf [LEVEL]");
      System.exit(2);
    }
    try {
      byte[] document = Files.readAllBytes(Path.of(arguments[0]));
      String token = accessToken();
      var answer = sign(token, document, arguments.length > 2 ? arguments[2] : null);
      Path part = Path.of(arguments[1] + ".part");
      Files.write(part, answer.body());
      Files.move(part, Path.of(arguments[1]), StandardCopyOption.REPLACE_EXISTING);
      System.out.println("signed by " + answer.headers().firstValue("Influxion-Certificate").orElse("")
          + " at level " + answer.headers().firstValue("Influxion-Level").orElse("")
          + " " + answer.headers().firstValue("Influxion-Shortfall").orElse(""));
      var summary = (Map<?, ?>) json(post("verify", token, answer.body(), Map.of()).body()).get("summary");
      System.out.println("verified: " + summary.get("passed") + " of " + summary.get("total") + " signatures and timestamps passed");
    } catch (Refused | ExecutionException refused) { // the latter when there is no token
      System.err.println(refused.getMessage());
      System.exit(1);
    }
  }
}
