package dev.notebay.scheduler;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

@AnalyzeClasses(
    packages = "dev.notebay.scheduler",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "dev.notebay.scheduler.";

  /** One package for each part of the world that the scheduler talks to. */
  private static final List<String> EDGES =
      List.of("database", "grpc", "kube", "local", "metrics", "postgres", "storage");

  @ArchTest
  static final ArchRule coreIsPlainJava =
      classes()
          .that()
          .resideInAPackage("..scheduler.core..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              // A part of java.base under an old name: computes, and talks to nobody.
              "javax.crypto..",
              "dev.notebay.scheduler.core..",
              "org.jspecify.annotations..");

  @ArchTest
  static final ArchRule coreTalksToNobodyAndStartsNoThread =
      noClasses()
          .that()
          .resideInAPackage("..scheduler.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.sql..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class);

  @ArchTest
  static void edgesKnowTheCoreAndNotEachOther(JavaClasses classes) {
    for (String edge : EDGES) {
      String[] others =
          EDGES.stream()
              .filter(other -> !other.equals(edge))
              .map(other -> ROOT + other + "..")
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(ROOT + edge + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(others)
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage(ROOT + "config..")
          .check(classes);
    }
  }

  @ArchTest
  static void everyPackageIsTheCoreAnEdgeOrTheWiring(JavaClasses classes) {
    List<String> known = Stream.concat(Stream.of("core", "config"), EDGES.stream()).toList();
    Set<String> tops =
        classes.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith(ROOT))
            .map(name -> name.substring(ROOT.length()).replaceFirst("\\..*", ""))
            .collect(Collectors.toSet());

    assertThat(tops).contains("core").isSubsetOf(known);
  }

  @ArchTest
  static final ArchRule nobodyReadsTheWallClock =
      noClasses()
          .that()
          .resideOutsideOfPackage("..scheduler.config..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(InstantSource.class, "system")
          .orShould()
          .callMethod(Clock.class, "systemUTC");

  @ArchTest
  static final ArchRule nobodySleeps =
      noClasses()
          .should()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(Thread.class, "sleep", Duration.class);

  @ArchTest
  static final ArchRule noCyclesInTheCore =
      slices().matching("dev.notebay.scheduler.core.(*)..").should().beFreeOfCycles();
}
