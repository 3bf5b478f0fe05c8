package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.TokenProxy;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.pdf.ServiceLoaderPdfObjFactory;
import eu.europa.esig.dss.pdf.modifications.DefaultPdfDifferencesFinder;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.nio.file.Path;
import java.util.List;

/** EU DSS with its default policy, which asks nobody but the document and the job's CRLs. */
final class DssJudge {
    private DssJudge() {}

    static void judge(JsonNode job, ObjectNode answer) throws Exception {
        var document = new FileDocument(Path.of(job.path("file").asText()).toFile());
        var validator = SignedDocumentValidator.fromDocument(document);
        if (validator instanceof PDFDocumentValidator pdf) {
            pdf.setPdfObjFactory(withoutPictures());
        }
        validator.setCertificateVerifier(Trust.offline(job));
        validator.setValidationTime(Trust.time(job));
        Reports reports = validator.validateDocument();
        SimpleReport report = reports.getSimpleReport();
        ArrayNode signatures = answer.putArray("signatures");
        for (SignatureWrapper one : reports.getDiagnosticData().getSignatures()) {
            ObjectNode out = signatures.addObject();
            out.put("kind", "signature");
            out.put("intact", intact(one));
            place(out, one.getPDFRevision());
            finding(out, report, one.getId());
            out.put("level", String.valueOf(report.getSignatureFormat(one.getId())));
            ArrayNode timestamps = out.putArray("timestamps");
            for (TimestampWrapper timestamp : one.getTimestampList()) {
                timestamp(timestamps.addObject(), report, timestamp);
            }
        }
        for (TimestampWrapper timestamp : reports.getDiagnosticData().getTimestampList()) {
            if (timestamp.getPDFRevision() != null) {
                ObjectNode out = signatures.addObject();
                out.put("kind", "document_timestamp");
                place(out, timestamp.getPDFRevision());
                timestamp(out, report, timestamp);
            }
        }
        if (job.path("report").asBoolean()) {
            answer.put("simple_report", reports.getXmlSimpleReport());
            answer.put("detailed_report", reports.getXmlDetailedReport());
            answer.put("diagnostic_data", reports.getXmlDiagnosticData());
        }
    }

    /** Revisions are compared by their objects, not also by rendering their pages, which takes seconds a document. */
    private static ServiceLoaderPdfObjFactory withoutPictures() {
        var differences = new DefaultPdfDifferencesFinder();
        differences.setMaximalPagesAmountForVisualComparison(0);
        var factory = new ServiceLoaderPdfObjFactory();
        factory.setPdfDifferencesFinder(differences);
        return factory;
    }

    /** Whether the signature value and every digest that it covers are right, whoever signed. */
    private static boolean intact(TokenProxy one) {
        return one.isSignatureIntact() && one.isSignatureValid()
            && one.getDigestMatchers().stream().allMatch(each -> each.isDataFound() && each.isDataIntact());
    }

    private static void timestamp(ObjectNode out, SimpleReport report, TimestampWrapper timestamp) {
        out.put("intact", intact(timestamp));
        out.put("type", String.valueOf(timestamp.getType()));
        finding(out, report, timestamp.getId());
    }

    private static void place(ObjectNode out, PDFRevisionWrapper revision) {
        if (revision == null) {
            return;
        }
        out.put("field", revision.getFirstFieldName());
        out.put("sub_filter", revision.getSubFilter());
        ArrayNode range = out.putArray("byte_range");
        revision.getSignatureByteRange().forEach(number -> range.add(number.longValue()));
        out.put("modified", revision.arePdfModificationsDetected());
        out.put("undefined_changes", revision.getPdfUndefinedChanges().size());
    }

    private static void finding(ObjectNode out, SimpleReport report, String id) {
        out.put("indication", text(report.getIndication(id)));
        out.put("sub_indication", text(report.getSubIndication(id)));
        messages(out.putArray("errors"), report.getAdESValidationErrors(id));
        messages(out.putArray("warnings"), report.getAdESValidationWarnings(id));
    }

    /** An enumeration's name as the standard writes it. */
    private static String text(Enum<?> value) {
        return value == null ? "" : value.name().replace("TOTAL_", "TOTAL-");
    }

    private static void messages(ArrayNode out, List<Message> messages) {
        messages.forEach(message -> out.add(message.getKey() + ": " + message.getValue()));
    }
}
