package dev.notebay.scheduler.kube.launch;

import java.util.Map;

/**
 * What a kubelet makes of the texts of {@code env}, {@code command} and {@code args}: {@code
 * $(NAME)} becomes the variable's value where there is one, and {@code $$} a dollar sign.
 *
 * @see <a
 *     href="https://github.com/kubernetes/kubernetes/blob/v1.36.0/third_party/forked/golang/expansion/expand.go">expand.go</a>
 */
final class Expansion {
  private Expansion() {}

  static String expand(String text, Map<String, String> variables) {
    var expanded = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c != '$' || i + 1 == text.length()) {
        expanded.append(c);
        i++;
      } else if (text.charAt(i + 1) == '$') {
        expanded.append('$');
        i += 2;
      } else if (text.charAt(i + 1) == '(' && text.indexOf(')', i) > 0) {
        String name = text.substring(i + 2, text.indexOf(')', i));
        expanded.append(variables.getOrDefault(name, "$(" + name + ")"));
        i = text.indexOf(')', i) + 1;
      } else {
        expanded.append('$');
        i++;
      }
    }
    return expanded.toString();
  }
}
