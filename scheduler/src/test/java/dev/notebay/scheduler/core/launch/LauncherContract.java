package dev.notebay.scheduler.core.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.session.Accelerator;
import dev.notebay.scheduler.core.session.Assignment;
import dev.notebay.scheduler.core.session.Compute;
import dev.notebay.scheduler.core.session.Owner;
import dev.notebay.scheduler.core.session.SessionId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What every {@link Launcher} does, whatever it launches on. */
public abstract class LauncherContract {
  private final SessionId session = new SessionId(UUID.randomUUID());

  /** One and the same. */
  protected abstract Launcher launcher();

  /** Another one for the same machines, as the next scheduler has it, or another replica. */
  protected abstract Launcher another();

  /** A node of these machines. */
  protected abstract String node();

  /** Lets time pass until something is so; fails where it is not in the end. */
  protected abstract void await(String what, BooleanSupplier condition);

  /** Lets everything in a runtime end by itself. */
  protected abstract void exit(RuntimeName name);

  private RuntimeName name(int attempt) {
    return new RuntimeName(session, attempt);
  }

  private LaunchRequest request(int attempt) {
    return new LaunchRequest(
        name(attempt),
        new Owner("ada"),
        Accelerator.NONE,
        new Compute(1000, 512L << 20),
        new Assignment(node(), "none", List.of(), Instant.EPOCH),
        Optional.empty());
  }

  private Optional<RuntimeView> listed(RuntimeName name) {
    return launcher().list().stream().filter(view -> view.name().equals(name)).findFirst();
  }

  private boolean hasEnded(RuntimeName name) {
    return launcher().look(name).filter(view -> !(view instanceof RuntimeView.Ended)).isEmpty();
  }

  private void launch(int attempt) {
    launcher().launch(request(attempt));
    await(
        "running",
        () -> launcher().look(name(attempt)).orElseThrow() instanceof RuntimeView.Running);
  }

  @Test
  void nothingIsThereThatWasNeverLaunched() {
    assertThat(launcher().look(name(1))).isEmpty();
    assertThat(listed(name(1))).isEmpty();

    launcher().terminate(name(1));
    launcher().remove(name(1));

    assertThat(launcher().look(name(1))).isEmpty();
  }

  @Test
  void whatWasLaunchedIsSeenByEverybody() {
    launch(1);

    assertThat(another().look(name(1)).map(RuntimeView::name)).contains(name(1));
    await("listed", () -> listed(name(1)).isPresent());
    assertThat(another().look(name(2))).as("another attempt").isEmpty();
  }

  @Test
  void launchingAgainIsLaunchingOnce() {
    launch(1);
    launcher().launch(request(1));
    another().launch(request(1));

    assertThat(launcher().list().stream().filter(view -> view.name().equals(name(1))).count())
        .isEqualTo(1);
  }

  @Test
  void attemptsOfOneSessionAreRuntimesOfTheirOwn() {
    launch(1);
    launch(2);
    launcher().terminate(name(1));
    await("the first has ended", () -> hasEnded(name(1)));

    assertThat(launcher().look(name(2)).orElseThrow()).isInstanceOf(RuntimeView.Running.class);
  }

  @Test
  void whatIsTerminatedEndsHoweverOftenItIsAsked() {
    launch(1);
    await(
        "ended",
        () -> {
          another().terminate(name(1));
          return hasEnded(name(1));
        });
    launcher().terminate(name(1));

    assertThat(hasEnded(name(1))).isTrue();
  }

  @Test
  void whatHasEndedDoesNotRunAgainUnderItsName() {
    launch(1);
    exit(name(1));
    await("ended", () -> hasEnded(name(1)));

    launcher().launch(request(1));

    assertThat(launcher().look(name(1)).orElseThrow()).isInstanceOf(RuntimeView.Ended.class);
  }

  @Test
  void onlyWhatHasEndedIsRemoved() {
    launch(1);
    launcher().remove(name(1));
    assertThat(launcher().look(name(1)).orElseThrow()).isInstanceOf(RuntimeView.Running.class);

    exit(name(1));
    await("ended", () -> hasEnded(name(1)));
    launcher().remove(name(1));

    await("gone", () -> launcher().look(name(1)).isEmpty() && listed(name(1)).isEmpty());
    launcher().remove(name(1));
  }
}
