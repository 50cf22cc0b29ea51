package dev.notebay.reliability.processes;

import dev.notebay.reliability.crash.CrashPoint;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The places at which a service is made to end. Each is tried, and must be reached. */
final class CrashPoints {
  private CrashPoints() {}

  /** While the scheduler starts, with a database that is there. */
  static List<CrashPoint> ofStartingScheduler() {
    return points(
        "dev.notebay.scheduler.",
        "config.StateDirectoryLock.take@exit",
        "database.EmbeddedDatabase.ensureRunning@before:announce",
        "database.EmbeddedDatabase.start@exit",
        "postgres.Schema.migrate@entry",
        "config.InstallationCheck.run@exit",
        "config.LoopThread.start@entry",
        "postgres.PostgresLeaderLease.acquire@exit");
  }

  /** While it starts for the first time, in this order. */
  static List<CrashPoint> ofFirstStart() {
    return points(
        "dev.notebay.scheduler.",
        "database.PostgresBinaries.in@exit",
        "database.Postmaster.initialize@before:move",
        "database.Postmaster.initialize@after:move",
        "database.Postmaster.start(1)@entry",
        "database.Postmaster.start(1)@exit",
        "database.EmbeddedDatabase.createDatabase@exit",
        "postgres.Schema.migrate@exit",
        "config.InstallationCheck.write@before:move");
  }

  /** While it works. */
  static List<CrashPoint> ofWorkingScheduler() {
    return points(
        "dev.notebay.scheduler.",
        // A request of a person.
        "core.request.SessionRequests.create@entry",
        "core.request.SessionRequests.create@after:insert",
        "core.request.SessionRequests.stop@exit",
        "core.request.SessionRequests.extend@exit",
        "core.request.SessionRequests.change@before:replace",
        "core.request.SessionRequests.change@after:replace",
        // One transaction.
        "postgres.SessionInserts.lockOwners@exit",
        "postgres.SessionInserts.insert@after:executeUpdate",
        "postgres.SessionWrites.update@exit#2",
        "postgres.DeviceUses.book@exit",
        "postgres.DeviceUses.end@exit#3",
        "postgres.Transactions.once@before:commit#3",
        "postgres.Transactions.once@after:commit#4",
        "postgres.PostgresLeaderLease.renew@exit",
        // One pass of the control loop.
        "core.reconcile.ControlLoop.runOnce@after:decide#2",
        "core.reconcile.ControlLoop.take@entry#3",
        "core.reconcile.ControlLoop.isGone@exit",
        "core.reconcile.ControlLoop.writeAll@after:replaceAll#2",
        "core.reconcile.ControlLoop.start@before:mount",
        "core.reconcile.ControlLoop.start@after:mount",
        "core.reconcile.ControlLoop.start@before:launch",
        "core.reconcile.ControlLoop.start@after:launch",
        "core.reconcile.ControlLoop.release@before:unmount",
        "core.reconcile.ControlLoop.release@after:unmount",
        "core.reconcile.ControlLoop.take@before:remove",
        "core.reconcile.ControlLoop.take@after:remove",
        // A runtime's start and end on this machine.
        "local.LocalLauncher.launch(2)@before:make",
        "local.LocalLauncher.launch(2)@after:make",
        "local.LocalLauncher.launch(2)@after:agentProperties",
        "local.LocalLauncher.launch(2)@before:startSupervisor",
        "local.LocalLauncher.launch(2)@after:startSupervisor",
        "local.LocalLauncher.takeAway@before:take",
        "local.Trash.take@after:move",
        // An agent's link.
        "core.request.SessionRequests.claim@entry",
        "core.request.SessionRequests.claim@exit",
        "core.request.SessionRequests.ready@entry",
        "core.request.SessionRequests.ready@exit",
        "core.request.SessionRequests.endRequest@entry",
        "core.request.SessionRequests.endRequest@exit",
        "grpc.AgentConnections.open@entry");
  }

  /** When an agent does not end, and its runtime is ended by force. */
  static List<CrashPoint> ofForce() {
    return points("dev.notebay.scheduler.", "core.reconcile.ControlLoop.take@before:terminate");
  }

  /** While the storage gateway works. */
  static List<CrashPoint> ofStorage() {
    return points(
        "dev.notebay.storage.",
        "postgres.Sql.once@before:commit",
        "postgres.Sql.once@after:commit",
        "postgres.PostgresMountStore.record@exit",
        "postgres.PostgresMountStore.mount@exit",
        "postgres.PostgresMountStore.unmount@exit",
        "core.volume.Volumes.create@after:insert",
        "core.volume.Volumes.place@after:ensure",
        "core.volume.Volumes.delete@exit");
  }

  /** While a runtime agent writes down what its kernel says. */
  static List<CrashPoint> ofWritingAgent() {
    return points(
        "dev.notebay.agent.",
        "files.KernelJournal.append@entry#3",
        "files.KernelJournal.append@exit#3",
        "files.KernelJournal.force@exit");
  }

  /** While an agent that was started again takes up its kernels. */
  static List<CrashPoint> ofResumingAgent() {
    return points(
        "dev.notebay.agent.",
        "files.KernelJournal.open(3)@exit",
        "launcher.LauncherKernels.serveControl@entry");
  }

  /** While it claims its session again. */
  static List<CrashPoint> ofClaimingAgent() {
    return points(
        "dev.notebay.agent.", "config.Agent.claimed@entry", "control.ClaimFile.write@exit");
  }

  /** All of an agent. */
  static List<CrashPoint> ofAgent() {
    return Stream.of(ofWritingAgent(), ofResumingAgent(), ofClaimingAgent())
        .flatMap(List::stream)
        .toList();
  }

  /** Those among them that are asked for by {@code -Dreliability.point=}; all, where none is. */
  static List<CrashPoint> wanted(List<CrashPoint> points) {
    String part = System.getProperty("reliability.point", "");
    int step = part.isEmpty() ? Scale.wanted().everyPoint() : 1;
    return IntStream.range(0, points.size())
        .filter(i -> i % step == 0)
        .mapToObj(points::get)
        .filter(point -> point.toString().contains(part))
        .toList();
  }

  private static List<CrashPoint> points(String prefix, String... texts) {
    return List.of(texts).stream().map(text -> CrashPoint.parse(prefix + text)).toList();
  }
}
