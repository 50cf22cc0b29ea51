package dev.notebay.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.time.InstantSource;

@AnalyzeClasses(
    packages = "dev.notebay.agent",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule coreIsPlainJava =
      classes()
          .that()
          .resideInAPackage("..core..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "javax.crypto..", "dev.notebay.agent.core..", "org.jspecify.annotations..");

  @ArchTest
  static final ArchRule nobodyReadsTheWallClock =
      noClasses()
          .that()
          .resideOutsideOfPackage("..config..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(InstantSource.class, "system");

  @ArchTest
  static final ArchRule launcherAndFilesKnowOnlyTheCore =
      noClasses()
          .that()
          .resideInAnyPackage("dev.notebay.agent.launcher..", "dev.notebay.agent.files..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.notebay.agent.config..",
              "dev.notebay.agent.jupyter..",
              "dev.notebay.agent.contents..",
              "dev.notebay.agent.control..");

  @ArchTest
  static final ArchRule contentsKnowsOnlyTheCore = onlyTheCore("contents", "jupyter", "control");

  @ArchTest
  static final ArchRule jupyterKnowsOnlyTheCore = onlyTheCore("jupyter", "contents", "control");

  @ArchTest
  static final ArchRule controlKnowsOnlyTheCore = onlyTheCore("control", "contents", "jupyter");

  private static ArchRule onlyTheCore(String edge, String... others) {
    var forbidden = new java.util.ArrayList<String>();
    java.util.List.of("config", "launcher", "files")
        .forEach(other -> forbidden.add("dev.notebay.agent." + other + ".."));
    for (String other : others) {
      forbidden.add("dev.notebay.agent." + other + "..");
    }
    return noClasses()
        .that()
        .resideInAPackage("dev.notebay.agent." + edge + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden.toArray(String[]::new));
  }

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("dev.notebay.agent.(**)").should().beFreeOfCycles();
}
