package judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Store;

/** PDFBox finds the signatures, BouncyCastle verifies them: digest, CMS, DER of the signed attributes, timestamps, chains. */
final class PdfBoxJudge {
    private PdfBoxJudge() {}

    static void judge(JsonNode job, ObjectNode answer) throws Exception {
        byte[] file = Files.readAllBytes(Path.of(job.path("file").asText()));
        ArrayNode signatures = answer.putArray("signatures");
        try (PDDocument document = Loader.loadPDF(file)) {
            for (PDSignature signature : document.getSignatureDictionaries()) {
                var faults = new ArrayList<String>();
                ObjectNode out = signatures.addObject();
                try {
                    one(job, out, file, signature, faults);
                } catch (Exception fault) { // hostile bytes can end any parser anywhere
                    faults.add(fault.getClass().getSimpleName() + ": " + fault.getMessage());
                }
                ArrayNode list = out.putArray("faults");
                faults.forEach(list::add);
            }
        }
    }

    private static void one(JsonNode job, ObjectNode out, byte[] file, PDSignature signature, List<String> faults) throws Exception {
        out.put("sub_filter", signature.getSubFilter());
        ArrayNode range = out.putArray("byte_range");
        for (int number : signature.getByteRange()) {
            range.add(number);
        }
        faults.addAll(rangeFaults(signature.getByteRange(), file));
        byte[] contents = signature.getContents();
        byte[] signed = signature.getSignedContent(file);
        if (COSName.getPDFName("ETSI.RFC3161").getName().equals(signature.getSubFilter())) {
            out.put("kind", "document_timestamp");
            faults.addAll(timestampFaults(job, token(contents), signed, "document timestamp"));
            return;
        }
        out.put("kind", "signature");
        var cms = new CMSSignedData(new CMSProcessableByteArray(signed), contentInfo(contents));
        if (cms.getSignerInfos().size() != 1) {
            faults.add(cms.getSignerInfos().size() + " signers");
        }
        for (SignerInformation signer : cms.getSignerInfos()) {
            faults.addAll(signerFaults(job, cms, signer, signature));
        }
    }

    private static List<String> rangeFaults(int[] range, byte[] file) {
        if (range.length != 4 || range[0] != 0 || range[1] >= range[2] || (long) range[2] + range[3] > file.length) {
            return List.of("odd /ByteRange " + Arrays.toString(range));
        }
        if (file[range[1]] != '<' || file[range[2] - 1] != '>') {
            return List.of("/ByteRange leaves out something other than /Contents");
        }
        return List.of();
    }

    private static ContentInfo contentInfo(byte[] contents) throws IOException {
        try (var in = new ASN1InputStream(contents)) {
            return ContentInfo.getInstance(in.readObject());
        }
    }

    private static TimeStampToken token(byte[] contents) throws Exception {
        return new TimeStampToken(contentInfo(contents));
    }

    private static List<String> signerFaults(JsonNode job, CMSSignedData cms, SignerInformation signer, PDSignature signature)
            throws Exception {
        var faults = new ArrayList<String>();
        X509CertificateHolder holder = certificate(cms.getCertificates(), signer.getSID(), "signer", faults);
        if (holder == null) {
            return faults;
        }
        var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(
                new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder).getPublicKey());
        if (!signer.verify(verifier)) {
            faults.add("the signature does not verify");
        }
        if (signer.getSignedAttributes() == null) {
            faults.add("no signed attributes");
        } else if (!Arrays.equals(signer.getEncodedSignedAttributes(), signer.toASN1Structure().getAuthenticatedAttributes()
                .getEncoded(ASN1Encoding.DER))) {
            faults.add("the signed attributes are not DER");
        }
        Date time = Trust.time(job);
        Attribute timestamp = signer.getUnsignedAttributes() == null ? null
                : signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
        if (timestamp != null) {
            var token = new TimeStampToken(ContentInfo.getInstance(timestamp.getAttrValues().getObjectAt(0)));
            faults.addAll(timestampFaults(job, token, signer.getSignature(), "signature timestamp"));
            time = token.getTimeStampInfo().getGenTime();
        }
        chain(job, holder, cms.getCertificates(), time, "signer", faults);
        return faults;
    }

    private static List<String> timestampFaults(JsonNode job, TimeStampToken token, byte[] stamped, String what) throws Exception {
        var faults = new ArrayList<String>();
        byte[] digest = MessageDigest.getInstance(token.getTimeStampInfo().getHashAlgorithm().getAlgorithm().getId(), "BC").digest(stamped);
        if (!Arrays.equals(digest, token.getTimeStampInfo().getMessageImprintDigest())) {
            faults.add(what + ": the imprint covers other data");
        }
        X509CertificateHolder holder = certificate(token.getCertificates(), token.getSID(), what, faults);
        if (holder == null) {
            return faults;
        }
        try {
            token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder));
        } catch (Exception fault) {
            faults.add(what + ": " + fault.getMessage());
        }
        chain(job, holder, token.getCertificates(), token.getTimeStampInfo().getGenTime(), what, faults);
        return faults;
    }

    @SuppressWarnings("unchecked")
    private static X509CertificateHolder certificate(Store<X509CertificateHolder> all, org.bouncycastle.util.Selector<?> id, String what,
            List<String> faults) {
        var found = all.getMatches((org.bouncycastle.util.Selector<X509CertificateHolder>) id);
        if (found.isEmpty()) {
            faults.add(what + ": the certificate is not in the CMS");
            return null;
        }
        return found.iterator().next();
    }

    private static void chain(JsonNode job, X509CertificateHolder leaf, Store<X509CertificateHolder> all, Date time, String what,
            List<String> faults) throws Exception {
        var converter = new JcaX509CertificateConverter().setProvider("BC");
        List<X509Certificate> others = new ArrayList<>();
        for (X509CertificateHolder holder : all.getMatches(null)) {
            others.add(converter.getCertificate(holder));
        }
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate anchor : Trust.anchors(job)) {
            anchors.add(new TrustAnchor(anchor, null));
        }
        var target = new X509CertSelector();
        target.setCertificate(converter.getCertificate(leaf));
        var parameters = new PKIXBuilderParameters(anchors, target);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(others)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(time);
        try {
            CertPathBuilder.getInstance("PKIX", "BC").build(parameters);
        } catch (java.security.cert.CertPathBuilderException fault) {
            faults.add(what + ": no chain to the root: " + fault.getMessage());
        }
    }
}
