package dev.notebay.reliability.history;

import dev.notebay.reliability.history.SessionCall.Create;
import dev.notebay.scheduler.core.session.RequestKey;
import dev.notebay.scheduler.core.session.SessionId;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * What is certain of all sessions of one person.
 *
 * @param made what each request made that was answered
 * @param open by the digests that they were sent with, requests without an answer, each of which
 *     may have made a session or make one yet
 * @param sessions all that were ever shown; those that no answered request made are the work of
 *     open ones, and which of which is left open
 */
record PersonsSessions(
    Map<UUID, Made> made, Map<UUID, Set<String>> open, Map<SessionId, Known> sessions) {
  static final PersonsSessions NONE = new PersonsSessions(Map.of(), Map.of(), Map.of());

  record Made(String digest, SessionId session) {}

  /** After {@code key} was answered with this session. */
  Optional<PersonsSessions> created(RequestKey key, Sighting seen, boolean runtimesEnd) {
    Made before = made.get(key.id());
    if (before != null) {
      return before.equals(new Made(key.digest(), seen.id()))
          ? sighted(seen, runtimesEnd)
          : Optional.empty();
    }
    // What was shown before was made before, so by an attempt that got no answer.
    if (isMadeByAnother(seen.id())
        || (sessions.containsKey(seen.id()) && !open.containsKey(key.id()))) {
      return Optional.empty();
    }
    return sessions
        .getOrDefault(seen.id(), Known.created())
        .sighted(seen, runtimesEnd)
        .map(
            known ->
                new PersonsSessions(
                    with(made, key.id(), new Made(key.digest(), seen.id())),
                    without(open, key.id()),
                    with(sessions, seen.id(), known)))
        .filter(PersonsSessions::isExplained);
  }

  PersonsSessions perhapsCreated(Create create) {
    UUID id = create.key().id();
    if (made.containsKey(id)) {
      return this;
    }
    Set<String> digests = new HashSet<>(open.getOrDefault(id, Set.of()));
    digests.add(create.key().digest());
    return new PersonsSessions(made, with(open, id, Set.copyOf(digests)), sessions);
  }

  /** Whether the request id may have been used for something else than {@code key} says. */
  boolean isPerhapsReused(RequestKey key) {
    Made before = made.get(key.id());
    return before != null
        ? !before.digest().equals(key.digest())
        : open.getOrDefault(key.id(), Set.of()).stream()
            .anyMatch(digest -> !digest.equals(key.digest()));
  }

  Optional<PersonsSessions> sighted(Sighting seen, boolean runtimesEnd) {
    Known before = sessions.getOrDefault(seen.id(), Known.created());
    return before.sighted(seen, runtimesEnd).flatMap(known -> withKnown(seen.id(), known));
  }

  /** After a list: one instant at which all these and no others were there. */
  Optional<PersonsSessions> listed(List<Sighting> all, boolean withEnded, boolean runtimesEnd) {
    Set<SessionId> shown = new HashSet<>();
    Optional<PersonsSessions> now = Optional.of(this);
    for (Sighting seen : all) {
      boolean expected = shown.add(seen.id()) && (withEnded || seen.phase() != Phase.ENDED);
      now = now.filter(_ -> expected).flatMap(state -> state.sighted(seen, runtimesEnd));
    }
    for (SessionId id : sessions.keySet()) {
      if (!shown.contains(id)) {
        now =
            now.filter(_ -> !withEnded)
                .flatMap(state -> state.changed(id, known -> known.in(Phase.ENDED)));
      }
    }
    return now;
  }

  /** After {@code change}; empty where the session is not known or the change not possible. */
  Optional<PersonsSessions> changed(SessionId id, Function<Known, Optional<Known>> change) {
    return Optional.ofNullable(sessions.get(id))
        .flatMap(change)
        .flatMap(known -> withKnown(id, known));
  }

  private Optional<PersonsSessions> withKnown(SessionId id, Known known) {
    return Optional.of(new PersonsSessions(made, open, with(sessions, id, known)))
        .filter(PersonsSessions::isExplained);
  }

  private boolean isMadeByAnother(SessionId id) {
    return made.values().stream().anyMatch(each -> each.session().equals(id));
  }

  /** Whether there is a request for each session. */
  private boolean isExplained() {
    return sessions.size() <= made.size() + open.size();
  }

  private static <K, V> Map<K, V> with(Map<K, V> map, K key, V value) {
    Map<K, V> changed = new LinkedHashMap<>(map);
    changed.put(key, value);
    return Collections.unmodifiableMap(changed);
  }

  private static <K, V> Map<K, V> without(Map<K, V> map, K key) {
    Map<K, V> changed = new LinkedHashMap<>(map);
    changed.remove(key);
    return Collections.unmodifiableMap(changed);
  }
}
