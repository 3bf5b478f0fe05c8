package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.EncryptionAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.http.commons.CommonsDataLoader;
import eu.europa.esig.dss.service.http.commons.OCSPDataLoader;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;

/** EU DSS as a signer: "file" → "out" with the PKCS#12 file "key", at "level", by the "tsa". */
final class DssSigner {
    private DssSigner() {}

    static void sign(JsonNode job, ObjectNode answer) throws Exception {
        var parameters = parameters(job);
        var service = service(job);
        DSSDocument document = new FileDocument(Path.of(job.path("file").asText()).toFile());
        var password = new PasswordProtection(job.path("password").asText().toCharArray());
        try (var token = new Pkcs12SignatureToken(job.path("key").asText(), password)) {
            var key = token.getKeys().get(0);
            if (job.path("pss").asBoolean()) {
                parameters.setEncryptionAlgorithm(EncryptionAlgorithm.RSASSA_PSS);
            }
            parameters.setSigningCertificate(key.getCertificate());
            parameters.setCertificateChain(key.getCertificateChain());
            var data = service.getDataToSign(document, parameters);
            var value = token.sign(data, parameters.getSignatureAlgorithm(), key);
            service.signDocument(document, parameters, value).save(job.path("out").asText());
        }
    }

    static void extend(JsonNode job, ObjectNode answer) throws Exception {
        DSSDocument document = new FileDocument(Path.of(job.path("file").asText()).toFile());
        service(job).extendDocument(document, parameters(job)).save(job.path("out").asText());
    }

    private static PAdESSignatureParameters parameters(JsonNode job) {
        var parameters = new PAdESSignatureParameters();
        String level = job.path("level").asText().replace("-", "_"); // B-LTA → PAdES_BASELINE_LTA
        parameters.setSignatureLevel(SignatureLevel.valueOf("PAdES_BASELINE_" + level.substring(level.indexOf('_') + 1)));
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setReason("Conformance");
        parameters.setContentSize(32 << 10);
        return parameters;
    }

    private static PAdESService service(JsonNode job) throws Exception {
        CommonCertificateVerifier verifier = Trust.offline(job);
        verifier.setOcspSource(new OnlineOCSPSource(new OCSPDataLoader()));
        verifier.setCrlSource(new OnlineCRLSource(new CommonsDataLoader()));
        var service = new PAdESService(verifier);
        if (job.hasNonNull("tsa")) {
            service.setTspSource(new OnlineTSPSource(job.path("tsa").asText(), new TimestampDataLoader()));
        }
        return service;
    }
}
