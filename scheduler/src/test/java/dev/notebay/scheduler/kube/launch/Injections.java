package dev.notebay.scheduler.kube.launch;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Texts that have broken out of templates, shells, parsers and logs elsewhere. */
final class Injections {
  /** What the texts would like to become part of. */
  private static final List<String> PAYLOADS =
      List.of(
          "privileged: true",
          "hostNetwork: true",
          "securityContext: {runAsUser: 0}",
          "volumes: [{name: host, hostPath: {path: /}}]",
          "serviceAccountName: cluster-admin",
          "kind: ClusterRoleBinding",
          "$(NOTEBAY_RUNTIME_TOKEN_FILE)",
          "$(OTHER)",
          "$(HOME)",
          "$$(OTHER)",
          "$$$(OTHER)",
          "${HOME}",
          "`id`",
          "$(id)",
          "; rm -rf /",
          "&& curl http://169.254.169.254/",
          "| sh",
          "{{ .Values.secret }}",
          "{% include '/etc/passwd' %}",
          "<% system('id') %>",
          "#{7*7}",
          "%s%n%x",
          "' OR 1=1 --",
          "../../../../etc/passwd",
          "--link /tmp/other.sock",
          "-c import os");

  /** How they would like to get there; {@code @} is the payload. */
  private static final List<String> WAYS =
      List.of(
          "@",
          "a\n@",
          "a\r\n    @",
          "\"\n@\n\"",
          "'\n@\n'",
          "x\"}],\"@",
          "- @",
          "|\n  @",
          "!!java/object @",
          "---\n@\n...");

  private static final List<String> ODD =
      List.of(
          "",
          " ",
          "\t",
          "\n",
          "\r",
          "null",
          "~",
          "true",
          "yes",
          "0x7f",
          "1e3",
          "0777",
          "2026-11-23",
          "*alias",
          "&anchor x",
          "<<: *all",
          "!!python/object/apply:os.system ['id']",
          "%YAML 1.2",
          "{",
          "}",
          "[",
          "]",
          ":",
          "#",
          ",",
          "?",
          "@",
          "`",
          "$",
          "$$",
          "$(",
          "$)",
          "$()",
          "$($(HOME))",
          "\\",
          "\\n",
          "\\u0000",
          "\"",
          "'",
          "\u0001\u0002\u001b[2J",
          "\u007f",
          "\u0085",
          "\u00a0",
          "\u2028@",
          "\u2029@",
          "\u202eevil",
          "\ufeffbom",
          "\ufffe",
          "\uffff",
          "e\u0301",
          "\ud83d\udc69\u200d\ud83d\udd2c",
          "\ud800",
          "\udc00x",
          "nul\0byte",
          "=",
          "NAME=VALUE",
          "-",
          "x".repeat(20_000),
          "\n".repeat(5_000),
          "$".repeat(9_999),
          "$(A)".repeat(3_000));

  private Injections() {}

  static List<String> all() {
    Set<String> all = new LinkedHashSet<>();
    for (String way : WAYS) {
      PAYLOADS.forEach(payload -> all.add(way.replace("@", payload)));
    }
    all.addAll(ODD);
    return new ArrayList<>(all);
  }
}
