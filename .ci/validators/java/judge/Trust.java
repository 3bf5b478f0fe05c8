package judge;

import com.fasterxml.jackson.databind.JsonNode;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/** What a document is judged by: the members "root", "crls" and "time" of a job. */
final class Trust {
    private Trust() {}

    /** The certificates of the job's PEM file. */
    static List<X509Certificate> anchors(JsonNode job) throws IOException, CertificateException {
        byte[] pem = Files.readAllBytes(Path.of(job.path("root").asText()));
        List<X509Certificate> anchors = new ArrayList<>();
        for (var one : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
            anchors.add((X509Certificate) one);
        }
        return anchors;
    }

    /** The time to judge at: now, unless the job says another. */
    static Date time(JsonNode job) {
        return job.hasNonNull("time") ? Date.from(Instant.parse(job.path("time").asText())) : new Date();
    }

    /** A verifier of DSS that asks nobody: what the document holds and the CRLs of the job must do. */
    static CommonCertificateVerifier offline(JsonNode job) throws IOException, CertificateException {
        var source = new CommonTrustedCertificateSource();
        for (X509Certificate anchor : anchors(job)) {
            source.addCertificate(new CertificateToken(anchor));
        }
        var verifier = new CommonCertificateVerifier(true);
        verifier.setTrustedCertSources(source);
        verifier.setAIASource(null);
        if (job.path("crls").size() > 0) {
            List<String> paths = new ArrayList<>();
            job.path("crls").forEach(path -> paths.add(path.asText()));
            var streams = new InputStream[paths.size()];
            for (int i = 0; i < streams.length; i++) {
                streams[i] = new ByteArrayInputStream(Files.readAllBytes(Path.of(paths.get(i))));
            }
            verifier.setCrlSource(new ExternalResourcesCRLSource(streams));
        }
        return verifier;
    }
}
