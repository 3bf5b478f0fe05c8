import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Calendar;
import java.util.concurrent.Callable;
import java.util.logging.LogManager;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** Signs a document in memory again and again with a key that is loaded once, and prints the processor time of the process for each. */
public final class Peers {
    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        String key = arguments[1];
        char[] password = arguments[2].toCharArray();
        byte[] document = Files.readAllBytes(Path.of(arguments[3]));
        int count = Integer.parseInt(arguments[4]);
        Callable<byte[]> sign = arguments[0].equals("dss") ? dss(key, password, document) : pdfbox(key, password, document);
        for (int i = 0; i < count; i++) { // lets the JIT compiler warm up
            if (sign.call().length <= document.length) {
                throw new IllegalStateException("nothing was signed");
            }
        }
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = system.getProcessCpuTime();
        for (int i = 0; i < count; i++) {
            sign.call();
        }
        System.out.printf("%.3f%n", (system.getProcessCpuTime() - before) / 1e6 / count);
        System.exit(0);
    }

    private static Callable<byte[]> dss(String file, char[] password, byte[] document) throws Exception {
        var token = new Pkcs12SignatureToken(file, new KeyStore.PasswordProtection(password));
        var key = token.getKeys().get(0);
        var service = new PAdESService(new CommonCertificateVerifier());
        return () -> {
            var parameters = new PAdESSignatureParameters();
            parameters.setSignatureLevel(SignatureLevel.PAdES_BASELINE_B);
            parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
            parameters.setSigningCertificate(key.getCertificate());
            parameters.setCertificateChain(key.getCertificateChain());
            var sent = new InMemoryDocument(document);
            var value = token.sign(service.getDataToSign(sent, parameters), parameters.getSignatureAlgorithm(), key);
            var out = new ByteArrayOutputStream();
            service.signDocument(sent, parameters, value).writeTo(out);
            return out.toByteArray();
        };
    }

    private static Callable<byte[]> pdfbox(String file, char[] password, byte[] document) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        try (var in = new FileInputStream(file)) {
            store.load(in, password);
        }
        String alias = store.aliases().nextElement();
        var key = (PrivateKey) store.getKey(alias, password);
        var chain = Arrays.asList(store.getCertificateChain(alias));
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return () -> {
            var signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
            signature.setSignDate(Calendar.getInstance());
            try (var opened = Loader.loadPDF(document); var out = new ByteArrayOutputStream(); var options = new SignatureOptions()) {
                opened.addSignature(signature, content -> {
                    try {
                        var generator = new CMSSignedDataGenerator();
                        generator.addSignerInfoGenerator(
                                new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                                        .build(new JcaContentSignerBuilder(algorithm).build(key), (X509Certificate) chain.get(0)));
                        generator.addCertificates(new JcaCertStore(chain));
                        return generator.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
                    } catch (Exception fault) {
                        throw new IOException(fault);
                    }
                }, options);
                opened.saveIncremental(out);
                return out.toByteArray();
            }
        };
    }
}
