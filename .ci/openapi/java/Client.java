import java.nio.file.Files;
import java.nio.file.Path;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.DocumentsApi;
import org.openapitools.client.api.VerificationApi;
import org.openapitools.client.model.Problem;

/**
 * Signs, verifies and reads a problem with the client that openapi-generator makes: Client URL IN.pdf OUT.pdf, with the access token in
 * TOKEN.
 */
public class Client {
  public static void main(String[] args) throws Exception {
    var client = new ApiClient() {
      @Override
      public String selectHeaderContentType(String[] types) {
        return types[0]; // the document as it is: the generated client prefers JSON
      }
    };
    client.setBasePath(args[0]);
    client.setBearerToken(System.getenv("TOKEN"));
    var documents = new DocumentsApi(client);
    var target = Path.of(args[2]);
    Files.move(documents.sign(Path.of(args[1]).toFile()).level("B-LTA").reason("Approved").execute().toPath(), target);
    var report = new VerificationApi(client).verify(target.toFile()).execute();
    var none = Files.writeString(target.resolveSibling("none.pdf"), "no document").toFile();
    try {
      documents.sign(none).execute();
      throw new AssertionError("no problem where there is no document");
    } catch (ApiException refused) {
      var problem = Problem.fromJson(refused.getResponseBody());
      System.out.println(report.getVerdict().getIndication() + " " + report.getSignatures().get(0).getLevel() + " " + problem.getStatus() + " "
          + problem.getCode() + " " + problem.getInstance().substring(0, 9));
    }
  }
}
