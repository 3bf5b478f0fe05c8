package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogManager;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Judges and makes signed documents with libraries that were not written here: one JSON job a line on standard input, one JSON answer
 * a line on standard output, in any order. An answer repeats its job's members; "error" says that a library gave up. See README.md.
 */
public final class Judge {
    static final ObjectMapper JSON = new ObjectMapper();

    /** What one library does with one job: it adds its findings to the answer. */
    interface Work {
        void run(JsonNode job, ObjectNode answer) throws Exception;
    }

    private Judge() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err); // a library that prints must not end up among the answers
        LogManager.getLogManager().reset();
        Security.addProvider(new BouncyCastleProvider());
        int threads = Runtime.getRuntime().availableProcessors();
        var pool = Executors.newFixedThreadPool(threads);
        var room = new Semaphore(4 * threads);
        try (var jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                JsonNode job = JSON.readTree(line);
                room.acquire();
                pool.execute(() -> {
                    try {
                        String answer = answer(job);
                        synchronized (answers) {
                            answers.println(answer);
                            answers.flush();
                        }
                    } finally {
                        room.release();
                    }
                });
            }
        }
        pool.shutdown();
        pool.awaitTermination(1, TimeUnit.HOURS);
    }

    private static String answer(JsonNode job) {
        ObjectNode answer = job.deepCopy();
        try {
            work(job.path("do").asText()).run(job, answer);
        } catch (Exception | StackOverflowError | OutOfMemoryError fault) { // hostile bytes can end any parser anywhere
            answer.put("error", fault.getClass().getSimpleName() + ": " + fault.getMessage());
        }
        return answer.toString();
    }

    private static Work work(String name) {
        return switch (name) {
            case "dss" -> DssJudge::judge;
            case "pdfbox" -> PdfBoxJudge::judge;
            case "verapdf" -> VeraPdfJudge::judge;
            case "sign-dss" -> DssSigner::sign;
            case "extend-dss" -> DssSigner::extend;
            case "sign-pdfbox" -> PdfBoxSigner::sign;
            default -> throw new IllegalArgumentException("no such work: " + name);
        };
    }
}
