package dev.notebay.cli.identity;

import dev.notebay.cli.terminal.CliFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Set;

/**
 * The secrets of one machine's installation, in {@code keys/}: an EC key pair that signs its users'
 * tokens, and the key from which runtimes' secrets are derived. Made once, readable by the owner
 * only.
 */
public final class LocalKeys {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNER_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final int INSTALLATION_KEY_BYTES = 32;

  private final Path directory;

  public LocalKeys(Path home) {
    this.directory = home.resolve("keys");
  }

  public Path publicKey() {
    return directory.resolve("jwt-public.pem");
  }

  private Path privateKey() {
    return directory.resolve("jwt-private.pem");
  }

  private Path installationKey() {
    return directory.resolve("installation.key");
  }

  /** Makes what is missing. The caller holds the installation's lock. */
  public void ensure() throws IOException {
    ensureDirectory(directory);
    if (!Files.exists(installationKey())) {
      byte[] key = new byte[INSTALLATION_KEY_BYTES];
      new SecureRandom().nextBytes(key);
      write(installationKey(), key);
    }
    if (!Files.exists(privateKey()) || !Files.exists(publicKey())) {
      KeyPair pair = newKeyPair();
      write(publicKey(), pem("PUBLIC KEY", pair.getPublic().getEncoded()));
      write(privateKey(), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    }
  }

  /** The key that signs this machine's tokens. */
  public PrivateKey signingKey() {
    try {
      String text = Files.readString(privateKey());
      String body = text.replaceAll("-----[A-Z ]+-----|\\s", "");
      return KeyFactory.getInstance("EC")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
    } catch (java.nio.file.NoSuchFileException missing) {
      throw CliFailure.unavailable(
          "this machine has no key yet: " + privateKey(), "run: ./notebay up");
    } catch (IOException | GeneralSecurityException | IllegalArgumentException unusable) {
      throw CliFailure.unavailable(
          "the key " + privateKey() + " cannot be used: " + unusable.getMessage(),
          "if it is damaged, remove the directory "
              + directory
              + " and run: ./notebay down && ./notebay up");
    }
  }

  /** Makes a directory that only its owner can enter; one that exists stays as it is. */
  public static void ensureDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_DIRECTORY));
    }
  }

  /**
   * Makes the state directory. One that exists is never given another mode: it may be somebody
   * else's. One that others may enter is taken only if it is empty or has been ours before.
   */
  public static void ensureHome(Path home) throws IOException {
    ensureDirectory(home);
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(home);
    if (OWNER_DIRECTORY.containsAll(mode) || Files.isDirectory(home.resolve("keys"))) {
      return;
    }
    try (var entries = Files.newDirectoryStream(home)) {
      if (entries.iterator().hasNext()) {
        throw CliFailure.usage(
            "NOTEBAY_HOME: "
                + home
                + " has other files in it, and others may enter it ("
                + PosixFilePermissions.toString(mode)
                + ")",
            "name a directory that does not exist yet, for instance NOTEBAY_HOME="
                + home.resolve("notebay"));
      }
    }
  }

  /** Whole or not at all, and never readable by anybody else. */
  private static void write(Path file, byte[] content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(next);
    try (var channel =
        Files.newByteChannel(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
      var bytes = java.nio.ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static KeyPair newKeyPair() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("this JDK has no P-256", impossible);
    }
  }

  private static byte[] pem(String kind, byte[] encoded) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    return ("-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
