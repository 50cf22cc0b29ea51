package dev.notebay.scheduler.kube.session;

import static dev.notebay.scheduler.core.Sessions.NOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.notebay.scheduler.core.Sessions;
import dev.notebay.scheduler.core.request.SessionView;
import dev.notebay.scheduler.core.session.Session;
import dev.notebay.scheduler.core.session.SessionId;
import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.session.NotebookSessionStatus.State;
import dev.notebay.scheduler.kube.session.SessionHappenings.Happening;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the controller relies on. */
abstract class SessionObjectApiContract {
  private final Session session =
      Session.queued(
          new SessionId(UUID.randomUUID()), Sessions.ADA, Sessions.spec("nvidia-t4", 1), NOON);

  abstract SessionObjectApi api();

  abstract String namespace();

  /** As a person would, with an API client of their own. */
  abstract NotebookSession personCreates(NotebookSession object);

  abstract void personDeletes(String name);

  abstract Optional<NotebookSession> find(String name);

  @Test
  void whatIsAppliedIsThereAndApplyingItAgainChangesNothing() {
    NotebookSession made = api().apply(mirror()).orElseThrow();

    NotebookSession again = api().apply(stated(made, true)).orElseThrow();

    assertThat(again.getMetadata().getUid()).isEqualTo(made.getMetadata().getUid());
    assertThat(again.getMetadata().getFinalizers()).containsExactly(SessionLinks.FINALIZER);
    assertThat(again.getSpec()).isEqualTo(SpecWriter.of(session));
    assertThat(found(made)).isPresent();
  }

  @Test
  void theStatusIsWrittenAndReadAsItIsMeant() {
    NotebookSession made = api().apply(mirror()).orElseThrow();
    NotebookSessionStatus status =
        SessionObjectMapper.status(
            new SessionView(session, Optional.empty(), Optional.empty(), false), null, 1, NOON);

    NotebookSession told = api().applyStatus(SessionLinks.withStatus(made, status)).orElseThrow();

    assertThat(told.getStatus()).isEqualTo(status);
    assertThat(told.getSpec()).isEqualTo(made.getSpec());
    NotebookSessionStatus other =
        SessionObjectMapper.rejected("INVALID_FIELD", "wrong", status, 1, NOON);
    assertThat(api().applyStatus(SessionLinks.withStatus(made, other)).orElseThrow().getStatus())
        .isEqualTo(other);
  }

  @Test
  void whatAPersonWroteStaysTheirs() {
    NotebookSession theirs = object("theirs-" + session.id());
    theirs.getMetadata().setLabels(Map.of("team", "vision"));
    NotebookSession made = personCreates(theirs);

    api().apply(stated(made, true));
    NotebookSession free = api().apply(stated(made, false)).orElseThrow();

    assertThat(free.getMetadata().getFinalizers()).isEmpty();
    assertThat(free.getMetadata().getLabels())
        .containsEntry("team", "vision")
        .containsEntry(Labels.SESSION, session.id().toString());
    assertThat(free.getSpec().owner()).isEqualTo("bob");
  }

  @Test
  void whatIsGoneIsNotMadeAgain() {
    NotebookSession made = personCreates(object("gone-" + session.id()));
    personDeletes(made.getMetadata().getName());

    assertThat(api().apply(stated(made, true))).isEmpty();
    assertThat(
            api()
                .applyStatus(
                    SessionLinks.withStatus(
                        made, SessionObjectMapper.rejected("NO", "", null, 1, NOON))))
        .isEmpty();
    assertThat(found(made)).isEmpty();
  }

  @Test
  void anObjectThatIsDeletedStaysUntilItIsLetGo() {
    NotebookSession made = personCreates(object("kept-" + session.id()));
    api().apply(stated(made, true));
    personDeletes(made.getMetadata().getName());

    NotebookSession ending = found(made).orElseThrow();
    assertThat(ending.isMarkedForDeletion()).isTrue();
    api()
        .applyStatus(
            SessionLinks.withStatus(ending, SessionObjectMapper.rejected("NO", "", null, 1, NOON)));
    assertThat(found(made).orElseThrow().getStatus().state()).isEqualTo(State.REJECTED);
    api().apply(stated(ending, false));

    assertThat(found(made)).isEmpty();
  }

  @Test
  void onlyWhatIsAsItWasReadIsDeleted() {
    NotebookSession made = api().apply(mirror()).orElseThrow();
    NotebookSession free = api().apply(stated(made, false)).orElseThrow();

    assertThat(api().delete(made)).isFalse();
    assertThat(found(made)).isPresent();
    assertThat(api().delete(free)).isTrue();
    assertThat(found(made)).isEmpty();
  }

  @Test
  void whatHappenedCanBeTold() {
    NotebookSession made = api().apply(mirror()).orElseThrow();

    api().record(made, new Happening("Queued", false, "n".repeat(2000)), NOON.plusNanos(1_000));
  }

  private NotebookSession mirror() {
    return SessionLinks.mirror(session, namespace(), "notebay");
  }

  private NotebookSession stated(NotebookSession present, boolean kept) {
    return SessionLinks.stated(present, Optional.of(session.id()), "notebay", kept);
  }

  private NotebookSession object(String name) {
    var object = new NotebookSession();
    object.getMetadata().setName(name);
    object.getMetadata().setNamespace(namespace());
    object.setSpec(Serialization.unmarshal("owner: bob", NotebookSessionSpec.class));
    return object;
  }

  private Optional<NotebookSession> found(NotebookSession object) {
    return find(object.getMetadata().getName());
  }
}
