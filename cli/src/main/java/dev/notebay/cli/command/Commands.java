package dev.notebay.cli.command;

import java.lang.reflect.Constructor;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes commands; those that work with the {@link App} get it. */
final class Commands implements IFactory {
  private final App app;

  Commands(App app) {
    this.app = app;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == App.class) {
        return type.cast(constructor.newInstance(app));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
