package dev.notebay.reliability.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorldTest {
  private final World world = new World(1, null);
  private final Actor actor = new Actor("actor");
  private final List<String> said = new ArrayList<>();

  private void sayTwice(String words, Duration pause) {
    said.add(words);
    world.sleep(pause);
    said.add(words + " again");
  }

  @Test
  void codeThatWaitsLetsOthersGoOn() {
    world.spawn(actor, () -> sayTwice("one", Duration.ofSeconds(2)));
    world.spawn(actor, () -> sayTwice("two", Duration.ofSeconds(1)));

    world.runUntil(Duration.ofSeconds(3).toNanos());

    assertThat(said).containsExactly("one", "two", "two again", "one again");
  }

  @Test
  void codeOfACrashedProcessNeverGoesOn() {
    world.spawn(actor, () -> sayTwice("one", Duration.ofSeconds(2)));
    world.after(Duration.ofSeconds(1).toNanos(), actor::crash);
    world.after(Duration.ofSeconds(1).toNanos(), actor::start);

    world.runUntil(Duration.ofSeconds(9).toNanos());

    assertThat(said).containsExactly("one");
  }

  @Test
  void anAnswerToACrashedProcessIsNotGivenToTheNextOne() {
    Promise<String> answer = new Promise<>();
    world.spawn(actor, () -> said.add(world.await(answer)));
    world.after(1, actor::crash);
    world.after(2, actor::start);
    world.after(3, () -> answer.keep("late"));

    world.runUntil(Duration.ofSeconds(9).toNanos());

    assertThat(said).isEmpty();
  }

  @Test
  void aStalledProcessDoesLaterWhatWasDueInTheSameOrder() {
    world.spawn(actor, () -> sayTwice("one", Duration.ofSeconds(1)));
    world.spawn(actor, () -> sayTwice("two", Duration.ofSeconds(2)));
    world.after(5, () -> actor.stall(Duration.ofSeconds(8).toNanos()));

    world.runUntil(Duration.ofSeconds(7).toNanos());
    assertThat(said).containsExactly("one", "two");
    world.runUntil(Duration.ofSeconds(8).toNanos());
    assertThat(said).containsExactly("one", "two", "one again", "two again");
  }

  @Test
  void aViolationInWaitingCodeEndsTheRun() {
    world.spawn(
        actor,
        () -> {
          world.sleep(Duration.ofSeconds(1));
          throw new Violation("seen");
        });

    assertThatThrownBy(() -> world.runUntil(Duration.ofSeconds(2).toNanos()))
        .isInstanceOf(Violation.class)
        .hasMessage("seen");
  }
}
