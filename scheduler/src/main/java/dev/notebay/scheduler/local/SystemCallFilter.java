package dev.notebay.scheduler.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A seccomp filter that refuses to a sandbox the system calls that no notebook needs and through
 * which most holes in kernels were reached: mounting, new namespaces, key rings (which no namespace
 * separates), the kernel's log, BPF, performance counters, io_uring, modules, and setting clocks.
 * Everything else is allowed: this is the second wall, not the first.
 *
 * <p>Written as a classic BPF program, for bubblewrap's {@code --seccomp}.
 */
final class SystemCallFilter {
  private static final int LOAD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_GREATER_OR_EQUAL = 0x35;
  private static final int JUMP_IF_ANY_BIT = 0x45;
  private static final int RETURN = 0x06;

  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int FIRST_ARGUMENT = 16;

  private static final int ALLOW = 0x7fff0000;
  private static final int KILL = 0x80000000;
  private static final int NOT_PERMITTED = 0x00050000 | 1;
  private static final int NO_SUCH_CALL = 0x00050000 | 38;

  /** Of clone: a new mount, cgroup, UTS, IPC, user, pid or network namespace. */
  private static final int NEW_NAMESPACE = 0x7e020000;

  /** From here on x86-64 has a second table of the same calls. */
  private static final int X32 = 0x40000000;

  /** From 424 on numbers are the same everywhere: io_uring, the newer mount calls, quotas. */
  private static final List<Integer> REFUSED_EVERYWHERE =
      List.of(425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 443);

  private static final int CLONE3 = 435;

  private static final Map<String, Table> TABLES =
      Map.of(
          "amd64",
          new Table(
              0xc000003e,
              56,
              List.of(
                  103, 134, 155, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175,
                  176, 179, 180, 212, 227, 246, 248, 249, 250, 272, 298, 304, 308, 313, 320, 321,
                  323)),
          "aarch64",
          new Table(
              0xc00000b7,
              220,
              List.of(
                  18, 39, 40, 41, 42, 51, 60, 89, 104, 105, 106, 112, 116, 142, 161, 162, 170, 217,
                  218, 219, 224, 225, 97, 241, 265, 268, 273, 280, 282, 294)));

  private SystemCallFilter() {}

  /**
   * The calls of one architecture.
   *
   * @param audit what the kernel calls it
   * @param refused numbers of the calls that are refused
   */
  private record Table(int audit, int cloneNumber, List<Integer> refused) {}

  private record Instruction(int code, int ifTrue, int ifFalse, int value) {}

  /** The program for an architecture by Java's name; empty for one that has no table here. */
  static Optional<byte[]> of(String architecture) {
    return Optional.ofNullable(TABLES.get(architecture)).map(SystemCallFilter::compile);
  }

  private static byte[] compile(Table table) {
    List<Instruction> program = new ArrayList<>();
    program.add(new Instruction(LOAD, 0, 0, ARCHITECTURE));
    program.add(new Instruction(JUMP_IF_EQUAL, 1, 0, table.audit()));
    program.add(new Instruction(RETURN, 0, 0, KILL));
    program.add(new Instruction(LOAD, 0, 0, NUMBER));
    refuseIf(program, new Instruction(JUMP_IF_GREATER_OR_EQUAL, 0, 1, X32), NO_SUCH_CALL);
    // Its flags are in memory, where no filter can look; the C library then uses clone.
    refuseIf(program, new Instruction(JUMP_IF_EQUAL, 0, 1, CLONE3), NO_SUCH_CALL);
    List<Integer> refused = new ArrayList<>(table.refused());
    refused.addAll(REFUSED_EVERYWHERE);
    for (int number : refused) {
      refuseIf(program, new Instruction(JUMP_IF_EQUAL, 0, 1, number), NOT_PERMITTED);
    }
    program.add(new Instruction(JUMP_IF_EQUAL, 1, 0, table.cloneNumber()));
    program.add(new Instruction(RETURN, 0, 0, ALLOW));
    program.add(new Instruction(LOAD, 0, 0, FIRST_ARGUMENT));
    refuseIf(program, new Instruction(JUMP_IF_ANY_BIT, 0, 1, NEW_NAMESPACE), NOT_PERMITTED);
    program.add(new Instruction(RETURN, 0, 0, ALLOW));
    return encode(program);
  }

  private static void refuseIf(List<Instruction> program, Instruction test, int answer) {
    program.add(test);
    program.add(new Instruction(RETURN, 0, 0, answer));
  }

  private static byte[] encode(List<Instruction> program) {
    ByteBuffer bytes = ByteBuffer.allocate(program.size() * 8).order(ByteOrder.nativeOrder());
    for (Instruction instruction : program) {
      bytes
          .putShort((short) instruction.code())
          .put((byte) instruction.ifTrue())
          .put((byte) instruction.ifFalse())
          .putInt(instruction.value());
    }
    return bytes.array();
  }
}
