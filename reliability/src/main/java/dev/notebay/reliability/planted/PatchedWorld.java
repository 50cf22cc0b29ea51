package dev.notebay.reliability.planted;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * All of Notebay once more, with some classes changed. Nothing of it is shared with the classes of
 * this process: only the JDK's types can be passed in and out.
 */
final class PatchedWorld extends ClassLoader {
  private static final String OURS = "dev.notebay.";

  private final Map<String, byte[]> changed;

  PatchedWorld(Map<String, byte[]> changed) {
    super(PatchedWorld.class.getClassLoader());
    this.changed = Map.copyOf(changed);
  }

  /**
   * A new object of a public class of this world that looks at a seed and tells what was violated,
   * if anything.
   */
  @SuppressWarnings("unchecked") // An entry class of another type fails at its first seed.
  LongFunction<Optional<String>> trial(String entry) {
    try {
      return (LongFunction<Optional<String>>) loadClass(entry).getConstructor().newInstance();
    } catch (ReflectiveOperationException unusable) {
      throw new IllegalStateException(
          entry + " (expected: a public class with a public constructor of nothing)", unusable);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : findClass(name);
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte @Nullable [] bytes = changed.get(name);
    byte[] code = bytes != null ? bytes : unchanged(name);
    return defineClass(name, code, 0, code.length);
  }

  private byte[] unchanged(String name) throws ClassNotFoundException {
    try (InputStream code = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (code == null) {
        throw new ClassNotFoundException(name);
      }
      return code.readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read class " + name, unreadable);
    }
  }
}
