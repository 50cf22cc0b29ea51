package dev.notebay.scheduler.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.notebay.scheduler.kube.KubeSettings.AccessMode;
import dev.notebay.scheduler.kube.KubeSettings.Defaults;
import dev.notebay.scheduler.kube.KubeSettings.Images;
import dev.notebay.scheduler.kube.KubeSettings.Jwt;
import dev.notebay.scheduler.kube.KubeSettings.SchedulerAddress;
import dev.notebay.scheduler.kube.KubeSettings.Storage;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads {@link KubeSettings} from YAML; every field that is there must be known and right. */
public final class KubeSettingsFile {
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final String LABEL_IS =
      "at most 63 of a-z, 0-9 and -, beginning and ending with a letter or digit";
  private static final Pattern CLASS = Pattern.compile("[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern RESOURCE =
      Pattern.compile(
          "[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?");
  private static final Pattern IMAGE =
      Pattern.compile(
          "[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9._-]+)*(:[\\w.-]+)?(@sha256:[0-9a-f]{64})?");
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9.-]+:[1-9][0-9]{0,4}");
  private static final String EPHEMERAL_STORAGE = "10Gi";

  private KubeSettingsFile() {}

  /**
   * Reads a file.
   *
   * @throws BadSettings when it is not there or something in it is wrong
   */
  public static KubeSettings read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException unreadable) {
      throw new BadSettings("cannot be read: " + unreadable.getMessage(), unreadable);
    }
  }

  /** Reads a text. */
  static KubeSettings parse(String yaml) {
    YamlField root =
        new YamlField(tree(yaml), "")
            .object(
                "installation",
                "namespace",
                "images",
                "scheduler",
                "jwt",
                "defaults",
                "acceleratorClasses",
                "storage");
    return new KubeSettings(
        root.get("installation").text(LABEL_IS, LABEL),
        root.get("namespace").text(LABEL_IS, LABEL),
        images(root.get("images").object("agent", "default", "allowed")),
        scheduler(root.get("scheduler").object("address", "tokenAudience")),
        jwt(root.get("jwt").object("issuer", "jwks")),
        defaults(
            root.get("defaults")
                .object("tolerations", "nodeSelector", "ephemeralStorage", "runtimeClass")),
        classes(root.get("acceleratorClasses")),
        storage(root.get("storage").object("storageClass", "accessMode")));
  }

  private static JsonNode tree(String yaml) {
    try {
      return new ObjectMapper(new YAMLFactory())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .readTree(yaml);
    } catch (JsonProcessingException wrong) {
      throw new BadSettings("no YAML: " + wrong.getMessage(), wrong);
    }
  }

  private static Images images(YamlField field) {
    String expected = "a container image, as registry.example.org/notebay/agent:1";
    List<String> allowed = new ArrayList<>();
    for (YamlField each : field.get("allowed").elements()) {
      String pattern = each.text(expected + ", or the beginning of one and *");
      if (pattern.indexOf('*') != -1 && pattern.indexOf('*') != pattern.length() - 1) {
        throw each.bad("* only at the end");
      }
      allowed.add(pattern);
    }
    return new Images(
        field.get("agent").text(expected, IMAGE),
        field.get("default").text(expected, IMAGE),
        allowed);
  }

  private static SchedulerAddress scheduler(YamlField field) {
    return new SchedulerAddress(
        field.get("address").text("host:port, as notebay-scheduler.notebay.svc:7410", ADDRESS),
        field.get("tokenAudience").text("a text", Labels.NOTEBAY));
  }

  private static Optional<Jwt> jwt(YamlField field) {
    if (field.get("issuer").text("a URL", "").isEmpty()
        && field.get("jwks").text("a URL", "").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Jwt(
            field.get("issuer").text("the issuer's URL, when jwks is set"),
            field.get("jwks").text("the URL of its keys, when issuer is set")));
  }

  private static Defaults defaults(YamlField field) {
    return new Defaults(
        tolerations(field.get("tolerations")),
        field.get("nodeSelector").texts(),
        bytes(field.get("ephemeralStorage")),
        label(field.get("runtimeClass")));
  }

  private static long bytes(YamlField field) {
    String expected = "an amount of bytes, as " + EPHEMERAL_STORAGE;
    try {
      BigDecimal amount =
          Quantity.getAmountInBytes(new Quantity(field.text(expected, EPHEMERAL_STORAGE)));
      if (amount.signum() > 0) {
        return amount.longValueExact();
      }
    } catch (IllegalArgumentException | ArithmeticException notAnAmount) {
      throw field.bad(expected);
    }
    throw field.bad(expected);
  }

  private static Optional<String> label(YamlField field) {
    return field.text("a name", "").isEmpty()
        ? Optional.empty()
        : Optional.of(field.text(LABEL_IS, CLASS));
  }

  private static List<AcceleratorClass> classes(YamlField field) {
    List<AcceleratorClass> classes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (YamlField each : field.elements()) {
      each.object("name", "resource", "nodeSelector", "tolerations", "runtimeClass");
      String name = each.get("name").text("at most 63 of a-z, 0-9, - and ., as nvidia-t4", CLASS);
      if (!names.add(name)) {
        throw each.get("name").bad("each name once");
      }
      Map<String, String> selector = each.get("nodeSelector").texts();
      classes.add(
          new AcceleratorClass(
              name,
              each.get("resource").text("an extended resource, as nvidia.com/gpu", RESOURCE),
              selector,
              tolerations(each.get("tolerations")),
              label(each.get("runtimeClass"))));
    }
    return classes;
  }

  private static List<Toleration> tolerations(YamlField field) {
    List<Toleration> tolerations = new ArrayList<>();
    for (YamlField each : field.elements()) {
      each.object("key", "operator", "value", "effect");
      try {
        tolerations.add(
            new Toleration(
                each.get("key").text("a taint's key", ""),
                each.get("operator").isThere()
                    ? each.get("operator")
                        .word(Toleration.Operator.class, Toleration.Operator::word)
                    : Toleration.Operator.EQUAL,
                each.get("value").text("a taint's value", ""),
                each.get("effect").text("a taint's effect", "").isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                        each.get("effect")
                            .word(Toleration.Effect.class, Toleration.Effect::word))));
      } catch (IllegalArgumentException wrong) {
        throw new BadSettings(each.path() + "." + wrong.getMessage(), wrong);
      }
    }
    return tolerations;
  }

  private static Storage storage(YamlField field) {
    YamlField mode = field.get("accessMode");
    return new Storage(
        label(field.get("storageClass")),
        mode.isThere()
            ? mode.word(AccessMode.class, AccessMode::word)
            : AccessMode.READ_WRITE_ONCE);
  }
}
