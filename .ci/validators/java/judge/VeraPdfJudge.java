package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** veraPDF: is a document what its metadata claims (PDF/A, in the flavour that it names; "" = none). */
final class VeraPdfJudge {
    private VeraPdfJudge() {}

    static {
        VeraGreenfieldFoundryProvider.initialise();
    }

    static void judge(JsonNode job, ObjectNode answer) throws Exception {
        try (var parser = Foundries.defaultInstance().createParser(new File(job.path("file").asText()))) {
            if (parser.getFlavours().isEmpty()) {
                answer.put("flavour", "").put("compliant", false);
                return;
            }
            validate(parser, answer);
        }
    }

    private static void validate(PDFAParser parser, ObjectNode answer) throws Exception {
        PDFAFlavour flavour = parser.getFlavours().get(0);
        try (var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            answer.put("flavour", flavour.getId());
            answer.put("compliant", result.isCompliant());
            var failed = new TreeSet<String>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    failed.add(assertion.getRuleId().getClause() + " test " + assertion.getRuleId().getTestNumber() + ": "
                            + assertion.getMessage() + " at " + assertion.getLocation().getContext());
                }
            }
            ArrayNode rules = answer.putArray("failed");
            failed.stream().limit(20).forEach(rules::add);
        }
    }
}
