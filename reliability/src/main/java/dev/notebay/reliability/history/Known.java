package dev.notebay.reliability.history;

import dev.notebay.scheduler.core.session.EndReason;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What is certain of one session after some operations. The control plane changes sessions at any
 * time, so this says where it was at last and not where it is; what it can have become since is
 * decided when it is seen again.
 *
 * @param version its version then; where {@code exact} is false, the least that it can have had
 * @param stages in one of which it was then
 * @param reason why it ends, once that was seen
 * @param stopAsked whether its owner may have asked for its end
 * @param extensionOpen whether an extension without an answer may take effect
 */
record Known(
    long version,
    boolean exact,
    Set<Stage> stages,
    Optional<EndReason> reason,
    Optional<Instant> extendUntil,
    boolean stopAsked,
    boolean extensionOpen) {

  /** A session that has just been made. */
  static Known created() {
    return new Known(
        1, true, EnumSet.of(Stage.QUEUED), Optional.empty(), Optional.empty(), false, false);
  }

  /** After it was seen; empty where it cannot have become that. */
  Optional<Known> sighted(Sighting seen, boolean runtimesEnd) {
    return isReasonPossible(seen, runtimesEnd) && isExtensionPossible(seen)
        ? became(seen, stagesAt(seen.version()))
        : Optional.empty();
  }

  /** After its owner's stop was answered with {@code seen}. */
  Optional<Known> stopped(Sighting seen, Optional<String> etag, boolean runtimesEnd) {
    if (!seen.phase().isEnding()) {
      return Optional.empty();
    }
    Optional<Known> already =
        isEtag(etag, seen.version()) ? sighted(seen, runtimesEnd) : Optional.empty();
    boolean byThis =
        isEtag(etag, seen.version() - 1)
            && seen.reason().equals(Optional.of(EndReason.USER_REQUEST))
            && isExtensionPossible(seen);
    return already.isPresent() || !byThis
        ? already
        : perhapsStopped().became(seen, Stage.after(aliveAt(seen.version() - 1), 1));
  }

  /** After its owner's extension was answered with {@code seen}. */
  Optional<Known> extended(Sighting seen, boolean runtimesEnd) {
    if (seen.phase() != Phase.RUNNING || seen.extendUntil().isEmpty()) {
      return Optional.empty();
    }
    Optional<Known> already = sighted(seen, runtimesEnd);
    boolean byThis =
        isExtendedFurther(seen) && stagesAt(seen.version() - 1).contains(Stage.RUNNING);
    return already.isPresent() || !byThis ? already : became(seen, EnumSet.of(Stage.RUNNING));
  }

  /** After its version was said not to be {@code etag}. */
  Optional<Known> changedFrom(String etag) {
    if (!exact || !etag.equals(Long.toString(version))) {
      return Optional.of(this);
    }
    return at(version + 1, Stage.within(Stage.after(stages, 1), Long.MAX_VALUE));
  }

  /** After it was said to be in {@code phase}, and not at which version. */
  Optional<Known> in(Phase phase) {
    if (!exact) {
      return at(version, Stage.in(phase, Stage.within(stages, Long.MAX_VALUE)));
    }
    if (!Stage.in(phase, stages).isEmpty()) {
      return Optional.of(this);
    }
    Set<Stage> changed = Stage.within(Stage.after(stages, 1), Long.MAX_VALUE);
    return at(version + 1, Stage.in(phase, changed));
  }

  Known perhapsStopped() {
    return new Known(version, exact, stages, reason, extendUntil, true, extensionOpen);
  }

  Known perhapsExtended() {
    return new Known(version, exact, stages, reason, extendUntil, stopAsked, true);
  }

  private Optional<Known> became(Sighting seen, Set<Stage> possible) {
    Set<Stage> seenAs = Stage.in(seen.phase(), possible);
    return seenAs.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Known(
                seen.version(),
                true,
                seenAs,
                seen.reason(),
                seen.extendUntil(),
                stopAsked,
                extensionOpen));
  }

  private Optional<Known> at(long least, Set<Stage> possible) {
    return possible.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Known(least, false, possible, reason, extendUntil, stopAsked, extensionOpen));
  }

  private Set<Stage> stagesAt(long at) {
    if (at < version) {
      return Collections.emptySet();
    }
    return exact ? Stage.after(stages, at - version) : Stage.within(stages, at - version);
  }

  private Set<Stage> aliveAt(long at) {
    Set<Stage> alive = EnumSet.noneOf(Stage.class);
    stagesAt(at).stream().filter(stage -> !stage.phase().isEnding()).forEach(alive::add);
    return alive;
  }

  private boolean isReasonPossible(Sighting seen, boolean runtimesEnd) {
    if (reason.isPresent()) {
      return seen.reason().equals(reason);
    }
    return runtimesEnd || stopAsked || !seen.reason().equals(Optional.of(EndReason.USER_REQUEST));
  }

  private boolean isExtensionPossible(Sighting seen) {
    return seen.extendUntil().equals(extendUntil)
        || (extensionOpen && (!exact || seen.version() > version) && isExtendedFurther(seen));
  }

  private boolean isExtendedFurther(Sighting seen) {
    return seen.extendUntil().isPresent()
        && (extendUntil.isEmpty() || seen.extendUntil().get().isAfter(extendUntil.get()));
  }

  private static boolean isEtag(Optional<String> etag, long version) {
    return etag.isEmpty() || etag.get().equals(Long.toString(version));
  }
}
