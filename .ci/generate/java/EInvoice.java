import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.mustangproject.validator.ZUGFeRDValidator;

/**
 * Asks Mustang whether PDF files are valid electronic invoices. For each file named it prints "valid" or "invalid" and the name on one line
 * and, of an invalid one, the report in a line behind it.
 */
public final class EInvoice {
    private EInvoice() {}

    public static void main(String[] files) {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // a library that prints must not end up among the answers
        for (String file : files) {
            var validator = new ZUGFeRDValidator();
            validator.disableNotices();
            String report = validator.validate(file);
            boolean valid = validator.wasCompletelyValid();
            answers.println((valid ? "valid " : "invalid ") + file);
            if (!valid) {
                answers.println(report.replaceAll("\\s+", " "));
            }
        }
    }
}
