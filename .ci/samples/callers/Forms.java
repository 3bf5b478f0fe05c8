import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** Sends a document in each form that java.net.http makes: java Forms.java URL IN.pdf OUT-FOLDER, with the access token in TOKEN. */
public final class Forms {
  private static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private static final Pattern DOCUMENT = Pattern.compile("\"document\":\"([^\"]*)\"");
  private static String url;
  private static Path folder;

  public static void main(String[] arguments) throws Exception {
    url = arguments[0];
    folder = Path.of(arguments[2]);
    Path source = Path.of(arguments[1]);
    byte[] document = Files.readAllBytes(source);
    String plain = Base64.getEncoder().encodeToString(document);
    // The MIME encoder ends its lines with CR LF, which JSON has escaped.
    String lines = Base64.getMimeEncoder().encodeToString(document).replace("\r\n", "\\r\\n");

    sign("raw", "?level=b-b&reason=Gepr%C3%BCft", "application/pdf", BodyPublishers.ofFile(source));
    sign("raw-stream", "", "application/pdf", BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(document)));
    sign("json", "", "application/json", BodyPublishers.ofString("{\"document\":\"" + plain + "\",\"visible\":true,\"page\":1,\"box\":[36.0,36.0,2e2,72]}"));
    sign("json-in-lines", "?level=B-B", "application/json; charset=UTF-8", BodyPublishers.ofString("{\"document\":\"" + lines + "\",\"allow-lower\":false}"));
    sign("form", "", "multipart/form-data; boundary=frontier", form("document", "application/pdf", document, "True"));
    sign("form-file", "?level=B-b", "multipart/form-data; boundary=frontier", form("file", "application/octet-stream", document, "FALSE"));
  }

  private static BodyPublisher form(String name, String type, byte[] document, String lower) {
    String head = "--frontier\r\nContent-Disposition: form-data; name=\"allow-lower\"\r\n\r\n" + lower + "\r\n--frontier\r\n"
        + "Content-Disposition: form-data; name=\"" + name + "\"; filename=\"a.pdf\"\r\nContent-Type: " + type + "\r\n\r\n";
    return BodyPublishers.ofByteArrays(List.of(head.getBytes(StandardCharsets.UTF_8), document, "\r\n--frontier--\r\n".getBytes(StandardCharsets.UTF_8)));
  }

  private static void sign(String name, String query, String type, BodyPublisher body) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/sign" + query)).timeout(Duration.ofSeconds(120))
        .header("Authorization", "Bearer " + System.getenv("TOKEN")).header("Content-Type", type).POST(body).build();
    HttpResponse<byte[]> answer = CLIENT.send(request, BodyHandlers.ofByteArray());
    byte[] signed = answer.body();
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(name + ": " + answer.statusCode() + " " + new String(signed, StandardCharsets.UTF_8));
    }
    if (type.startsWith("application/json")) {
      var found = DOCUMENT.matcher(new String(signed, StandardCharsets.UTF_8));
      if (!found.find()) {
        throw new IllegalStateException(name + ": no document in the answer");
      }
      signed = Base64.getDecoder().decode(found.group(1));
    }
    Files.write(folder.resolve(name + ".pdf"), signed);
  }
}
