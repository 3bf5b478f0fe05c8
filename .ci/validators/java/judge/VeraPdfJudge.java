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

/** veraPDF: is a document what its metadata claims: PDF/A, PDF/UA or both, in the flavours that they name; "" = none. */
final class VeraPdfJudge {
    private VeraPdfJudge() {}

    static {
        VeraGreenfieldFoundryProvider.initialise();
    }

    static void judge(JsonNode job, ObjectNode answer) throws Exception {
        var claimed = new TreeSet<String>();
        var failed = new TreeSet<String>();
        boolean compliant = true;
        try (var parser = Foundries.defaultInstance().createParser(new File(job.path("file").asText()))) {
            for (PDFAFlavour flavour : parser.getFlavours()) {
                claimed.add(flavour.getId());
                compliant &= validate(parser, flavour, failed);
            }
        }
        answer.put("flavour", String.join(" ", claimed));
        answer.put("compliant", compliant && !claimed.isEmpty());
        ArrayNode rules = answer.putArray("failed");
        failed.stream().limit(20).forEach(rules::add);
    }

    private static boolean validate(PDFAParser parser, PDFAFlavour flavour, TreeSet<String> failed) throws Exception {
        try (var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    failed.add(flavour.getId() + " " + assertion.getRuleId().getClause() + " test " + assertion.getRuleId().getTestNumber() + ": "
                            + assertion.getMessage() + " at " + assertion.getLocation().getContext());
                }
            }
            return result.isCompliant();
        }
    }
}
