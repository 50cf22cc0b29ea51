package dev.notebay.reliability.simulation;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Code that can be left in the middle of any call and gone on with later, in the same thread. So
 * the services' blocking code runs in the simulator as it is, and is interleaved wherever it waits
 * for something outside itself.
 *
 * <p>Uses what virtual threads are made of, {@code jdk.internal.vm.Continuation}, which needs
 * {@code --add-exports java.base/jdk.internal.vm=ALL-UNNAMED}: a virtual thread would be scheduled
 * by others, and a platform thread costs a hundred times more to switch.
 */
final class Coroutine {
  private static final MethodHandle MAKE;
  private static final MethodHandle RUN;
  private static final MethodHandle YIELD;
  private static final Object SCOPE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
      Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
      SCOPE =
          lookup
              .findConstructor(scope, MethodType.methodType(void.class, String.class))
              .invoke("simulation");
      MAKE =
          lookup
              .findConstructor(
                  continuation, MethodType.methodType(void.class, scope, Runnable.class))
              .bindTo(SCOPE)
              .asType(MethodType.methodType(Object.class, Runnable.class));
      RUN =
          lookup
              .findVirtual(continuation, "run", MethodType.methodType(void.class))
              .asType(MethodType.methodType(void.class, Object.class));
      YIELD =
          lookup
              .findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
              .bindTo(SCOPE);
    } catch (Throwable missing) {
      throw new ExceptionInInitializerError(missing);
    }
  }

  private final Object continuation;
  private @Nullable Throwable failure;

  Coroutine(Runnable body) {
    Runnable guarded =
        () -> {
          try {
            body.run();
          } catch (RuntimeException | Error thrown) {
            failure = thrown;
          }
        };
    try {
      continuation = (Object) MAKE.invokeExact(guarded);
    } catch (Throwable impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Begins it, or goes on, until it leaves again or ends; throws what it has thrown. */
  void resume() {
    try {
      RUN.invokeExact(continuation);
      if (failure != null) {
        throw failure;
      }
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Leaves the running one, until somebody resumes it. */
  static void leave() {
    try {
      boolean left = (boolean) YIELD.invokeExact();
      if (!left) {
        throw new IllegalStateException("a native frame is in the way");
      }
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }
}
