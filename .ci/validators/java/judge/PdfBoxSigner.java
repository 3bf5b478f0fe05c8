package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** PDFBox and BouncyCastle as a signer of ISO 32000-1: adbe.pkcs7.detached with signing-time, and a timestamp where "tsa" is given. */
final class PdfBoxSigner {
    private PdfBoxSigner() {}

    static void sign(JsonNode job, ObjectNode answer) throws Exception {
        var signature = new PDSignature();
        signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
        signature.setSubFilter(COSName.getPDFName(job.path("sub_filter").asText("adbe.pkcs7.detached")));
        signature.setSignDate(Calendar.getInstance());
        signature.setReason("Conformance");
        try (var document = Loader.loadPDF(Path.of(job.path("file").asText()).toFile());
                var out = new FileOutputStream(job.path("out").asText());
                var options = new SignatureOptions()) {
            options.setPreferredSignatureSize(32 << 10);
            document.addSignature(signature, content -> cms(job, content), options);
            document.saveIncremental(out);
        }
    }

    private static byte[] cms(JsonNode job, InputStream content) throws IOException {
        try {
            char[] password = job.path("password").asText().toCharArray();
            var store = KeyStore.getInstance("PKCS12");
            try (var in = new FileInputStream(job.path("key").asText())) {
                store.load(in, password);
            }
            String alias = store.aliases().nextElement();
            var key = (PrivateKey) store.getKey(alias, password);
            var chain = Arrays.asList(store.getCertificateChain(alias));
            String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            var generator = new CMSSignedDataGenerator();
            generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                    .build(new JcaContentSignerBuilder(algorithm).build(key), (X509Certificate) chain.get(0)));
            generator.addCertificates(new JcaCertStore(chain));
            CMSSignedData signed = generator.generate(new CMSProcessableByteArray(content.readAllBytes()), false);
            return (job.hasNonNull("tsa") ? timestamped(job, signed) : signed).getEncoded();
        } catch (IOException fault) {
            throw fault;
        } catch (Exception fault) {
            throw new IOException(fault);
        }
    }

    private static CMSSignedData timestamped(JsonNode job, CMSSignedData signed) throws Exception {
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(signer.getSignature());
        var source = new OnlineTSPSource(job.path("tsa").asText(), new TimestampDataLoader());
        byte[] token = source.getTimeStampResponse(DigestAlgorithm.SHA256, digest).getBytes();
        var attribute = new Attribute(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken, new DERSet(ASN1Primitive.fromByteArray(token)));
        var unsigned = new AttributeTable(new DERSet(attribute));
        var stamped = SignerInformation.replaceUnsignedAttributes(signer, unsigned);
        return CMSSignedData.replaceSigners(signed, new SignerInformationStore(List.of(stamped)));
    }
}
