package dev.notebay.reliability.simulation;

import dev.notebay.scheduler.core.launch.LaunchRequest;
import dev.notebay.scheduler.core.launch.RuntimeName;
import dev.notebay.scheduler.core.launch.RuntimeView;
import dev.notebay.scheduler.core.session.EndReason;
import org.jspecify.annotations.Nullable;

/** A runtime as the cluster has it: one object, and on its node one group of processes. */
final class Pod {
  private final LaunchRequest request;
  private final String uid;
  private RuntimeView view;
  private boolean terminating;
  private @Nullable SimAgent agent;

  Pod(LaunchRequest request, String uid) {
    this.request = request;
    this.uid = uid;
    this.view = new RuntimeView.Running(request.name());
  }

  LaunchRequest request() {
    return request;
  }

  RuntimeName name() {
    return request.name();
  }

  String node() {
    return request.assignment().node();
  }

  /** Differs between any two pods, also of one name. */
  String uid() {
    return uid;
  }

  /** As the cluster knows it, which need not be how it is. */
  RuntimeView view() {
    return view;
  }

  boolean isEnded() {
    return view instanceof RuntimeView.Ended;
  }

  void end(EndReason reason, String message, java.time.Instant at) {
    view = new RuntimeView.Ended(request.name(), reason, message, at);
  }

  boolean isTerminating() {
    return terminating;
  }

  void terminate() {
    terminating = true;
  }

  /** The agent in it, once it has been started. */
  @Nullable SimAgent agent() {
    return agent;
  }

  void run(SimAgent agent) {
    this.agent = agent;
  }

  @Override
  public String toString() {
    return request.name() + "/" + uid;
  }
}
