package dev.notebay.reliability.crash;

import dev.notebay.reliability.crash.CrashPoint.Where;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/** Puts calls of {@link CrashSwitch#hit()} where a point is. */
public final class CrashInsertion {
  private static final ClassDesc SWITCH = ClassDesc.of(CrashSwitch.class.getName());
  private static final MethodTypeDesc HIT = MethodTypeDesc.of(ConstantDescs.CD_void);

  private final CrashPoint point;
  private int places;

  public CrashInsertion(CrashPoint point) {
    this.point = point;
  }

  /** At how many places calls were put. */
  public int places() {
    return places;
  }

  /**
   * The class with the calls in it.
   *
   * @param loader finds the classes that this one names, for the types at its branches
   */
  public byte[] into(byte[] code, ClassLoader loader) {
    ClassFile classFile =
        ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(loader)
                    .orElse(ClassHierarchyResolver.defaultResolver())));
    ClassModel model = classFile.parse(code);
    return classFile.transformClass(
        model, ClassTransform.transformingMethodBodies(this::isMeant, transform()));
  }

  private boolean isMeant(MethodModel method) {
    return method.methodName().equalsString(point.method())
        && (point.parameters().isEmpty()
            || method.methodTypeSymbol().parameterCount() == point.parameters().getAsInt());
  }

  private CodeTransform transform() {
    return new CodeTransform() {
      @Override
      public void atStart(CodeBuilder builder) {
        if (point.where() == Where.ENTRY) {
          insert(builder);
        }
      }

      @Override
      public void accept(CodeBuilder builder, CodeElement element) {
        boolean called =
            element instanceof InvokeInstruction call
                && point.callee().filter(call.name()::equalsString).isPresent();
        boolean before =
            switch (point.where()) {
              case ENTRY, AFTER -> false;
              case EXIT -> element instanceof ReturnInstruction;
              case BEFORE -> called;
            };
        if (before) {
          insert(builder);
        }
        builder.with(element);
        if (called && point.where() == Where.AFTER) {
          insert(builder);
        }
      }
    };
  }

  private void insert(CodeBuilder builder) {
    places++;
    builder.invokestatic(SWITCH, "hit", HIT);
  }
}
