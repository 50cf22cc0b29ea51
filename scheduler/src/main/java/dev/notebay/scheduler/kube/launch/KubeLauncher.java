package dev.notebay.scheduler.kube.launch;

import dev.notebay.scheduler.core.SchedulerException.ClusterUnavailable;
import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.Launcher;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.launch.StartPhase;
import dev.notebay.scheduler.kube.KubeSettings;
import dev.notebay.scheduler.kube.Labels;
import dev.notebay.scheduler.kube.SessionOwners;
import dev.notebay.scheduler.kube.SessionPods;
import dev.notebay.scheduler.kube.launch.PodCalls.Made;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sessions as pods of a cluster.
 *
 * <ol>
 *   <li>A launch creates the pod under the runtime's name, owned by the session's object, and binds
 *       it to the node that the session was placed on. That it is there already is success; so is
 *       that it is bound.
 *   <li>A pod that was left unbound, by a scheduler that died in between, is bound by whoever sees
 *       it: to which node is written in it.
 *   <li>What is listed is what the watch has heard, and what this process has just made. What is
 *       looked at is asked of the API server now.
 *   <li>Every delete names the pod's uid, so that it can never hit another one of the same name.
 *       Without its kubelet's word a pod is deleted only if its node's object is gone, or an
 *       operator has declared the node out of service.
 * </ol>
 *
 * What always holds: no pod is touched that does not carry the labels of this installation; a pod
 * that its node may still run is not said to have ended.
 */
