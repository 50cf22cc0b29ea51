package dev.notebay.reliability.processes;

/** How much is tried: {@code -Dreliability.scale=ci} or {@code long}. */
enum Scale {
  CI(34, 10, 1, 1, 6),
  LONG(1000, 100, 30, 20, 200);

  private final int schedulerKills;
  private final int databaseKills;
  private final int storageKills;
  private final int leaderPauses;
  private final int clusterKills;

  Scale(
      int schedulerKills, int databaseKills, int storageKills, int leaderPauses, int clusterKills) {
    this.schedulerKills = schedulerKills;
    this.databaseKills = databaseKills;
    this.storageKills = storageKills;
    this.leaderPauses = leaderPauses;
    this.clusterKills = clusterKills;
  }

  static Scale wanted() {
    return valueOf(
        System.getProperty("reliability.scale", "ci").toUpperCase(java.util.Locale.ROOT));
  }

  /** Random kills of the scheduler; {@code -Dreliability.kills=} says otherwise. */
  int schedulerKills() {
    return Integer.getInteger("reliability.kills", schedulerKills);
  }

  /** Random kills of PostgreSQL; likewise. */
  int databaseKills() {
    return Integer.getInteger("reliability.kills", databaseKills);
  }

  /** Random kills of a scheduler on a cluster; likewise. */
  int clusterKills() {
    return Integer.getInteger("reliability.kills", clusterKills);
  }

  /** Of the named points each, every second, every third, …: these with random kills make fifty. */
  int everyPoint() {
    return this == CI ? 3 : 1;
  }

  /** Random kills of the storage gateway. */
  int storageKills() {
    return storageKills;
  }

  /** How often a leader stands still. */
  int leaderPauses() {
    return leaderPauses;
  }
}
