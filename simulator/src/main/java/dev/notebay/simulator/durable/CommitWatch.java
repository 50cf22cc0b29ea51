package dev.notebay.simulator.durable;

import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionStore;
import dev.notebay.scheduler.core.session.SessionStore.Replacement;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;

/** Tells of every session that a leader has written, when the database has committed it. */
final class CommitWatch {
  private CommitWatch() {}

  static SessionStore on(SessionStore store, Consumer<Session> committed) {
    return (SessionStore)
        Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(),
            new Class<?>[] {SessionStore.class},
            (_, method, arguments) -> {
              Object answer;
              try {
                answer = method.invoke(store, arguments);
              } catch (InvocationTargetException failed) {
                throw failed.getCause() == null ? failed : failed.getCause();
              }
              if (method.getName().equals("replaceAll")) {
                tell((List<?>) arguments[0], (List<?>) answer, committed);
              }
              return answer;
            });
  }

  private static void tell(List<?> next, List<?> answers, Consumer<Session> committed) {
    for (int i = 0; i < next.size(); i++) {
      if (answers.get(i) == Replacement.REPLACED && next.get(i) instanceof Session session) {
        committed.accept(session);
      }
    }
  }
}
