package dev.notebay.reliability.planted;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Compiles the changed source files of a planted bug, and only those, against the classes of this
 * process.
 */
public final class PatchCompiler {
  private final Sources sources;

  public PatchCompiler(Sources sources) {
    this.sources = sources;
  }

  /**
   * The bytes of the changed classes by their binary names.
   *
   * @throws IllegalStateException when a patch has no place or does not compile; it names the bug
   */
  Map<String, byte[]> compile(PlantedBug bug) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var problems = new DiagnosticCollector<JavaFileObject>();
    try (var files = new KeptInMemory(compiler.getStandardFileManager(problems, null, null))) {
      boolean compiled =
          compiler.getTask(null, files, problems, options(), null, changed(bug)).call();
      if (!compiled) {
        throw new IllegalStateException(
            "planted bug " + bug.name() + " does not compile:\n" + errors(problems));
      }
      return files.classes();
    } catch (IOException unclosed) {
      throw new UncheckedIOException("cannot close the compiler's files", unclosed);
    }
  }

  private static List<String> options() {
    return List.of(
        "-classpath",
        System.getProperty("java.class.path"),
        "-parameters",
        "-proc:none",
        "-implicit:none",
        "-Xlint:none");
  }

  private List<Source> changed(PlantedBug bug) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Patch patch : bug.patches()) {
      try {
        texts.put(patch.type(), patch.applied(texts.computeIfAbsent(patch.type(), sources::of)));
      } catch (IllegalStateException misplaced) {
        throw new IllegalStateException(
            "planted bug " + bug.name() + ": " + misplaced.getMessage(), misplaced);
      }
    }
    return texts.entrySet().stream()
        .map(entry -> new Source(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static String errors(DiagnosticCollector<JavaFileObject> problems) {
    return problems.getDiagnostics().stream()
        .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
        .map(Object::toString)
        .collect(Collectors.joining("\n"));
  }

  private static URI uri(String type, JavaFileObject.Kind kind) {
    return URI.create("memory:///" + type.replace('.', '/') + kind.extension);
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    private Source(String type, String text) {
      super(uri(type, Kind.SOURCE), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class Output extends SimpleJavaFileObject {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Output(String type) {
      super(uri(type, Kind.CLASS), Kind.CLASS);
    }

    @Override
    public OutputStream openOutputStream() {
      return bytes;
    }
  }

  private static final class KeptInMemory extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, Output> outputs = new TreeMap<>();

    private KeptInMemory(JavaFileManager files) {
      super(files);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String type, JavaFileObject.Kind kind, FileObject sibling) {
      return outputs.computeIfAbsent(type, Output::new);
    }

    private Map<String, byte[]> classes() {
      return outputs.entrySet().stream()
          .collect(
              Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().bytes.toByteArray()));
    }
  }
}
