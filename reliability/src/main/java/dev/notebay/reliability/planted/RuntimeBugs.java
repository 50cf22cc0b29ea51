package dev.notebay.reliability.planted;

import static dev.notebay.reliability.planted.PlantedBug.harmful;
import static dev.notebay.reliability.planted.PlantedBug.harmless;

import java.util.List;

/** Bugs of agents, and of what stands for the cluster and the storage gateway. */
final class RuntimeBugs {
  private static final String AGENT = "dev.notebay.reliability.simulation.SimAgent";
  private static final String CLUSTER = "dev.notebay.reliability.simulation.Cluster";
  private static final String GATEWAY = "dev.notebay.reliability.simulation.SimGateway";
  private static final String WATCH = "dev.notebay.agent.core.activity.SessionWatch";

  private static final Patch NO_END_OF_ITS_OWN =
      new Patch(
          WATCH,
          "policy.filter( kept -> kept.lifetimeEnd()",
          "policy.filter( kept -> kept.generation() < 0 && kept.lifetimeEnd()");
  private static final Patch NO_WISH_TO_END =
      new Patch(
          "dev.notebay.agent.core.activity.IdleContract",
          "policy.lifetimeEnd().map(end -> new Ending(end, policy.lifetimeEndCause()));",
          "Optional.<Ending>empty();");

  private RuntimeBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        harmful(
            "names-not-unique",
            "a runtime that is started twice runs twice",
            new Patch(
                CLUSTER,
                "if (pods.containsKey(request.name())) {",
                "if (pods.containsKey(request.name()) && world.now() < 0) {")),
        harmful(
            "kernel-before-claim",
            "a runtime touches its devices before it has asked",
            new Patch(AGENT, "int failures = 0;", "startKernel(); int failures = 0;")),
        harmful(
            "mount-fence-dropped",
            "a mount that comes late holds a volume for ever",
            new Patch(
                GATEWAY, "fences.merge(runtime.session(), runtime.attempt() + 1, Math::max);", "")),
        harmful(
            "volume-of-two",
            "a volume is mounted for two sessions",
            new Patch(
                GATEWAY,
                "if (holder != null && !holder.session().equals(runtime.session())) {",
                "if (holder != null && world.now() < 0) {")),
        harmful(
            "agent-ends-for-idleness-alone",
            "an agent ends its session without asking",
            new Patch(
                WATCH,
                "scheduler.requestEnd(cut.cause(), explain(cut), current.generation());",
                "end.end(cut.cause().name(), explain(cut), GRACE);")),
        harmless(
            "wish-never-withdrawn",
            "an agent's wish stays though its session is active again",
            "the scheduler follows no wish of a session that is reported active",
            new Patch(WATCH, "scheduler.withdrawEnd();", "")),
        harmless(
            "older-policy-followed",
            "an agent follows a policy that was overtaken",
            "a link keeps the order of what is said",
            new Patch(
                WATCH,
                "newer.generation() >= policy.get().generation()",
                "newer.generation() > 0")),
        harmful(
            "agent-forgets-the-lifetime",
            "an agent does not end its session when its lifetime is over",
            NO_END_OF_ITS_OWN,
            NO_WISH_TO_END),
        harmful(
            "lifetime-of-no-account",
            "neither agent nor scheduler ends a session when its lifetime is over",
            NO_END_OF_ITS_OWN,
            NO_WISH_TO_END,
            DecisionBugs.NO_LIFETIME),
        harmless(
            "refused-agent-goes-on",
            "an agent whose claim was refused asks again for ever",
            "a runtime that nobody wants is ended by force",
            new Patch(AGENT, "end(EndReason.RUNTIME_LOST, \"the claim was refused\");", "")));
  }
}