public final class KubeLauncher implements Launcher, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(KubeLauncher.class.getName());

  /** Until the watch should have heard of a pod that was made. */
  private static final Duration UNTIL_HEARD = Duration.ofSeconds(30);

  /** Whoever has made a pod is about to bind it. */
  private static final Duration UNTIL_BOUND = Duration.ofSeconds(3);

  private static final int AT_ONCE = 32;
  private static final int MANY = 8;

  private final KubeSettings settings;
  private final SessionPods pods;
  private final PodBuilder builder;
  private final SessionOwners owners;
  private final InstantSource clock;
  private final PodCalls calls;
  private final Attempts attempts;
  private final StartTroubles troubles;
  private final Map<RuntimeName, String> refusals = new ConcurrentHashMap<>();
  private final Map<RuntimeName, Instant> launched = new ConcurrentHashMap<>();

  /**
   * @param client not closed with this
   * @param pods what the watch has heard
   * @param owners which custom resource a session's pod goes with
   */
  public KubeLauncher(
      KubernetesClient client,
      KubeSettings settings,
      SessionPods pods,
      PodBuilder builder,
      SessionOwners owners,
      InstantSource clock) {
    this.settings = settings;
    this.pods = pods;
    this.builder = builder;
    this.owners = owners;
    this.clock = clock;
    this.calls = new PodCalls(client, settings);
    this.attempts = new Attempts(clock, AT_ONCE);
    this.troubles = new StartTroubles(calls, attempts);
  }

  @Override
  public void launch(LaunchRequest request) {
    RuntimeName name = request.name();
    String refusal = refusals.remove(name);
    if (refusal != null) {
      throw new LaunchException(refusal);
    }
    launched.putIfAbsent(name, clock.instant());
    String launch = "launch " + name;
    if (attempts.isUnderWay(launch) || attempts.rests(launch)) {
      return;
    }
    Pod pod = builder.build(request);
    attempts.begin(launch, UNTIL_HEARD, () -> make(request, pod));
  }

  private void make(LaunchRequest request, Pod pod) {
    RuntimeName name = request.name();
    String refused = "object";
    Made made;
    try {
      pod.getMetadata()
          .setOwnerReferences(owners.ownerOf(name.session(), request.owner()).stream().toList());
      refused = "pod";
      made = calls.create(pod);
    } catch (KubernetesClientException failure) {
      if (!isFinal(failure.getCode())) {
        throw failure;
      }
      refuse(name, "the cluster refuses its " + refused + ": " + messageOf(failure));
      return;
    }
    if (!made.isOf(settings)) {
      refuse(
          name,
          "namespace "
              + settings.namespace()
              + " has a pod "
              + name
              + " of somebody else; whoever made it must remove it");
      return;
    }
    calls.bind(name.toString(), made.metadata().uid(), request.assignment().node());
  }

  private static String messageOf(KubernetesClientException failure) {
    return failure.getStatus() == null || failure.getStatus().getMessage() == null
        ? String.valueOf(failure.getMessage())
        : failure.getStatus().getMessage();
  }

  /** Told to whoever asks for the launch again. */
  private void refuse(RuntimeName name, String why) {
    LOG.log(System.Logger.Level.WARNING, "launch refused runtime=" + name + ": " + why);
    refusals.put(name, why);
  }

  /** Whether the same request would be answered so again. */
  private static boolean isFinal(int code) {
    return switch (code) {
      case 401, 408, 409, 425, 429 -> false;
      default -> code >= 400 && code < 500;
    };
  }

  @Override
  public List<RuntimeView> list() {
    if (!pods.isSynced()) {
      throw new ClusterUnavailable("the cluster's pods and nodes have not been seen yet");
    }
    Instant now = clock.instant();
    List<RuntimeView> views = new ArrayList<>();
    Set<RuntimeName> heard = new HashSet<>();
    List<Pod> heldUp = new ArrayList<>();
    for (Pod pod : pods.sessions()) {
      PodStatusMapper.nameOf(pod)
          .filter(_ -> PodCalls.isOf(pod, settings))
          .ifPresent(
              name -> {
                heard.add(name);
                RuntimeView view = view(name, pod, heardFate(pod), now);
                views.add(view);
                help(view, pod, now);
                if (isHeldUp(view, now)) {
                  heldUp.add(pod);
                }
              });
    }
    troubles.ask(heldUp);
    launched.keySet().removeAll(heard);
    launched.forEach(
        (name, since) -> {
          if (isBeingMade(name)) {
            views.add(scheduling(name, since));
          }
        });
    launched.values().removeIf(since -> since.plus(UNTIL_HEARD).isBefore(now));
    attempts.prune();
    return views;
  }

  @Override
  public Optional<RuntimeView> look(RuntimeName name) {
    Instant now = clock.instant();
    // Asked before: what is made meanwhile may be missed by the question, and not by the answer.
    boolean beingMade = attempts.isUnderWay("launch " + name);
    Optional<Pod> pod = calls.find(name.toString()).filter(found -> PodCalls.isOf(found, settings));
    if (pod.isPresent()) {
      launched.remove(name);
      return Optional.of(view(name, pod.get(), presentFate(pod.get()), now));
    }
    return beingMade ? Optional.of(scheduling(name, now)) : Optional.empty();
  }

  @Override
  public void terminate(RuntimeName name) {
    boolean isGoing =
        pods.session(name.toString())
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
            .filter(pod -> !heardFate(pod).isLost())
            .isPresent();
    if (!isGoing) {
      attempts.begin("terminate " + name, Duration.ZERO, () -> terminateNow(name));
    }
  }

  private void terminateNow(RuntimeName name) {
    Optional<Pod> pod = calls.find(name.toString()).filter(each -> PodCalls.isOf(each, settings));
    if (pod.isEmpty()
        || (pod.get().getStatus() != null && PodEnd.hasEnded(pod.get().getStatus()))) {
      return;
    }
    if (presentFate(pod.get()).isLost()) {
      calls.delete(pod.get(), Optional.of(0L));
    } else if (pod.get().getMetadata().getDeletionTimestamp() == null) {
      calls.delete(pod.get(), Optional.empty());
    }
  }

  @Override
  public void remove(RuntimeName name) {
    attempts.begin("remove " + name, Duration.ZERO, () -> removeNow(name));
  }

  private void removeNow(RuntimeName name) {
    Optional<Pod> pod = calls.find(name.toString()).filter(each -> PodCalls.isOf(each, settings));
    if (pod.isPresent()
        && view(name, pod.get(), presentFate(pod.get()), clock.instant())
            instanceof RuntimeView.Ended) {
      calls.delete(pod.get(), Optional.of(0L));
    }
  }

  /** Whether so much is asked of the API server that what can wait should. */
  public boolean isBusy() {
    return attempts.underWay() > MANY;
  }

  /** Gives a start its node, where nobody else does. */
  private void help(RuntimeView view, Pod pod, Instant now) {
    if (!(view instanceof RuntimeView.Starting(var name, var phase, var since, _, _))) {
      return;
    }
    String node = annotation(pod, Labels.NODE);
    if (phase == StartPhase.SCHEDULING
        && !node.isEmpty()
        && now.isAfter(since.plus(UNTIL_BOUND))
        && !attempts.isUnderWay("launch " + name)) {
      String uid = pod.getMetadata().getUid();
      attempts.begin("bind " + name, UNTIL_BOUND, () -> calls.bind(name.toString(), uid, node));
    }
  }

  /** Whether only others can say what is in its way. */
  private static boolean isHeldUp(RuntimeView view, Instant now) {
    return view instanceof RuntimeView.Starting(_, var phase, var since, _, _)
        && (phase == StartPhase.VOLUME || phase == StartPhase.CONTAINER)
        && now.isAfter(since.plus(UNTIL_BOUND));
  }

  private RuntimeView view(RuntimeName name, Pod pod, NodeFate fate, Instant now) {
    return PodStatusMapper.map(name, pod, troubles.of(pod), fate, now);
  }

  private boolean isBeingMade(RuntimeName name) {
    return attempts.isUnderWay("launch " + name)
        || (attempts.rests("launch " + name) && !refusals.containsKey(name));
  }

  private static RuntimeView scheduling(RuntimeName name, Instant since) {
    return new RuntimeView.Starting(name, StartPhase.SCHEDULING, since, "", Optional.empty());
  }

  private NodeFate heardFate(Pod pod) {
    return nodeOf(pod).map(node -> NodeFate.of(pods.node(node))).orElse(NodeFate.PRESENT);
  }

  /** That a node is lost is believed only of the API server. */
  private NodeFate presentFate(Pod pod) {
    NodeFate heard = heardFate(pod);
    return heard.isLost()
        ? nodeOf(pod).map(node -> NodeFate.of(calls.findNode(node))).orElse(NodeFate.PRESENT)
        : heard;
  }

  private static Optional<String> nodeOf(Pod pod) {
    return Optional.ofNullable(pod.getSpec().getNodeName()).filter(node -> !node.isEmpty());
  }

  private static String annotation(Pod pod, String name) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(name, "");
  }

  @Override
  public void close() {
    attempts.close();
  }
}
